"""A tensor of another shape: the advice that stands in the error makes it fit."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from lstminspect import Layer, WeightError, cells, conventions
from lstminspect.weights.pack import checked

STORED = [
    (cell, convention)
    for cell in ("lstm", "gru", "gru_reset_before", "rnn", "projected")
    for convention in conventions.EVERY
    if not conventions.get(convention).why_unsupported(cells.get(cell))
]


def layer_of(cell: str) -> Layer:
    return Layer(cell, 5, 7, **({"projection": 3} if cell == "projected" else {}))


def advised(layer: Layer, convention: str, name: str, wrong: Any) -> str:
    weights = {each.name: np.zeros(each.shape) for each in layer.weights_in(convention)}
    with pytest.raises(WeightError, match=re.escape(name)) as caught:
        checked(layer.stored(convention), weights | {name: wrong})
    return str(caught.value)


@pytest.mark.parametrize(("cell", "convention"), STORED)
def test_a_matrix_with_its_axes_exchanged_is_called_transposed(cell: str, convention: str) -> None:
    layer = layer_of(cell)
    for weight in layer.weights_in(convention):
        right = np.arange(np.prod(weight.shape)).reshape(weight.shape)
        wide = np.squeeze(right)
        if wide.ndim < 2 or wide.shape == wide.shape[::-1]:
            continue
        for wrong in {each.shape: each for each in (right.T, wide.T)}.values():
            text = advised(layer, convention, weight.name, wrong)
            advice = re.search(r"It is transposed: pass its (\.T.*)\.$", text)
            assert advice is not None, text
            assert (eval(f"x{advice[1]}", {"x": wrong}) == right).all()


@pytest.mark.parametrize(("cell", "convention"), STORED)
def test_what_has_its_values_in_order_is_reshaped_and_nothing_else(
    cell: str, convention: str
) -> None:
    layer = layer_of(cell)
    for weight in layer.weights_in(convention):
        right = np.arange(np.prod(weight.shape)).reshape(weight.shape)
        for wrong in (right.ravel(), right[None], right[..., None]):
            if wrong.shape != weight.shape and wrong.shape != weight.shape[::-1]:
                text = advised(layer, convention, weight.name, wrong)
                advice = re.search(r"pass its (\.reshape\(.*\))\.$", text)
                assert advice is not None, text
                assert (eval(f"x{advice[1]}", {"x": wrong}) == right).all()
    # As many values in another order are not reshaped: that would mix them.
    kernel = np.zeros((14, 10))
    assert "reshape" not in advised(Layer("lstm", 5, 7), "keras", "kernel", kernel)
