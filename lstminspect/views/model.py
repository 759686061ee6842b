"""A model: its layers with shapes and parameters, the totals, and what else was asked for."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lstminspect.answer import Document, Part, Section, Sentence, Table
from lstminspect.conventions.catalogue import get
from lstminspect.formula import written
from lstminspect.models.graph import INPUT
from lstminspect.models.patterns import is_recurrent, pattern_of
from lstminspect.models.spec import LayerResult
from lstminspect.models.summary import Model, Row, Summary
from lstminspect.sizes import is_letter
from lstminspect.views import work
from lstminspect.wording import number, shape, size_texts

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture

__all__ = ["data", "document", "picture", "rows"]

INSIDE = "└ "


def document(answer: Model | Summary) -> Document:
    """The layers with shapes and parameters, the totals, and what else was asked for."""
    summary = _summary(answer)
    model = summary.model
    least = _least(model)
    where = model.source
    if model.convention is not None:
        framework = get(model.convention).title
        which = "" if framework == model.source else "recurrent layers: "
        where = f"{which}{framework} convention"
    title = f"{_name(model)}: {least}{number(model.parameters)} parameters ({where})"
    parts: list[Part] = [_layers(model), _totals(summary)]
    if model.letters:
        parts.extend(_letters(model))
    if summary.weights:
        parts.append(_weights(model))
    if summary.formulas:
        parts.append(_formulas(model))
    if summary.costs:
        parts.extend(_costs(model))
    parts.extend(Sentence(text) for text in _sentences(model))
    for other in model.others:
        parts.extend(_other(other))
    return Document(title, parts)


def _name(model: Model) -> str:
    """The name of a model, behind what the text calls it where it makes several."""
    return f"{model.label} ({model.name})" if model.label not in ("", model.name) else model.name


def _least(model: Model) -> str:
    return "at least " if model.opaque or (model.fault and not model.whole) else ""


def _letters(model: Model) -> Iterator[Part]:
    """The sizes that the text leaves open, and how numbers are put in."""
    table = [
        (each.name, each.origin, "yes" if model.counts_on(each) else "no") for each in model.letters
    ]
    yield Table("sizes that the text leaves open", ("letter", "where", "in the total"), table)
    name = model.letters[0].name
    option = f"{name}=7"
    if not name.isidentifier():
        option = shlex.quote(option) if '"' in name or "'" not in name else f'"{option}"'
    yield Sentence(f"Put numbers in with --set {option}, in Python sizes={{{name!r}: 7}}.")


def _other(model: Model) -> Iterator[Part]:
    """Another model of the same text: its layers and its total, or where its shapes stop."""
    count = number(model.parameters)
    yield Section(f"{_name(model)}: {_least(model)}{count} parameters")
    yield _layers(model)
    if model.letters:
        table = [(each.name, each.origin) for each in model.letters]
        yield Table("sizes that the text leaves open", ("letter", "where"), table)
    yield from (Sentence(text) for text in _sentences(model))


def _summary(answer: Model | Summary) -> Summary:
    return answer if isinstance(answer, Summary) else Summary(answer)


def _every_layer(model: Model) -> Iterator[tuple[int, str, LayerResult, Row]]:
    """Every row with the layers in it: how deep it is, its name, its part, the row it is in."""
    for row in model.rows:
        yield 0, row.name, row.part, row
        yield from _inner(row.part, row, 1)


def _inner(part: LayerResult, row: Row, depth: int) -> Iterator[tuple[int, str, LayerResult, Row]]:
    for name, inner in part.inner:
        yield depth, name, inner, row
        yield from _inner(inner, row, depth + 1)


def _class(part: LayerResult) -> str:
    return part.type_name


def _layers(model: Model) -> Table:
    headers: tuple[str, ...] = ("layer", "output shape", "parameters")
    graph = not model.is_chain and any(row.reads for row in model.rows)
    if graph:
        headers = (*headers, "reads")
    table = []
    for depth, name, part, row in _every_layer(model):
        mark = f"{'  ' * (depth - 1)}{INSIDE}" if depth else ""
        again = "" if row.first else ", again"
        label = f"{mark}{name} ({_class(part)}){again}"
        reads = ("" if depth else ", ".join(row.reads),) if graph else ()
        table.append((label, part.outputs, _count(part, depth, row.first), *reads))
    return Table("layers", headers, table, right=(2,))


def _count(part: LayerResult, depth: int, first: bool) -> int | str | None:
    """Parameters of a row; those of an inner layer, which the row above has, in parentheses."""
    if not first:
        return "shared"
    count = _known(part)
    return f"({number(count)})" if depth and count is not None else count


def _known(part: LayerResult) -> int | None:
    """The parameters of a layer, or None where nothing is known of them."""
    return None if part.opaque and not part.every_tensor else part.parameters


def _totals(summary: Summary) -> Table:
    model = summary.model
    table = [
        ("total parameters", model.parameters),
        ("trainable", model.trainable),
        ("not trainable", model.parameters - model.trainable),
        (f"bytes as {summary.dtype}", model.weight_bytes(summary.dtype)),
    ]
    return Table("totals", ("", "number"), table)


def _weights(model: Model) -> Table:
    table = [
        (name, tensor.name, tensor.shape, tensor.parameters, "yes" if tensor.trainable else "no")
        for _, name, part, row in _every_layer(model)
        for tensor in (part.tensors if row.first else ())
    ]
    headers = ("layer", "tensor", "shape", "parameters", "trained")
    return Table("weights", headers, table, total=("total", "", "", model.parameters, ""))


def _derivation(part: LayerResult) -> str:
    """`4·(units·(units + features) + units) = 4·(25·(25 + 10) + 25) = 3,600`, or nothing."""
    if part.formula is None:
        return ""
    sizes = _texts(part.sizes) if part.layer is None else size_texts(part.layer)
    steps = [written(part.formula), written(part.formula, sizes), number(part.parameters)]
    return " = ".join(dict.fromkeys(steps))


def _texts(sizes: Mapping[str, str]) -> dict[str, str]:
    """The sizes of a layer as texts in a product; an expression of several terms in parentheses."""
    shown = {name: text.replace("**", "^").replace("*", "·") for name, text in sizes.items()}
    return {name: f"({text})" if " " in text else text for name, text in shown.items()}


def _formulas(model: Model) -> Table:
    table = [
        (name, text)
        for _, name, part, row in _every_layer(model)
        if row.first and (text := _derivation(part))
    ]
    return Table("how the numbers come about", ("layer", "parameters"), table)


def _costs(model: Model) -> list[Part]:
    table = [(row.name, *work.columns(row.part.work)) for row in model.rows]
    total = ("total", *work.columns(model.work))
    batch = next((each[0] for each in model.inputs if each), None)
    many = "one sequence" if batch is None else f"a batch of {batch}"
    why = (
        f"For {many}, all time steps. MACs are those of matrix products alone, with the padded "
        "positions of convolutions; FLOPs = 2 x MACs + the rest."
    )
    if model.work is None:
        why += " A ? depends on time steps that are not known (--timesteps 30), or is opaque."
    right = tuple(range(1, 1 + len(work.HEADERS)))
    return [
        Table("work", ("layer", *work.HEADERS), table, right, total=total, least=work.LEAST),
        Sentence(why),
    ]


def _sentences(model: Model) -> Iterator[str]:
    """The facts beside the table: the opaque, shared and tied layers; the type of problem."""
    for _, name, part, _ in _every_layer(model):
        if part.note:
            yield f"{name}: {part.note}."
    if model.fault:
        yield model.fault
    told = (*model.doubts, *model.notes)
    yield from (f"{note[:1].upper()}{note[1:]}{'' if note.endswith('.') else '.'}" for note in told)
    if pattern := pattern_of(model):
        yield f"Kind of sequence problem: {pattern} (`lstminspect patterns {pattern}`)."


def data(answer: Model | Summary) -> dict[str, Any]:
    """The model whole: every layer with its weights, work and inner layers."""
    summary = _summary(answer)
    model = summary.model
    return {
        "model": model.name,
        "source": model.source,
        "convention": model.convention,
        "parameters": model.parameters,
        "trainable": model.trainable,
        "complete": model.complete,
        "fault": model.fault,
        "letters": [
            {"name": each.name, "where": each.origin, "in_total": model.counts_on(each)}
            for each in model.letters
        ],
        "doubts": model.doubts,
        "kind": pattern_of(model),
        "inputs": model.inputs,
        "outputs": model.outputs,
        "bytes": {"dtype": summary.dtype, "weights": model.weight_bytes(summary.dtype)},
        "work": work.named(model.work),
        "layers": [
            {"name": row.name, "reads": row.reads, "shared": not row.first, **_data(row.part)}
            for row in model.rows
        ],
        "notes": model.notes,
        "label": model.label,
        "others": [data(Summary(each, dtype=summary.dtype)) for each in model.others],
    }


def _data(part: LayerResult) -> dict[str, Any]:
    return {
        "class": _class(part),
        "output_shapes": part.outputs,
        "parameters": part.parameters,
        "derivation": _derivation(part),
        "weights": [
            {"name": each.name, "shape": each.shape, "trainable": each.trainable}
            for each in part.tensors
        ],
        "work": work.named(part.work),
        "opaque": part.opaque,
        "note": part.note,
        "inner": [{"name": name, **_data(inner)} for name, inner in part.inner],
    }


def rows(answer: Model | Summary) -> Iterator[tuple[Any, ...]]:
    """One row per layer, inner ones behind the one they are in, whose parameters have theirs.

    The rows of depth 0 that are not shared add up to the parameters of the model.
    """
    yield ("depth", "layer", "class", "output_shapes", "parameters", "macs", "shared", "note")
    for depth, name, part, row in _every_layer(_summary(answer).model):
        macs = None if part.work is None else part.work.macs
        shared = "no" if row.first else "yes"
        layer = (depth, name, _class(part), part.outputs)
        yield (*layer, _known(part), macs, shared, part.note)


def picture(answer: Model | Summary) -> Picture:
    """The layers from the top down, each with its output shape, and bars for its parameters."""
    from lstminspect.figures.figure import drawn
    from lstminspect.figures.graph import Box, drawing_of_graph

    model = _summary(answer).model
    places: dict[str, int] = {}
    boxes, edges = [], []
    for at, row in enumerate(model.rows):
        # A module of PyTorch does not say what it reads: the one before.
        reads = [places[name] for name in row.reads if name in places]
        edges += [(origin, at) for origin in dict.fromkeys(reads)]
        if not row.reads and at and row.part.layer_type != INPUT:
            edges.append((at - 1, at))
        places[row.name] = at
        count = 0 if not row.first or is_letter(row.part.parameters) else row.part.parameters
        look = "state" if is_recurrent(row.part) else "input"
        boxes.append(Box(f"{row.name} ({_classes(row.part)})", _lines_of(row), count, look))
    text = (
        f"{_least(model).capitalize()}{number(model.parameters)} parameters. A bar is as long as a "
        "layer has parameters, to one scale; those of recurrent layers are the orange ones. An "
        "arrow carries a tensor of the shape that stands in the box above it."
    )
    words = "; ".join([": ".join([box.name, ", ".join(box.rows)]) for box in boxes])
    drawing = drawing_of_graph(boxes, edges, _name(model), text)
    return drawn(drawing, _name(model), f"{text} From the top: {words}.")


def _classes(part: LayerResult) -> str:
    """The class of a layer, with that of the layer inside it: `Bidirectional of LSTM`."""
    inner = [_class(each) for _, each in part.inner]
    return f"{_class(part)} of {inner[0]}" if inner else _class(part)


def _lines_of(row: Row) -> tuple[str, ...]:
    """The shape that comes out of a layer, and how many parameters it has."""
    outputs = ", ".join("?" if each is None else shape(each) for each in row.part.outputs or ())
    if not row.first:
        return (outputs, "the same weights again")
    count = _known(row.part)
    if count is None:
        return (outputs or "?", "parameters: ?")
    return (outputs,) if count == 0 else (outputs, f"{number(count)} parameters")
