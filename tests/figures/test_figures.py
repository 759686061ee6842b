"""Pictures: well-formed, nothing covered, nothing cut, everything named."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise
from pathlib import Path as File
from xml.etree import ElementTree

import numpy
import pytest
from sizes import fitting

from lstminspect import (
    Cell,
    Layer,
    OptionError,
    SizeError,
    cells,
    conventions,
    picture,
    render,
    report,
)
from lstminspect.figures import theme
from lstminspect.figures.cell import drawing_of_cell, plan_of
from lstminspect.figures.dataflow import DataFlow, data_flow
from lstminspect.figures.figure import Picture
from lstminspect.figures.svg import Area, Drawing, Label, Path, Rectangle, area_of
from lstminspect.figures.theme import DARK, GATES, LIGHT, NOTEBOOK_STYLE, STYLE
from lstminspect.figures.unrolled import drawing_of_layer
from lstminspect.figures.weight_blocks import lanes_of
from lstminspect.figures.weights import drawing_of_weights

ODD = {
    "one line": "h = tanh(W_h @ x + U_h @ h + b_h)",
    "nothing trained": "x: units\nh = x * x",
    "only the input": "x: units\nh = x",
    "a copy of the state": "x: units\nk = h\nh = k + x",
    "numbers": "a = 1 - sigmoid(W_a @ x)\nh = 2 * a / 3 - 0.5 + 1 / a - h * 2",
    "division": "a = W_a @ x\nc = exp(a)\nh = a / c / (1 + c) * h",
    "minus": "h = -(W_h @ x) - U_h @ h - h - b_h + tanh(-h)",
    "a constant": "a = sigmoid(a_a)\nh = a * h + B + 2",
    "a value twice": "a = W_a @ x\nh = a * a + a - a",
    "the old and the new": "c = c + W_c @ x\nd = c * c\nh = h * d + U_h @ (h * d)",
    "long names": "a_gate_of_a_long_name = relu(W_a_gate_of_a_long_name @ x)\n"
    "h = leaky_relu(a_gate_of_a_long_name, 0.25) * h",
    "a product of four": "y: input(units)\nx: units\nh = softmax(p_h * h * y * x)",
    "many lines": "\n".join(
        [f"g{n} = sigmoid(W_g{n} @ x + U_g{n} @ h + b_g{n})" for n in range(30)]
        + ["h = " + " + ".join(f"g{n} * g{29 - n}" for n in range(30))]
    ),
}
CELLS = {name: cells.get(name) for name in cells.names()} | {
    name: Cell(text, name=name.replace(" ", "_")) for name, text in ODD.items()
}
LAYERS = {
    "three steps": Layer("lstm", 64, 3, timesteps=3, return_sequences=True, return_state=True),
    "any steps": Layer("gru", 64, 3),
    "one": Layer("rnn", 1, 1, timesteps=1, batch=1),
    "long": Layer("lstm", 64, 3, timesteps=10**30, batch=10**20, return_state=True),
    "letters": Layer("lstm", "u", "f", timesteps="T", batch="B", bidirectional=True, layers=9),
    "arrays": Layer("gru", numpy.array([16, 64]), 3, timesteps=4, return_sequences=True),
    "both": Layer("gru", 32, 16, timesteps=30, bidirectional=True, return_sequences=True),
    "both, last": Layer("lstm", 4, 3, timesteps=5, bidirectional=True, return_state=True),
    "both, backwards": Layer("lstm", 4, 3, timesteps=5, bidirectional=True, go_backwards=True),
    "both apart": Layer(
        "lstm", 4, 3, timesteps=2, bidirectional=True, merge_mode=None, return_sequences=True
    ),
    "both apart, last": Layer("lstm", 4, 3, bidirectional=True, merge_mode=None),
    "stack": Layer("lstm", 64, 3, timesteps=3, layers=3, return_sequences=True),
    "high stack": Layer("slstm", 64, 3, timesteps=30, layers=5, heads=4, go_backwards=True),
    "both, stack": Layer("gru", 64, 3, layers=2, bidirectional=True, merge_mode="sum"),
    "stateful": Layer("fgr", 8, 3, batch=4, stateful=True, timesteps=2, return_state=True),
    "no state": Layer(Cell("h = tanh(W_h @ x + b_h)", name="dense"), 4, 3, timesteps=2),
    "no weights": Layer(Cell("x: units\nh = h + x", name="sum"), 4, timesteps=2),
}
SIZES = [(64, 3), (2, 3), (1, 50000), (50000, 1), (1, 1), (10**400, 3)]


def words(svg: str) -> str:
    """The title and the description of a picture."""
    root = ElementTree.fromstring(svg)
    return " ".join(str(root[number].text) for number in (0, 1))


def outline_of(path: Path) -> Iterator[tuple[float, float]]:
    """Points along a line as it is painted, close to each other."""
    for (x, y), (to_x, to_y) in pairwise(path.points):
        for step in range(41):
            t = step / 40
            bow = 3 * t**2 - 2 * t**3 if path.smooth else t
            # A cubic with level ends: x at t is that of the curve through the middle.
            along = (1.5 * t * (1 - t) ** 2 + 1.5 * t**2 * (1 - t) + t**3) if path.smooth else t
            yield x + (to_x - x) * along, y + (to_y - y) * bow


def holds(area: Area, x: float, y: float, edge: float = 0.01) -> bool:
    return area.left + edge < x < area.right - edge and area.top + edge < y < area.bottom - edge


def inside(inner: Area, outer: Area) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and inner.right <= outer.right
        and inner.bottom <= outer.bottom
    )


def check_drawing(drawing: Drawing) -> None:
    """Nothing is cut, no label meets another or the edge of a box, no line meets a label."""
    sheet = Area(0, 0, drawing.width, drawing.height)
    for shape in drawing.shapes:
        assert inside(area_of(shape), sheet), shape
    labels = [shape for shape in drawing.shapes if isinstance(shape, Label)]
    for one, other in combinations(labels, 2):
        assert not area_of(one).meets(area_of(other)), (one.text, other.text)


def check_no_line_meets_a_label(drawing: Drawing) -> None:
    labels = [shape for shape in drawing.shapes if isinstance(shape, Label)]
    for path in (shape for shape in drawing.shapes if isinstance(shape, Path)):
        points = list(outline_of(path))
        for label in labels:
            area = area_of(label)
            assert not any(holds(area, x, y) for x, y in points), (path, label.text)


def check_labels_stay_in_boxes(drawing: Drawing, looks: Iterable[str]) -> None:
    labels = [shape for shape in drawing.shapes if isinstance(shape, Label)]
    boxes = [s for s in drawing.shapes if isinstance(s, Rectangle) and s.look in looks]
    for label in labels:
        for box in boxes:
            area, around = area_of(label), area_of(box)
            if area.meets(around):
                assert area.left >= around.left, (label.text, box)
                assert area.right <= around.right, (label.text, box)


@pytest.mark.parametrize("name", CELLS)
def test_no_part_of_a_cell_covers_another_and_no_line_enters_a_part_it_misses(name: str) -> None:
    flow = data_flow(CELLS[name])
    plan = plan_of(flow)
    for one, other in combinations(plan.areas, 2):
        assert not one.meets(other)
    for (origin, target), points in zip(flow.edges, plan.lines, strict=True):
        line = list(outline_of(Path(points, smooth=True)))
        for place, area in enumerate(plan.areas):
            if place not in (origin, target):
                assert not any(holds(area, x, y) for x, y in line), flow.parts[place]


@pytest.mark.parametrize("name", CELLS)
def test_every_line_of_a_cell_leads_from_its_part_to_its_part(name: str) -> None:
    flow = data_flow(CELLS[name])
    plan = plan_of(flow)
    for (origin, target), points in zip(flow.edges, plan.lines, strict=True):
        start, end = plan.areas[origin], plan.areas[target]
        assert points[0] == pytest.approx((start.right, (start.top + start.bottom) / 2))
        assert points[-1][0] == pytest.approx(end.left)
        assert end.top < points[-1][1] < end.bottom
        assert all(here[0] <= there[0] + 1e-9 for here, there in pairwise(points))


@pytest.mark.parametrize("name", CELLS)
def test_every_line_of_a_cell_touches_the_part_it_leads_to(name: str) -> None:
    drawing = drawing_of_cell(CELLS[name])
    boxes = [shape for shape in drawing.shapes if isinstance(shape, Rectangle)]
    for path in (shape for shape in drawing.shapes if isinstance(shape, Path)):
        x, y = path.points[-1]
        # Above a part, in the round corner of one, there is nothing to touch.
        assert any(
            abs(box.left - x) < 0.01
            and box.top + box.round / 2 <= y <= area_of(box).bottom - box.round / 2
            for box in boxes
        ), path


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_is_well_formed_and_nothing_of_it_is_cut(name: str) -> None:
    drawing = drawing_of_cell(CELLS[name])
    check_drawing(drawing)
    check_labels_stay_in_boxes(drawing, [f"gate{number}" for number in range(len(GATES))])
    root = ElementTree.fromstring(picture(CELLS[name]).svg)
    assert root.get("role") == "img"
    # A title that stands first is the name of a picture, a description what is said of it.
    title, description = root[:2]
    assert (title.tag[-5:], description.tag[-4:]) == ("title", "desc")
    assert title.text
    assert description.text


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_says_in_words_all_that_it_has(name: str) -> None:
    cell = CELLS[name]
    text = words(picture(cell).svg)
    for block in cell.blocks:
        assert f"{block.name} ({' × '.join(block.shape) or 1})" in text
    for state, length in cell.states.items():
        assert f"{state}_t−1 ({length})" in text
        assert f"{state}_t ({length})" in text
    for line in cell.rewritten().splitlines():
        assert line in text


@pytest.mark.parametrize("name", CELLS)
def test_every_parameter_is_in_a_network_and_every_input_and_state_is_drawn(name: str) -> None:
    cell, flow = CELLS[name], data_flow(CELLS[name])
    named = " ".join(weight for part in flow.parts for weight in part.weights)
    for block in cell.blocks:
        assert re.search(rf"\b{block.name}\b", named)
    sources = [part.text for part in flow.parts if part.kind == "state"]
    assert sources == [f"{state}_{{t−1}}" for state in cell.states]
    results = [part.text for part in flow.parts if part.kind == "result"]
    assert sorted(results) == sorted(f"{name}_{{t}}" for name in {"h", *cell.states})


def reached(flow: DataFlow, start: int) -> set[int]:
    found = {start}
    for origin, target in sorted(flow.edges):
        if origin in found:
            found.add(target)
    return found


def test_the_flow_of_an_lstm_is_the_one_of_its_equations() -> None:
    flow = data_flow(cells.get("lstm"))
    place = {
        part.text if part.kind != "network" else part.line: n for n, part in enumerate(flow.parts)
    }
    reads = {name: {o for o, t in flow.edges if t == place[name]} for name in "ifgo"}
    assert all(found == {place["x_{t}"], place["h_{t−1}"]} for found in reads.values())
    assert place["c_{t}"] in reached(flow, place["g"])
    assert place["c_{t}"] not in reached(flow, place["o"])
    assert [part.kind for part in flow.parts].count("operation") == 4


def test_what_is_subtracted_or_divided_is_told_apart_from_what_is_added() -> None:
    def kinds(text: str) -> list[str]:
        return [part.text for part in data_flow(Cell(text)).parts if part.kind == "operation"]

    assert kinds("x: units\nh = 1 - x") == ["1 −"]
    assert kinds("x: units\nh = x - 1") == ["− 1"]
    assert kinds("x: units\nh = x - h") == ["−", "+"]
    assert kinds("x: units\nh = x / h") == ["1 ÷", "⊙"]
    assert kinds("x: units\nh = x / 2 + h") == ["÷ 2", "+"]
    assert kinds("x: units\nh = x + h + 1") == ["+ 1"]
    assert kinds("x: units\nh = -x") == ["−"]
    assert kinds("x: units\nh = 2 * x * h") == ["2 × ⊙"]
    assert data_flow(Cell("h = tanh(b_h - W_h @ x)")).parts[1].weights == ("b_h", "−W_h")


@pytest.mark.parametrize("name", LAYERS)
def test_nothing_of_an_unrolled_layer_is_cut_or_covered(name: str) -> None:
    drawing = drawing_of_layer(LAYERS[name])
    check_drawing(drawing)
    check_no_line_meets_a_label(drawing)
    check_labels_stay_in_boxes(drawing, ["copy", "tie-box", "box"])
    copies = [s for s in drawing.shapes if isinstance(s, Rectangle) and s.look == "copy"]
    assert len({(copy.width, copy.height) for copy in copies}) == 1
    for path in (shape for shape in drawing.shapes if isinstance(shape, Path)):
        for copy in copies:
            assert not any(holds(area_of(copy), x, y) for x, y in outline_of(path)), path


def texts(drawing: Drawing) -> list[str]:
    return [shape.text for shape in drawing.shapes if isinstance(shape, Label)]


@pytest.mark.parametrize("steps", [1, 3, 5, 6, 30, None, "T"])
def test_short_sequences_are_whole_and_long_ones_have_their_ends(steps: object) -> None:
    found = texts(drawing_of_layer(Layer("rnn", 4, 3, timesteps=steps)))
    inputs = [text for text in found if text.startswith("x_")]
    if isinstance(steps, int) and steps <= 5:
        assert inputs == [f"x_{{{step + 1}}}" for step in range(steps)]
        assert "…" not in found
    else:
        assert inputs == ["x_{1}", "x_{2}", f"x_{{{steps or 'T'}}}"]
        assert "…" in found


def test_the_weights_are_one_box_for_a_layer_and_direction_with_its_count() -> None:
    layer = LAYERS["both, stack"]
    found = texts(drawing_of_layer(layer, "onnx"))
    counts = [int(text.split()[0].replace(",", "")) for text in found if "parameters" in text]
    assert len(counts) == 4
    assert sum(counts) == layer.parameters_in("onnx")
    assert found.count("the same at every step") == 4


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_returned_leaves_at_the_top(every: bool, backwards: bool) -> None:
    layer = Layer("rnn", 4, 3, timesteps=3, return_sequences=every, go_backwards=backwards)
    found = texts(drawing_of_layer(layer))
    left = [text for text in found if re.fullmatch(r"h_\{.\}", text)]
    last = "h_{1}" if backwards else "h_{3}"
    assert left == (["h_{1}", "h_{2}", "h_{3}"] if every else [last])


def test_only_returned_states_leave_the_last_copy() -> None:
    def arrows(layer: Layer) -> int:
        shapes = drawing_of_layer(layer).shapes
        return sum(isinstance(each, Path) and each.look == "state" for each in shapes)

    assert arrows(Layer("lstm", 4, 3, timesteps=3)) == 2 * 3
    assert arrows(Layer("lstm", 4, 3, timesteps=3, return_state=True)) == 2 * 4


STORED = [
    (name, convention)
    for name in cells.names()
    for convention in conventions.EVERY
    if not conventions.get(convention).why_unsupported(cells.get(name))
]


@pytest.mark.parametrize(("name", "convention"), STORED)
def test_the_pieces_of_the_weights_add_up_to_the_count(name: str, convention: str) -> None:
    layer = Layer(name, **fitting(cells.get(name)))
    known = layer.cell.block_named
    stored = sum(
        int(numpy.prod(known[piece.name].stored(layer.sizes)))
        for lane in lanes_of(layer, convention, layer.sizes)
        for row in lane.rows
        for piece in row.pieces
    )
    assert stored == layer.parameters_in(convention)
    check_drawing(drawing_of_weights(layer, convention))


def has_lstm(convention: str) -> bool:
    return not Layer("lstm", 4, 3).why_unsupported(convention)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("convention", [name for name in conventions.EVERY if has_lstm(name)])
def test_the_tensors_of_every_layer_have_the_names_that_are_stored(
    convention: str, bidirectional: bool
) -> None:
    layer = Layer("lstm", 4, 3, layers=2, bidirectional=bidirectional)
    weights = layer.weights_in(convention)
    for level in (1, 2):
        names = {weight.name for weight in weights if weight.layer == level}
        lanes = lanes_of(layer, convention, layer.sizes, level)
        whole = [lane.title.split(" (")[0] for lane in lanes if not lane.apart]
        assert set(whole) <= names
    if convention == "pytorch":
        drawing = drawing_of_weights(layer, convention)
        assert any(text.startswith("weight_ih_l1 (") for text in texts(drawing))
    check_drawing(drawing_of_weights(layer, convention))


@pytest.mark.parametrize(("units", "features"), SIZES)
@pytest.mark.parametrize("convention", ["keras", "pytorch", "equations", "tf1", "flax"])
def test_weights_of_any_size_are_seen_and_to_scale(
    units: int, features: int, convention: str
) -> None:
    layer = Layer("lstm", units, features)
    drawing = drawing_of_weights(layer, convention)
    check_drawing(drawing)
    check_labels_stay_in_boxes(drawing, [f"gate{number}" for number in range(4)])
    blocks = [s for s in drawing.shapes if isinstance(s, Rectangle) and s.look[:4] == "gate"]
    assert all(block.width >= 6 and block.height >= 6 for block in blocks)
    noted = any("Not to scale" in text for text in texts(drawing))
    area = sum(block.width * block.height for block in blocks)
    parameters = layer.parameters_in(convention)
    assert noted or area == pytest.approx(parameters * 30 * 30)
    assert not (noted and (units, features) == (2, 3))


def test_a_recurrent_matrix_is_square_and_a_kernel_as_its_shape() -> None:
    drawing = drawing_of_weights(Layer("lstm", 64, 16), "keras")
    blocks = [s for s in drawing.shapes if isinstance(s, Rectangle) and s.look == "gate0"]
    kernel, recurrent, _ = blocks
    assert recurrent.width == pytest.approx(recurrent.height)
    assert kernel.width / kernel.height == pytest.approx(64 / 16)
    assert kernel.width == pytest.approx(recurrent.width)


@pytest.mark.parametrize("groups", [2, 4, 64, (8, 56), (60, 4), (8, 16, 40)])
def test_the_parts_of_a_matrix_are_drawn_and_its_name_stands_on_its_zeros(groups: object) -> None:
    drawing = drawing_of_weights(Layer("clockwork", 64, 8, groups=groups))
    check_drawing(drawing)
    gates = [s for s in drawing.shapes if isinstance(s, Rectangle) and s.look == "gate0"]
    names = [s for s in drawing.shapes if isinstance(s, Label) and s.text == "U_{h}"]
    assert len(names) == 1
    assert not any(area_of(names[0]).meets(area_of(each)) for each in gates)


@pytest.mark.parametrize("convention", ["keras", "pytorch", "onnx", "flax"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_tensor_is_titled_with_the_shape_it_is_stored_in(
    convention: str, bidirectional: bool
) -> None:
    layer = Layer("lstm", 8, 3, bidirectional=bidirectional)
    stored = {str(weight.shape) for weight in layer.weights_in(convention)}
    titles = " ".join(lane.title for lane in lanes_of(layer, convention, layer.sizes))
    assert set(re.findall(r"\([^)]*\)", titles)) == stored


def test_weights_need_numbers() -> None:
    with pytest.raises(SizeError, match=r"to scale needs numbers, and units is u\. Give one"):
        picture(Layer("lstm", "u", 3), "weights")
    with pytest.raises(SizeError, match="units is several"):
        picture(Layer("lstm", numpy.array([3, 4]), 3), "weights")
    assert "Weights (" not in picture(Layer("lstm", "u", 3)).description
    assert "Weights (Keras" in picture(Layer("lstm", 4, 3)).description


def test_what_has_no_picture_is_refused() -> None:
    with pytest.raises(OptionError, match=r"no picture called 'weight'. Did you mean 'weights'"):
        picture(Layer("lstm", 4, 3), "weight")
    with pytest.raises(OptionError, match=r"a Cell has no sizes\. Give a Layer"):
        picture(cells.get("lstm"), "layer")
    with pytest.raises(OptionError, match="a Layer, a Cell or another answer, got 'lstm'"):
        picture("lstm")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match=r"this answer has no picture\. A layer has one"):
        render((cells.get("lstm"),), "svg")


def test_sizes_stand_in_place_of_their_names() -> None:
    drawn = picture(Layer("projected", 64, 3, projection=16), "cell").svg
    assert ">16<" in drawn
    assert ">3<" in drawn
    assert "features" not in re.sub(r"<desc.*?</desc>", "", drawn)
    assert ">features<" in picture(cells.get("projected")).svg


def test_a_picture_is_ascii_without_scripts_and_escapes_names() -> None:
    cell = Cell("a = tanh(W_a @ x)\nh = a", name="<b>&\"'", title="</desc><script>")
    for drawn in (picture(cell), picture(Layer(cell, 2, 3))):
        assert drawn.svg.isascii()
        assert "<script" not in drawn.svg
        assert "<b>" not in drawn.svg
        root = ElementTree.fromstring(drawn.svg)
        assert '<b>&"' in str(root[0].text)


def test_pictures_in_one_page_share_no_id_and_no_class_of_the_page() -> None:
    drawn = [picture(cells.get(name)).svg for name in cells.names()]
    assert not any(" id=" in svg for svg in drawn)
    classes = {each for svg in drawn for each in re.findall(r'class="([^"]+)"', svg)}
    assert all(each.startswith("lstminspect-") for each in classes)
    assert set(re.findall(r"\.([A-Za-z][\w-]*)\{", STYLE)) >= classes


def luminance(colour: str) -> float:
    values = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_and_lines_stand_out_by_light_and_by_dark(colours: dict[str, str]) -> None:
    # Web Content Accessibility Guidelines 2.2: 4.5 for text (1.4.3), 3 for graphics (1.4.11).
    for text in ("ink", "muted"):
        for below in ("paper", "box", "copy"):
            assert contrast(colours[text], colours[below]) >= 4.5
    for line in ("line", "input", "state"):
        assert contrast(colours[line], colours["paper"]) >= 3
    for gate in GATES:
        assert contrast(gate, "#14171a") >= 4.5


def test_a_report_is_drawn_in_its_own_convention() -> None:
    layer = Layer("lstm", 64, 3)
    assert "17,664 parameters" in render(report(layer, "pytorch"), "svg")
    assert "17,408 parameters" in render(layer, "svg")


def test_a_notebook_shows_a_picture_and_a_file_keeps_it(tmp_path: File) -> None:
    drawn = picture(cells.get("gru"))
    assert isinstance(drawn, Picture)
    assert drawn._repr_svg_() == drawn.svg
    assert drawn.in_notebook in drawn._repr_html_()
    assert drawn.in_notebook.replace(NOTEBOOK_STYLE, "") == drawn.svg
    assert picture(Layer("gru", 4, 3)).in_notebook in Layer("gru", 4, 3)._repr_html_()
    drawn.save(tmp_path / "gru.svg")
    assert ElementTree.parse(tmp_path / "gru.svg").getroot().tag.endswith("svg")


def test_a_very_large_cell_is_drawn_in_seconds() -> None:
    lines = [f"g{n} = tanh(W_g{n} @ x + U_g{n} @ h" for n in range(199)]
    text = "\n".join(f"{line} + g{n - 1})" if n else f"{line})" for n, line in enumerate(lines))
    start = time.perf_counter()
    picture(Cell(f"{text}\nh = g198 * " + " * ".join(f"g{n}" for n in range(0, 100, 2))))
    assert time.perf_counter() - start < 20


def test_every_gate_of_a_cell_has_a_colour_of_its_own() -> None:
    most = max(len(cells.get(name).gates) for name in cells.names())
    assert most > 7
    assert len(set(GATES)) == len(GATES) >= most
    assert len({theme.gate_look(number) for number in range(most)}) == most
    drawn = picture(cells.get("nas")).svg
    for number in range(len(cells.get("nas").gates)):
        assert f'class="lstminspect-gate{number}"' in drawn


def test_the_unrolled_picture_shows_every_input() -> None:
    cell = Cell("y: input(units)\nh = tanh(W_h @ x + U_h @ h + y)", name="masked")
    layer = Layer(cell, 4, 3, timesteps=2, batch=8, layers=2)
    drawn = picture(layer, "layer")
    words = re.sub(r"<[^>]*>", "", drawn.svg)
    assert "input y: (8, 2, 4), into every layer" in words
    assert "Input y: (8, 2, 4), into every layer." in drawn.description
    assert drawn.svg.count(">y<") == 2
    alone = picture(Layer("rnn", 4, 3, timesteps=2, batch=8), "layer")
    assert "input y" not in re.sub(r"<[^>]*>", "", alone.svg)


def test_a_notebook_decides_on_light_or_dark_before_the_system() -> None:
    shown = picture(Layer("rnn", 4, 3, timesteps=2))._repr_html_()
    paper = f".{theme.PREFIX}paper"
    light, dark = (
        f'[data-jp-theme-light="{jupyter}"],body.vscode-{name}'
        for jupyter, name in (("true", "light"), ("false", "dark"))
    )
    rules = [line for line in shown.splitlines() if line.startswith(":is(") and paper in line]
    assert len(rules) == 2
    assert light in rules[0]
    assert rules[0].endswith(f"{paper}{{fill:{LIGHT['paper']}}}")
    assert dark in rules[1]
    assert rules[1].endswith(f"{paper}{{fill:{DARK['paper']}}}")
    assert "data-jp-theme" not in picture(Layer("rnn", 4, 3, timesteps=2)).svg


def test_a_node_of_onnx_keeps_its_last_directions_apart_in_a_picture() -> None:
    sizes = {"timesteps": 2, "bidirectional": True}
    words = [re.sub(r"<[^>]*>", "|", picture(layer, "layer").svg) for layer in (
        Layer("lstm", 4, 3, framework="onnx", **sizes),
        Layer("lstm", 4, 3, framework="onnx", layers=2, **sizes),
        Layer("lstm", 4, 3, framework="pytorch", **sizes),
    )]  # fmt: skip
    assert [text.count("|concat|") for text in words] == [0, 2, 2]
    assert not any("(concat)" in text for text in words)


@pytest.mark.parametrize(
    ("framework", "batch"), [(None, "None"), ("pytorch", "N"), ("onnx", "batch_size")]
)
def test_an_open_batch_of_a_picture_is_written_as_the_framework_does(
    framework: str | None, batch: str
) -> None:
    drawn = picture(Layer("rnn", 4, 3, timesteps=2, framework=framework), "layer")
    words = re.sub(r"<[^>]*>", "", drawn.svg)
    assert f"({batch}, 4)" in words
    assert framework is None or "(None" not in words + drawn.description
