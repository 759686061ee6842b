"""Totals that others printed, derived from their configurations (tests/cases/published.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lstminspect import Cell, Layer

CASES = json.loads(Path(__file__).with_name("cases").joinpath("published.json").read_text("utf-8"))
DENSE = Cell("h = W_h @ x + b_h", name="dense")


def recurrent(part: dict[str, Any]) -> int:
    """The count of a recurrent part, under the convention that its biases name."""
    cell, convention, use_bias = part["type"], "keras", True
    if cell == "gru":
        cell = "gru" if part["reset_after"] else "gru_reset_before"
        # Three biases a unit with the reset before, six with it after: both are Keras' own.
        assert part["bias_per_unit"] == (6 if part["reset_after"] else 3)
    else:
        convention = {0: "keras", 1: "keras", 2: "pytorch"}[part["bias_vectors"]]
        use_bias = part["bias_vectors"] > 0
    layer = Layer(
        cell,
        units=part["units"],
        features=part["input"],
        layers=part["layers"],
        bidirectional=part["directions"] == 2,
        use_bias=use_bias,
    )
    count = layer.parameters_in(convention)
    assert isinstance(count, int)
    return count


def parameters(part: dict[str, Any]) -> int:
    match part["type"]:
        case "dense":
            cell = DENSE if part["bias"] else DENSE.without_bias()
            return int(cell.count(units=part["out"], features=part["in"]))
        case "embedding":
            return int(part["vocab"] * part["dim"])
        case "params":
            return int(part["n"])
        case _:
            assert not part.get("peephole")
            assert not part.get("proj")
            return recurrent(part)


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["id"])
def test_a_published_total_follows_from_its_configuration(case: dict[str, Any]) -> None:
    assert sum(parameters(part) for part in case["components"]) == case["published"]


def test_every_case_is_here() -> None:
    assert len(CASES["cases"]) == 28


def test_the_shapes_of_the_published_checkpoints() -> None:
    """What the size mismatches in public threads come from: rows a multiple of the columns."""

    def shapes(layer: Layer) -> dict[str, tuple[int, ...]]:
        return {weight.name: weight.shape for weight in layer.weights_in("pytorch")}

    assert shapes(Layer("lstm", 512, 512))["weight_hh_l0"] == (2048, 512)
    assert shapes(Layer("gru", 512, 512))["weight_hh_l0"] == (1536, 512)
    two = shapes(Layer("lstm", 128, 300, bidirectional=True, layers=2))
    assert two["weight_hh_l0_reverse"] == (512, 128)
    assert two["weight_ih_l1"] == (512, 256)
    assert two["weight_hh_l1"] == (512, 128)
    assert two["bias_ih_l1"] == (512,)
    assert shapes(Layer("lstm", 64, 168, bidirectional=True))["weight_ih_l0_reverse"] == (256, 168)
