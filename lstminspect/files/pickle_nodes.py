"""The inert nodes that a pickle becomes: names, calls that were not made, containers, bytes.

Other values (numbers, text, None, lists, tuples) stand for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Chunk", "Dict", "Global", "Object", "Persistent", "Set"]


@dataclass(eq=False, slots=True)
class Global:
    """A function or class that the pickle names, such as posix.system. It is never looked up."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """Module and name with a dot."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False, slots=True, repr=False)
class Object:
    """Result of a call that was not made: function, arguments, and what was put in afterwards."""

    function: Any
    arguments: tuple[Any, ...]
    state: Any = None
    items: list[Any] = field(default_factory=list)
    pairs: list[tuple[Any, Any]] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The name of the function or class, or nothing."""
        return self.function.path if isinstance(self.function, Global) else ""


@dataclass(eq=False, slots=True, repr=False)
class Dict:
    """A dict as its pairs: a key of the file is never hashed, for that can take for ever."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(eq=False, slots=True, repr=False)
class Set:
    """A set as its items."""

    items: list[Any] = field(default_factory=list)


@dataclass(eq=False, slots=True, repr=False)
class Persistent:
    """A reference to what lies outside of the pickle, such as a storage of PyTorch."""

    id: Any


@dataclass(eq=False, slots=True)
class Chunk:
    """Bytes that were left where they are: `count` of them from `offset` of the stream."""

    offset: int
    count: int
