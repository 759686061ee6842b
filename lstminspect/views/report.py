"""A report: count and derivation, weights, shapes, other conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from lstminspect.analysis.report import DTYPE, Report
from lstminspect.analysis.report import report as report_of
from lstminspect.answer import Derivation, Detail, Document, Part, Prose, Sentence, Table, Verbatim
from lstminspect.conventions.catalogue import EQUATIONS, get
from lstminspect.formula import written
from lstminspect.layer import OPTIONS, Layer, Shape
from lstminspect.sizes import Quantity, is_array, is_letter
from lstminspect.views.stored import tensor, tensors
from lstminspect.wording import describe, number, size_texts

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture
    from lstminspect.names import PictureName

__all__ = ["data", "document", "factors", "picture", "rows"]


def document(answer: Report | Layer) -> Document:
    """The count and its derivation, weights, shapes, other conventions."""
    report = _report(answer)
    layer = report.layer
    sizes = size_texts(layer)
    lettered = any(is_letter(size) for size in layer.sizes.values())
    count = written(report.formula, sizes) if lettered else number(report.parameters)
    title = f"{describe(layer)}: {count} parameters ({get(report.convention).title} convention)"
    arrays = any(is_array(size) for size in layer.sizes.values())
    parts: list[Part] = [
        *([Verbatim(report.terms.written)] if report.terms and report.terms.written else []),
        Derivation(report.formula, sizes, None if lettered or arrays else report.parameters),
        *([Sentence(factors(layer))] if layer.cell.gates else []),
        tensors(report),
        *_shapes(report),
        Sentence(f"The weights take {number(report.bytes)} bytes as {DTYPE}."),
        Detail("the same layer as others store it", _elsewhere(report)),
        *_check(report),
    ]
    return Document(title, parts, layer.running_cell.lines, layer.cell.gates)


def _report(answer: Report | Layer) -> Report:
    return report_of(answer) if isinstance(answer, Layer) else answer


def factors(layer: Layer) -> str:
    """The meaning of the whole numbers of the formula: gates, directions, layers.

    >>> factors(Layer("gru", units=32, features=16, bidirectional=True, layers=3))
    '3 networks per step: z, r, n. 2 directions. Layers 2 to 3 read 64 features from below.'
    """
    gates = layer.cell.gates
    noun = "network" if len(gates) == 1 else "networks"
    sentences = [f"{len(gates)} {noun} per step: {', '.join(gates)}."]
    if layer.bidirectional:
        sentences.append("2 directions.")
    if layer.layers > 1:
        below = "Layer 2 reads" if layer.layers == 2 else f"Layers 2 to {layer.layers} read"
        sentences.append(f"{below} {number(layer.width)} features from below.")
    return " ".join(sentences)


def _shapes(report: Report) -> Iterator[Part]:
    rows = _tensors(report)
    if report.terms is None:
        first = "time" if report.layer.batch_first is False else "batch"
        yield Table(f"shapes ({first} first{', as in Keras' * (first == 'batch')})", _HEADERS, rows)
    else:
        yield Table(f"shapes in {report.terms.title}", _HEADERS, rows)
        yield Prose(report.terms.remark)


_HEADERS = ("tensor", "shape")


def _tensors(report: Report) -> list[tuple[str, Shape]]:
    """Input, outputs and states, in the framework's terms if there is one."""
    terms = report.terms
    if terms is not None:
        tensors = (*terms.inputs, *terms.outputs, *terms.states)
        return [(tensor.name, tensor.shape) for tensor in tensors]
    rows = [("input", report.input_shape)]
    rows += [("output", sizes) for sizes in report.output_shapes]
    return rows + [(f"state {name}", sizes) for name, sizes in report.state_shapes.items()]


def _check(report: Report) -> Iterator[Part]:
    if report.terms is not None and report.terms.check is not None:
        yield Prose(f"To check it in {report.terms.title}:")
        yield Verbatim(report.terms.check.session)


def _elsewhere(report: Report) -> list[Part]:
    rows = []
    for name, other in report.conventions.items():
        count = other.parameters
        if is_letter(count):
            count = written(other.formula, size_texts(report.layer))
        reason = "this report" if name == report.convention else _reason(report, name)
        rows.append((name, count, reason))
    title = "the same layer, as others store it"
    parts: list[Part] = [Table(title, ("convention", "parameters", "why"), rows, right=(1,))]
    if len(report.conventions) == 1 and report.convention == EQUATIONS:
        parts.append(Sentence(f"None of {', '.join(report.unsupported)} stores these equations."))
    elif report.unsupported:
        parts.append(Sentence(f"{'; '.join(_grouped(report.unsupported.values()))}."))
    return parts


