"""The outlines of a model and of the kinds of sequence problem."""

from __future__ import annotations

from collections.abc import Iterator

from lstminspect.costs.work import Work
from lstminspect.formula import written
from lstminspect.models.patterns import Pattern, pattern_of
from lstminspect.models.spec import LayerResult
from lstminspect.models.summary import Model, Row, Summary
from lstminspect.views.document import Document, Sentence, Table, Verbatim
from lstminspect.views.document import Part as Shown
from lstminspect.wording import number, shape, size_texts

__all__ = ["derivation_of", "of_patterns", "of_summary", "rows_of", "work_row"]

UNKNOWN = "?"
INSIDE = "└ "
WORK = ("MACs", "bias additions", "element-wise", "functions", "FLOPs")


def of_summary(found: Summary) -> Document:
    """The layers with shapes and parameters, the totals, and what else was asked for."""
    model = found.model
    least = "at least " if model.opaque else ""
    where = model.source if model.convention is None else f"{model.convention} convention"
    title = f"{model.name}: {least}{number(model.parameters)} parameters ({where})"
    parts: list[Shown] = [_layers(model), _totals(found)]
    if found.weights:
        parts.append(_weights(model))
    if found.formulas:
        parts.append(_formulas(model))
    if found.costs:
        parts.extend(_costs(model))
    parts.extend(Sentence(text) for text in _sentences(model))
    return Document(title, parts)


def rows_of(model: Model) -> Iterator[tuple[int, str, LayerResult, Row]]:
    """Every row with the layers in it: how deep it is, its name, its part, the row it is in."""
    for row in model.rows:
        yield 0, row.name, row.part, row
        yield from _inner(row.part, row, 1)


def _inner(part: LayerResult, row: Row, depth: int) -> Iterator[tuple[int, str, LayerResult, Row]]:
    for name, inner in part.inner:
        yield depth, name, inner, row
        yield from _inner(inner, row, depth + 1)


def _layers(model: Model) -> Table:
    headers = ["layer", "output shape", "parameters"]
    graph = not model.is_chain and any(row.reads for row in model.rows)
    if graph:
        headers.append("reads")
    rows = []
    for depth, name, part, row in rows_of(model):
        kind = part.layer_type.removeprefix("torch.")
        mark = f"{'  ' * (depth - 1)}{INSIDE}" if depth else ""
        again = "" if row.first else ", again"
        cells = [f"{mark}{name} ({kind}){again}", _shapes(part), _count(part, depth, row.first)]
        if graph:
            cells.append("" if depth else ", ".join(row.reads))
        rows.append(tuple(cells))
    return Table("layers", tuple(headers), rows, right=(2,))


def _shapes(part: LayerResult) -> str:
    return UNKNOWN if part.outputs is None else " ".join(shape(each) for each in part.outputs)


def _count(part: LayerResult, depth: int, first: bool) -> str:
    """Parameters of a row; those of an inner layer, which the row above has, in parentheses."""
    if not first:
        return "shared"
    if part.opaque and not part.every_tensor:
        return UNKNOWN
    text = number(part.parameters)
    return f"({text})" if depth else text


def _totals(found: Summary) -> Table:
    model = found.model
    rows = [
        ("total parameters", number(model.parameters)),
        ("trainable", number(model.trainable)),
        ("not trainable", number(model.parameters - model.trainable)),
        (f"bytes as {found.dtype}", number(model.weight_bytes(found.dtype))),
    ]
    return Table("totals", ("", "number"), rows, right=(1,))


def _weights(model: Model) -> Table:
    rows = []
    for _, name, part, row in rows_of(model):
        for tensor in part.tensors if row.first else ():
            trained = "yes" if tensor.trainable else "no"
            rows.append(
                (name, tensor.name, shape(tensor.shape), number(tensor.parameters), trained)
            )
    rows.append(("total", "", "", number(model.parameters), ""))
    headers = ("layer", "tensor", "shape", "parameters", "trained")
    return Table("weights", headers, rows, right=(3,))


def derivation_of(part: LayerResult) -> str:
    """`4·(units·(units + features) + units) = 4·(25·(25 + 10) + 25) = 3,600`, or nothing."""
    if part.formula is None:
        return ""
    sizes = part.sizes if part.layer is None else size_texts(part.layer)
    steps = [written(part.formula), written(part.formula, sizes), number(part.parameters)]
    return " = ".join(dict.fromkeys(steps))


def _formulas(model: Model) -> Table:
    rows = [
        (name, text)
        for _, name, part, row in rows_of(model)
        if row.first and (text := derivation_of(part))
    ]
    return Table("how the numbers come about", ("layer", "parameters"), rows)


def work_row(work: Work | None) -> tuple[str, ...]:
    """The columns of WORK."""
    if work is None:
        return (UNKNOWN,) * len(WORK)
    numbers = (work.macs, work.bias_adds, work.elementwise, work.functions, work.flops)
    return tuple(number(each) for each in numbers)


def _costs(model: Model) -> list[Shown]:
    rows = [(row.name, *work_row(row.part.work)) for row in model.rows]
    rows.append(("total", *work_row(model.work)))
    batch = next((each[0] for each in model.inputs if each), None)
    many = "one sequence" if batch is None else f"a batch of {batch}"
    why = (
        f"For {many}, all time steps. MACs are those of matrix products alone, with the padded "
        "positions of convolutions; FLOPs = 2 x MACs + the rest."
    )
    if model.work is None:
        why += " A ? depends on time steps that are not known (--timesteps 30), or is opaque."
    table = Table("work", ("layer", *WORK), rows, right=tuple(range(1, 1 + len(WORK))))
    return [table, Sentence(why)]


def _sentences(model: Model) -> Iterator[str]:
    """What the table does not say: what is opaque, shared, tied; the kind of problem."""
    for _, name, part, _ in rows_of(model):
        if part.note:
            yield f"{name}: {part.note}."
    yield from (f"{note[:1].upper()}{note[1:]}." for note in model.notes)
    if kind := pattern_of(model):
        yield f"Kind of sequence problem: {kind} (`lstminspect patterns {kind}`)."


def of_patterns(found: tuple[Pattern, ...]) -> Document:
    """Each kind with its picture, and the models that it is used for."""
    from lstminspect.models.reading.read import model

    parts: list[Shown] = []
    for pattern in found:
        parts.append(Sentence(f"{pattern.name}: {pattern.what}"))
        parts.append(Verbatim(pattern.picture))
        rows = []
        for each in pattern.applications:
            built = model(each.code)
            takes = " ".join("?" if each is None else shape(each) for each in built.inputs)
            gives = " ".join("?" if each is None else shape(each) for each in built.outputs)
            rows.append((each.what, takes, gives, number(built.parameters)))
        headers = ("used for", "takes", "returns", "parameters")
        parts.append(Table(f"{pattern.name}: models", headers, rows, right=(3,)))
        parts.append(
            Verbatim("\n\n".join(f"# {each.what}\n{each.code}" for each in pattern.applications))
        )
    noun = "kind" if len(found) == 1 else "kinds"
    return Document(f"{len(found)} {noun} of sequence problem, by time steps in and out", parts)
