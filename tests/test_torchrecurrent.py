"""The catalogue against torchrecurrent, an independent PyTorch implementation of many of its cells.

Held together are the weights without biases: torchrecurrent gives most cells two biases a gate.
"""

from __future__ import annotations

from typing import Any

import pytest
from sizes import fitting

from lstminspect import cells

CELLS = {
    "AntisymmetricRNNCell": "antisymmetric_rnn",
    "ATRCell": "atr",
    "BRCell": "brc",
    "CFNCell": "cfn",
    "coRNNCell": "cornn",
    "DSGUCell": "dsgu",
    "FastGRNNCell": "fast_grnn",
    "FastRNNCell": "fast_rnn",
    "GatedAntisymmetricRNNCell": "gated_antisymmetric_rnn",
    "IndRNNCell": "indrnn",
    "IntersectionRNNCell": "intersection_rnn",
    "JANETCell": "janet",
    "LEMCell": "lem",
    "LightRUCell": "light_ru",
    "LiGRUCell": "ligru",
    "MCLSTMCell": "mclstm",
    "MGUCell": "mgu",
    "MinimalRNNCell": "minimal_rnn",
    "MiRU1Cell": "miru1",
    "MiRU2Cell": "miru2",
    "MultiplicativeLSTMCell": "multiplicative_lstm",
    "MUT1Cell": "mut1",
    "MUT2Cell": "mut2",
    "MUT3Cell": "mut3",
    "NASCell": "nas",
    "NBRCell": "nbrc",
    "OriginalLSTMCell": "lstm_1997",
    "PeepholeLSTMCell": "peephole",
    "RANCell": "ran",
    "ResLSTMCell": "residual_lstm",
    "SCRNCell": "scrn",
    "SGRNCell": "sgrn",
    "SGUCell": "sgu",
    "STARCell": "star",
    "tauGRUCell": "tau_gru",
    "TGRUCell": "tgru",
    "TLSTMCell": "tlstm",
    "TRNNCell": "trnn",
    "UGRNNCell": "ugrnn",
    "UnICORNNCell": "unicornn",
    "WMCLSTMCell": "wmclstm",
}

UNITS = 12

# Where torchrecurrent is not the paper, the paper stands; this is what torchrecurrent adds.
ADDS = {
    "janet": 1,  # beta, which the paper fixes, as a trained number
    "mut1": UNITS * UNITS,  # a matrix before the tanh of the input
    "mut2": UNITS * UNITS,  # a matrix before the input in the reset gate
    "scrn": 2 * UNITS * UNITS + 1,  # the output layer, and alpha as a trained number
}


def test_every_cell_of_torchrecurrent_is_in_the_catalogue() -> None:
    package = pytest.importorskip("torchrecurrent")
    theirs = {name for name in dir(package) if name.endswith("Cell")}
    assert theirs == set(CELLS)
    assert set(CELLS.values()) <= set(cells.names())


@pytest.mark.parametrize("theirs", CELLS)
def test_the_weights_of_torchrecurrent_confirm_the_count(theirs: str) -> None:
    package = pytest.importorskip("torchrecurrent")
    cell = cells.get(CELLS[theirs])
    sizes: dict[str, Any] = fitting(cell, UNITS)
    if "context" in sizes:
        sizes["context"] = UNITS  # torchrecurrent's context is as wide as its state
    real = getattr(package, theirs)(sizes["features"], UNITS)
    weights = sum(
        each.numel() for name, each in real.named_parameters() if not name.startswith("bias")
    )
    ours = cell.without_bias().count(**sizes)
    assert ours + ADDS.get(cell.name, 0) == weights
