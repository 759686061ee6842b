"""Pictures of models, patterns, lessons and comparisons, and pictures as PNG and PDF."""

from __future__ import annotations

import struct
from shutil import which
from xml.etree import ElementTree

import pytest
from test_figures import check_drawing, check_no_line_meets_a_label

from lstminspect import (
    Layer,
    MissingFramework,
    OptionError,
    cli,
    compare,
    explain,
    model,
    patterns,
    picture,
    quiz,
    render,
)
from lstminspect.figures import raster
from lstminspect.figures.graph import MOST, Box, drawing_of_graph
from lstminspect.figures.pattern import Steps, drawing_of_patterns
from lstminspect.figures.svg import Label, Rectangle
from lstminspect.figures.weights import drawing_side_by_side

TWO_INPUTS = """\
words = Input((None,))
_, h, c = LSTM(64, return_state=True)(Embedding(5000, 32)(words))
before = Input((None,))
y = LSTM(64, return_sequences=True)(Embedding(4000, 32)(before), initial_state=[h, c])
model = Model([words, before], Dense(4000, activation='softmax')(y))"""
BROWSER = [name for name in raster.BROWSERS if which(name)][:1]
RESVG = ["resvg"] if raster._has_resvg() else []


def labels(svg: str) -> list[str]:
    return [
        "".join(each.itertext())
        for each in ElementTree.fromstring(svg).iter()
        if "text" in each.tag
    ]


def bars(boxes: list[Box]) -> list[float]:
    """The lengths of the bars that are filled, from the top."""
    drawing = drawing_of_graph(boxes, [(at, at + 1) for at in range(len(boxes) - 1)], "m", "t")
    shapes = [each for each in drawing.shapes if isinstance(each, Rectangle)]
    return [each.width for each in shapes if each.look.endswith("-head")]


def test_a_model_shows_each_layer_with_its_shape_and_its_parameters() -> None:
    shown = labels(render(model("Input((5, 10)), LSTM(25), Dense(10)"), "svg"))
    assert {"lstm (LSTM)", "(None, 25)", "3,600 parameters", "260 parameters"} <= set(shown)


def test_the_bars_of_a_model_are_to_one_scale() -> None:
    first, second = bars([Box("a", (), 4000), Box("b", (), 1000)])
    assert first == pytest.approx(4 * second)


def test_a_layer_without_parameters_has_no_bar() -> None:
    assert len(bars([Box("a", (), 10), Box("b", ()), Box("c", (), 5)])) == 2


def test_an_input_in_the_middle_of_a_model_reads_nothing() -> None:
    svg = render(model(TWO_INPUTS), "svg")
    # Seven boxes: the two chains have two arrows each, the state one more, and the output one.
    assert svg.count("<polygon") == 6


def test_nothing_of_a_graph_covers_another() -> None:
    boxes = [Box(f"layer {at}", ("(None, 3)", "12 parameters"), at * 100) for at in range(7)]
    edges = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (3, 4), (4, 5), (3, 6), (5, 6)]
    drawing = drawing_of_graph(boxes, edges, "a model", "text")
    check_drawing(drawing)
    check_no_line_meets_a_label(drawing)


def test_a_model_of_too_many_layers_has_no_picture() -> None:
    large = model(f"Input((5, 10)), {', '.join(['Dense(10)'] * MOST)}")
    with pytest.raises(OptionError, match=f"a picture shows at most {MOST} layers, and this model"):
        render(large, "svg")
    assert "<svg" not in render(large, "html")


@pytest.mark.parametrize("pattern", patterns(), ids=lambda each: each.name)
def test_a_pattern_draws_as_many_steps_inputs_and_outputs_as_its_text(pattern: object) -> None:
    steps: Steps = pattern.steps  # type: ignore[attr-defined]
    drawing = drawing_of_patterns([("a", "b", steps)])
    texts = [each.text for each in drawing.shapes if isinstance(each, Label)]
    for sign, prefix in (("x", "x_{"), ("y", "y_{")):
        lines = [line for line in steps.text.splitlines() if "[" not in line]
        drawn = sum(line.partition("  the ")[0].count(sign) for line in lines)
        assert sum(text.startswith(prefix) for text in texts) == drawn
    assert sum(text in ("A", "B") for text in texts) == steps.text.count("[")
    check_drawing(drawing)


def test_the_pattern_of_one_vector_shows_that_vector_at_every_step() -> None:
    assert labels(render(patterns("one-to-many"), "svg")).count("x1") == 3


