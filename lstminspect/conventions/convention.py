"""The way each framework stores a cell: its tensors, packed from the blocks of the equations.

A convention is data. A block that a framework stores twice is the sum of its appearances, which is
all there is to PyTorch's two biases or to Keras' two-row GRU bias. One file per framework, with
several conventions where it has them (linen and NNX in Flax).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from lstminspect import cells
from lstminspect.activations import REPLACES
from lstminspect.cell import Cell
from lstminspect.equations.block import Block
from lstminspect.equations.functions import FUNCTIONS
from lstminspect.sizes import Quantity

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = [
    "ANY",
    "EQUATIONS",
    "Activations",
    "Convention",
    "PackedTensor",
    "Slot",
    "packed",
    "slot",
]

#: The convention of the equations themselves: every block is a tensor, stored once.
EQUATIONS: Final = "equations"


class Slot(NamedTuple):
    """Where a block stands in a tensor. `sign` is -1 if its negative stands there.

    A sign of 0 is a place as large as the block that is stored and that nothing reads, or that must
    be zero: see `Convention.reads_all`.
    """

    block: str
    sign: int


def slot(text: str) -> Slot:
    """The Slot that `text` says: `W_f`, `-W_f` for the negative, `~W_f` for one that is not read.

    >>> slot("-W_f")
    Slot(block='W_f', sign=-1)
    """
    return Slot(text.lstrip("-~"), {"-": -1, "~": 0}.get(text[0], 1))


@dataclass(frozen=True)
class PackedTensor:
    """One tensor: its name, and the blocks it stacks, in storage order, each as `place` reads it.

    `rows` above 1 splits the stack into that many equal rows, one below the other: two rows of
    vectors make a matrix, two rows of matrices one that takes the input and the state at once.
    """

    name: str
    blocks: tuple[str, ...]
    rows: int = 1

    def grid(self) -> list[list[Slot]]:
        """The places, row by row."""
        places = [slot(each) for each in self.blocks]
        width = len(places) // self.rows
        return [places[start : start + width] for start in range(0, len(places), width)]


def packed(name: str, blocks: str, rows: int = 1) -> PackedTensor:
    """A PackedTensor from the names of its blocks, written with spaces between.

    >>> packed("kernel", "W_i W_f").blocks
    ('W_i', 'W_f')
    """
    return PackedTensor(name, tuple(blocks.split()), rows)


#: What a framework runs that takes a function of Python: every function.
ANY = tuple(FUNCTIONS)


class Activations(NamedTuple):
    """The functions that a framework runs in place of a cell's own, by the option of a Layer."""

    activation: tuple[str, ...] = ()
    recurrent_activation: tuple[str, ...] = ()
    output_activation: tuple[str, ...] = ()
    clip: bool = False


#: What a framework runs whose cells have fixed functions.
FIXED = Activations()


