"""Charts: curves with the right numbers, told apart without colour, drawn in two ways."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise
from pathlib import Path

import pytest

import lstminspect as li
from lstminspect import Layer, MissingFramework, OptionError
from lstminspect.analysis.curves import Chart, Curve, curves_of, curves_of_sweep
from lstminspect.cli.main import main
from lstminspect.figures.chart import COLOURS, DASHES, drawing_of_chart, picture_of_chart, ticks
from lstminspect.figures.svg import Label, area_of

BUDGET = li.compare("lstm", "min_gru", "slstm", features=32, parameters=100_000, heads=4)
UNITS = li.compare("lstm", "gru", "sru", units=8, features=8, timesteps=30)
SWEEP = li.sweep(["lstm", "gru"], range(16, 129, 16), [3, 64])


def test_a_point_of_a_curve_is_the_count_of_a_layer() -> None:
    for curve, layer in zip(curves_of(UNITS, "units").curves, UNITS.layers, strict=True):
        for units, parameters in curve.points:
            features = units if layer.cell.name == "sru" else 8
            there = Layer(layer.cell, units, features)
            assert there.parameters_in("equations") == parameters
        assert curve.mark == (8, layer.parameters_in("equations"))


def test_the_curves_of_a_budget_are_those_of_the_units_turned() -> None:
    turned, straight = curves_of(BUDGET), curves_of(BUDGET, "units")
    assert (turned.x, turned.y) == ("budget of parameters", straight.x)
    for one, other in zip(turned.curves, straight.curves, strict=True):
        assert [(y, x) for x, y in one.points] == list(other.points)
    assert all(units % 4 == 0 for units, _ in straight.curves[2].points)


def test_every_curve_goes_beyond_its_mark() -> None:
    for compared in (BUDGET, UNITS):
        for against in ("units", "timesteps"):
            for curve in curves_of(compared, against).curves:
                assert all(before[0] < after[0] for before, after in pairwise(curve.points))
                assert curve.mark is None or curve.points[-1][0] > curve.mark[0]


def test_the_curve_against_the_time_steps_is_the_memory_of_training() -> None:
    curve = curves_of(UNITS, "timesteps").curves[0]
    assert curve.mark == (30, UNITS.costs[0].training.bytes())
    last, kept = curve.points[-1]
    costs = li.cost(Layer("lstm", 8, 8, timesteps=last), "equations")
    assert (last, kept) == (60, costs.training.bytes())


def test_a_sweep_has_a_curve_for_each_cell_and_each_other_size() -> None:
    chart = curves_of_sweep(SWEEP)
    assert [curve.name for curve in chart.curves] == [
        f"{cell}, {features} features" for cell in ("lstm", "gru") for features in (3, 64)
    ]
    assert chart.curves[0].points[0] == (16, Layer("lstm", 16, 3).parameters)
    one = curves_of_sweep(li.sweep(["lstm"], [4], [1, 2, 3]))
    assert (one.x, [curve.name for curve in one.curves]) == ("features", ["lstm"])


def test_two_layers_of_one_cell_have_names_of_their_own() -> None:
    chart = curves_of(li.compare("lstm:4", "lstm:8", "gru:4", features=3))
    assert [curve.name for curve in chart.curves] == ["lstm:4", "lstm:8", "gru"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: curves_of(BUDGET, "unit"), "no curve against 'unit'. Did you mean 'units'"),
        (lambda: curves_of(BUDGET, 3), "no curve against 3"),
        (lambda: curves_of(li.compare("lstm:u", features=3)), "a curve needs numbers"),
        (lambda: curves_of_sweep(li.sweep(["lstm"], range(1, 30_000), [3])), "29,999 rows"),
        (lambda: li.plot(SWEEP, "units"), "Leave against out"),
        (lambda: li.plot(li.report(UNITS.layers[0])), "a comparison, a sweep and a memory have"),
        (lambda: li.plot(li.compare(*li.cells.names()[:13], **OWN)), "13 curves are too many"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: object, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        make()  # type: ignore[operator]


OWN = {"units": 8, "features": 8, "groups": 2}


def test_nothing_is_told_by_colour_alone() -> None:
    assert len(set(COLOURS)) == len(set(DASHES)) == len(COLOURS)
    svg = picture_of_chart(curves_of(BUDGET)).svg
    for curve in curves_of(BUDGET).curves:
        assert f">{curve.name}</text>" in svg
    for at, dash in enumerate(DASHES):
        assert re.search(rf"curve{at}{{[^}}]*stroke-dasharray:{dash or 'none'}}}", svg)


@pytest.mark.parametrize("background", ["#ffffff", "#14171a"])
def test_a_curve_stands_out_on_white_and_on_black(background: str) -> None:
    for colour in COLOURS:
        low, high = sorted((brightness(colour), brightness(background)))
        assert (high + 0.05) / (low + 0.05) >= 3, colour


def brightness(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    lines = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * lines[0] + 0.7152 * lines[1] + 0.0722 * lines[2]


CROWDED = Chart("t", "x", "y", tuple(Curve(f"c{at}", ((0, 0), (9, 50 + at))) for at in range(12)))
FLAT = Chart("t", "x", "y", tuple(Curve(f"c{at}", ((0, 0), (9, at % 2 * 99))) for at in range(9)))
CHARTS = [curves_of(BUDGET), curves_of(UNITS, "timesteps"), curves_of_sweep(SWEEP), CROWDED, FLAT]


@pytest.mark.parametrize("chart", CHARTS, ids=range(len(CHARTS)))
def test_no_label_covers_another_and_all_is_on_the_sheet(chart: Chart) -> None:
    drawing = drawing_of_chart(chart)
    labels = [shape for shape in drawing.shapes if isinstance(shape, Label)]
    for one, other in combinations(labels, 2):
        assert not area_of(one).meets(area_of(other)), (one.text, other.text)
    for shape in drawing.shapes:
        area = area_of(shape)
        assert area.left >= 0
        assert area.top >= 0
        assert area.right <= drawing.width
        assert area.bottom <= drawing.height


def test_ticks_are_round_and_cover_the_largest_number() -> None:
    for largest in (1, 2, 3, 7, 10, 99, 100, 101, 17_408, 4 * 10**9, 10**30):
        marks = ticks(largest)
        assert marks[0] == 0
        assert largest <= marks[-1] < 2 * largest + 2
        assert 2 <= len(marks) <= 8


def test_the_picture_of_a_comparison_is_its_svg_and_stands_in_its_page() -> None:
    svg = BUDGET.to_svg()
    ElementTree.fromstring(svg)
    assert "Units within a budget of parameters, counted by the equations" in svg
    assert "<svg" in BUDGET.to_html()
    letters = li.compare("lstm", "gru", units="u", features="f")
    assert "<svg" not in letters.to_html()
    with pytest.raises(OptionError, match="a curve needs numbers"):
        letters.to_svg()


def test_matplotlib_draws_the_same_curves() -> None:
    pytest.importorskip("matplotlib")
    axes = li.plot(BUDGET).axes[0]
    chart = curves_of(BUDGET)
    lines = [line for line in axes.lines if len(line.get_xdata()) > 1]
    for line, curve in zip(lines, chart.curves, strict=True):
        assert list(zip(line.get_xdata(), line.get_ydata(), strict=True)) == list(curve.points)
    assert (axes.get_xlabel(), axes.get_ylabel()) == (chart.x, chart.y)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        curve.name for curve in chart.curves
    ]
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("ending", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_the_command_draws_beside_the_table(
    ending: str, start: bytes, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    file = tmp_path / f"x.{ending}"
    for line in (
        "compare lstm gru --units 8 --features 3 --against timesteps",
        "sweep --units 4:8 --features 3",
    ):
        assert main([*line.split(), "--plot", str(file)]) == 0
        assert "lstm" in capsys.readouterr().out
        first = file.read_bytes()
        assert first.startswith(start)
        assert main([*line.split(), "--plot", str(file)]) == 0
        assert (file.read_bytes() == first) or ending == "svg"
        capsys.readouterr()


def test_without_matplotlib_an_svg_is_drawn_and_the_others_say_what_to_install(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = __import__("importlib.util").util.find_spec
    missing = lambda name, *more: None if name == "matplotlib" else real(name, *more)  # noqa: E731
    monkeypatch.setattr("lstminspect.optional.find_spec", missing)
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    line = ["compare", "lstm", "gru", "--units", "8", "--features", "3", "--plot"]
    assert main([*line, str(tmp_path / "x.svg")]) == 0
    assert (tmp_path / "x.svg").read_text("utf-8").startswith("<svg")
    capsys.readouterr()
    assert main([*line, str(tmp_path / "x.png")]) == 2
    expected = "a plot needs matplotlib: pip install 'lstminspect[plot]'"
    assert expected in capsys.readouterr().err
    with pytest.raises(MissingFramework, match="a plot needs matplotlib"):
        li.plot(BUDGET)


def test_a_file_that_cannot_be_a_plot_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    line = "compare lstm gru --units 8 --features 3"
    for option, message in {
        "--plot x.gif": "a plot is a file .svg, .png or .pdf, got 'x.gif'",
        "--plot /no/such/folder/x.svg": "cannot be written to '/no/such/folder/x.svg'",
        "--against units": "--against goes with --plot FILE",
    }.items():
        assert main(f"{line} {option}".split()) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("form", ["json", "markdown", "latex", "html", "svg"])
def test_a_sweep_has_every_format(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--units", "4:6", "--features", "3", "--format", form]) == 0
    assert capsys.readouterr().out == li.render(li.sweep(["lstm"], range(4, 7), [3]), form) + "\n"


def test_a_sweep_counts_all_cells_under_one_convention() -> None:
    assert {row.convention for row in li.sweep(["lstm", "gru"], [4], [3])} == {"keras"}
    assert {row.convention for row in li.sweep(["lstm", "cifg"], [4], [3])} == {"equations"}
