"""The difference of a model file and code: the options, the tensors, the names, what to write."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lstminspect.display import Answer
from lstminspect.files.contents import FileTensor
from lstminspect.files.file_layer import FileLayer
from lstminspect.layer import Layer, Shape
from lstminspect.models.spec import differing
from lstminspect.models.summary import Model
from lstminspect.sizes import is_letter
from lstminspect.weights.configuration import (
    WORDS,
    Configuration,
    configuration_of,
    differences,
    line,
)
from lstminspect.weights.plain_layers import meaning, plain_layer
from lstminspect.weights.renamed import Rename, renamed

__all__ = [
    "FileDifference",
    "OptionDifference",
    "Side",
    "TensorDifference",
    "difference",
    "framework_of",
    "side_of",
]

#: Tensors that a framework counts with and that a file may hold or not.
UNCOUNTED = re.compile(r"num_batches_tracked$|seed_generator")


class OptionDifference(NamedTuple):
    """An option that differs: of which layer, its sentence, and the line that the code needs."""

    layer: str
    option: str
    code: object
    file: object
    sentence: str
    line: str


class TensorDifference(NamedTuple):
    """A tensor that does not fit: its name in the code, its shape in the code and in the file.

    `verdict` is "missing" in the file, "unexpected" in it, or "other shape".
    """

    name: str
    code: Shape | None
    file: tuple[int, ...] | None
    verdict: str


class Side(NamedTuple):
    """The layers that code, a file or a layer wants, and its tensors where it names them."""

    name: str
    what: str
    framework: str
    layers: tuple[tuple[str, Layer], ...]
    tensors: Mapping[str, Shape]


@dataclass(frozen=True)
class FileDifference(Answer):
    """A model file against code, another file or a layer: `fits`, and if not, why.

    `options` are those that differ, `tensors` those that do not fit, by the names of the code;
    `renames` bring the names of the file to those of the code.
    """

    file: str
    code: str
    what: str
    options: tuple[OptionDifference, ...] = field(repr=False)
    renames: tuple[Rename, ...] = field(repr=False)
    tensors: tuple[TensorDifference, ...] = field(repr=False)
    fitting: int
    notes: tuple[str, ...] = field(default=(), repr=False)

    @property
    def fits(self) -> bool:
        """True if the file can be loaded as it is."""
        return not (self.options or self.renames or self.tensors)

    @property
    def size(self) -> int:
        """The number of things that differ."""
        return len(self.options) + len(self.renames) + len(self.tensors)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines to write: of the code for another option, for the names of the file."""
        lines = [each.line for each in self.options if each.line]
        return tuple(dict.fromkeys([*lines, *(each.line for each in self.renames)]))


def side_of(built: Model, name: str) -> Side:
    """The recurrent layers of a model, and its tensors by name if it is PyTorch's."""
    framework = "pytorch" if built.source == "PyTorch" else "keras"
    tensors: dict[str, Shape] = {}
    if framework == "pytorch":
        tensors = {
            f"{row.name}.{tensor.name}" if row.name else tensor.name: tensor.shape
            for row in built.rows
            if row.first
            for tensor in row.part.every_tensor
        }
    return Side(name, "code", framework, tuple(_both_ways(built.recurrent)), tensors)


def _both_ways(layers: tuple[tuple[str, Layer], ...]) -> Iterator[tuple[str, Layer]]:
    """The layers, with the two of a Bidirectional of Keras as one."""
    for name, layer in layers:
        path, _, own = name.rpartition("/")
        if own.startswith("backward_") and path:
            continue
        if own.startswith("forward_") and path:
            yield path, replace(layer, bidirectional=True)
        else:
            yield name, layer


def difference(
    path: str, layers: Sequence[FileLayer], tensors: Iterable[FileTensor], side: Side
) -> FileDifference:
    """The difference of the file at `path`, which has these layers and tensors, from one side."""
    held = {each.name: each.shape for each in tensors if not UNCOUNTED.search(each.name)}
    wanted = {name: shape for name, shape in side.tensors.items() if not UNCOUNTED.search(name)}
    is_torch = framework_of(layers) == "pytorch"
    by_name = bool(wanted) and (side.what == "other file" or is_torch)
    renames = renamed(held, wanted) if by_name else ()
    notes = []
    if side.framework != framework_of(layers) and layers:
        notes.append(
            f"The file stores its layers as {layers[0].stored_as} does. To load them there: "
            f"lstminspect convert {os.path.basename(path)} --to {side.framework} -o weights.npz"
        )
    options = [*_options(layers, side, renames)]
    found: list[TensorDifference] = []
    fitting = 0
    if by_name:
        for each in renames:
            held = {each(name): shape for name, shape in held.items()}
        found = [*_tensors(wanted, held)]
        fitting = len(wanted) - sum(each.verdict != "unexpected" for each in found)
        options += _plain(found, side)
    return FileDifference(
        path, side.name, side.what, tuple(options), renames, tuple(found), fitting, tuple(notes)
    )


