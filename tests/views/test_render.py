"""Every format: golden outputs, totals added up again, nothing cut."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy
import pytest
import sympy

from lstminspect import Cell, Layer, OptionError, render, report
from lstminspect.views.render import FORMATS

GOLDEN = Path(__file__).parents[1] / "golden"
ENDINGS = {
    "text": "txt",
    "json": "json",
    "markdown": "md",
    "latex": "tex",
    "html": "html",
    "csv": "csv",
    "svg": "svg",
}
LAYERS = {
    "lstm": Layer("lstm", 64, 3, timesteps=30, return_sequences=True, return_state=True),
    "gru": Layer("gru", 32, 16, batch=8, stateful=True, bidirectional=True, layers=2),
    "letters": Layer("gru_reset_before", "u", "f", timesteps="T", use_bias=False),
    "own": Layer(Cell("keep = sigmoid(W_keep @ x + p_keep * h)\nh = keep * h"), 5, 4),
}


def test_every_format_has_a_golden_ending() -> None:
    assert list(ENDINGS) == list(FORMATS)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("format", FORMATS)
def test_the_output_is_the_golden_one(name: str, format: str, write_golden: bool) -> None:
    path = GOLDEN / f"{name}.{ENDINGS[format]}"
    text = render(report(LAYERS[name]), format) + "\n"
    if write_golden:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def rows_of_text(text: str) -> list[list[str]]:
    return [re.split(r"  +", line.strip()) for line in text.split("\n")]


def rows_of_markdown(text: str) -> list[list[str]]:
    lines = text.replace("\\", "").split("\n")
    return [[c.strip() for c in line.strip("|").split("|")] for line in lines if line[:1] == "|"]


def rows_of_latex(text: str) -> list[list[str]]:
    text = re.sub(
        r"\\ragged(?:left|right) |\\allowbreak{}", "", text.replace(r"\tabularnewline", r"\\")
    )
    lines = [line for line in text.split("\n") if line.endswith(r"\\") and "=" not in line]
    return [[c.strip() for c in line.removesuffix(r"\\").split("&")] for line in lines]


class _Rows(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data.strip()


def rows_of_html(text: str) -> list[list[str]]:
    parser = _Rows()
    parser.feed(text)
    return [row for row in parser.rows if row]


READERS = {
    "text": rows_of_text,
    "markdown": rows_of_markdown,
    "latex": rows_of_latex,
    "html": rows_of_html,
}


@pytest.mark.parametrize("name", ["lstm", "gru", "own"])
@pytest.mark.parametrize("format", READERS)
def test_the_weights_of_a_printed_table_add_up_to_its_total(name: str, format: str) -> None:
    layer = LAYERS[name]
    rows = READERS[format](render(report(layer), format))
    spelled = {re.sub(r"\\", "", row[0]): row for row in rows if len(row) > 1}
    counts = [int(spelled[weight.name][2].replace(",", "")) for weight in layer.weights]
    total = next(cell for cell in spelled["total"][1:] if cell)
    assert sum(counts) == int(total.replace(",", "")) == layer.parameters


@pytest.mark.parametrize("name", ["lstm", "gru", "own"])
def test_the_weights_of_csv_and_json_add_up_to_the_total(name: str) -> None:
    layer = LAYERS[name]
    table = list(csv.DictReader(io.StringIO(render(report(layer), "csv"))))
    counts = [int(row["parameters"]) for row in table if row["item"] == "weight"]
    assert sum(counts) == layer.parameters
    assert sum(int(row["parameters"] or 0) for row in table) == layer.parameters
    content = json.loads(render(report(layer), "json"))
    assert sum(weight["parameters"] for weight in content["weights"]) == content["parameters"]
    for weight in content["weights"]:
        assert int(numpy.prod(weight["shape"])) == weight["parameters"]


def test_json_has_what_it_promises() -> None:
    content = json.loads(render(report(LAYERS["lstm"]), "json"))
    assert content["schema"] == 1
    assert content["cell"] == "lstm"
    assert content["convention"] == "keras"
    assert content["parameters"] == 17408
    assert content["formula"] == "4·(units·(units + features) + units)"
    assert content["derivation"] == "4·(64·(64 + 3) + 64)"
    assert content["weights"][0]["name"] == "kernel"
    assert content["weights"][0]["shape"] == [3, 256]
    assert content["output_shapes"] == [[None, 30, 64], [None, 64], [None, 64]]
    assert content["state_shapes"] == {"h": [None, 64], "c": [None, 64]}
    expected = {"keras": 17408, "flax": 17408, "nnx": 17408, "pytorch": 17664, "onnx": 17664}
    assert content["conventions"] == expected


def test_json_of_letters_has_counts_that_sympy_reads() -> None:
    content = json.loads(render(report(Layer("lstm", "u", "f")), "json"))
    count = sympy.sympify(content["parameters"])
    assert count.subs({"u": 64, "f": 3}) == 17408
    assert sympy.sympify(content["conventions"]["pytorch"]).subs({"u": 64, "f": 3}) == 17664
    assert content["derivation"] == "4·(u·(u + f) + u)"
    content = json.loads(render(report(Layer("lstm", 64, "f")), "json"))
    assert {type(weight["parameters"]) for weight in content["weights"]} == {str}


def test_json_and_html_are_the_same_in_every_encoding() -> None:
    assert render(report(Layer("lstm", "ü", "f")), "json").isascii()
    assert render(report(Layer("lstm", "ü", "f")), "html").isascii()


def test_a_layer_renders_as_its_report() -> None:
    layer = Layer("lstm", 64, 3)
    assert render(layer) == render(report(layer))


def test_a_cell_without_gates_says_nothing_of_them() -> None:
    text = render(report(Layer(Cell("h = tanh(W @ x + U @ h + B)"), 4, 3)))
    assert "networks per step" not in text
    assert "None of keras, flax, nnx, pytorch, onnx stores these equations." in text


def test_the_text_says_why_others_differ() -> None:
    text = render(report(Layer("gru", 64, 3)))
    assert re.search(r"flax +13,120  -128: b_z b_r once", text)
    assert re.search(r"nnx +13,056  -192: b_z b_r once, d_n not stored", text)
    text = render(report(Layer("lstm", 64, 3), "pytorch"))
    assert "4·(units·(units + features) + 2·units) = 4·(64·(64 + 3) + 2·64) = 17,664" in text
    assert re.search(r"keras +17,408  -256: b_i b_f b_g b_o once", text)
    assert "Flax linen and Flax NNX have no cell without bias." in render(
        report(Layer("rnn", 4, 3, use_bias=False))
    )


def test_nothing_is_cut_however_long() -> None:
    units = 10**60 + 7
    layer = Layer("lstm", units, 3, layers=40, bidirectional=True)
    # A picture shows the first and the last of many layers, and says so: every table has them all.
    for format in (format for format in FORMATS if format != "svg"):
        text = render(report(layer), format)
        assert "..." not in text.replace("\\ldots", "...")
        digits = text.replace(",", "").replace("{}", "").replace("{", "").replace("}", "")
        assert digits.count(str(4 * units)) >= 40 * 2 * 3
        assert str(layer.parameters) in digits


def test_arrays_are_shown_by_their_range() -> None:
    layer = Layer("lstm", numpy.array([25, 64]), numpy.array([10, 3]))
    assert "3,600 to 17,408 (2 values) parameters" in render(report(layer))
    assert json.loads(render(report(layer), "json"))["parameters"] == [3600, 17408]
    assert "convention,keras,,,,,,3600 17408" in render(report(layer), "csv")
    for format in FORMATS:
        assert render(report(layer), format)


def test_a_name_is_escaped_where_the_medium_would_read_it() -> None:
    cell = Cell("a = tanh(W_a @ x)\nh = a", name="<b>&|_")
    layer = Layer(cell, 2, 3)
    assert "<b>" not in render(report(layer), "html")
    assert r"\<b\>&\|\_" in render(report(layer), "markdown")
    latex = r"\textless{}b\textgreater{}\&\textbar{}\_"
    assert latex in render(report(layer), "latex")


def test_latex_parenthesises_what_a_matrix_product_would_swallow() -> None:
    text = Cell("r = tanh(W_r @ x)\nh = r * (U_h @ h) + U_h @ (r * h) - (r - h)")._repr_latex_()
    assert r"r_{t} \odot (U_{h} \, h_{t-1})" in text
    assert r"U_{h} \, (r_{t} \odot h_{t-1})" in text
    assert r"- (r_{t} - h_{t-1})" in text
    text = Cell("h = (W_h @ x) * h + h * (-h) + 1e-5 * (U_h @ h)")._repr_latex_()
    assert r"(W_{h} \, x_{t}) \odot h_{t-1}" in text
    assert r"h_{t-1} \odot (-h_{t-1})" in text
    assert r"1 \cdot 10^{-5} \odot" in text
    lettered = Layer("rnn", sympy.Symbol("u") ** 10, 3)
    assert r"u^{10}" in render(report(lettered), "latex")


def test_an_unknown_format_gets_a_suggestion() -> None:
    with pytest.raises(OptionError, match=r"no format called 'jsn'. Did you mean 'json'"):
        render(report(LAYERS["lstm"]), "jsn")
