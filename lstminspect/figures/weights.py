"""The picture of the stored weights, to scale: every tensor as wide and as high as its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from lstminspect import conventions
from lstminspect.figures.svg import (
    Drawing,
    Label,
    Mark,
    Path,
    Rectangle,
    headed,
    lowered,
    paragraph,
    stacked,
    svg,
    text_width,
)
from lstminspect.figures.theme import gate_look
from lstminspect.figures.weight_blocks import BlockRow, Lane, Piece, lanes_of, levels_of, words_of
from lstminspect.layer import Layer
from lstminspect.wording import describe, number

__all__ = ["drawing_of_weights", "drawing_side_by_side", "svg_of_weights", "weights_in_words"]

#: The room that a layer may take along its gates and across them, and the most for one number.
LONGEST, DEEPEST, LARGEST = 720, 400, 30
#: What can be seen of a tensor that is very thin, and from where on every number is a square.
THINNEST, THICK, SQUARES = 6.0, 17.0, 9.0
SMALL, APART, OPERAND = 11.0, 6.0, 10.0


def svg_of_weights(layer: Layer, convention: str | None = None) -> str:
    """The weights of the layer as `convention` stores them, to scale, as SVG.

    Raises SizeError if a size is a letter or an array.

    >>> svg_of_weights(Layer("lstm", units=64, features=3), "pytorch")[:4]
    '<svg'
    """
    title = f"The weights of {describe(layer)}"
    words = weights_in_words(layer, convention)
    return svg(drawing_of_weights(layer, convention), title, words)


def weights_in_words(layer: Layer, convention: str | None = None) -> str:
    """The picture in words: every tensor, its shape and its blocks."""
    convention = layer.stored(convention).name
    words = [
        f"{name + ': ' if name else ''}"
        + "; ".join(map(words_of, lanes_of(layer, convention, sizes, level)))
        for level, (name, sizes) in enumerate(levels_of(layer), 1)
    ]
    return f"Weights ({conventions.get(convention).title} convention). {'. '.join(words)}."


def drawing_of_weights(layer: Layer, convention: str | None = None) -> Drawing:
    """The weights of the layer as shapes."""
    return _drawing([layer], convention, f"The weights of {describe(layer)}")


def drawing_side_by_side(layers: Sequence[Layer], convention: str | None = None) -> Drawing:
    """The weights of several layers, to one scale, so that their areas can be compared."""
    return _drawing(layers, convention, "The weights of the layers, to one scale")


def _drawing(layers: Sequence[Layer], convention: str | None, title: str) -> Drawing:
    sheets = [_sheet(layer, convention) for layer in layers]
    layout = conventions.get(sheets[0].convention)
    scale = _scale([lanes for sheet in sheets for _, lanes in sheet.levels], layout.transposed)
    groups: list[Iterable[Mark]] = []
    for layer, sheet in zip(layers, sheets, strict=True):
        if len(layers) > 1:
            count = number(layer.stored(sheet.convention).parameters)
            text = f"{describe(layer)}: {count} parameters"
            groups.append([Label(0, 0, text, 14, "ink", "start", bold=True)])
        for name, lanes in sheet.levels:
            if name:
                groups.append([Label(0, 0, name, 13, "ink", "start", bold=True)])
            groups.append((_across if layout.transposed else _down)(lanes, scale))
    intro = (
        f"({layout.title} convention). Every rectangle is as wide and as high as its tensor, to "
        "one scale, with a colour for each gate."
    )
    if len(layers) == 1:
        intro = f"{number(layers[0].stored(layout.name).parameters)} parameters {intro}"
    if any(layer.bidirectional for layer in layers):
        intro += " One of the two directions is drawn; the other is like it."
    every = [lane for sheet in sheets for _, lanes in sheet.levels for lane in lanes]
    note = _note([lane.title for lane in every if _is_thickened(lane, scale)])
    return stacked([headed(title, intro, LONGEST), *groups, *([note] if note else [])], 16)


class _Sheet(NamedTuple):
    """A layer under a convention: the tensors of each level of its stack, with its name."""

    convention: str
    levels: list[tuple[str, tuple[Lane, ...]]]


def _sheet(layer: Layer, convention: str | None) -> _Sheet:
    name = layer.stored(convention).name
    levels = [
        (title, lanes_of(layer, name, sizes, level))
        for level, (title, sizes) in enumerate(levels_of(layer), 1)
    ]
    return _Sheet(name, levels)


def _note(thickened: list[str]) -> tuple[Label, ...]:
    if not thickened:
        return ()
    names = "; ".join(dict.fromkeys(thickened))
    text = f"Not to scale, but large enough to be seen: {names}."
    return paragraph(text, 0, LONGEST)


class _Scale(NamedTuple):
    """The drawn length of a number, as a fraction, and the least length of a block."""

    above: int
    below: int
    least: float = 0

    def of(self, numbers: int) -> float:
        return numbers * self.above / self.below


def _scale(levels: list[tuple[Lane, ...]], across: bool) -> _Scale:
    """The scale at which every level has room, and the names of blocks theirs."""
    rows = [row for lanes in levels for lane in lanes for row in lane.rows]
    along = max(sum(piece.along for piece in row.pieces) for row in rows)
    deep = max(sum(row.across for lane in lanes for row in lane.rows) for lanes in levels)
    scales = (_Scale(LONGEST, along), _Scale(DEEPEST, deep), _Scale(LARGEST, 1))
    widths = [_room(piece) + 8 for row in rows for piece in row.pieces]
    return min(scales, key=lambda scale: scale.of(1))._replace(
        least=max(widths) if across else THICK
    )


def _room(piece: Piece) -> float:
    """The width of the name of a block; a matrix of parts has it in the corner of its zeros."""
    width = text_width(_named(piece), SMALL)
    return width / _corner(piece) + 6 if _is_hollow(piece) else width


def _is_hollow(piece: Piece) -> bool:
    return len(piece.parts) > 1


def _corner(piece: Piece) -> float:
    """Where on the diagonal the zeros below and left of it have most room, from 0 to 1."""
    whole = sum(piece.parts)
    edges = [before / whole for before in accumulate(piece.parts[:-1])]
    return min(edges, key=lambda edge: abs(edge - 0.5))


def _length(piece: Piece, scale: _Scale) -> float:
    return max(scale.of(piece.along), scale.least)


def _depth(row: BlockRow, lane: Lane, scale: _Scale) -> float:
    return max(scale.of(row.across), THINNEST if len(lane.rows) == 1 else THICK)


def _is_thickened(lane: Lane, scale: _Scale) -> bool:
    return any(
        _depth(row, lane, scale) > scale.of(row.across)
        or any(_length(piece, scale) > scale.of(piece.along) for piece in row.pieces)
        for row in lane.rows
    )


def _named(piece: Piece) -> str:
    name = lowered(piece.name)
    return {1: name, -1: f"−{name}", 0: f"({name})"}[piece.sign]


def _starts(row: BlockRow, lane: Lane, scale: _Scale) -> list[float]:
    lengths = [_length(piece, scale) + APART * lane.apart for piece in row.pieces]
    return [0.0, *accumulate(lengths)]


def _operand(row: BlockRow) -> str:
    return f"{row.operand}: {number(row.across)}"


def _across(lanes: tuple[Lane, ...], scale: _Scale) -> Iterator[Mark]:
    """Tensors with the gates side by side, one tensor below the other; what they read at left."""
    widths = [
        text_width(_operand(row), SMALL) for lane in lanes for row in lane.rows if row.operand
    ]
    left = max(widths, default=0.0) + OPERAND + 14
    y = 0.0
    for lane in lanes:
        yield Label(left, y + 8, lane.title, 12, "ink", "start", bold=True)
        y += 22
        thin = len(lane.rows) == 1 and _depth(lane.rows[0], lane, scale) < THICK
        y += 16 * thin
        for row in lane.rows:
            depth = _depth(row, lane, scale)
            yield from _read(row, Rectangle(left - OPERAND - 5, y, OPERAND, depth))
            starts = _starts(row, lane, scale)
            for piece, start in zip(row.pieces, starts, strict=False):
                length = _length(piece, scale)
                box = Rectangle(left + start, y, length, depth)
                yield from _piece(piece, box, scale, across=True)
                yield _name(piece, box) if not thin else _name_above(piece, box)
            y += depth
        y += 20


def _read(row: BlockRow, box: Rectangle) -> Iterator[Mark]:
    """The vector that a row is multiplied with, standing beside it."""
    if not row.operand:
        return
    yield box._replace(look="input-box" if row.is_input else "state-box")
    y = box.top + box.height / 2
    yield Label(box.left - 5, y, _operand(row), SMALL, "muted", "end")


def _name(piece: Piece, box: Rectangle) -> Label:
    """The name of a block inside it, where it is coloured or in the corner of its zeros."""
    edge = _corner(piece) if _is_hollow(piece) else 0
    x, y = (edge / 2, (1 + edge) / 2) if edge else (0.5, 0.5)
    look = "ink" if piece.sign == 0 or _is_hollow(piece) else "on-gate"
    return Label(box.left + x * box.width, box.top + y * box.height, _named(piece), SMALL, look)


def _name_above(piece: Piece, box: Rectangle) -> Label:
    return Label(box.left + box.width / 2, box.top - 9, _named(piece), SMALL)


def _name_beside(piece: Piece, box: Rectangle) -> Label:
    left, y = box.left + box.width + 4, box.top + box.height / 2
    return Label(left, y, _named(piece), SMALL, "ink", "start")


def _down(lanes: tuple[Lane, ...], scale: _Scale) -> Iterator[Mark]:
    """Tensors with the gates one below the other, side by side; what they read above them."""
    x = 0.0
    for lane in lanes:
        yield Label(x, 8, lane.title, 12, "ink", "start", bold=True)
        here, right = x, x + text_width(lane.title, 12)
        for row in lane.rows:
            depth = _depth(row, lane, scale)
            if row.operand:
                look = "input-box" if row.is_input else "state-box"
                yield Label(here, 30, _operand(row), SMALL, "muted", "start")
                yield Rectangle(here, 42, depth, OPERAND, look)
                right = max(right, here + text_width(_operand(row), SMALL))
            starts = _starts(row, lane, scale)
            widest = max(_room(piece) for piece in row.pieces) + 6
            beside = widest > depth
            for piece, start in zip(row.pieces, starts, strict=False):
                box = Rectangle(here, 57 + start, depth, _length(piece, scale))
                yield from _piece(piece, box, scale, across=False)
                yield _name_beside(piece, box) if beside else _name(piece, box)
            here += depth
            right = max(right, here + widest * beside)
            if len(lane.rows) > 1:
                here = right + APART
        x = right + 28


def _piece(piece: Piece, box: Rectangle, scale: _Scale, across: bool) -> Iterator[Mark]:
    """One block: filled if it is stored whole, else its parts; with squares where they are seen."""
    look = gate_look(piece.gate) if piece.sign else "empty"
    if not _is_hollow(piece):
        yield box._replace(look=look)
        yield from _squares(piece, box, scale, across)
        return
    yield box._replace(look="empty")
    yield from (part._replace(look=look) for part in _parts(piece, box, across))


def _parts(piece: Piece, box: Rectangle, across: bool) -> Iterator[Rectangle]:
    """The parts of a block that are not zero, on its diagonal or above it too."""
    whole = sum(piece.parts)
    before = 0
    for part in piece.parts:
        start, share = before / whole, part / whole
        end = 1.0 if piece.structure == "triangular" else start + share
        before += part
        rows, columns = (start, share), (start, end - start)
        (x, wide), (y, high) = (rows, columns) if across else (columns, rows)
        yield Rectangle(
            box.left + x * box.width,
            box.top + y * box.height,
            wide * box.width,
            high * box.height,
        )


def _squares(piece: Piece, box: Rectangle, scale: _Scale, across: bool) -> Iterator[Mark]:
    step = scale.of(1)
    if step < SQUARES or not piece.sign:
        return
    wide, high = (piece.along, piece.across) if across else (piece.across, piece.along)
    for column in range(1, wide):
        x = box.left + box.width * column / wide
        yield Path(((x, box.top), (x, box.top + box.height)), "grid")
    for row in range(1, high):
        y = box.top + box.height * row / high
        yield Path(((box.left, y), (box.left + box.width, y)), "grid")