def _grouped(reasons: Iterable[str]) -> Iterator[str]:
    """The reasons, those that end alike in one: `Keras and ONNX have no projected`."""
    titles: dict[str, list[str]] = {}
    for reason in reasons:
        title, _, what = reason.partition(" has no ")
        titles.setdefault(what, []).append(title)
    yield from titles.pop("", [])
    for what, (*first, last) in titles.items():
        has = f"{', '.join(first)} and {last} have" if first else f"{last} has"
        yield f"{has} no {what}"


def _reason(report: Report, name: str) -> str:
    """`+256: b_i b_f b_g b_o twice`, or `equal`."""
    other = report.conventions[name]
    if not other.differs:
        return "equal"
    words = {0: "not stored", 1: "once", 2: "twice"}
    by_times: dict[int, list[str]] = {}
    for block, times in other.differs.items():
        if not block.startswith("~"):
            by_times.setdefault(times, []).append(block)
    unread = [block for block in other.differs if block.startswith("~")]
    reasons = [
        f"{' '.join(blocks)} {words.get(times, f'{times} times')}"
        for times, blocks in by_times.items()
    ]
    if unread:
        names = " ".join(block.lstrip("~") for block in unread)
        reasons.append(f"places for {names} that nothing reads")
    difference = other.parameters - report.parameters
    if is_array(difference):
        return ", ".join(reasons)
    sign = "" if is_letter(difference) or difference < 0 else "+"
    return f"{sign}{number(difference)}: {', '.join(reasons)}"


def data(answer: Report | Layer) -> dict[str, Any]:
    """Everything in the report, and the options of its layer."""
    report = _report(answer)
    layer = report.layer
    lettered = any(is_letter(size) for size in layer.sizes.values())

    def count(value: Quantity) -> Quantity:
        # Of one type throughout a report: with a letter for any size, every count is text.
        return str(value) if lettered else value

    return {
        "cell": layer.cell.name,
        "convention": report.convention,
        "parameters": count(report.parameters),
        "formula": written(report.formula),
        "derivation": written(report.formula, size_texts(layer)),
        "weights": [
            {**tensor(weight), "parameters": count(weight.parameters)} for weight in report.weights
        ],
        "framework": None if report.terms is None else report.terms.framework,
        "written": None if report.terms is None else report.terms.written,
        "input_shape": report.input_shape,
        "output_shapes": report.output_shapes,
        "state_shapes": report.state_shapes,
        "bytes": {"dtype": DTYPE, "weights": count(report.bytes)},
        "conventions": {name: count(each.parameters) for name, each in report.conventions.items()},
        "differences": {name: each.differs for name, each in report.conventions.items()},
        "not_stored_by": report.unsupported,
        "options": _options(layer),
    }


def _options(layer: Layer) -> dict[str, Any]:
    """The options of a layer; functions that are the cell's own are left out."""
    values = {option.name: getattr(layer, option.name) for option in OPTIONS}
    if not layer.bidirectional:
        values["merge_mode"] = None
    # The name of the cell says reset_after.
    unset = {name for name, value in layer.functions.items() if value is None} | {"reset_after"}
    return {
        name: value for name, value in (values | dict(layer.extra)).items() if name not in unset
    }


def rows(answer: Report | Layer) -> Iterator[tuple[Any, ...]]:
    """Weights, shapes, then the count under each convention, in a column of its own.

    So the column of parameters adds up to the count of the report.
    """
    report = _report(answer)
    yield ("item", "name", "shape", "parameters", "gates", "layer", "direction", "in_convention")
    for weight in report.weights:
        head = ("weight", weight.name, weight.shape, weight.parameters)
        yield (*head, " ".join(weight.gates), weight.layer, weight.direction, "")
    shapes = [("input", "", report.input_shape)]
    shapes += [("output", "", sizes) for sizes in report.output_shapes]
    shapes += [("state", name, sizes) for name, sizes in report.state_shapes.items()]
    yield from ((*shape, "", "", "", "", "") for shape in shapes)
    for name, other in report.conventions.items():
        yield ("convention", name, "", "", "", "", "", other.parameters)


#: What can be drawn of a layer.
PICTURES = ("all", "cell", "layer", "weights")


def picture(answer: Report | Layer, what: PictureName = "all") -> Picture:
    """The layer in time above its weights, or what is named of it."""
    from lstminspect.figures.figure import picture

    report = _report(answer)
    return picture(report.layer, what, report.convention)
