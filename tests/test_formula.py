"""Formulas: grouped the way a person writes them, and right."""

from __future__ import annotations

import pytest

from lstminspect import Cell, Layer, cells
from lstminspect.equations.block import count_of
from lstminspect.formula import (
    Formula,
    Product,
    Quotient,
    Sum,
    multiplied,
    names_in,
    of_blocks,
    replaced,
    terms_of,
    total,
    written,
)

QUOTIENT = Quotient(Sum(("units", "features")), "groups")


def test_sums_and_products_of_one_or_none_are_plain() -> None:
    assert total([]) == 0
    assert total(["units"]) == "units"
    assert total(["units", 2]) == Sum(("units", 2))
    assert multiplied() == 1
    assert multiplied(1, "units", 1) == "units"
    assert multiplied(2, Product((3, "units"))) == Product((2, 3, "units"))


FORMULAS: list[tuple[Formula, str, set[str]]] = [
    (7, "7", set()),
    ("units", "units", {"units"}),
    (QUOTIENT, "(units + features)/groups", {"units", "features", "groups"}),
    (Quotient("units", Sum((1, "heads"))), "units/(1 + heads)", {"units", "heads"}),
    (Product((2, Sum((QUOTIENT, 1)))), "2·((units + features)/groups + 1)", names_in(QUOTIENT)),
]


@pytest.mark.parametrize(("formula", "text", "names"), FORMULAS)
def test_a_formula_is_written_and_knows_its_names(
    formula: Formula, text: str, names: set[str]
) -> None:
    assert written(formula) == text
    assert written(formula, times="*") == text.replace("·", "*")
    assert names_in(formula) == names
    renamed = replaced(formula, "units", "wide")
    assert written(renamed) == text.replace("units", "wide")
    assert written(formula, {"units": "wide"}) == text.replace("units", "wide")


def test_matrices_in_larger_numbers_come_first_and_vectors_join_the_first_that_fits() -> None:
    four = "".join(f"{gate} = sigmoid(W_{gate} @ x + b_{gate})\n" for gate in "abcd")
    cell = Cell(f"{four}h = a * b * c * d + P @ h")
    assert written(Layer(cell, 4, 3).formula()) == "4·(units·features + units) + units·units"
    three = Cell("a = W_a @ x\nb = W_b @ x\nh = tanh(a + b + p_h * h)")
    assert written(Layer(three, 4, 3).formula()) == "2·units·features + units"


def test_a_stack_and_two_directions_are_factors() -> None:
    both = Layer("rnn", 4, 3, layers=3, bidirectional=True)
    first = "2·(units·(units + features) + units)"
    above = "2·2·(units·(units + 2·units) + units)"
    assert written(both.formula()) == f"{first} + {above}"
    merged = Layer("rnn", 4, 3, layers=2, bidirectional=True, merge_mode="sum")
    assert written(merged.formula()) == f"{first} + 2·(units·(units + units) + units)"
    cut = Layer("clockwork", 12, 3, layers=2, groups=3)
    values = {"units": "12", "features": "3", "groups": "3"}
    assert eval(written(cut.formula(), values, "*")) == cut.parameters


OF_CELLS = {
    "U_h: blocks(heads)\nh = tanh(W_h @ x + U_h @ h + b_h)": (
        "units·features + units + units·units/heads"
    ),
    "U_h: triangular(parts)\nh = tanh(W_h @ x + U_h @ h)": (
        "units·features + units·(units + units/parts)/2"
    ),
    "W_h: blocks(heads)\nh = tanh(W_h @ x)": "units·features/heads",
    "W_h: triangular(heads)\nh = tanh(W_h @ x)": "units·(features + features/heads)/2",
    "h = tanh(W_h @ x + V_h @ x + U_h @ h)": "units·(units + 2·features)",
    "h = tanh(W_h @ x + b_h) + tanh(V_h @ h + d_h)": "units·(units + features) + 2·units",
    "a = W_a @ x\nb = W_b @ x + d_b\nh = a + b": "2·units·features + units",
    "a: scalar\nh = tanh(W_h @ x + b_h) * a": "units·features + units + 1",
    "h = b_h * h": "units",
    "h = h / 2": "0",
}


@pytest.mark.parametrize("text", OF_CELLS)
def test_the_formula_of_a_cell_is_grouped_as_a_person_writes_it(text: str) -> None:
    assert written(of_blocks(Cell(text).blocks)) == OF_CELLS[text]


def test_the_formula_of_parts_of_several_widths() -> None:
    layer = Layer("clockwork", 24, 3, groups=(8, 16))
    assert written(layer.formula()) == ("units·features + units + 8·(8 + 16) + 16·16")
    blocks = Cell("U_h: blocks(heads)\nh = U_h @ h").blocks
    assert written(of_blocks(blocks, {"heads": (2, 3)})) == "2·2 + 3·3"


@pytest.mark.parametrize("name", cells.names())
def test_a_formula_with_numbers_is_the_count(name: str) -> None:
    cell = cells.get(name)
    sizes = {"units": 12, "features": 12, **dict.fromkeys(cell.own_sizes, 4)}
    text = written(of_blocks(cell.blocks), {n: str(v) for n, v in sizes.items()}, "*")
    assert eval(text.replace("/", "//")) == cell.count(**sizes)


@pytest.mark.parametrize("name", cells.names())
def test_each_term_counts_its_blocks(name: str) -> None:
    layer = Layer(name, 6, 6, **dict.fromkeys(cells.get(name).own_sizes, 2))
    text = {each: str(value) for each, value in layer.sizes.items()}
    for term, blocks in terms_of(layer.cell.blocks):
        entries = eval(written(term, text, times="*").replace("/", "//"))
        assert entries == count_of(blocks, layer.sizes), written(term)
