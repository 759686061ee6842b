"""Cell: parameters, shapes, states and counts are readings of the equations."""

from __future__ import annotations

import pickle

import numpy
import pytest
import sympy
from sizes import fitting

import lstminspect as li
from lstminspect import Cell, Layer, OptionError, SizeError, UnknownCell, cells, solve
from lstminspect.equations.syntax import Input, Number, walk
from lstminspect.errors import UnusedLineWarning
from lstminspect.formula import of_blocks, written

PEEPHOLE = """\
i = sigmoid(W_i @ x + U_i @ h + p_i * c + b_i)
f = sigmoid(W_f @ x + U_f @ h + p_f * c + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)
h = o * tanh(c)"""


@pytest.mark.parametrize("name", cells.names())
def test_every_cell_has_a_source_and_a_number_or_a_formula_from_it(name: str) -> None:
    cell = cells.get(name)
    assert cell.name == name
    assert cell.title
    assert cell.source
    assert cell.published or cell.formula


@pytest.mark.parametrize("name", [name for name in cells.names() if cells.get(name).published])
def test_a_published_number_follows_from_the_equations(name: str) -> None:
    cell = cells.get(name)
    assert cell.published is not None
    units, features, parameters, convention, source = cell.published
    layer = li.Layer(cell, units=units, features=features)
    assert layer.parameters_in(convention) == parameters
    assert source


@pytest.mark.parametrize("name", [name for name in cells.names() if cells.get(name).formula])
def test_the_formula_of_the_source_follows_from_the_equations(name: str) -> None:
    cell = cells.get(name)
    letters = fitting(cell, "u", "f") | {name: name for name in cell.size_names[2:]}
    formula = sympy.sympify(cell.formula).subs("f", letters["features"])
    assert sympy.simplify(cell.count(**letters) - formula) == 0


@pytest.mark.parametrize("name", cells.names())
def test_int_letter_and_array_agree(name: str) -> None:
    cell = cells.get(name)
    u, f = sympy.symbols("u f")
    formula = cell.count(**fitting(cell, u, f))
    units, features = numpy.array([4, 8, 32, 64]), numpy.array([5, 1, 17, 3])
    array = cell.count(**fitting(cell, units, features))
    for position, (one, other) in enumerate(zip(units.tolist(), features.tolist(), strict=True)):
        count = cell.count(**fitting(cell, one, other))
        assert type(count) is int
        assert count == formula.subs({u: one, f: other}) == array[position]


@pytest.mark.parametrize("name", cells.names())
def test_the_shapes_of_the_blocks_add_up_to_the_count(name: str) -> None:
    cell = cells.get(name)
    sizes = fitting(cell)
    entries = [int(numpy.prod(block.stored(sizes))) for block in cell.blocks]
    assert sum(entries) == cell.count(**sizes)
    assert len({block.name for block in cell.blocks}) == len(cell.blocks)


@pytest.mark.parametrize("name", cells.names())
def test_the_written_formula_is_the_count(name: str) -> None:
    cell = cells.get(name)
    sizes = fitting(cell)
    text = written(of_blocks(cell.blocks), {key: str(value) for key, value in sizes.items()}, "*")
    assert sympy.sympify(text) == cell.count(**sizes)


@pytest.mark.parametrize("name", cells.names())
def test_dropping_the_bias_drops_what_is_called_one(name: str) -> None:
    cell = cells.get(name)
    bare = cell.without_bias()
    kept = [block.name for block in cell.blocks if not block.is_bias]
    assert [block.name for block in bare.blocks] == kept
    assert bare.without_bias() == bare
    assert bare.states == cell.states


def test_the_gates_and_states_of_the_lstm() -> None:
    lstm = cells.get("lstm")
    assert lstm.gates == ("i", "f", "g", "o")
    assert list(lstm.states) == ["h", "c"]
    assert lstm.count(units=64, features=3) == 4 * (64 * (64 + 3) + 64) == 17408


def test_peepholes_are_vectors_and_no_biases() -> None:
    cell = Cell(PEEPHOLE)
    blocks = {block.name: block for block in cell.blocks}
    assert blocks["p_o"].shape == ("units",)
    assert [name for name, block in blocks.items() if block.is_bias] == ["b_i", "b_f", "b_g", "b_o"]
    assert cell.count(units=64, features=3) == 17408 + 3 * 64
    assert cell.without_bias().count(units=64, features=3) == 17408 - 4 * 64 + 3 * 64


def test_a_learned_number_beside_no_product_is_no_bias() -> None:
    cell = Cell("h = sigmoid(a_h) * h + (1 - A) * tanh(W_h @ x + b_h)")
    assert [block.name for block in cell.blocks if block.is_bias] == ["b_h"]


