"""ModelFile: a model file that is open, and `open_file`, the one door."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from lstminspect.display import Answer
from lstminspect.errors import ModelError, OptionError, did_you_mean, quoted
from lstminspect.files.catalogue import container_of, contents_of
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.difference import (
    FileDifference,
    Side,
    difference,
    framework_of,
    side_of,
)
from lstminspect.files.file_layer import FileLayer
from lstminspect.files.graph_model import model_of_graph
from lstminspect.files.recognition import MOST_FOUND, recognise
from lstminspect.files.remote import is_url
from lstminspect.files.rest import RestLayer, rest_of
from lstminspect.files.source import local_source
from lstminspect.layer import Layer
from lstminspect.models.reading.read import MOST_CHARACTERS, model
from lstminspect.models.summary import Model

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["DtypeTotal", "FileSummary", "ModelFile", "open_file"]

#: The first part of the name of a tensor that is not of the model: what training keeps beside it.
TRAINING = ("optimizer", "optimizer_weights", "optimizer_state", "_layer_checkpoint_dependencies")

#: Endings of code: a notebook is JSON by its bytes.
CODE = (".py", ".ipynb")
MOST = f"more than {MOST_FOUND:,} recurrent layers are not looked for; the others are in the rest"


class DtypeTotal(NamedTuple):
    """The tensors of one dtype: how many, their values, their bytes."""

    dtype: str
    tensors: int
    parameters: int
    nbytes: int


@dataclass(frozen=True, eq=False, repr=False)
class ModelFile(Answer):
    """A model file: its `path`, its `size` in bytes, and what it holds.

    `layers` are the recurrent layers that are recognised, `rest` the other ones by their tensors.
    The values of tensors are read when they are asked for, by `weights` or by a tensor's `values`.
    """

    path: str
    size: int
    contents: Contents
    #: The path from the root, to open the file again.
    place: str = field(default="")

    def __repr__(self) -> str:
        count = len(self.layers)
        layers = f"{count} recurrent layer{'' if count == 1 else 's'}"
        return f"<ModelFile {quoted(self.path)}: {self.format}, {layers}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened_again, (self.place, self.path)

    @property
    def format(self) -> str:
        """The format, by the bytes of the file."""
        return self.contents.format

    @property
    def producer(self) -> str:
        """The program that wrote the file, where it says so; else an empty text."""
        return self.contents.producer

    @property
    def tensors(self) -> tuple[FileTensor, ...]:
        """Every tensor of the file, in its order."""
        return self.contents.tensors

    @cached_property
    def layers(self) -> tuple[FileLayer, ...]:
        """The recurrent layers, in the order of their tensors."""
        return recognise(self.contents)

    @cached_property
    def rest(self) -> tuple[RestLayer, ...]:
        """The tensors that are of no recurrent layer, by the layer that they are of."""
        return rest_of(self.contents, self.layers)

    @cached_property
    def parameters(self) -> int:
        """The values of all tensors."""
        return sum(tensor.parameters for tensor in self.tensors)

    @cached_property
    def dtypes(self) -> tuple[DtypeTotal, ...]:
        """The tensors by dtype, that of the most bytes first."""
        totals: dict[str, DtypeTotal] = {}
        for each in self.tensors:
            last = totals.get(each.dtype, DtypeTotal(each.dtype, 0, 0, 0))
            totals[each.dtype] = DtypeTotal(
                each.dtype,
                last.tensors + 1,
                last.parameters + each.parameters,
                last.nbytes + each.nbytes,
            )
        return tuple(sorted(totals.values(), key=lambda each: -each.nbytes))

    @property
    def model(self) -> Model | None:
        """The model of the configuration or of the graph that the file has, None without one."""
        return self._declared[0]

    @property
    def configured(self) -> Model | None:
        """The model of the configuration that the file has."""
        return None if self.contents.config is None else self.model

    @cached_property
    def _declared(self) -> tuple[Model | None, str]:
        """The declared model, and why there is none."""
        if self.contents.config is None:
            graph = self.contents.inputs or self.contents.users
            name = os.path.basename(self.path)
            return model_of_graph(name, self.contents, self.layers) if graph else None, ""
        try:
            return model(self.contents.config), ""
        except ModelError as error:
            above = error.model if isinstance(error.model, Model) else None
            return above, f"The configuration that the file holds cannot be read whole: {error}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Facts about the file beside its tensors, a sentence each."""
        why = self._declared[1]
        most = "" if len(self.layers) < MOST_FOUND else MOST
        return (*self.contents.notes, *filter(None, (why, most)))

    @cached_property
    def contradictions(self) -> tuple[str, ...]:
        """Where the file says one thing and holds another, a sentence each."""
        own = [
            f"{each.name}: {text}" if each.name and each.name not in text else text
            for each in self.layers
            for text in each.contradictions
        ]
        return (*own, *self._other_count())

    def _other_count(self) -> tuple[str, ...]:
        """The total of the configuration, if the tensors hold another one."""
        declared = self.configured
        if declared is None or not declared.complete or declared.letters or not self.tensors:
            return ()
        held = sum(
            each.parameters
            for each in self.tensors
            if each.dtype.startswith(("float", "bfloat"))
            and each.name.strip("/").partition("/")[0] not in TRAINING
        )
        if held == declared.parameters:
            return ()
        return (
            f"The configuration makes {declared.parameters:,} parameters, and the tensors hold "
            f"{held:,}.",
        )

    def layer(self, name: str) -> FileLayer:
        """The recurrent layer called `name`. Raises OptionError, with the nearest, for another."""
        for each in self.layers:
            if each.name == name:
                return each
        names = [each.name for each in self.layers]
        have = f"It has {', '.join(map(quoted, names))}." if names else "It has none."
        near = did_you_mean(name, names)
        raise OptionError(f"the file has no recurrent layer called {quoted(name)}.{near} {have}")

    def weights(
        self, layer: FileLayer | Layer | str, convention: ConventionName | None = None
    ) -> dict[str, Any]:
        """The values of a recurrent layer as arrays by name: `run(layer, weights, x)` takes them.

        `layer` is one of `layers`, its `layer`, or its name. `convention` names them as another
        framework does; by default as the layer's own does.
        """
        own = self._own(layer)
        return own.weights(own.layer.stored(convention).name)

    def _own(self, layer: FileLayer | Layer | str) -> FileLayer:
        if isinstance(layer, str):
            return self.layer(layer)
        for each in self.layers:
            if each is layer or each.layer is layer:
                return each
        for each in self.layers:
            if layer in (each, each.layer):
                return each
        raise OptionError(
            f"{quoted(layer)} is not a layer of this file. Give one of file.layers, or its name."
        )

    def against(self, other: ModelFile | Model | Layer | str | os.PathLike[str]) -> FileDifference:
        """The options and tensors in which the file differs from what is to load it.

        `other` is code of Keras or PyTorch, as text or in a file, the JSON of a model, a Model, a
        Layer, or another model file. Of code that makes several models it is the nearest one.
        Raises ModelError for code that has no model, OptionError for what is not one of these.
        """
        found = [
            difference(self.path, self.layers, self.tensors, side) for side in _sides_of(other)
        ]
        return min(found, key=lambda each: each.size)

    def summary(self, tensors: bool = False) -> FileSummary:
        """The summary that `render` shows, with every tensor on request."""
        return FileSummary(self, tensors)


