"""Layers that torch.ao has quantized are read under the names of those that are not."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lstminspect as li

HAS_TORCH = importlib.util.find_spec("torch") is not None
LAYERS: dict[str, tuple[str, dict[str, Any], tuple[int, int, int, int]]] = {
    "LSTM": ("LSTM", {}, (4, 3, 1, 1)),
    "GRU": ("GRU", {}, (4, 3, 1, 1)),
    "both directions": ("LSTM", {"bidirectional": True}, (4, 3, 1, 2)),
    "two layers": ("LSTM", {"num_layers": 2}, (4, 3, 2, 1)),
    "three layers": ("GRU", {"num_layers": 3}, (4, 3, 3, 1)),
    "two layers, both directions": (
        "LSTM",
        {"num_layers": 2, "bidirectional": True},
        (4, 3, 2, 2),
    ),
}


def quantized(folder: Path, name: str, options: dict[str, Any]) -> tuple[Any, Path]:
    """A module with one layer, and the checkpoint of it when it is quantized."""
    import torch

    engines = torch.backends.quantized.supported_engines
    torch.backends.quantized.engine = next(each for each in engines if each != "none")
    torch.manual_seed(0)
    features = options.pop("features", 3)
    module = torch.nn.ModuleDict({"rnn": getattr(torch.nn, name)(features, 4, **options)}).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch says that torch.ao is to move.
        made = torch.ao.quantization.quantize_dynamic(
            module, {type(module["rnn"])}, dtype=torch.qint8
        )
        torch.save(made.state_dict(), folder / "model.pt")
    return module, folder / "model.pt"


@pytest.mark.parametrize("key", LAYERS if HAS_TORCH else ())
@pytest.mark.filterwarnings("ignore")
def test_a_quantized_layer_is_found_with_its_numbers(key: str, tmp_path: Path) -> None:
    name, options, expected = LAYERS[key]
    module, path = quantized(tmp_path, name, dict(options))
    file = li.open_file(path)
    (found,) = file.layers
    layer = found.layer
    assert (layer.units, layer.features, layer.layers, 1 + layer.bidirectional) == expected
    weights = file.weights(found)
    assert set(weights) == {each for each, _ in module["rnn"].named_parameters()}
    for each, value in module["rnn"].named_parameters():
        np.testing.assert_allclose(weights[each], value.detach().numpy(), atol=0.01)


@pytest.mark.parametrize("options", [{"num_layers": 2, "features": 4}] if HAS_TORCH else [])
@pytest.mark.filterwarnings("ignore")
def test_two_entries_that_can_be_layers_or_directions_are_left_open(
    options: dict[str, Any], tmp_path: Path
) -> None:
    _, path = quantized(tmp_path, "LSTM", dict(options))
    file = li.open_file(path)
    assert not file.layers
    assert any("the shapes fit both" in each for each in file.contents.notes)