def test_a_bias_beside_a_line_that_is_a_sum_of_products_is_one() -> None:
    biases = [block.name for block in cells.get("fast_grnn").blocks if block.is_bias]
    assert biases == ["b_z", "b_n"]
    cell = Cell("i = sigmoid(W_i @ x)\nh = tanh(i + a_h)")
    assert not any(block.is_bias for block in cell.blocks)


def test_a_bias_inside_a_product_is_one_too() -> None:
    biases = [block.name for block in cells.get("gru").blocks if block.is_bias]
    assert biases == ["b_z", "b_r", "b_n", "d_n"]


def test_an_output_that_is_not_read_is_no_state() -> None:
    cell = Cell("f = sigmoid(W_f @ x)\nc = f * c + (1 - f) * (W_c @ x)\nh = tanh(c)")
    assert cell.states == {"c": "units"}


def test_a_parameter_used_twice_counts_once() -> None:
    cell = Cell("a = W_a @ x\nh = tanh(W_a @ x + a + U_h @ h)")
    assert cell.count(units=4, features=3) == 4 * 3 + 4 * 4


def test_a_length_that_nothing_decides_is_units() -> None:
    cell = Cell("a = tanh(W_a @ x)\nh = tanh(U_h @ a)")
    assert {block.name: block.shape for block in cell.blocks} == {
        "W_a": ("units", "features"),
        "U_h": ("units", "units"),
    }


def test_a_constant_is_one_number_and_fits_everything() -> None:
    cell = Cell("a = 0.5\nh = a * h + W_h @ (a * x)")
    assert cell.lengths == {"a": (), "h": ("units",), "W_h": ("units", "features")}


def test_a_length_can_be_decided_later() -> None:
    cell = Cell("a = W_a @ x\nb = a * x\nh = tanh(U_h @ b)")
    assert {block.name: block.shape for block in cell.blocks} == {
        "W_a": ("features", "features"),
        "U_h": ("units", "features"),
    }


def test_a_bias_is_added_to_a_product_whatever_its_sign_and_place() -> None:
    def biases(text: str) -> list[str]:
        return [block.name for block in Cell(text).blocks if block.is_bias]

    assert biases("h = tanh(-b_h + W_h @ x)") == ["b_h"]
    assert Cell("h = tanh(-b_h + W_h @ x)").without_bias().text == "h = tanh(W_h @ x)"
    assert biases("h = tanh(W_h @ x) + b_h") == []
    assert biases("r = W_r @ x\ns = r * (U_s @ h)\nh = tanh(s + b_h)") == ["b_h"]
    assert biases("r = tanh(W_r @ x)\nh = tanh(r + b_h)") == []


def test_counting_checks_that_sizes_go_together() -> None:
    with pytest.raises(SizeError, match="letters and arrays do not mix"):
        cells.get("rnn").count(units="u", features=numpy.array([3]))
    with pytest.raises(SizeError, match="arrays must broadcast"):
        cells.get("rnn").count(units=numpy.array([3, 4, 5]), features=numpy.array([3, 4]))


def test_a_transposed_matrix_leads_the_other_way() -> None:
    cell = Cell("r = transpose(W_h) @ h\nh = tanh(W_h @ (x + r))")
    assert [(block.name, block.shape) for block in cell.blocks] == [("W_h", ("units", "features"))]
    assert cell.lengths["r"] == ("features",)


def test_sizes_are_checked() -> None:
    lstm = cells.get("lstm")
    with pytest.raises(SizeError, match="features is missing"):
        lstm.count(units=3)
    with pytest.raises(
        SizeError, match=r"lstm has no size called 'hidden_size'. Did you mean 'units'"
    ):
        lstm.count(hidden_size=3, features=2)
    with pytest.raises(SizeError, match="units must be a positive whole number, got True"):
        lstm.count(units=True, features=2)


def test_an_unknown_cell_gets_a_suggestion() -> None:
    with pytest.raises(UnknownCell, match=r"no cell called 'lsmt'. Did you mean 'lstm'"):
        cells.get("lsmt")
    with pytest.raises(UnknownCell, match="Did you mean 'rnn'"):
        cells.get("rnnn")
    with pytest.raises(UnknownCell):
        cells.get("..cell")


def test_a_cell_can_be_pickled_compared_and_shown() -> None:
    cell = Cell("h = tanh(W_h @ x + U_h @ h + b_h)")
    assert pickle.loads(pickle.dumps(cell)) == cell
    assert "h_{t-1}" in cell._repr_latex_()


