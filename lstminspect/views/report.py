"""The outline of a report: count and derivation, weights, shapes, other conventions."""

from __future__ import annotations

from lstminspect.analysis.report import DTYPE, Report
from lstminspect.conventions.catalogue import EQUATIONS, get
from lstminspect.formula import written
from lstminspect.layer import Layer, Weight
from lstminspect.sizes import is_array, is_letter
from lstminspect.views.document import Derivation, Document, Part, Sentence, Table
from lstminspect.wording import describe, number, shape, size_texts

__all__ = ["of_report"]


def of_report(report: Report) -> Document:
    """The parts of a report: count and derivation, weights, shapes, other conventions."""
    layer = report.layer
    sizes = size_texts(layer)
    lettered = any(is_letter(size) for size in layer.sizes.values())
    count = written(report.formula, sizes) if lettered else number(report.parameters)
    title = f"{describe(layer)}: {count} parameters ({get(report.convention).title} convention)"
    arrays = any(is_array(size) for size in layer.sizes.values())
    derivation = Derivation(report.formula, sizes, "" if lettered or arrays else count)
    return Document(
        title,
        [
            derivation,
            *([Sentence(factors(layer))] if layer.cell.gates else []),
            _weights(report),
            _shapes(report),
            _bytes(report),
            *_elsewhere(report),
        ],
    )


def factors(layer: Layer) -> str:
    """What the whole numbers of the formula count: gates, directions, layers.

    >>> factors(Layer("gru", units=32, features=16, bidirectional=True, layers=3))
    '3 networks a step: z, r, n. 2 directions. Layers 2 to 3 read 64 features from below.'
    """
    gates = layer.cell.gates
    noun = "network" if len(gates) == 1 else "networks"
    sentences = [f"{len(gates)} {noun} a step: {', '.join(gates)}."]
    if layer.bidirectional:
        sentences.append("2 directions.")
    if layer.layers > 1:
        below = "Layer 2 reads" if layer.layers == 2 else f"Layers 2 to {layer.layers} read"
        sentences.append(f"{below} {number(layer.width)} features from below.")
    return " ".join(sentences)


def _weights(report: Report) -> Table:
    rows = [
        (weight.name, shape(weight.shape), number(weight.parameters), _stacked(weight))
        for weight in report.weights
    ]
    rows.append(("total", "", number(report.parameters), ""))
    return Table("weights", ("name", "shape", "parameters", "stacks"), rows, right=(2,))


def _stacked(weight: Weight) -> str:
    """The blocks of a tensor, row by row: `b_z b_r b_n / b_z b_r d_n`."""
    length = len(weight.blocks) // weight.rows
    rows = [weight.blocks[start : start + length] for start in range(0, len(weight.blocks), length)]
    return " / ".join(" ".join(row) for row in rows)


def _shapes(report: Report) -> Table:
    rows = [("input", shape(report.layer.input_shape))]
    rows += [("output", shape(sizes)) for sizes in report.output_shapes]
    rows += [(f"state {name}", shape(sizes)) for name, sizes in report.state_shapes.items()]
    return Table("shapes (batch first, as in Keras)", ("tensor", "shape"), rows)


def _bytes(report: Report) -> Sentence:
    return Sentence(f"The weights take {number(report.bytes)} bytes as {DTYPE}.")


def _elsewhere(report: Report) -> list[Part]:
    rows = []
    for name, other in report.conventions.items():
        if is_letter(other.parameters):
            count = written(other.formula, size_texts(report.layer))
        else:
            count = number(other.parameters)
        reason = "this report" if name == report.convention else _reason(report, name)
        rows.append((name, count, reason))
    title = "the same layer, as others store it"
    parts: list[Part] = [Table(title, ("convention", "parameters", "why"), rows, right=(1,))]
    if len(report.conventions) == 1 and report.convention == EQUATIONS:
        parts.append(Sentence(f"None of {', '.join(report.unsupported)} stores these equations."))
    elif report.unsupported:
        parts.append(Sentence(f"{'; '.join(report.unsupported.values())}."))
    return parts


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
