"""Storage: forms in which files hold a layer, beside the conventions of today's frameworks.

They are tables as those of `conventions`, and what is read by them is written by one of those.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from lstminspect.conventions import Convention, PackedTensor, packed

__all__ = ["CUDNN_OF_KERAS", "NNX_OPTIMIZED", "STACKED", "TFLITE", "by_gate", "joined_by_gate"]


def _table(title: str, source: str, cells: dict[str, Any], **options: Any) -> Convention:
    name: Any = title.lower()
    options = {"transposed": True, "backward": "backward/{tensor}", **options}
    return Convention(name, title, source, cells, **options)


#: Two biases in one row. Each gate's matrix holds the values of its transpose: see `fitting`.
CUDNN_OF_KERAS = _table(
    "Keras 2 (cuDNN)",
    "keras/engine/saving.py, _convert_rnn_weights, Keras 2.2",
    {
        "lstm": (
            packed("kernel", "W_i W_f W_g W_o"),
            packed("recurrent_kernel", "U_i U_f U_g U_o"),
            packed("bias", "b_i b_f b_g b_o b_i b_f b_g b_o"),
        ),
        "gru": (
            packed("kernel", "W_z W_r W_n"),
            packed("recurrent_kernel", "U_z U_r U_n"),
            packed("bias", "b_z b_r b_n b_z b_r d_n"),
        ),
    },
    bias_is_optional=False,
)

NNX_OPTIMIZED = _table(
    "Flax NNX",
    "flax/nnx/nn/recurrent.py, OptimizedLSTMCell, Flax 0.12.8",
    {
        "lstm": (
            packed("dense_i/kernel", "W_i W_f W_g W_o"),
            packed("dense_h/kernel", "U_i U_f U_g U_o"),
            packed("dense_h/bias", "b_i b_f b_g b_o"),
        )
    },
    bias_is_optional=False,
)

#: One matrix alone that takes the input and the state at once; the order is TensorFlow 1's.
STACKED = _table(
    "TensorFlow 1",
    "tensorflow/python/ops/rnn_cell_impl.py, TensorFlow 1",
    {"lstm": (packed("stacked_kernel", "W_i W_g W_f W_o U_i U_g U_f U_o", rows=2),)},
)

_GATES_OF_TFLITE = {"i": "input", "f": "forget", "g": "cell", "o": "output"}


def _tflite(gates: str, peepholes: str = "", projection: bool = False) -> tuple[PackedTensor, ...]:
    names = _GATES_OF_TFLITE
    return (
        *(packed(f"input_to_{names[gate]}_weights", f"W_{gate}") for gate in gates),
        *(packed(f"recurrent_to_{names[gate]}_weights", f"U_{gate}") for gate in gates),
        *(packed(f"{names[gate]}_gate_bias", f"b_{gate}") for gate in gates),
        *(packed(f"cell_to_{names[gate]}_weights", f"p_{gate}") for gate in peepholes),
        *((packed("projection_weights", "P"),) if projection else ()),
    )


TFLITE = _table(
    "TensorFlow Lite",
    "tensorflow/lite/kernels/lstm_shared.h, TensorFlow 2",
    {
        "lstm": _tflite("ifgo"),
        "peephole": _tflite("ifgo", "ifo"),
        "cifg": _tflite("fgo"),
        "projected": _tflite("ifgo", projection=True),
        "projected_peephole": _tflite("ifgo", "ifo", projection=True),
    },
    transposed=False,
)

_BY_GATE = {"lstm": "ifgo", "gru_reset_before": "zrn"}


@cache
def by_gate(cell: str, twice: bool = False) -> Convention:
    """A matrix of the input, one of the state and a bias for each gate, as in Keras 1."""
    gates = _BY_GATE[cell]
    biases = [packed(f"b_{gate}", f"b_{gate}") for gate in gates]
    if twice and cell == "lstm":
        biases += [packed(f"d_{gate}", f"b_{gate}") for gate in gates]
    elif twice:  # The reset acts after the product, and its bias stands inside it.
        cell = "gru"
        biases += [packed("d_z", "b_z"), packed("d_r", "b_r"), packed("d_n", "d_n")]
    matrices = [packed(f"{role}_{gate}", f"{role}_{gate}") for role in "WU" for gate in gates]
    return _table("one matrix a gate", "keras/layers/recurrent.py, Keras 1.2",
                  {cell: (*matrices, *biases)})  # fmt: skip


@cache
def joined_by_gate(cell: str) -> Convention:
    """A matrix for each gate that takes the input and the state at once, and a bias."""
    gates = _BY_GATE[cell]
    matrices = [packed(f"K_{gate}", f"W_{gate} U_{gate}", rows=2) for gate in gates]
    biases = [packed(f"b_{gate}", f"b_{gate}") for gate in gates]
    return _table("one joined matrix a gate", "", {cell: (*matrices, *biases)})