def framework_of(layers: Sequence[FileLayer]) -> str:
    """The framework whose words a file has: PyTorch, or else Keras."""
    torch = any(each.convention == "pytorch" for each in layers) or not layers
    return "pytorch" if torch else "keras"


def _tensors(
    wanted: Mapping[str, Shape], held: Mapping[str, tuple[int, ...]]
) -> Iterator[TensorDifference]:
    for name, shape in wanted.items():
        if name not in held:
            yield TensorDifference(name, shape, None, "missing")
        elif len(shape) != len(held[name]) or differing(shape, held[name]):
            yield TensorDifference(name, shape, held[name], "other shape")
    for name, found in held.items():
        if name not in wanted:
            yield TensorDifference(name, None, found, "unexpected")


def _options(
    layers: Sequence[FileLayer], side: Side, renames: tuple[Rename, ...]
) -> Iterator[OptionDifference]:
    """The options of the recurrent layers that differ, layer by layer."""
    for name, wanted, found in _pairs(layers, side, renames):
        if wanted is None or found is None:
            here, there = (side.what, "file") if found is None else ("file", side.what)
            own = configuration_of(wanted or found.layer)  # type: ignore[union-attr]
            text = f"the {here} has a recurrent layer {name or 'more'}, the {there} has not"
            yield OptionDifference(
                name, "the layer", wanted and "there", found and "there", text,
                "" if found is None else _line(own, side.framework),
            )  # fmt: skip
            continue
        ours = configuration_of(wanted)
        theirs = min(
            (configuration_of(each) for each in _layers_of(found)),
            key=lambda each: len(differences(ours, each)),
        )
        for each in differences(*_aligned(ours, theirs)):
            text = each.sentence(side.framework, side.what, "file")
            new = _line(theirs, side.framework)
            word = WORDS[side.framework][each.option]
            yield OptionDifference(name, word, each.one, each.other, text, new)


def _line(wanted: Configuration, framework: str) -> str:
    """The line of code that makes the layer; what Keras' layers read stands in a comment."""
    return line(wanted, framework).replace(" on ", "  # on ", 1)


def _layers_of(found: FileLayer) -> list[Layer]:
    """The layers that the tensors can be of."""
    return [found.layer, *(each.layer for each in found.alternatives)]


def _aligned(ours: Configuration, theirs: Configuration) -> tuple[Configuration, Configuration]:
    """Two configurations without what only one class has: another class has no reset_after."""
    if ours.layer_type != theirs.layer_type:
        ours, theirs = (each._replace(reset_after=None) for each in (ours, theirs))
    return ours, theirs


def _pairs(
    layers: Sequence[FileLayer], side: Side, renames: tuple[Rename, ...]
) -> Iterator[tuple[str, Layer | None, FileLayer | None]]:
    """The layers of code and file by their names, the others in their order."""
    left: dict[str, FileLayer] = {}
    for each in layers:
        name = f"{each.name}."
        for rename in renames:
            name = rename(name)
        left[name[:-1]] = each
    open_layers = []
    for name, layer in side.layers:
        found = left.pop(name, None)
        if found is None:
            open_layers.append((name, layer))
        else:
            yield name, layer, found
    others = list(left.values())
    for at, (name, layer) in enumerate(open_layers):
        yield name, layer, others[at] if at < len(others) else None
    for each in others[len(open_layers) :]:
        yield each.name, None, each


def _plain(tensors: list[TensorDifference], side: Side) -> Iterator[OptionDifference]:
    """The sizes of a Linear or an Embedding that differ."""
    for each in tensors:
        if each.code is None or each.file is None or any(map(is_letter, each.code)):
            continue
        path, _, tensor = each.name.rpartition(".")
        shape = tuple(size or 0 for size in each.code)
        ours, theirs = (plain_layer(path, tensor, own) for own in (shape, each.file))
        if ours is None or theirs is None:
            continue
        for option, size in ours.options.items():
            if size != theirs.options[option]:
                text = f"{option} is {size} in the {side.what} and {theirs.options[option]} in the"
                yield OptionDifference(
                    path, option, size, theirs.options[option],
                    f"{text} file{meaning(option)}", theirs.line,
                )  # fmt: skip
