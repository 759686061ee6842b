"""A cell's matrices and vectors, to scale, in characters: one row of blocks for each line.

Small sizes are exact, one square for every weight. Large ones are drawn with squares of so many by
so many weights, so that no line is longer than `WIDTH`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lstminspect.cell import Cell
from lstminspect.equations.block import Block
from lstminspect.equations.syntax import Binary, Parameter, text_of, walk
from lstminspect.sizes import Quantity

__all__ = ["EMPTY", "FULL", "VECTOR", "WIDTH", "CharacterDrawing", "drawing"]

WIDTH = 78
FULL, EMPTY, VECTOR = "■", "·", "●"
#: Lines that all gates together may take, and the most that one may.
LINES, MOST_LINES = 20, 8


class CharacterDrawing(NamedTuple):
    """The picture, and how many weights a square stands for along each side."""

    text: str
    scale: int


class _Paper(NamedTuple):
    """The sizes that place a square; `wide` has the characters of each column, by its letter."""

    sizes: Mapping[str, Quantity]
    scale: int
    margin: int
    wide: Mapping[str, int]


def drawing(
    cell: Cell, blocks: tuple[Block, ...], sizes: Mapping[str, Quantity]
) -> CharacterDrawing:
    """The `blocks` of `cell` to scale, below what they are multiplied with.

    >>> from lstminspect import cells
    >>> rnn = cells.get("rnn")
    >>> print(drawing(rnn, rnn.blocks, {"units": 2, "features": 3}).text)
           x         h
           ● ● ●     ● ●
    <BLANKLINE>
    h   W  ■ ■ ■  U  ■ ■  b  ■
           ■ ■ ■     ■ ■     ■
    """
    paper = _paper(blocks, sizes, 1)
    gates = list(dict.fromkeys(block.gate for block in blocks))
    lines = max(1, min(MOST_LINES, LINES // len(gates)))
    while not _fits(paper, blocks, lines):
        paper = _paper(blocks, sizes, 2 * paper.scale)
    rows = [*_vectors(cell, blocks, paper)]
    for gate in gates:
        own = {_column(block): block for block in blocks if block.gate == gate}
        rows += ["", *_gate(gate or "", own, paper)]
    return CharacterDrawing("\n".join(row.rstrip() for row in rows), paper.scale)


def _paper(blocks: tuple[Block, ...], sizes: Mapping[str, Quantity], scale: int) -> _Paper:
    columns: dict[str, int] = {}
    for block in blocks:
        across = _squares_of(block, sizes, scale)[1]
        columns[_column(block)] = max(across, columns.get(_column(block), 1))
    margin = max(len(block.gate or "") for block in blocks) + 3
    # A blank between two squares makes them about as wide as high.
    wide = {letter: 2 * number - 1 for letter, number in columns.items()}
    return _Paper(sizes, scale, margin, wide)


def _fits(paper: _Paper, blocks: tuple[Block, ...], lines: int) -> bool:
    sides = [_squares_of(block, paper.sizes, paper.scale) for block in blocks]
    if all(side == (1, 1) for side in sides):
        return True  # As small as can be.
    across = sum(len(letter) + 4 + width for letter, width in paper.wide.items())
    return max(down for down, _ in sides) <= lines and paper.margin + across <= WIDTH


def _column(block: Block) -> str:
    return block.letter if block.gate else block.name


def _squares_of(block: Block, sizes: Mapping[str, Quantity], scale: int) -> tuple[int, int]:
    """Squares from top to bottom and from left to right; a vector stands upright."""
    rows, columns = (*(sizes[name] for name in block.shape), 1, 1)[:2]
    return -(-rows // scale), -(-columns // scale)


def _vectors(cell: Cell, blocks: tuple[Block, ...], paper: _Paper) -> Iterator[str]:
    """The vectors that the columns of matrices are multiplied with, lying above them."""
    taken = _operands(cell)
    names = dots = " " * paper.margin
    last = list(paper.wide)[-1]
    for letter, width in paper.wide.items():
        first = next(block for block in blocks if _column(block) == letter)
        name = taken.get(first.name, "")
        count = _squares_of(first, paper.sizes, paper.scale)[1] if name else 0
        label = " " * (len(letter) + 2)
        room = WIDTH if letter == last else width + 2
        names += label + (name if len(name) <= room else "").ljust(width + 2)
        dots += label + " ".join(VECTOR * count).ljust(width + 2)
    yield names[:WIDTH]
    yield dots


def _operands(cell: Cell) -> dict[str, str]:
    """The matrices by name, each with the text of what it is multiplied with."""
    nodes = [node for line in cell.lines for node in walk(line.expression)]
    return {
        node.left.name: text_of(node.right)
        for node in nodes
        if isinstance(node, Binary) and node.operator == "@" and isinstance(node.left, Parameter)
    }


def _gate(gate: str, own: Mapping[str, Block], paper: _Paper) -> Iterator[str]:
    """The blocks of one line side by side."""
    height = max(_squares_of(block, paper.sizes, paper.scale)[0] for block in own.values())
    for row in range(height):
        text = ("" if row else gate).ljust(paper.margin)
        for letter, width in paper.wide.items():
            block = own.get(letter)
            label = letter if block and not row else ""
            squares = _row_of(block, row, paper) if block else ""
            text += label.ljust(len(letter) + 2) + squares.ljust(width + 2)
        yield text


def _row_of(block: Block, row: int, paper: _Paper) -> str:
    """One row of squares; dots where a matrix in blocks is always zero."""
    down, across = _squares_of(block, paper.sizes, paper.scale)
    if row >= down:
        return ""
    signs = [
        FULL if _is_there(block, row * paper.scale, column * paper.scale, paper.sizes) else EMPTY
        for column in range(across)
    ]
    return " ".join(signs)


def _is_there(block: Block, row: int, column: int, sizes: Mapping[str, Quantity]) -> bool:
    if not block.structure:
        return True
    down, across = (
        _part(place, sizes[side], sizes[block.parts])
        for place, side in zip((row, column), block.shape, strict=True)
    )
    return down == across if block.structure == "blocks" else down <= across


def _part(place: int, side: int, parts: Quantity) -> int:
    """Which part the entry at `place` is in: parts are equal, or have widths of their own."""
    if not isinstance(parts, tuple):
        return int(place * parts // side)
    return sum(place >= sum(parts[: number + 1]) for number in range(len(parts)))