def test_layers_side_by_side_have_one_scale() -> None:
    drawing = drawing_side_by_side([Layer("lstm", 8, 4), Layer("rnn", 8, 4)])
    areas = [
        each.width * each.height
        for each in drawing.shapes
        if isinstance(each, Rectangle) and each.look == "gate0"
    ]
    # W_i, U_i, b_i of the LSTM, then W_h, U_h, b_h of the RNN: the same shapes.
    assert areas[:3] == pytest.approx(areas[3:])
    check_drawing(drawing)


def test_a_comparison_chooses_between_curves_and_weights() -> None:
    both = compare("lstm", "gru", units=8, features=4)
    assert picture(both, "weights").title == "The weights of the layers, to one scale"
    assert picture(both) == picture(both, "curves")
    with pytest.raises(OptionError, match="has the pictures curves, weights, not 'cell'"):
        picture(both, "cell")


def test_a_lesson_draws_what_its_topic_is_about() -> None:
    layer = Layer("lstm", 4, 3)
    assert picture(explain("units", layer)) == picture(layer, "weights")
    assert picture(explain("gates", layer)) == picture(layer, "cell")
    assert picture(explain("units", layer), "cell") == picture(layer, "cell")


def test_an_answer_without_a_picture_says_what_has_one() -> None:
    with pytest.raises(OptionError, match=r"has no picture\. A layer has one"):
        picture(quiz(3))


def test_a_picture_is_for_svg_and_html() -> None:
    with pytest.raises(OptionError, match="a picture is for svg and html, got csv"):
        render(Layer("lstm", 4, 3), "csv", picture="weights")


def test_html_shows_the_picture_that_is_named() -> None:
    layer = Layer("lstm", 4, 3)
    assert picture(layer, "cell").description.split(".")[0] in render(layer, "html", picture="cell")


@pytest.mark.parametrize("way", [*RESVG, *BROWSER])
def test_a_png_has_three_pixels_for_each_unit(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "_has_resvg", lambda: way == "resvg")
    drawn = picture(Layer("rnn", 2, 3), "weights")
    content = drawn.to_png()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", content[16:24])
    size = [float(each) for each in raster._size(drawn.svg)]
    assert (width, height) == pytest.approx([3 * each for each in size], abs=4)


@pytest.mark.parametrize("way", BROWSER)
def test_a_pdf_has_one_page_of_the_size_of_the_picture(way: str) -> None:
    drawn = picture(Layer("rnn", 2, 3), "weights")
    content = drawn.to_pdf()
    assert content.startswith(b"%PDF"), way
    assert b"/Count 1" in content, way
    box = content.partition(b"/MediaBox [")[2].partition(b"]")[0].split()
    size = [float(each) for each in raster._size(drawn.svg)]
    # A point is 4/3 of a unit.
    assert [float(each) * 4 / 3 for each in box[2:]] == pytest.approx(size, abs=2)


def test_without_a_browser_a_pdf_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(raster, "BROWSERS", ())
    with pytest.raises(MissingFramework, match="as PDF needs a browser: install Chromium"):
        Layer("rnn", 2, 3).to_pdf()


def test_without_a_font_a_png_is_not_drawn_without_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(raster, "PROBE", '<svg xmlns="http://www.w3.org/2000/svg"/><!-- {} -->')
    raster._has_resvg.cache_clear()
    try:
        assert not raster._has_resvg()
    finally:
        monkeypatch.undo()
        raster._has_resvg.cache_clear()


@pytest.mark.parametrize("way", RESVG or BROWSER)
def test_the_ending_of_a_file_asks_for_a_png(way: str, tmp_path: object) -> None:
    path = f"{tmp_path}/{way}.png"
    assert cli.main(["--units", "4", "--features", "3", "--picture", "cell", "-o", path]) == 0
    with open(path, "rb") as file:
        assert file.read(4) == b"\x89PNG"


def test_a_picture_that_is_not_there_is_refused_by_its_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--units", "4", "--features", "3", "--picture", "wieghts", "--format", "svg"]
    assert cli.main(words) == 2
    assert (
        "--picture takes all, cell, layer, weights, got 'wieghts'. Did" in capsys.readouterr().err
    )


def test_a_picture_without_a_format_that_shows_it_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["--units", "4", "--features", "3", "--picture", "cell"]) == 2
    assert "--picture is for a picture. Add a file" in capsys.readouterr().err