@dataclass(frozen=True, eq=False)
class FileSummary(Answer):
    """A model file and what is to be shown of it: its layers and totals, and every tensor."""

    file: ModelFile
    tensors: bool = False


def open_file(path: str | os.PathLike[str]) -> ModelFile:
    """Open a model file: its tensors and recurrent layers. Nothing in it is run.

    Values are not read before they are asked for, so that a large file opens as fast as a small
    one. Raises FileError for a file that cannot be opened, is damaged, or is of no known format.

    >>> import lstminspect as li
    >>> li.open_file("no.safetensors")
    Traceback (most recent call last):
    lstminspect.errors.FileError: 'no.safetensors' cannot be opened: No such file or directory.
    """
    source = local_source(os.fspath(path))
    return ModelFile(source.path, source.size, contents_of(source), _place(os.fspath(path)))


def _place(path: str) -> str:
    """The path from the root, or the address, to open a file again."""
    return path if is_url(path) else os.path.abspath(path)


def _sides_of(other: object) -> Iterator[Side]:
    """The layers and tensors that `other` wants: of code that makes several models, of each."""
    name = ""
    if isinstance(other, str | os.PathLike):
        other, name = _read(os.fspath(other))
    if isinstance(other, ModelFile) and not other.tensors and other.model is not None:
        name, other = other.path, other.model
    if isinstance(other, ModelFile):
        layers = tuple((each.name, each.layer) for each in other.layers)
        tensors = {each.name: each.shape for each in other.tensors}
        yield Side(other.path, "other file", framework_of(other.layers), layers, tensors)
    elif isinstance(other, Model):
        for each in (other, *other.others):
            yield side_of(each, name or each.label or each.name)
    elif isinstance(other, Layer):
        framework = "pytorch" if other.framework == "pytorch" else "keras"
        yield Side("the layer", "layer", framework, (("", other),), {})
    else:
        raise OptionError(
            f"a file is compared with code, a Model, a Layer or another file, got {quoted(other)}."
        )


def _read(text: str) -> tuple[object, str]:
    """The model file or the code at a path, or code itself; and what to call it."""
    if is_url(text):
        file = open_file(text)
        return file, file.path
    if "\n" in text or not os.path.exists(text):
        if re.fullmatch(r"[^\s()]+\.\w{1,12}", text):
            raise OptionError(f"there is no file {quoted(text)}. Give a file, or code as text.")
        return model(text), "the code"
    if os.path.isdir(text):
        return open_file(text), text
    source = local_source(text)
    try:
        if not text.endswith(CODE) and container_of(source) is not None:
            return open_file(text), text
        if source.size > MOST_CHARACTERS:
            raise OptionError(f"{quoted(text)} is too large to be code. Give a file of code.")
        return model(source.values(0, source.size).decode("utf-8-sig")), text
    except UnicodeDecodeError:
        raise OptionError(f"{quoted(text)} is neither code nor a model file.") from None
    finally:
        source.close()


def _opened_again(place: str, path: str) -> ModelFile:
    """A file that was copied or kept by its path."""
    return replace(open_file(place), path=path)
