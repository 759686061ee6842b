"""The stored tensors of a layer as pieces to draw: which block is where, how many numbers each way.

A lane is one stacked tensor, or the tensors of one letter where a framework stores every block
apart. Along a lane stand the gates; across it lies what the blocks read, or one number for a bias.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from lstminspect import conventions
from lstminspect.cell import Cell
from lstminspect.equations.block import Block
from lstminspect.equations.shapes import FEATURES
from lstminspect.equations.syntax import Binary, Expression, Input, Parameter, text_of, walk
from lstminspect.errors import SizeError
from lstminspect.layer import Layer
from lstminspect.sizes import Quantity, is_array, is_letter
from lstminspect.wording import shape

__all__ = ["BlockRow", "Lane", "Piece", "lanes_of", "levels_of", "operands", "words_of"]

#: More equal parts than this are too small to be distinguished, and are drawn as so many.
MOST_PARTS = 32


class Piece(NamedTuple):
    """One block in a tensor: its numbers along and across the lane, the place of its gate.

    `parts` are the widths of the parts of a matrix that has a `structure`. `sign` is as in
    `conventions.Slot`.
    """

    name: str
    along: int
    across: int
    gate: int
    sign: int = 1
    structure: str = ""
    parts: tuple[int, ...] = ()


class BlockRow(NamedTuple):
    """Pieces beside each other, and what they are multiplied with: its text, whether an input."""

    pieces: tuple[Piece, ...]
    operand: str = ""
    is_input: bool = False

    @property
    def across(self) -> int:
        """The numbers across the row."""
        return max(piece.across for piece in self.pieces)


class Lane(NamedTuple):
    """Rows of one tensor; `apart` if every piece is a tensor of its own."""

    title: str
    rows: tuple[BlockRow, ...]
    apart: bool = False


def levels_of(layer: Layer) -> list[tuple[str, dict[str, Quantity]]]:
    """The sizes of the first layer, and of those above it, each with what it is called.

    Raises SizeError if a size is a letter or an array.
    """
    for name, value in layer.sizes.items():
        if is_letter(value) or is_array(value):
            got = value if is_letter(value) else "several"
            message = f"a picture to scale needs numbers, and {name} is {got}"
            raise SizeError(f"{message}. Give one number, as {name}=64.")
    above = {**layer.sizes, FEATURES: layer.width}
    if layer.layers == 1:
        return [("", layer.sizes)]
    second = "layer 2" if layer.layers == 2 else f"each of the layers 2 to {layer.layers}"
    return [("layer 1", layer.sizes), (second, above)]


def lanes_of(
    layer: Layer, convention: str, sizes: Mapping[str, Quantity], level: int = 1
) -> tuple[Lane, ...]:
    """The lanes of the layer at `level`, from 1, in one direction, as `convention` names them.

    >>> kernel, *_ = lanes_of(layer := Layer("lstm", 64, 3), "keras", layer.sizes)
    >>> kernel.title, kernel.rows[0].operand, [piece.name for piece in kernel.rows[0].pieces]
    ('kernel (3, 256)', 'x', ['W_i', 'W_f', 'W_g', 'W_o'])
    """
    layout = conventions.get(convention)
    stacks = layout.stacks(layer.cell, layer.use_bias)
    names = [
        weight.name
        for weight in layer.stored(convention).weights
        if weight.layer == level and weight.direction in ("forward", "both")
    ]
    name_of = dict(zip((stack.name for stack in stacks), names, strict=True))
    reader = _BlockPlacer(layer.cell, sizes)
    single = all(len(stack.blocks) == 1 for stack in stacks)
    groups: dict[str, list[conventions.PackedTensor]] = {}
    for stack in stacks:
        groups.setdefault(reader.kind(stack) if single else stack.name, []).append(stack)
    lanes = []
    for stacks_of_one in groups.values():
        shapes = dict.fromkeys(
            shape(layout.shape(layer.cell, stack, sizes, layer.directions))
            for stack in stacks_of_one
        )
        many = len(stacks_of_one)
        title = f"{many} tensors" if many > 1 else name_of[stacks_of_one[0].name]
        if many > 1 and len(shapes) == 1:
            title += ", each"
        rows = reader.rows(stacks_of_one)
        lanes.append(Lane(f"{title} {', '.join(shapes)}", rows, many > 1))
    return tuple(lanes)


class _BlockPlacer:
    def __init__(self, cell: Cell, sizes: Mapping[str, Quantity]) -> None:
        self.cell, self.sizes = cell, sizes
        self.gates = list(dict.fromkeys(block.gate for block in cell.blocks))
        self.operands = dict(operands(cell))

    def kind(self, stack: conventions.PackedTensor) -> str:
        """The common text of the tensors of one lane, where every block is stored apart."""
        block = self.cell.block_named[conventions.slot(stack.blocks[0]).block]
        across = block.shape[1] if len(block.shape) > 1 else f"{len(block.shape)}"
        return f"{block.letter} {across} {block.gate is None and block.name}"

    def rows(self, stacks: list[conventions.PackedTensor]) -> tuple[BlockRow, ...]:
        if len(stacks) > 1:
            return (self.row([conventions.slot(stack.blocks[0]) for stack in stacks]),)
        return tuple(self.row(places) for places in stacks[0].grid())

    def row(self, places: list[conventions.Slot]) -> BlockRow:
        read = dict.fromkeys(
            self.operands[place.block] for place in places if place.block in self.operands
        )
        text = ", ".join(dict.fromkeys(text_of(node) for node in read))
        is_input = bool(read) and all(isinstance(node, Input) for node in read)
        return BlockRow(tuple(map(self.piece, places)), text, is_input)

    def piece(self, place: conventions.Slot) -> Piece:
        block = self.cell.block_named[place.block]
        lengths = [self.sizes[name] for name in block.shape]
        along, across = (*lengths, 1, 1)[:2]
        gate = self.gates.index(block.gate)
        parts = tuple(self.parts(block))
        return Piece(block.name, along, across, gate, place.sign, block.structure, parts)

    def parts(self, block: Block) -> Iterator[int]:
        """The widths of the parts of a block, as shares of its side."""
        if not block.structure:
            return
        parts = self.sizes[block.parts]
        yield from parts if isinstance(parts, tuple) else (1,) * min(parts, MOST_PARTS)


def operands(cell: Cell) -> Iterator[tuple[str, Expression]]:
    """The operand that each matrix is multiplied with, at the first place where it is."""
    seen = set()
    for line in cell.lines:
        for node in walk(line.expression):
            match node:
                case Binary("@", left, right):
                    names = [each.name for each in walk(left) if isinstance(each, Parameter)]
                    yield from ((name, right) for name in names if name not in seen)
                    seen.update(names)


def words_of(lane: Lane) -> str:
    """A lane in words: its tensor and the blocks in it, row by row."""
    rows = (" ".join(piece.name for piece in row.pieces) for row in lane.rows)
    return f"{lane.title}: {' / '.join(rows)}"
