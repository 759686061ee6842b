"""Values that a name of a text can have, whatever the framework: unknown ones, functions, classes.

Numbers, texts, lists and dicts stand for themselves. What reading does not give is an Unknown,
which knows its name in the text: as a size it becomes a letter of that name (`letters.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lstminspect.layer import Shape

__all__ = [
    "BoundMethod",
    "ClassObject",
    "DefinedFunction",
    "DottedName",
    "Instance",
    "Names",
    "Parent",
    "Partial",
    "ShapedArray",
    "Unknown",
    "entries_of",
    "has_entries",
    "is_number",
    "is_open_range",
    "opened",
    "text_of",
    "unknown_member",
]

#: Classes that one is made from, one from the other; numbers that one is made of.
MOST_BASES = 50
#: What arithmetic makes of numbers is a number.
ARITHMETIC = tuple((each,) for each in ("Add", "Sub", "Mult", "Div", "FloorDiv", "Mod", "Pow"))
#: Functions that give a number of whatever they are given.
NUMBERS = ("len(", "int(", "float(", "round(")

Names: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True)
class Unknown:
    """A value that reading the text does not give, for example `np.load(path)`.

    `text` is what the text calls it, `key` what it is: two of one key are the same value. `origin`
    says where it comes from. `operation` is what it is made of: a name and its operands. `declined`
    says that Python would know the value, and that it is too much, or none.
    """

    text: str
    key: str = ""
    origin: str = ""
    operation: tuple[Any, ...] = ()
    declined: bool = False

    @property
    def identity(self) -> str:
        """The key, or the text where there is none."""
        return self.key or self.text


@dataclass(frozen=True)
class DottedName:
    """A name that the text does not define, for example `keras.layers.LSTM`, or that it imports.

    `text` is what the text writes, which differs from the name where it is imported.
    """

    name: str
    imported: bool = False
    text: str = ""

    @property
    def last(self) -> str:
        """The name without its module."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True)
class ShapedArray:
    """Numbers of which only the shape is known, and of whole ones what they are below."""

    shape: Shape
    high: int | None = field(default=None, repr=False)


