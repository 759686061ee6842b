"""Fitting: the layers whose tensors have the names and the shapes of a group, all together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from lstminspect import cells, conventions
from lstminspect.cell import Cell
from lstminspect.conventions.axes import Axis, axes_of, solved
from lstminspect.equations.shapes import FEATURES
from lstminspect.errors import LstmInspectError
from lstminspect.explanations.plausible import rarity
from lstminspect.files.contents import FileTensor
from lstminspect.files.grouping import Group, Side, is_letter, words_of_recurrence
from lstminspect.files.namings import Naming, base, endings, namings
from lstminspect.layer import Layer
from lstminspect.stored import Stored

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["Fit", "fits"]

#: The most that is tried for a size that no axis of a tensor tells, such as a number of blocks.
MOST_TRIED = 64
#: So many axes do not agree by chance.
PROOF = 3


class Position(NamedTuple):
    """Where a weight of the naming's table stands in a group: its side, and the end of its name."""

    side: Side
    ending: str


@dataclass(frozen=True, eq=False)
class Fit:
    """A layer whose tensors are those of a group: in `naming`, each at its place.

    `stored` is the layer in the table of the naming. `checks` is the number of axes that agree
    beyond those that tell the sizes. With `turned` the matrices are transposed.
    """

    naming: Naming
    layer: Layer
    stored: Stored = field(repr=False)
    places: Mapping[str, Position] = field(repr=False)
    checks: int
    certain: bool
    turned: bool = False

    @property
    def convention(self) -> ConventionName:
        """The convention that the layer's weights are read into."""
        own = self.naming.convention
        return conventions.EQUATIONS if self.layer.why_unsupported(own) else own

    @property
    def title(self) -> str:
        """The layer and whose it is: `gru of PyTorch`."""
        return f"{self.layer.cell.name} of {self.naming.title}"


class _Tensor(NamedTuple):
    """A tensor of a form: its ends of names, its name without the layer, its axes."""

    endings: frozenset[str]
    name: str
    axes: tuple[Axis, ...]


def fits(group: Group) -> list[Fit]:
    """The layers that `group` can be, the most plausible first; none if it is not a layer.

    Every side of the group has the tensors of the layer. Those that explain the most tensors are
    kept, and others of as many are the alternatives.
    """
    present = [ending for side in group.sides.values() for ending in side]
    able = {naming: None for ending in present for naming in endings().get(ending, ())}
    if all(map(is_letter, present)):
        able |= {naming: None for naming in namings() if naming.exact}
    # `rnn` is the name of an LSTM as often as of anything else.
    words = {word.removeprefix("bi") for word in words_of_recurrence(group.scope)} & {"lstm", "gru"}
    made = _likely(group, able, turned=False)
    if max((len(each.places) for each in made), default=0) < len(present):
        made += _likely(group, able, turned=True)
    order = {naming: number for number, naming in enumerate(namings())}

    def plausible(each: Fit) -> tuple[Any, ...]:
        mismatch = not any(word in each.layer.cell.name for word in words)
        return (
            -len(each.places),
            each.turned,
            not each.naming.own,
            bool(words) and mismatch,
            rarity(each.layer.cell.name),
            -len(conventions.storing(each.layer.cell)),
            order[each.naming],
        )

    made.sort(key=plausible)
    return [each for each in made if len(each.places) == len(made[0].places)]


def _likely(group: Group, able: Iterable[Naming], turned: bool) -> list[Fit]:
    """The layers in these namings that do not agree with the shapes by chance."""
    first = frozenset(group.sides[min(group.sides)])
    worded = bool(words_of_recurrence(group.scope))
    made = []
    for naming in able:
        for name, use_bias in _forms(naming, first):
            form = _form(naming, name, use_bias)
            checks = sum(len(each.axes) for each in form) - len(cells.get(name).size_names)
            certain = naming.sure or worded or checks >= PROOF
            alone = not group.scope and checks
            if certain or alone or checks == PROOF - 1:
                fit = _fit(group, naming, name, use_bias, form, checks, certain, turned)
                made += [fit] if fit else []
    return made


@cache
def _forms(naming: Naming, present: frozenset[str]) -> tuple[tuple[str, bool], ...]:
    """The cells of a naming, with and without bias, whose tensors are all `present`."""
    if naming.exact:
        able = []
        for name in cells.names():
            blocks = cells.get(name).blocks
            if present == {block.name for block in blocks}:
                able.append((name, True))
            elif present == {block.name for block in blocks if not block.is_bias}:
                able.append((name, False))
        return tuple(able)
    names = {naming.spelled[ending] for ending in present if ending in naming.spelled}
    return tuple(
        (cell, use_bias)
        for cell, tensors in naming.table.cells.items()
        if any(base(each.name) in names for each in tensors)
        for use_bias in _biases(naming, cell)
        if names >= {each.name for each in _form(naming, cell, use_bias)}
    )


