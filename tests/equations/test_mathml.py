"""MathML against LaTeX, which is another reading of the same tree, for every cell there is."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from lstminspect import Cell, Layer, cells, render
from lstminspect.equations import latex, mathml

SIGNS = {
    r"\odot": "⊙",
    r"\sigma": "σ",
    r"\cdot": "⋅",
    r"\top": "⊤",
    r"\tanh": "tanh",
    r"\max": "max",
    r"\min": "min",
    r"\mathit": "",
    r"\mathrm": "",
    r"\,": "",
    "\u2062": "",
    "\u2061": "",
    "−": "-",
}
#: What the languages mark with a sign, by the element of MathML that marks it.
MARKS = {"msub": "_", "msup": "^"}


def plain(text: str) -> str:
    for sign, written in SIGNS.items():
        text = text.replace(sign, written)
    return re.sub(r"[\s{}\\]", "", text)


def read(element: ElementTree.Element) -> str:
    """The text of MathML, with the signs that LaTeX has for lower and higher."""
    parts = [element.text or "", *map(read, element)]
    return MARKS[element.tag].join(parts[1:]) if element.tag in MARKS else "".join(parts)


@pytest.mark.parametrize("name", cells.names())
def test_the_equations_of_a_cell_read_as_in_latex(name: str) -> None:
    lines = cells.get(name).lines
    table = ElementTree.fromstring(mathml.equations(lines))
    rows = [plain(read(row)) for row in table.iter("mtr")]
    assert rows == [plain(f"{left}={right}") for left, right in map(latex.sides, lines)]


EXPRESSIONS = (
    "(W_h @ x) * h + h * (-h) + 1e-5 * (U_h @ h)",
    "transpose(U_h) @ (h - 2.5) / power(h, 2)",
    "power(W_h @ x, 3) - max(h, -1)",
    "1 - (h - (1 - h))",
    "-(h * h) + -(W_h @ x)",
)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_parentheses_and_powers_stand_where_they_stand_in_latex(text: str) -> None:
    (line,) = Cell(f"h = {text}").lines
    element = ElementTree.fromstring(mathml.math(mathml.expression(line.expression)))
    assert plain(read(element)) == plain(latex.expression(line.expression))


def test_equations_are_aligned_at_their_equals_signs() -> None:
    text = mathml.equations(cells.get("lstm").lines)
    assert text.count('<mtd style="text-align: right">') == 6
    assert text.count('<mtd style="text-align: center"><mo>=</mo></mtd>') == 6
    assert "<msub><mi>h</mi><mrow><mi>t</mi><mo>−</mo><mn>1</mn></mrow></msub>" in text


@pytest.mark.parametrize(
    ("text", "read_back"), [("64", "64"), ("u", "u"), ("(2·u + 1)", "(2⋅u+1)"), ("u^10", "u^10")]
)
def test_the_text_of_a_size_is_read_as_mathematics(text: str, read_back: str) -> None:
    assert plain(read(ElementTree.fromstring(mathml.math(mathml.symbols(text))))) == read_back


def maths(text: str) -> list[str]:
    found = re.findall(r"<math>.*?</math>", text)
    return [plain(read(ElementTree.fromstring(each))) for each in found]


def test_the_formula_of_a_count_is_set_with_its_numbers() -> None:
    page = render(Layer("lstm", units=64, features=3), "html")
    assert maths(page) == [
        "4⋅(units⋅(units+features)+units)",
        "=4⋅(64⋅(64+3)+64)",
        "=17,408",
    ]
    assert maths(render(Layer("lstm", "u", "f"), "html"))[1] == "=4⋅(u⋅(u+f)+u)"


def test_a_division_is_a_fraction() -> None:
    page = render(cells.get("clockwork"), "html")
    assert "<mfrac>" in page


def test_a_long_derivation_is_scrolled_and_a_short_one_stands_in_a_line() -> None:
    layer = Layer("gru", units=32, features=16, layers=2, bidirectional=True)
    assert "<p><math>" not in render(layer, "html")
    assert "<p><math>" in render(Layer(Cell("h = tanh(W_h @ x)"), 4, 3), "html")