@dataclass(eq=False)
class DefinedFunction:
    """A function of the text, read again at each call, with the names around it.

    `owner` is the class that it is a method of, `form` how it is reached: "" for an instance,
    "static", "class" or "property".
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    around: Names
    owner: ClassObject | None = None
    form: str = ""
    was_called: bool = False

    @property
    def name(self) -> str:
        """Its name, with that of its class."""
        own = getattr(self.node, "name", "lambda")
        return f"{self.owner.name}.{own}" if self.owner else own


@dataclass(eq=False)
class ClassObject:
    """A class of the text: what it is made from, its functions and constants by name."""

    name: str
    bases: tuple[Any, ...]
    names: Names
    #: The fields of a dataclass, or of a NamedTuple, in order; None for any other class.
    fields: tuple[str, ...] | None = None
    instances: list[Instance] = field(default_factory=list)

    def line(self) -> Iterator[ClassObject]:
        """The class and those of the text that it is made from, the nearest first."""
        open_classes: list[ClassObject] = [self]
        seen: set[int] = set()
        while open_classes and len(seen) < MOST_BASES:
            each = open_classes.pop(0)
            if id(each) not in seen:
                seen.add(id(each))
                yield each
                open_classes.extend(base for base in each.bases if isinstance(base, ClassObject))

    def bases_outside(self) -> Iterator[DottedName]:
        """Bases that the text does not define, for example `keras.Model`."""
        for each in self.line():
            yield from (base for base in each.bases if isinstance(base, DottedName))

    def get(self, name: str, default: Any, after: ClassObject | None = None) -> Any:
        """The value of `name` in the class, or in those that it is made from behind `after`."""
        line = list(self.line())
        start = 1 + line.index(after) if after in line else 0
        return next((each.names[name] for each in line[start:] if name in each.names), default)


@dataclass(eq=False)
class Instance:
    """An object of a class of the text; `native` is what its framework makes of it."""

    cls: ClassObject
    names: Names = field(default_factory=dict)
    native: Any = None


@dataclass(frozen=True, eq=False)
class Parent:
    """`super()` in a method: what stands behind `after` in the line of the class."""

    owner: Instance | ClassObject
    after: ClassObject


@dataclass(frozen=True, eq=False)
class BoundMethod:
    """A method of a value, for example `model.add`; of an object, with its `function`."""

    owner: Any
    name: str
    function: DefinedFunction | None = None


@dataclass(frozen=True, eq=False)
class Partial:
    """`functools.partial(function, ...)`: a call of which some arguments are given."""

    function: Any
    arguments: tuple[Any, ...]
    options: dict[str, Any]


def opened(value: Any) -> bool:
    """True for a value that the text does not give.

    >>> opened(Unknown("n")), opened(DottedName("n")), opened(3)
    (True, True, False)
    """
    return isinstance(value, Unknown | DottedName)


def is_number(value: Any) -> bool:
    """True for one number that is not known: of an array, a length, a sum of such.

    >>> is_number(Unknown("x[3]", operation=("number",))), is_number(Unknown("len(words)"))
    (True, True)
    >>> is_number(Unknown("words"))
    False
    """
    open_values = [value]
    for _ in range(MOST_BASES):
        if not open_values:
            return True
        each = open_values.pop()
        if isinstance(each, Unknown) and each.operation[:1] in ARITHMETIC:
            open_values.extend(each.operation[1:])
        elif not _is_plain_number(each):
            return False
    return False


def is_open_range(value: Any) -> bool:
    """True for `range(n)` whose length is not known: it gives whole numbers, one after the other.

    >>> is_open_range(Unknown("range(n)", operation=("range", 0, 1, Unknown("n"))))
    True
    """
    return isinstance(value, Unknown) and value.operation[:1] == ("range",)


def _is_plain_number(value: Any) -> bool:
    if not isinstance(value, Unknown) or value.declined:
        return isinstance(value, int | float) and not isinstance(value, bool)
    named = (value.origin if value.text.isidentifier() else value.text).startswith(NUMBERS)
    return named or value.operation[:1] in (("number",), ("index",), ("int",))


def entries_of(value: Unknown | DottedName) -> Unknown:
    """The entries of an open list inside of another: one that stands for any number of them.

    >>> has_entries([1, entries_of(Unknown("names"))]), has_entries([1, Unknown("n")])
    (True, False)
    """
    text = value.text if isinstance(value, Unknown) else value.text or value.name
    key = value.identity if isinstance(value, Unknown) else ""
    origin = value.origin if isinstance(value, Unknown) else ""
    return Unknown(text, key, origin, ("entries", value))


def has_entries(value: Any) -> bool:
    """True for a list or a tuple whose length is open: it holds the entries of an open one."""
    return isinstance(value, list | tuple) and any(
        isinstance(each, Unknown) and each.operation[:1] == ("entries",) for each in value
    )


def text_of(value: Any) -> str | None:
    """The text of a value, as the file or Python writes it; None where there is no short one.

    >>> text_of(Unknown("n")), text_of("a"), text_of([1])
    ('n', "'a'", '[1]')
    """
    match value:
        case Unknown(text):
            return text
        case DottedName(name, _, text):
            return text or name
        case Instance(cls=cls):
            return "self" if cls else None
        case object(text=str(text), columns=_):
            return text
        case bool() | int() | float() | str() | None:
            return repr(value) if len(str(value)) < 60 else None
        case list() | tuple() if len(value) < 5:
            texts = [text_of(each) for each in value]
            if any(each is None for each in texts):
                return None
            inner = ", ".join(each for each in texts if each is not None)
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        case _:
            return None


def unknown_member(value: Any) -> Any:
    """`self.embedding.model.output` of an object that has no such attribute, as an unknown."""
    names: list[str] = []
    inner = value
    while isinstance(inner, BoundMethod) and inner.function is None:
        names.append(inner.name)
        inner = inner.owner
    if not names or not isinstance(inner, Instance | Unknown):
        return value
    return Unknown(".".join([text_of(inner) or "self", *reversed(names)]))