def _biases(naming: Naming, name: str) -> tuple[bool, ...]:
    """Ways in which a cell is stored: with its biases (True), without (False), or both."""
    with_biases, without = (_form(naming, name, use_bias) for use_bias in (True, False))
    if not naming.table.bias_is_optional:
        return (True,)
    if with_biases == without:  # The table has no bias, or the cell has none.
        return (not any(block.is_bias for block in cells.get(name).blocks),)
    return (True, False)


@cache
def _form(naming: Naming, name: str, use_bias: bool) -> tuple[_Tensor, ...]:
    """The tensors of a cell in the table of a naming."""
    cell = cells.get(name)
    spelled: dict[str, set[str]] = {}
    for ending, tensor in naming.spelled.items():
        spelled.setdefault(tensor, set()).add(ending)
    return tuple(
        _Tensor(
            frozenset(spelled.get(base(each.name), {each.name})),
            base(each.name),
            axes_of(naming.table, cell, each)[naming.table.direction_axis :],
        )
        for each in naming.table.stacks(cell, use_bias)
    )


def _fit(
    group: Group,
    naming: Naming,
    name: str,
    use_bias: bool,
    form: tuple[_Tensor, ...],
    checks: int,
    certain: bool,
    turned: bool,
) -> Fit | None:
    """The layer of one cell, if all tensors of the group have the shapes of one."""
    table, cell, sides = naming.table, cells.get(name), sorted(group.sides)
    chosen = [Position(side, _of(each, group.sides[side])) for side in sides for each in form]
    layers, directions = (len({side[axis] for side in sides}) for axis in (0, 1))
    if len(sides) != layers * directions or any(not place.ending for place in chosen):
        return None
    shapes = [
        _shape(group.sides[side][ending].shape, len(each.axes) + table.direction_axis, turned)
        for (side, ending), each in zip(chosen, form * len(sides), strict=True)
    ]
    if table.direction_axis:
        counts = {shape[:1] for shape in shapes}
        if directions > 1 or counts not in ({(1,)}, {(2,)}):
            return None
        directions = shapes[0][0]
    first = [shape[table.direction_axis :] for shape in shapes[: len(form)]]
    both = directions > 1
    merges = (True, False) if layers > 1 and both and not table.concatenates else (both,)
    for sizes in _sizes(cell, form, first):
        for concatenated in merges:
            stored = Stored(table, cell, sizes, use_bias, layers, both, concatenated)
            if _agree(stored, shapes) and (layer := _layer(naming, stored)):
                names = [weight.name for weight in stored.weights]
                places = dict(zip(names, chosen, strict=True))
                return Fit(naming, layer, stored, places, checks, certain, turned)
    return None


def _of(tensor: _Tensor, present: Mapping[str, FileTensor]) -> str:
    return next((ending for ending in tensor.endings if ending in present), "")


def _shape(shape: tuple[int, ...], axes: int, turned: bool) -> tuple[int, ...]:
    """The shape as the table has it: a column or a row of values is a vector."""
    if axes == 1 and len(shape) == 2 and 1 in shape:
        return (shape[0] * shape[1],)
    return shape[::-1] if turned and len(shape) == 2 else shape


def _agree(stored: Stored, shapes: list[tuple[int, ...]]) -> bool:
    try:
        expected = [weight.shape for weight in stored.weights]
    except LstmInspectError:
        return False
    return expected == shapes


def _sizes(
    cell: Cell, form: tuple[_Tensor, ...], shapes: list[tuple[int, ...]]
) -> Iterator[dict[str, int]]:
    """Sizes of `cell` for which the axes of its tensors come to these shapes."""
    if any(len(each.axes) not in (0, len(shape)) for each, shape in zip(form, shapes, strict=True)):
        return
    pairs = [
        (axis, size)
        for each, shape in zip(form, shapes, strict=True)
        for axis, size in zip(each.axes, shape, strict=False)
    ]
    sizes = solved(pairs)
    if sizes is None or any(size < 1 for size in sizes.values()):
        return
    x = cell.declared.get("x")
    if x is not None and x.size in sizes:  # The input is as wide as the state.
        sizes.setdefault(FEATURES, sizes[x.size])
    left = [name for name in cell.size_names if name not in sizes]
    if not left:
        yield sizes
    elif len(left) == 1:
        for size in range(1, MOST_TRIED + 1):
            yield {**sizes, left[0]: size}


def _layer(naming: Naming, stored: Stored) -> Layer | None:
    """The layer of what is stored, or None if there is none with these options."""
    sizes: dict[str, Any] = dict(stored.sizes)
    merged = stored.bidirectional and stored.layers > 1 and not stored.concatenated
    options: dict[str, Any] = {
        "use_bias": stored.use_bias,
        "bidirectional": stored.bidirectional,
        "layers": stored.layers,
        "merge_mode": "sum" if merged else "concat",
    }
    framework = naming.convention if naming.convention in conventions.FRAMEWORKS else None
    for chosen in (framework, None):
        returns = chosen not in (None, "keras")  # The others return every step, always.
        try:
            return Layer(
                stored.cell, **sizes, **options, framework=chosen, return_sequences=returns
            )
        except LstmInspectError:
            continue
    return None
