"""`units`: the length of the state, what it is not, and what one more costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import gcd
from typing import Any

from lstminspect.answer import Derivation, Part, Prose, Sketch, Table
from lstminspect.equations.block import Block
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.formula import Formula, multiplied, of_blocks, total, written
from lstminspect.layer import Layer
from lstminspect.sizes import Quantity, product
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code
from lstminspect.teaching.to_scale import EMPTY, drawing
from lstminspect.wording import title

__all__ = ["WORDS", "next_unit", "stored", "units"]

#: What units is called elsewhere. The trap is Flax' linen: its `features` is the width of h.
WORDS = (
    ("Keras, TensorFlow 2", "units"),
    ("PyTorch, ONNX, Equinox, Haiku, MXNet", "hidden_size"),
    ("TensorFlow 1", "num_units (also state_size)"),
    ("Flax", "hidden_features (nnx), features (linen)"),
    ("older scripts", "hidden_dim, nhid, rnn_size, latent_dim"),
)
#: The sizes of two examples from a published course.
COURSE = ((25, 10), (64, 3))


def units(layer: Layer) -> TopicAnswer:
    """The meaning of units."""
    parts: list[Part] = [
        Prose(
            "It is not the number of time steps, not the number of features, not a number of cells "
            "in a chain, and not a number of layers. A layer has one cell, however many units it "
            "has, and uses it again at every time step."
        ),
        *_drawn(layer),
        *_networks(layer),
        *_next(layer),
        *_other_sizes(layer),
        Table("the same number elsewhere", ("where", "word"), WORDS),
        *counted(layer),
        *in_code(layer),
    ]
    return TopicAnswer(_answer(layer), parts)


def _answer(layer: Layer) -> str:
    """The vectors of the length units, and the width of the output."""
    states = " and ".join(name for name, size in layer.cell.states.items() if size == UNITS)
    numbers = _numbers(layer.units)
    if states:
        each = "each is" if " and " in states else "it is"
        first = f"units is the length of {states}: here {each} a vector of {numbers}."
    else:
        first = f"units is the length of every vector inside the cell: here {numbers} each."
    own = layer.sizes[layer.cell.width]
    if layer.bidirectional:
        rest = f"Each direction gives {_numbers(own)} at every time step"
        merged = f", merged into {layer.width:,}" if layer.merge_mode else ""
        return f"{first} {rest}{merged}."
    if layer.cell.width == UNITS:
        return f"{first} Its output at every time step is {numbers} too."
    return f"{first} Its output is h, {_numbers(own)} ({layer.cell.width})."


def _numbers(count: int) -> str:
    return f"{count:,} {'number' if count == 1 else 'numbers'}"


def stored(layer: Layer) -> tuple[Block, ...]:
    """The blocks of the first layer in one direction, as often as they are stored."""
    return layer.stored().blocks


def _drawn(layer: Layer) -> Iterator[Part]:
    blocks = {block.name: block for block in stored(layer)}
    if not blocks:
        return
    picture = drawing(layer.cell, tuple(blocks.values()), layer.sizes)
    side = picture.scale
    square, made = "1 square is 1 weight", "1 number"
    if side > 1:
        made = f"{side:,} numbers"
        square = f"1 square is {side:,} × {side:,} weights, or what is left of that at an edge"
    caption = f"To scale: {square}. A row of squares makes {made} of its line."
    if any(block.structure for block in blocks.values()):
        caption += f" A dot ({EMPTY}) is a place that is always 0."
    if twice := [name for name, n in Counter(b.name for b in stored(layer)).items() if n > 1]:
        where = layer.stored().title
        caption += f" {where} stores {' '.join(twice)} twice; drawn once."
    if layer.layers > 1 or layer.bidirectional:
        caption += " Drawn is the first layer, in one direction."
    yield Sketch(picture.text, caption)


def _networks(layer: Layer) -> Iterator[Part]:
    """The networks inside a cell: one for each line that has weights."""
    groups: dict[str | None, list[Block]] = {}
    for block in stored(layer):
        groups.setdefault(block.gate, []).append(block)
    sizes = _texts(layer)
    rows = []
    for gate, blocks in groups.items():
        formula = of_blocks(blocks, _widths(layer))
        worked = f"{written(formula, sizes)}"
        rows.append((gate or blocks[0].name, written(formula), worked, _entries(blocks, layer)))
    if len(rows) > 1:
        number = sum(blocks[0].gate is not None for blocks in groups.values())
        name = f"the {number} networks in the cell" if number > 1 else "the network in the cell"
        headers = ("line", "weights", "here", "number")
        yield Table(name, headers, tuple(rows))
    yield Derivation(layer.formula(), sizes, layer.parameters)


def _widths(layer: Layer) -> dict[str, tuple[Quantity, ...]]:
    return {name: value for name, value in layer.extra if isinstance(value, tuple)}


def _texts(layer: Layer) -> dict[str, str]:
    return {name: str(size) for name, size in layer.sizes.items() if not isinstance(size, tuple)}


def _entries(blocks: list[Block], layer: Layer) -> int:
    return sum(product(block.stored(layer.sizes)) for block in blocks)


def next_unit(layer: Layer) -> tuple[Layer, Formula | None] | None:
    """The layer with one more unit, and what that costs as a formula where it is a simple one.

    >>> above, cost = next_unit(Layer("lstm", 64, 3))
    >>> above.units, written(cost)
    (65, '4·(features + 2·units + 2)')
    """
    parts = {block.parts for block in layer.cell.blocks if block.structure}
    if any(isinstance(layer.sizes[name], tuple) for name in parts):
        return None  # The widths of the parts say what units is.
    step = 1
    for name in parts:
        step = step * layer.sizes[name] // gcd(step, layer.sizes[name])
    tied = layer.cell.ties_features
    features = None if tied else layer.features
    above = replace(layer, units=layer.units + step, features=features, reset_after=None)
    if step > 1 or tied or layer.layers > 1 or any(block.structure for block in stored(layer)):
        return above, None
    return above, multiplied(layer.directions, _cost(stored(layer)))


def _cost(blocks: tuple[Block, ...]) -> Formula:
    """The entries that one more unit adds to `blocks`, without equal parts or structure."""
    adds: Counter[str] = Counter()
    for block in blocks:
        others = [name for name in block.shape if name != UNITS]
        times = len(block.shape) - len(others)
        if times == 2:  # (u + 1)² - u² = 2·u + 1
            adds[UNITS] += 2
            adds[""] += 1
        elif times == 1:
            adds[others[0] if others else ""] += 1
    common = gcd(*adds.values())
    order = sorted(adds, key=lambda name: (name == "", name == UNITS, name != FEATURES, name))
    terms = [
        multiplied(adds[name] // common, name) if name else adds[name] // common for name in order
    ]
    return multiplied(common, total(terms))


def _next(layer: Layer) -> Iterator[Part]:
    following = next_unit(layer)
    if following is None:
        return
    above, cost = following
    more = above.units - layer.units
    difference = above.parameters - layer.parameters
    step = "One more unit" if more == 1 else f"{more:,} more units"
    text = f"{step} ({layer.units:,} to {above.units:,}) costs {difference:,} parameters"
    if more > 1:
        text = text.replace("costs", "cost") + f": units must be divisible by {_parts(layer)}"
    if cost is None:
        yield Prose(f"{text}.")
        return
    yield Prose(f"{text} = {written(cost)}:")
    yield _growth(layer)


def _parts(layer: Layer) -> str:
    names = dict.fromkeys(block.parts for block in layer.cell.blocks if block.structure)
    return " and ".join(names)


def _growth(layer: Layer) -> Table:
    """Blocks of one shape in a row: their shape, how many numbers, what one more unit adds."""
    alike: dict[tuple[tuple[str, ...], bool], list[Block]] = {}
    for block in stored(layer):
        alike.setdefault((block.shape, block.is_bias), []).append(block)
    rows: list[tuple[str | int | tuple[object, ...], ...]] = []
    numbers = more = 0
    for (shape, _), blocks in alike.items():
        sizes = tuple(layer.sizes[name] for name in shape)
        times = len(blocks) * layer.directions
        entries, added = times * product(sizes), times * _added(shape, layer)
        letters = ", ".join(dict.fromkeys(b.letter if b.gate else b.name for b in blocks))
        rows.append((f"{times} × {letters}", sizes, entries, _words(shape), added))
        numbers, more = numbers + entries, more + added
    headers = ("blocks", "shape", "numbers", "adds", "more")
    below = ("total", "", numbers, "", more)
    return Table("what one more unit adds", headers, rows, total=below)


def _added(shape: tuple[str, ...], layer: Layer) -> int:
    above = {**layer.sizes, UNITS: layer.units + 1}
    before, after = (product(sizes[name] for name in shape) for sizes in (layer.sizes, above))
    return int(after - before)


def _words(shape: tuple[str, ...]) -> str:
    match [name == UNITS for name in shape]:
        case [True, True]:
            return "a row and a column"
        case [True, False]:
            return "a row"
        case [False, True]:
            return "a column"
        case [True]:
            return "a number"
        case _:
            return "nothing"


def _other_sizes(layer: Layer) -> Iterator[Part]:
    """The same sum at the sizes of a published course."""
    if layer.cell.own_sizes or layer.cell.ties_features:
        return
    options: dict[str, Any] = {"use_bias": layer.use_bias, "framework": layer.framework}
    others = [Layer(layer.cell, u, f, **options) for u, f in COURSE]
    rows = tuple(
        (title(each), written(each.formula(), _texts(each)), each.parameters) for each in others
    )
    yield Table("the same sum for other sizes", ("layer", "sum", "parameters"), rows)
