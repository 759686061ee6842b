"""Cell: the equations of one time step, and what follows from them.

Parameters, their shapes, the gates, the states and the count are all read from the equations.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from lstminspect.display import Answer
from lstminspect.equations.block import Block, count_of
from lstminspect.equations.parser import INPUT, Declaration, parse, plain
from lstminspect.equations.shapes import FEATURES, OUTPUT, UNITS, lengths_of
from lstminspect.equations.syntax import (
    Binary,
    Call,
    Expression,
    Input,
    Line,
    Parameter,
    Value,
    children,
    is_sum,
    terms,
    text_of,
    walk,
    without,
)
from lstminspect.errors import SizeError, UnusedLineWarning, did_you_mean
from lstminspect.sizes import (
    Quantity,
    check_broadcast,
    evaluate,
    size,
    widths,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lstminspect.names import Size

__all__ = ["Cell", "Published"]


class Published(NamedTuple):
    """A parameter count that a source prints, with the configuration and the convention."""

    units: int
    features: int
    parameters: int
    convention: str
    source: str


@dataclass(frozen=True, repr=False)
class Cell(Answer):
    """A recurrent cell: the text of its equations, and where it comes from.

    `also` are its names elsewhere, `tags` what it is for: see `lstminspect.cells.search`.
    `formula` is the count of one cell in SymPy's words, with u for units and f for features, as its
    source gives it: it is checked, never used. `lengths` holds the shape of everything that has a
    name, in names of sizes.

    Raises EquationError if the text is not the language or its shapes do not fit, and warns with
    UnusedLineWarning of lines that do not lead to the output.

    >>> cell = Cell("h = tanh(W_h @ x + U_h @ h + b_h)")
    >>> [(block.name, block.shape) for block in cell.blocks]
    [('W_h', ('units', 'features')), ('U_h', ('units', 'units')), ('b_h', ('units',))]
    >>> cell.states, cell.count(units=32, features=32)
    ({'h': 'units'}, 2080)
    """

    text: str
    name: str = "cell"
    title: str = "A cell of your own"
    source: str = ""
    also: tuple[str, ...] = ()
    formula: str = ""
    published: Published | None = None
    tags: tuple[str, ...] = ()
    lines: tuple[Line, ...] = field(init=False, compare=False)
    declared: dict[str, Declaration] = field(init=False, compare=False)
    lengths: dict[str, tuple[str, ...]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        text = plain(self.text)
        lines, declared = parse(text)
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "lines", lines)
        object.__setattr__(self, "declared", declared)
        object.__setattr__(self, "lengths", lengths_of(text, lines, declared))
        if self.unused:
            message = (
                f"{self.name}: these lines do not lead to the output {OUTPUT}: "
                f"{', '.join(self.unused)}. Their parameters are counted all the same. "
                "Use them in another line, or leave them out."
            )
            # From the caller of Cell, past this method and the __init__ of the dataclass.
            warnings.warn(message, UnusedLineWarning, stacklevel=3)

    @cached_property
    def states(self) -> dict[str, str]:
        """The states, each with the name of its length; `h`, if it is one, first."""
        read = {
            node.name
            for line in self.lines
            for node in walk(line.expression)
            if isinstance(node, Value) and node.previous
        }
        names = [line.name for line in self.lines if line.name in read]
        names.sort(key=lambda name: name != OUTPUT)
        return {name: self.lengths[name][0] for name in names}

    @property
    def ties_features(self) -> bool:
        r"""True if the cell says how many features there are: as many as the length of x.

        >>> Cell("x: units\nh = tanh(x + U_h @ h)").ties_features
        True
        """
        return INPUT in self.declared

    @cached_property
    def further_inputs(self) -> dict[str, str]:
        r"""The inputs of a step beside x, each with the name of its length.

        >>> Cell("y: input(units)\nh = tanh(W_h @ x + U_h @ h + y)").further_inputs
        {'y': 'units'}
        """
        names = [name for name, each in self.declared.items() if each.kind == "input"]
        return {name: self.length_of(Input(name)) for name in names if name != INPUT}

    @cached_property
    def unused(self) -> tuple[str, ...]:
        """The lines that do not lead to the output.

        >>> Cell("h = tanh(W_h @ x)").unused
        ()
        """
        used = self.leading_to(OUTPUT)
        return tuple(line.name for line in self.lines if line.name not in used)

    def leading_to(self, *ends: str) -> set[str]:
        r"""The lines whose values reach one of the lines `ends`, now or at a later step.

        >>> sorted(Cell("g = tanh(W_g @ x)\nh = h + g").leading_to("h"))
        ['g', 'h']
        """
        reads = {
            line.name: {each.name for each in walk(line.expression) if isinstance(each, Value)}
            for line in self.lines
        }
        used, new = set[str](), {*ends}
        while new:
            used |= new
            new = set[str]().union(*(reads[name] for name in new)) - used
        return used

    @property
    def width(self) -> str:
        """The name of the length of the output, `h`."""
        return self.lengths[OUTPUT][0]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Every parameter once, in the order of the equations."""
        found = {
            node.name: node
            for line in self.lines
            for node in walk(line.expression)
            if isinstance(node, Parameter)
        }
        biases = _biases(self.lines)
        return tuple(self._block(node, node.name in biases) for node in found.values())

    def _block(self, node: Parameter, is_bias: bool) -> Block:
        block = Block(node.name, node.letter, node.gate, self.lengths[node.name], is_bias)
        declared = self.declared.get(node.name)
        if declared is None or declared.size is None:
            return block
        return block._replace(structure=declared.kind, parts=declared.size)

    @cached_property
    def block_named(self) -> dict[str, Block]:
        """The blocks by name."""
        return {block.name: block for block in self.blocks}

    @cached_property
    def gates(self) -> tuple[str, ...]:
        """The lines that have parameters of their own, in order."""
        owners = {block.gate for block in self.blocks}
        return tuple(line.name for line in self.lines if line.name in owners)

    @cached_property
    def own_sizes(self) -> tuple[str, ...]:
        """The names of the sizes that the cell has of its own, beside units and features."""
        lengths = {name for shape in self.lengths.values() for name in shape}
        declared = {each.size for each in self.declared.values() if each.size}
        return tuple(sorted((lengths | declared) - {UNITS, FEATURES}))

    def checked(self, name: str, value: object) -> Quantity:
        r"""`value` as the size called `name`; how a matrix is cut can be given as widths.

        >>> Cell("U_h: blocks(heads)\nh = tanh(U_h @ h)").checked("heads", [8, 16])
        (8, 16)
        """
        if isinstance(value, list | tuple) and name in self._cuts:
            return widths(name, value)
        return size(name, value)

    @cached_property
    def _cuts(self) -> set[str]:
        """The sizes that say how a matrix is cut, and nothing else."""
        lengths = {name for shape in self.lengths.values() for name in shape}
        return {block.parts for block in self.blocks if block.structure} - lengths

    def length_of(self, node: Expression) -> str:
        """The name of the length of what `node` gives; empty for one number.

        >>> cell = Cell("h = tanh(W_h @ x + U_h @ h)")
        >>> cell.length_of(cell.lines[0].expression)
        'units'
        """
        match node:
            case Input(name):
                declared = self.declared.get(name)
                return declared.size if declared and declared.size else FEATURES
            case Value(name) | Parameter(name):
                return next(iter(self.lengths[name]), "")
            case Binary("@", Call("transpose", Parameter(name))):
                return self.lengths[name][1]
            case _:
                lengths = [self.length_of(child) for child in children(node)]
                return next(filter(None, lengths), "")

    @property
    def size_names(self) -> tuple[str, ...]:
        """The sizes that the cell knows: units and features, then its own."""
        return (UNITS, FEATURES, *self.own_sizes)

    def says_the_same(self, other: Cell) -> bool:
        """Tell whether equations and declarations are the same, whatever spaces and comments."""
        return (self.lines, self.declared) == (other.lines, other.declared)

    def without_bias(self) -> Cell:
        """The same cell with every bias dropped from its equations.

        >>> Cell("h = tanh(W_h @ x + U_h @ h + b_h)").without_bias().text
        'h = tanh(W_h @ x + U_h @ h)'
        """
        biases = frozenset(block.name for block in self.blocks if block.is_bias)
        return self.respelled(self.rewritten(biases)) if biases else self

    def respelled(self, text: str) -> Cell:
        """The same cell with other equations, which are not looked through for unused lines."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnusedLineWarning)
            return replace(self, text=text)

    def rewritten(self, dropped: frozenset[str] = frozenset(), lines: tuple[Line, ...] = ()) -> str:
        """The text in its shortest spelling, without the terms called one of `dropped`.

        `lines` stand in place of the cell's own.
        """
        rows = [_declaration_text(each) for each in self.declared.values()]
        for line in lines or self.lines:
            name = f"{line.name}: {line.length}" if line.length else line.name
            rows.append(f"{name} = {text_of(_dropped(line, dropped))}")
        return "\n".join(rows)

    def count(self, /, **sizes: Size | Sequence[int]) -> Quantity:
        """Parameters of one cell, every block of the equations counted once.

        What a framework stores can be more: see `Layer.parameters`. Raises SizeError for a size
        that is missing, unknown or not a size.

        >>> Cell("h = tanh(W_h @ x + U_h @ h + b_h)").count(units="u", features="f")
        f*u + u**2 + u
        """
        for name in sizes:
            if name not in self.size_names:
                near = did_you_mean(name, self.size_names)
                raise SizeError(f"{self.name} has no size called {name!r}.{near}")
        for name in self.size_names:
            if name not in sizes:
                raise SizeError(f"{name} is missing. Pass it, for example {name}=3.")
        checked = {name: self.checked(name, value) for name, value in sizes.items()}
        check_broadcast(checked)
        return evaluate(lambda **known: count_of(self.blocks, known), checked)

    def __repr__(self) -> str:
        gates, states = (" ".join(names) or "none" for names in (self.gates, self.states))
        return f"<Cell {self.name}: gates {gates}, states {states}>"

    def _repr_latex_(self) -> str:
        from lstminspect.equations.latex import equations

        return equations(self.lines)


def _declaration_text(declared: Declaration) -> str:
    match declared:
        case Declaration(name, "length", str(length)):
            return f"{name}: {length}"
        case Declaration(name, kind, None):
            return f"{name}: {kind}"
        case Declaration(name, kind, parts):
            return f"{name}: {kind}({parts})"


def _dropped(line: Line, names: frozenset[str]) -> Expression:
    return without(line.expression, names) or line.expression


def _biases(lines: tuple[Line, ...]) -> set[str]:
    """Parameters that stand nowhere but as a bare term beside a matrix product.

    `b_i` in `W_i @ x + U_i @ h + b_i` is one; `p_i` in `p_i * c` is not, nor is a gate that is
    nothing but a learned number, `sigmoid(a_h)`. A line that is itself a sum with a matrix product
    counts as one: `s + b_z` below `s = W_s @ x + U_s @ h`.
    """
    free: set[str] = set()
    bound: set[str] = set()
    sums: set[str] = set()

    def visit(node: Expression) -> None:
        inner: tuple[Expression, ...]
        if is_sum(node):
            parts = terms(node)
            bare = {part.name for part in parts if isinstance(part, Parameter)}
            (free if any(_has_product(part, sums) for part in parts) else bound).update(bare)
            inner = tuple(part for part in parts if not isinstance(part, Parameter))
        elif isinstance(node, Parameter):
            bound.add(node.name)
            inner = ()
        else:
            inner = children(node)
        for child in inner:
            visit(child)

    for line in lines:
        visit(line.expression)
        if any(_has_product(part, sums) for part in terms(line.expression)):
            sums.add(line.name)
    return free - bound


def _has_product(node: Expression, sums: set[str]) -> bool:
    """Tell whether a term holds a matrix product that no function has been applied to."""
    match node:
        case Value(name, previous):
            return not previous and name in sums
        case Call():
            return False
        case Binary("@"):
            return True
        case _:
            return any(_has_product(child, sums) for child in children(node))