@dataclass(frozen=True, repr=False)
class Convention:
    """One framework's way of storing cells.

    `transposed` says that a matrix is stored (columns, rows), for `x @ kernel`, and packed along
    its last axis. Names may hold `{index}`, the layer from 0, and `{number}`, the layer from 1.
    """

    name: ConventionName
    title: str
    source: str
    cells: Mapping[str, tuple[PackedTensor, ...]]
    transposed: bool
    alone: str = "{tensor}"
    forward: str = "forward/{tensor}"
    backward: str = "backward/{tensor}"
    stacked: str = "layer_{number}/"
    #: A leading axis of directions on every tensor, even when there is one (ONNX).
    direction_axis: bool = False
    #: Whether a layer without any bias can be stored.
    bias_is_optional: bool = True
    #: Whether layers above another take its two directions concatenated, never merged.
    concatenates: bool = False
    #: Blocks that have no place here, with the cells they belong to: they are zero for good.
    held_at_zero: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: What the framework adds to a block when it runs, so that the stored value lacks it.
    added: Mapping[str, float] = field(default_factory=dict)
    #: Whether the framework reads the places that the equations do not, so that they must be zero.
    reads_all: bool = False
    #: The functions that its layers run in place of their own, and those of single cells.
    runs: Activations = FIXED
    runs_of: Mapping[str, Activations] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Convention {self.name}>"

    def why_unsupported(self, cell: Cell, use_bias: bool = True) -> str:
        """Why this framework does not store `cell`, or an empty text if it does."""
        if self.name == EQUATIONS:
            return ""
        known = cell.name in self.cells and cells.get(cell.name).says_the_same(cell)
        if known and not use_bias and not self.bias_is_optional:
            return f"{self.title} has no cell without bias"
        if known:
            return ""
        own = cell.name not in cells.names() or cell.name in self.cells
        return f"{self.title} {'does not store these equations' if own else f'has no {cell.name}'}"

    def why_not_run(
        self, cell: Cell, functions: Mapping[str, str | None], clip: float | None = None
    ) -> str:
        """Why this framework does not run `cell` with other `functions`, or an empty text.

        `functions` are those of the options in `lstminspect.activations.REPLACES`.

        >>> from lstminspect.conventions import get
        >>> get("pytorch").why_not_run(cells.get("lstm"), {"activation": "relu"})
        "PyTorch runs lstm with tanh, not with activation 'relu'"
        """
        if self.name == EQUATIONS:
            return ""
        runs = self.runs_of.get(cell.name, self.runs)
        for option, function in functions.items():
            own = REPLACES[option]
            if option == "output_activation":
                own = functions.get("activation") or own
            able = getattr(runs, option)
            if function in (None, own) or str(function).partition("(")[0].strip() in able:
                continue
            known = " or ".join(dict.fromkeys([own, *able]))
            return f"{self.title} runs {cell.name} with {known}, not with {option} {function!r}"
        if clip is not None and not runs.clip:
            return f"{self.title} runs {cell.name} without a clip"
        return ""

    def stacks(self, cell: Cell, use_bias: bool = True) -> tuple[PackedTensor, ...]:
        """The tensors of `cell`, without its biases if `use_bias` is False."""
        if self.name == EQUATIONS:
            return tuple(PackedTensor(block.name, (block.name,)) for block in _kept(cell, use_bias))
        kept = {block.name for block in _kept(cell, use_bias)}
        stored = self.cells[cell.name]
        return tuple(
            each for each in stored if kept.issuperset(slot(text).block for text in each.blocks)
        )

    def negates(self, cell: Cell) -> bool:
        """True if a block of `cell` is stored as its negative."""
        texts = [text for each in self.stacks(cell) for text in each.blocks]
        return any(slot(text).sign < 0 for text in texts)

    def blocks(self, cell: Cell, use_bias: bool = True) -> tuple[Block, ...]:
        """Every block that is stored, as often as it is stored.

        A place that nothing reads counts as a block called as it is written, `~W_f`.
        """
        known = cell.block_named
        places = (
            (text, *slot(text)) for each in self.stacks(cell, use_bias) for text in each.blocks
        )
        return tuple(
            known[name] if sign else known[name]._replace(name=text) for text, name, sign in places
        )

    def shape(
        self, cell: Cell, tensor: PackedTensor, sizes: Mapping[str, Quantity], directions: int = 1
    ) -> tuple[Quantity, ...]:
        """The shape of `tensor` as it is stored."""
        known = cell.block_named
        if self.name == EQUATIONS:
            return known[tensor.blocks[0]].stored(sizes)
        rows = [[known[each.block] for each in row] for row in tensor.grid()]
        if not rows[0][0].shape:
            return (1,)  # One number is a vector of one.
        along = _sum_of([block.shape[0] for block in rows[0]], sizes)
        shape = tuple(sizes[name] for name in rows[0][0].shape[1:])
        if tensor.rows > 1:
            # A vector is one row high, a matrix (input, output) as high as its input.
            matrices = [row[0].shape[1] for row in rows if len(row[0].shape) == 2]
            shape = (_sum_of(matrices, sizes) + len(rows) - len(matrices),)
        shape = (*shape, along) if self.transposed else (along, *shape)
        return (directions, *shape) if self.direction_axis else shape


def _kept(cell: Cell, use_bias: bool) -> tuple[Block, ...]:
    return tuple(block for block in cell.blocks if use_bias or not block.is_bias)


def _sum_of(names: list[str], sizes: Mapping[str, Quantity]) -> Quantity:
    total: Quantity = 0
    for name, times in Counter(names).items():
        total = total + times * sizes[name]
    return total