@pytest.mark.parametrize("widths", [(8, 16, 40), (1, 1), (5,), (3, 9, 2, 4)])
@pytest.mark.parametrize("structure", ["triangular", "blocks"])
def test_unequal_parts_have_the_entries_that_are_left(
    structure: str, widths: tuple[int, ...]
) -> None:
    cell = Cell(f"U_h: {structure}(groups)\nh = tanh(W_h @ x + U_h @ h)")
    part = [number for number, width in enumerate(widths) for _ in range(width)]
    allowed = {"triangular": lambda row, column: row <= column, "blocks": lambda a, b: a == b}
    entries = sum(allowed[structure](row, column) for row in part for column in part)
    layer = Layer(cell, units=sum(widths), features=2, groups=widths)
    assert layer.parameters == entries + 2 * sum(widths)
    assert eval(written(layer.formula(), {"units": str(sum(widths)), "features": "2"}, "*")) == (
        layer.parameters
    )


def test_equal_widths_count_as_equal_parts() -> None:
    equal = Layer("clockwork", units=12, features=3, groups=3)
    assert Layer("clockwork", units=12, features=3, groups=(4, 4, 4)).parameters == equal.parameters


def test_widths_must_fill_the_side_and_belong_to_a_matrix() -> None:
    with pytest.raises(
        SizeError, match=r"units must be 8 \+ 16 = 24, the widths in groups, got 20"
    ):
        Layer("clockwork", units=20, features=3, groups=(8, 16))
    with pytest.raises(SizeError, match=r"projection must be a positive whole number"):
        Layer("projected", units=20, features=3, projection=(8, 12))
    with pytest.raises(SizeError, match=r"groups must be widths"):
        Layer("clockwork", units=20, features=3, groups=())
    with pytest.raises(OptionError, match="the widths in groups say what units is"):
        solve(1000, "clockwork", features=3, groups=(8, 16))


def test_a_line_that_does_not_lead_to_the_output_is_named() -> None:
    text = "k = W_k @ x\nm = tanh(k)\nc = c + W_c @ x\nh = tanh(W_h @ x)"
    with pytest.warns(UnusedLineWarning, match=r"cell: .* output h: k, m, c\. Their parameters"):
        cell = Cell(text)
    assert cell.unused == ("k", "m", "c")
    assert cell.count(units=2, features=3) == 3 * 6
    # What follows from a cell says it no second time.
    layer = Layer(cell, 2, 3, activation="relu", use_bias=False)
    assert layer.running_cell.unused == cell.unused


def test_a_line_that_leads_to_the_output_in_a_roundabout_way_is_used() -> None:
    assert Cell("h = tanh(c)\nc = a\na = W_a @ x").unused == ()
    assert all(cells.get(name).unused == () for name in cells.names())


def test_a_warning_of_a_cell_points_at_its_caller() -> None:
    with pytest.warns(UnusedLineWarning) as caught:
        Cell("k = 1\nh = x\nx: units")
    assert caught[0].filename == __file__


def test_a_size_may_have_any_name() -> None:
    cell = Cell("h: self = tanh(W_h @ x)")
    assert cell.count(units=2, features=3, self=4) == 12


def test_the_length_of_any_part_of_the_equations() -> None:
    cell = Cell("l: input(units)\nr = transpose(W_h) @ h\nh = tanh(W_h @ (x + r) + 0.5 * l) * 2")
    r, h = (line.expression for line in cell.lines)
    assert cell.length_of(r) == "features"
    assert cell.length_of(h) == "units"
    assert [cell.length_of(node) for node in walk(h) if isinstance(node, Number | Input)] == [
        "features",
        "",
        "units",
        "",
    ]


def test_a_cell_without_a_name_is_a_cell_of_ones_own_and_shows_what_was_written() -> None:
    cell = Cell("h = tanh(W_h @ x)")
    assert repr(cell) == "<Cell cell: gates h, states none>"
    assert (cell.text, cell.title) == ("h = tanh(W_h @ x)", "A cell of your own")
    assert hash(cell) == hash(Cell("h = tanh(W_h @ x)"))


def test_the_shortest_spelling_keeps_declarations_and_lengths() -> None:
    text = "a: scalar\nl: input(context)\nU_h: blocks(heads)\nh: wide = a * tanh(U_h @ h + W_h @ l)"
    assert Cell(text).rewritten() == text


def test_a_parameter_that_is_added_here_and_multiplied_there_is_no_bias() -> None:
    cell = Cell("a = W_a @ x + b_a\nh = tanh(a + b_a * h)")
    assert not any(block.is_bias for block in cell.blocks)
    cell = Cell("a = sigmoid(b_a)\nh = tanh(W_h @ x + b_a) * a")
    assert not any(block.is_bias for block in cell.blocks)
    cell = Cell("h = tanh(W_h @ x + norm(b_h))")
    assert not any(block.is_bias for block in cell.blocks)
