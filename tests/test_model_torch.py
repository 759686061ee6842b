"""Whole PyTorch modules: torchinfo's parameters, PyTorch's own count of products."""

from __future__ import annotations

import warnings
from random import Random
from typing import Any

import pytest

import lstminspect as li

torch = pytest.importorskip("torch")
nn = torch.nn


class Chain(nn.Module):
    """Random layers one behind the other; a recurrent layer hands on its output alone."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random = Random(seed)
        self.features = width = random.randint(2, 6)
        layers: list[Any] = []
        self.tokens = random.random() < 0.2
        if self.tokens:
            width = random.randint(2, 6)
            layers.append(nn.Embedding(self.features + 5, width))
        for _ in range(random.randint(1, 5)):
            layer, width = self.layer(width)
            layers.append(layer)
        self.layers = nn.ModuleList(layers)
        for parameter in self.parameters():
            parameter.requires_grad_(random.random() < 0.8)

    def layer(self, width: int) -> tuple[Any, int]:
        random, units = self.random, self.random.randint(2, 7)
        flag = random.random() < 0.5
        kind = random.choice(["LSTM", "GRU", "RNN", "LSTM", "GRU", "Linear", "norm", "other"])
        if kind == "Linear":
            return nn.Linear(width, units, bias=flag), units
        if kind == "norm":
            return nn.LayerNorm(width, elementwise_affine=flag), width
        if kind == "other":
            return random.choice([nn.Dropout(0.2), nn.ReLU(), nn.Identity()]), width
        options = {
            "num_layers": random.randint(1, 3),
            "bias": flag,
            "batch_first": True,
            "bidirectional": random.random() < 0.5,
        }
        out = units
        if kind == "LSTM" and random.random() < 0.3 and units > 2:
            options["proj_size"] = out = units - 1
        if kind == "RNN":
            options["nonlinearity"] = random.choice(["tanh", "relu"])
        layer = getattr(nn, kind)(width, units, **options)
        return layer, out * (2 if options["bidirectional"] else 1)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            found = layer(x)
            x = found[0] if isinstance(found, tuple) else found
        return x


def macs_by_torch(module: Any, shape: tuple[int, ...], tokens: bool) -> int:
    """What PyTorch's own counter finds on the meta device."""
    from torch.utils.flop_counter import FlopCounterMode

    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        x = torch.zeros(shape, dtype=torch.long if tokens else torch.float32)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module.to("meta")(x)
    return int(counter.get_total_flops()) // 2


@pytest.mark.parametrize("seed", range(50))
def test_a_random_module_agrees_with_torchinfo_and_the_flop_counter(seed: int) -> None:
    torchinfo = pytest.importorskip("torchinfo")
    module = Chain(seed)
    shape = (3, 5) if module.tokens else (3, 5, module.features)
    found = li.model(module, shape)
    kind = torch.long if module.tokens else torch.float32
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oneDNN knows no projection, and says so.
        summary = torchinfo.summary(module, shape, dtypes=[kind], verbose=0)
    assert found.parameters == summary.total_params
    assert found.trainable == summary.trainable_params
    rows = [row for row in found.rows if row.part.kind != "InputLayer"]
    seen = [layer for layer in summary.summary_list if layer.is_leaf_layer]
    assert [row.part.parameters for row in rows] == [layer.num_params for layer in seen]
    assert not any(row.part.opaque for row in rows)
    assert found.work is not None
    assert found.work.macs == macs_by_torch(module, shape, module.tokens)
    assert found.outputs == (tuple(module(torch.zeros(shape, device="meta").to(kind)).shape),)
