"""The picture of a cell: the data flow of one step, drawn from its equations."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from lstminspect.cell import Cell
from lstminspect.figures.coordinates import Extent, Placement, arranged
from lstminspect.figures.dataflow import DataFlow, Operation, data_flow
from lstminspect.figures.svg import (
    Area,
    Drawing,
    Label,
    Mark,
    Path,
    Rectangle,
    framed,
    headed,
    lowered,
    paragraph,
    stacked,
    svg,
    text_width,
)
from lstminspect.figures.theme import gate_look
from lstminspect.sizes import Quantity
from lstminspect.wording import number

__all__ = ["cell_in_words", "drawing_of_cell", "plan_of", "svg_of_cell"]

RADIUS, NEAR, SMALL = 15.0, 10.0, 11.0
ROW, TAG = 17.0, 15.0
NOTE = (
    "A coloured box is a network: the parameters it names, applied to all that enters it. "
    "What is not coloured goes element by element: ⊙ multiplies, + adds."
)


def svg_of_cell(cell: Cell, sizes: Mapping[str, Quantity] | None = None) -> str:
    """The data flow of one step of `cell` as SVG, with `sizes` in place of their names.

    >>> from lstminspect import cells
    >>> svg_of_cell(cells.get("lstm"), {"units": 64, "features": 3})[:4]
    '<svg'
    """
    title = f"{cell.name}: {cell.title}"
    return svg(drawing_of_cell(cell, sizes), title, cell_in_words(cell, sizes))


def cell_in_words(cell: Cell, sizes: Mapping[str, Quantity] | None = None) -> str:
    """The picture in words: what goes in and out, the parameters, the equations."""
    flow, known = data_flow(cell), sizes or {}

    def listed(kind: str) -> str:
        parts = [part for part in flow.parts if part.kind == kind]
        names = (part.text.replace("_{", "_").replace("}", "") for part in parts)
        lengths = (_size(part.size, known) for part in parts)
        return ", ".join(f"{name} ({size})" for name, size in zip(names, lengths, strict=True))

    blocks = ", ".join(
        f"{block.name} ({' × '.join(_size(each, known) for each in block.shape) or 1})"
        for block in cell.blocks
    )
    return (
        f"One time step. Inputs: {listed('input') or 'none'}. States before it: "
        f"{listed('state') or 'none'}. After it: {listed('result')}. "
        f"Parameters: {blocks or 'none'}. "
        f"Equations: {'; '.join(cell.rewritten().splitlines())}."
    )


def plan_of(flow: DataFlow, sizes: Mapping[str, Quantity] | None = None) -> Placement:
    """Where each part of the flow stands and each line runs."""
    arriving = [0] * len(flow.parts)
    for _, target in flow.edges:
        arriving[target] += 1
    pairs = zip(flow.parts, arriving, strict=True)
    extents = [_extent(part, many, sizes or {}) for part, many in pairs]
    kinds = [part.kind for part in flow.parts]
    first = frozenset(place for place, kind in enumerate(kinds) if kind in ("input", "state"))
    last = frozenset(place for place, kind in enumerate(kinds) if kind == "result")
    return arranged(extents, flow.edges, first, last)


def drawing_of_cell(cell: Cell, sizes: Mapping[str, Quantity] | None = None) -> Drawing:
    """The data flow of one step of `cell` as shapes."""
    flow = data_flow(cell)
    plan = plan_of(flow, sizes)
    body = framed(chain(_lines(flow, plan), _parts(cell, flow, plan, sizes or {})))
    units = _size("units", sizes or {})
    head = headed(
        f"{cell.name}: {cell.title}",
        "One time step, from left to right. Every arrow is a whole vector; its length is "
        f"{units} where nothing else is said.",
        max(620.0, body.width),
    )
    note = paragraph(NOTE, 0, max(620.0, body.width))
    return stacked([head, body.shapes, note])


def _size(name: str, sizes: Mapping[str, Quantity]) -> str:
    return number(sizes[name]) if name in sizes else name


def _rows(part: Operation, sizes: Mapping[str, Quantity]) -> list[tuple[str, float, bool]]:
    """The rows of text in a part, each with its size and whether it is bold."""
    if part.kind in ("input", "state", "result"):
        return [(part.text, 15, True), (_size(part.size, sizes), SMALL, False)]
    named = f"{part.line} = {part.text}" if part.line else part.text
    other = _size(part.size, sizes) if part.size not in ("", "units") else ""
    tail = [(f"length {other}", SMALL, False)] if other else []
    if part.kind == "network":
        head = [(named.removesuffix(" = "), 13.0, True)] if named else []
        return [*head, *((row, SMALL, False) for row in _wrapped(part.weights)), *tail]
    if part.kind == "function":
        return [(named, 12, False), *tail]
    tags = [(part.line, SMALL, False)] if part.line else []
    return [(part.text, 15 if len(part.text) == 1 else 13, False), *tags, *tail]


def _wrapped(weights: tuple[str, ...]) -> list[str]:
    """The names of parameters in rows of a few."""
    rows = [""]
    for name in map(lowered, weights):
        longer = f"{rows[-1]}  {name}".strip()
        if rows[-1] and text_width(longer, SMALL) > 110:
            rows.append(name)
        else:
            rows[-1] = longer
    return rows


def _extent(part: Operation, arriving: int, sizes: Mapping[str, Quantity]) -> Extent:
    rows = _rows(part, sizes)
    width = max(text_width(text, size) for text, size, _ in rows)
    room = NEAR * max(0, arriving - 1)
    if part.kind == "operation":
        # The name of the line stands below it, and as much space above: lines meet the middle.
        sign = max(2 * RADIUS, room + 22)
        inner = text_width(*rows[0][:2]) + 14
        entry = max(NEAR, sign - 22)
        return Extent(max(2 * RADIUS, width, inner), sign + 2 * TAG * (len(rows) - 1), entry)
    height = max(ROW * len(rows) + 12, room + 16)
    return Extent(width + 20, height, height - 16)


def _parts(
    cell: Cell, flow: DataFlow, plan: Placement, sizes: Mapping[str, Quantity]
) -> list[Mark]:
    shapes: list[Mark] = []
    for part, area in zip(flow.parts, plan.areas, strict=True):
        shapes += _part(part, area, _look(part, cell), _rows(part, sizes))
    return shapes


def _look(part: Operation, cell: Cell) -> str:
    if part.kind != "network":
        return {"input": "input-box", "state": "state-box", "result": "state-box"}.get(
            part.kind, "box"
        )
    gates = list(dict.fromkeys(block.gate for block in cell.blocks))
    named = (cell.block_named.get(name.lstrip("−")) for name in part.weights)
    gate = next((block.gate for block in named if block), None)
    return gate_look(gates.index(part.line if part.line in gates else gate))


def _part(
    part: Operation, area: Area, look: str, rows: list[tuple[str, float, bool]]
) -> list[Mark]:
    if part.kind == "operation":
        return _operation(area, look, rows)
    left, top, right, bottom = area
    corner = 12 if part.kind in ("input", "state", "result") else 5
    shapes: list[Mark] = [Rectangle(left, top, right - left, bottom - top, look, corner)]
    ink = "on-gate" if part.kind == "network" else "ink"
    start = (top + bottom) / 2 - ROW * (len(rows) - 1) / 2
    for order, (text, size, bold) in enumerate(rows):
        y = start + ROW * order
        shapes.append(Label((left + right) / 2, y, text, size, ink, "middle", bold))
    return shapes


def _operation(area: Area, look: str, rows: list[tuple[str, float, bool]]) -> list[Mark]:
    """A round sign with its rows below it."""
    (text, size, _), *tags = rows
    middle, y = (area.left + area.right) / 2, (area.top + area.bottom) / 2
    height = area.bottom - area.top - 2 * TAG * len(tags)
    # Lines end at the sides of the area, so the sign fills its width.
    shapes: list[Mark] = [
        Rectangle(area.left, y - height / 2, area.right - area.left, height, look, RADIUS),
        Label(middle, y, text, size),
    ]
    for order, (tag, small, _) in enumerate(tags):
        shapes.append(Label(middle, y + height / 2 + TAG * (order + 0.6), tag, small, "muted"))
    return shapes


def _lines(flow: DataFlow, plan: Placement) -> list[Path]:
    looks = {"input": "input", "state": "state"}
    return [
        Path(points, looks.get(flow.parts[origin].kind, "line"), arrow=True, smooth=True)
        for (origin, _), points in zip(flow.edges, plan.lines, strict=True)
    ]
