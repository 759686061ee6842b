"""Stored: one layer under one convention, refused at one door, the same by every way to ask."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sizes import fitting

import lstminspect
from lstminspect import Layer, UnknownConvention, cells, conventions
from lstminspect.formula import names_in


def built(name: str, layers: int, bidirectional: bool) -> Layer:
    cell = cells.get(name)
    options: dict[str, Any] = {"units": 12, "features": 5} | fitting(cell, 12, 5)
    # A cell that adds its input to its state cannot take twice its width.
    mode = "sum" if bidirectional and "x" in cell.declared else "concat"
    return Layer(cell, layers=layers, bidirectional=bidirectional, merge_mode=mode, **options)


LAYERS = [
    built(name, *stack) for name in cells.names() for stack in ((1, False), (3, False), (2, True))
]


def named(layer: Layer) -> str:
    return f"{layer.cell.name}-{layer.layers}-{layer.directions}"


@pytest.mark.parametrize("layer", LAYERS, ids=named)
def test_every_way_to_ask_gives_the_same(layer: Layer) -> None:
    for name in conventions.EVERY:
        if layer.why_unsupported(name):
            continue
        stored = layer.stored(name)
        assert (stored.name, stored.title) == (name, conventions.get(name).title)
        assert stored.parameters == layer.parameters_in(name)
        assert stored.weights == layer.weights_in(name)
        assert stored.formula == layer.formula(name)
        assert names_in(stored.formula) <= set(layer.sizes)
        assert len(stored.weights) == len({weight.name for weight in stored.weights})


@pytest.mark.parametrize("layer", LAYERS, ids=named)
def test_the_directions_share_out_every_tensor(layer: Layer) -> None:
    for name in conventions.EVERY:
        if layer.why_unsupported(name):
            continue
        stored = layer.stored(name)
        shares = list(stored.by_direction())
        assert len(shares) == layer.layers * layer.directions
        own = [weight for share in shares for _, weight in share.tensors]
        assert list(dict.fromkeys(own)) == list(stored.weights)
        times = layer.directions if stored.convention.direction_axis else 1
        assert len(own) == times * len(stored.weights)
        for share in shares:
            for tensor, weight in share.tensors:
                along = layer.directions if stored.convention.direction_axis else 1
                shape = stored.convention.shape(layer.cell, tensor, share.sizes, along)
                assert weight.shape == shape
                assert weight.blocks == tensor.blocks


def test_without_a_name_it_is_the_layers_own_convention() -> None:
    assert Layer("lstm", 4, 3).stored().name == "keras"
    assert Layer("cifg", 4, 3).stored().name == "equations"
    assert Layer("gru", 4, 3, clip=2.0).stored().name == "equations"


REFUSED: list[tuple[Layer, str, str]] = [
    (Layer("cifg", 4, 3), "pytorch", r"PyTorch has no cifg\. This layer can be stored by onnx, eq"),
    (Layer("lstm", 4, 3, use_bias=False), "flax", "Flax linen has no cell without bias"),
    (
        Layer("lstm", 4, 3, layers=2, bidirectional=True, merge_mode="sum"),
        "pytorch",
        "PyTorch concatenates the directions between layers",
    ),
    (Layer("lstm", 4, 3), "pytroch", r"no convention called 'pytroch'\. Did you mean 'pytorch'\?"),
]


@pytest.mark.parametrize(("layer", "convention", "match"), REFUSED)
def test_one_door_refuses_for_everything(layer: Layer, convention: str, match: str) -> None:
    ask: Any
    for ask in (layer.stored, layer.parameters_in, layer.weights_in, layer.formula):
        with pytest.raises(UnknownConvention, match=match):
            ask(convention)
    for ask in (lstminspect.report, lstminspect.cost, lstminspect.random_weights):
        with pytest.raises(UnknownConvention, match=match):
            ask(layer, convention)


def test_nobody_chooses_a_convention_beside_the_door() -> None:
    package = Path(lstminspect.__file__).parent
    pattern = re.compile(r"\.convention if \w+ is None")
    asking = [path for path in package.rglob("*.py") if pattern.search(path.read_text("utf-8"))]
    assert [path.relative_to(package).as_posix() for path in asking] == ["layer/layer.py"]
