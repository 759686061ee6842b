"""Contents: what a container holds, in the same form for every container."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lstminspect.errors import FileError, LstmInspectError, quoted

__all__ = ["Contents", "Declared", "FileTensor", "FreeNames"]


class FreeNames:
    """Names that are given once each: the second `w` becomes `w (2)`.

    >>> free = FreeNames()
    >>> free.name("w"), free.name("w"), free.name("w")
    ('w', 'w (2)', 'w (3)')
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def name(self, name: str) -> str:
        """`name`, or the next name of its kind that is free."""
        free = name
        while free in self._counts:
            self._counts[name] += 1
            free = f"{name} ({self._counts[name]})"
        self._counts[free] = 1
        return free


@dataclass(frozen=True)
class FileTensor:
    """One tensor of a file: `name`, `shape`, `dtype` and the bytes that its values take there.

    `dtype` is NumPy's name of it ("float32"), or the format's where NumPy has none ("bfloat16").
    `place` says where the values lie: the offset in bytes, or the member of an archive. They are
    read by `values()`, and not before. `role` is "parameter", "buffer", "constant", "state" or
    "optimizer" where the file knows it. Tensors of one place share their values, as tied ones do.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    nbytes: int
    place: int | str
    read: Callable[[], Any] = field(repr=False, compare=False)
    role: str = ""

    @property
    def parameters(self) -> int:
        """The number of values."""
        count = 1
        for size in self.shape:
            count *= size
        return count

    def values(self) -> Any:
        """The values as an array of `shape`. Raises FileError where the file does not hold them.

        Types that NumPy does not have come as the next wider that it has: bfloat16 as float32.
        """
        try:
            return self.read()
        except LstmInspectError:
            raise
        except MemoryError:
            raise FileError(f"{quoted(self.name)}: no memory for {self.nbytes:,} bytes.") from None
        except Exception as error:
            raise FileError(f"{quoted(self.name)} cannot be read: {quoted(error)}.") from error


@dataclass(frozen=True)
class Declared:
    """A recurrent layer that the container itself declares, such as a node of an ONNX graph.

    `layer_type` is the framework's word ("LSTM"), `convention` a name of `conventions`, `options`
    what is declared of it by the framework's names. `tensors` names a tensor of the file for each
    name of the convention; it is empty where the container does not connect the two. `computed`
    are the weights that come to the layer by a computation, for example as slices put together:
    each gives its values like a tensor, and is made of the tensors of the file that `sources`
    names. `states` names the tensors of the file that are initial states.
    """

    name: str
    layer_type: str
    convention: str
    options: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, str] = field(default_factory=dict)
    computed: Mapping[str, FileTensor] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)


#: A shape of a graph: whole numbers, and names or None for open sizes.
GraphShape = tuple[int | str | None, ...]


@dataclass(frozen=True)
class Contents:
    """Contents of one container: its format, what wrote it, its tensors, and what it declares.

    `config` is Keras' config of the whole model, where the file has one. `users` says what reads a
    tensor, by its name, where the container tells: the type of an operator and the name of a node.
    `inputs` and `outputs` are those of a graph, with their shapes where it says them.
    """

    format: str
    tensors: tuple[FileTensor, ...]
    producer: str = ""
    declared: tuple[Declared, ...] = ()
    config: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    users: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    inputs: Mapping[str, GraphShape | None] = field(default_factory=dict)
    outputs: Mapping[str, GraphShape | None] = field(default_factory=dict)
