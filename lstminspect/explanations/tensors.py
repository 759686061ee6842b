"""From the shape of a stored tensor to the layers that have it, by the tables of the conventions.

The sizes are solved axis by axis: see `conventions.axes`.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from lstminspect import cells, conventions
from lstminspect.conventions.axes import Axis, axes_of, solved
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.explanations.plausible import oddness, rarity
from lstminspect.wording import NAMES

__all__ = ["Stored", "same_tensor", "stored_as"]

MOST_PLACES = 3


class Form(NamedTuple):
    """Tensors of one shape in one convention: `(4·units, features)`."""

    cell: str
    convention: str
    tensors: tuple[str, ...]
    axes: tuple[Axis, ...]


class Stored(NamedTuple):
    """A layer that stores a tensor of the shape asked for, and where: names by convention.

    `axes` is the shape in sizes, `(4·units, features)`; `checked` is the number of axes that agree
    beyond those that a size was taken from.
    """

    cell: str
    sizes: dict[str, int]
    where: tuple[tuple[str, tuple[str, ...]], ...]
    axes: str
    checked: int

    @property
    def layer(self) -> str:
        """The layer in a few words: `LSTM(64) on 3 features`."""
        units, features = self.sizes.get(UNITS, "units"), self.sizes.get(FEATURES)
        words = f"{NAMES.get(self.cell, self.cell)}({units})"
        own = [
            f"{name} {size}" for name, size in self.sizes.items() if name not in (UNITS, FEATURES)
        ]
        read = [] if features is None else [f"on {features} feature{'s' * (features != 1)}"]
        return " ".join([words, *read, *(f"with {each}" for each in own)])

    @property
    def where_stored(self) -> str:
        """Where the tensor stands: `kernel of Keras; weight_ih_l0 of PyTorch`."""
        return "; ".join(
            f"{', '.join(tensors)} of {conventions.get(name).title}"
            for name, tensors in self.where[:MOST_PLACES]
        )

    @property
    def check(self) -> str:
        """The command that lists the tensor, whose shape says nothing of a size left out there."""
        if cells.get(self.cell).own_sizes or UNITS not in self.sizes:
            return ""
        words = [f"--cell {self.cell}"] * (self.cell != "lstm")
        words += [f"--units {self.sizes[UNITS]} --features {self.sizes.get(FEATURES, 3)}"]
        words += [f"--convention {self.where[0][0]}"] * (self.where[0][0] != "keras")
        return f"lstminspect {' '.join(words)}"

    @property
    def rank(self) -> int:
        """Smaller is more plausible."""
        units, features = self.sizes.get(UNITS, 64), self.sizes.get(FEATURES, 1)
        unusual = not {"keras", "pytorch"} & {name for name, _ in self.where}
        rank = rarity(self.cell) + 3 * unusual + 3 * (units < 8) + 3 * (units > 4096)
        return rank + oddness(units) + oddness(features, small=True) - 9 * self.checked


def same_tensor(one: tuple[int, ...], two: tuple[int, ...]) -> list[tuple[str, Stored, Stored]]:
    """Where one tensor of a framework can have both shapes, in two layers of the same units.

    >>> [(where, one.layer, two.layer) for where, one, two in same_tensor((2, 96), (96,))]
    [('bias of Keras', 'GRU(32)', 'GRU (reset before)(32)')]
    """
    others = stored_as(two)
    return [
        (f"{tensor} of {conventions.get(name).title}", here, there)
        for here in stored_as(one)
        for name, tensors in here.where
        for there in others
        if here.cell != there.cell and here.sizes == there.sizes
        for tensor in tensors
        if tensor in dict(there.where).get(name, ())
    ]


def stored_as(shape: tuple[int, ...]) -> list[Stored]:
    """The layers that store a tensor of `shape`, the most plausible first.

    >>> [each.layer for each in stored_as((256, 64)) if each.checked]
    ['LSTM(64)']
    """
    layers: dict[tuple[str, tuple[tuple[str, int], ...], str, int], dict[str, tuple[str, ...]]] = {}
    for form in _forms():
        alike = len(form.axes) == len(shape)
        sizes = solved(zip(form.axes, shape, strict=True)) if alike else None
        if sizes is not None:
            checked = len(shape) - len(sizes)
            key = (form.cell, tuple(sizes.items()), _written(form.axes), checked)
            where = layers.setdefault(key, {})
            where[form.convention] = (*where.get(form.convention, ()), *form.tensors)
    stored = [
        Stored(cell, dict(sizes), tuple(where.items()), axes, checked)
        for (cell, sizes, axes, checked), where in layers.items()
    ]
    # A projection that is no narrower than the state projects nothing: PyTorch refuses it.
    narrow = (each for each in stored if each.sizes.get("projection", 0) < each.sizes.get(UNITS, 1))
    return sorted(narrow, key=lambda each: each.rank)


@cache
def _forms() -> tuple[Form, ...]:
    """Every shape of a tensor of the cells that Keras or PyTorch have, as their tables store it."""
    known = dict.fromkeys([*conventions.get("keras").cells, *conventions.get("pytorch").cells])
    forms: dict[tuple[str, str, str], Form] = {}
    for name in known:
        cell = cells.get(name)
        for convention in conventions.EVERY:
            table = conventions.get(convention)
            if convention == conventions.EQUATIONS or table.why_unsupported(cell):
                continue
            for tensor in table.stacks(cell):
                axes = axes_of(table, cell, tensor)
                plain = tensor.name.format(index=0, number=1)
                key = (name, convention, _written(axes))
                tensors = forms[key].tensors if key in forms else ()
                forms[key] = Form(name, convention, (*tensors, plain), axes)
    return tuple(forms.values())


def _written(axes: tuple[Axis, ...]) -> str:
    """`(4·units, features)`."""
    texts = [
        " + ".join(
            str(n) if not name else name if n == 1 else f"{n}·{name}" for name, n in axis.items()
        )
        for axis in (dict(sorted(axis.items(), reverse=True)) for axis in axes)
    ]
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"
