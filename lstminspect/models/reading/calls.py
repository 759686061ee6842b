"""Calls in a text: of Python's own functions, of functions and classes that the text defines.

A function is read again at each call, an object gets what its `__init__` gives it. What the text
does not define belongs to the Semantics.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from lstminspect.models.reading.builtins import (
    BUILTINS,
    LONGEST,
    NOTHING,
    built_in,
    filled,
    has_truth,
    method,
)
from lstminspect.models.reading.expressions import Evaluator
from lstminspect.models.reading.libraries import Settings
from lstminspect.models.reading.values import (
    BoundMethod,
    ClassObject,
    DefinedFunction,
    DottedName,
    Instance,
    Names,
    Parent,
    Partial,
    Unknown,
    entries_of,
    has_entries,
    opened,
    text_of,
)

__all__ = ["Calls", "Returned"]

#: Methods that read all of their owner.
READS_ALL = ("index", "count", "remove", "copy", "items", "keys", "values")
#: Functions that give another value at every call.
CHANGING = frozenset((
    "input", "raw_input", "next", "pop", "read", "readline", "random", "randint", "choice",
    "uniform", "sample", "rand", "popleft", "get_next",
))  # fmt: skip
#: Functions of Python's own on what is not known.
OPEN = frozenset((
    "int", "round", "len", "max", "min", "sum", "abs", "set", "list", "tuple", "sorted",
    "reversed", "iter", "range", "enumerate", "zip", "float", "str", "dict", "bool", "tqdm",
))  # fmt: skip
#: Functions of one number that is a size again.
WHOLE = ("int", "round")


class Returned(Exception):
    """A `return` on its way out of a function."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Calls:
    """The meaning of a call; `run` reads the statements of a function."""

    def __init__(self, values: Evaluator, run: Callable[[Iterable[ast.stmt]], None]) -> None:
        self.values, self.run = values, run
        values.call = self.call
        values.get_property = lambda function, owner: self.function(function, [owner], {})
        #: The functions that are being read, the inner one last.
        self.frames: list[DefinedFunction] = []
        self.selves: list[Any] = []

    def call(self, node: ast.Call) -> Any:
        """A call: of a builtin, of what the text defines, or of what has a Semantics."""
        values = self.values
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self._parent(node)
        callee = values.value(node.func)
        arguments = values.items(node.args)
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            value = values.value(keyword.value)
            if keyword.arg is not None:
                options[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(name, str) for name in value):
                options |= value
            else:
                options["**"] = value if opened(value) else values.unknown(keyword.value)
        values.weighed([arguments, options])
        return self.applied(callee, arguments, options, node)

    def applied(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call, when everything in it has its value."""
        match callee:
            case DefinedFunction():
                return self.function(callee, arguments, options)
            case BoundMethod(function=DefinedFunction() as function, owner=owner):
                return self.function(function, [owner, *arguments], options)
            case ClassObject():
                return self.instance(callee, arguments, options)
            case Partial(function, first, more):
                return self.applied(function, [*first, *arguments], {**more, **options}, node)
            case Instance(cls=cls):
                found = cls.get("__call__", None)
                if isinstance(found, DefinedFunction):
                    return self.function(found, [callee, *arguments], options)
        found = self._python(callee, arguments, options, node)
        if found is NOTHING:
            return self.values.semantics.called(callee, arguments, options, node)
        return self.values.weighed(found)

    def _python(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The answer of a function or a method of Python's own, NOTHING if it is another."""
        values = self.values
        found = values.libraries.call(callee, arguments, options, node)
        if found is not NOTHING:
            return found
        if isinstance(callee, DottedName) and callee.last == "get" and not callee.imported:
            owner = DottedName(callee.name.rpartition(".")[0])
            return values.libraries.open_get(owner, arguments, node)
        if isinstance(callee, Unknown) and callee.text.endswith(".get"):
            return values.libraries.open_get(callee, arguments, node)
        if isinstance(callee, DottedName):
            if callee.name in ("getattr", "setattr", "hasattr", "isinstance", "vars"):
                return self._reflected(callee.name, arguments, node)
            if callee.last == "tqdm" and arguments:
                return arguments[0]
            if callee.name in BUILTINS and any(map(has_entries, arguments)):
                return self._on_entries(callee.name, arguments, node)
            found = built_in(callee.name, arguments, options)
            if found is not NOTHING or callee.imported:
                return found
            if callee.name in BUILTINS and all(map(has_truth, [*arguments, *options.values()])):
                return values.declined(node)
            return self._open_builtin(callee, arguments, options, node)
        is_format = isinstance(callee, BoundMethod) and callee.name == "format"
        if is_format and isinstance(callee.owner, str) and all(map(has_truth, arguments)):
            found = filled(callee.owner, arguments, options)
            return values.declined(node) if found is NOTHING else found
        if isinstance(callee, BoundMethod) and not options:
            if callee.name in READS_ALL and isinstance(callee.owner, list | tuple | dict):
                values.weighed(callee.owner)
            extends = callee.name == "extend" and isinstance(callee.owner, list)
            if extends and len(arguments) == 1 and opened(arguments[0]):
                callee.owner.append(entries_of(arguments[0]))
                return None
            if has_entries(callee.owner) and callee.name in ("index", "count", "insert", "pop"):
                return values.unknown(node)
            found = method(callee.owner, callee.name, arguments)
            known = found is NOTHING and all(map(has_truth, [callee.owner, *arguments]))
            return values.declined(node) if known else found
        return NOTHING

    def _on_entries(self, name: str, arguments: list[Any], node: ast.Call) -> Any:
        """A function of Python's own on a list whose length is open: the list, or a size of it."""
        if name in ("list", "tuple") and len(arguments) == 1:
            return built_in(name, arguments, {})
        inner = [each for one in arguments if has_entries(one) for each in one]
        return self.values.made(node, self.values.shown(node), [name, *inner])

    def _open_builtin(
        self, callee: DottedName, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """A function of Python's own on what is not known: made of it, or a size of it."""
        values, name = self.values, callee.name
        if name == "set" and len(arguments) == 1 and not options:
            return self._set(arguments[0], node)
        if name in ("len", "list", "tuple", "sorted") and len(arguments) == 1:
            first = arguments[0]
            if isinstance(first, Unknown) and first.operation[:1] == ("set",):
                return built_in(name, [list(first.operation[1])], options)
        if name not in OPEN or not any(opened(each) for each in arguments):
            return NOTHING
        if any(isinstance(each, Unknown) and each.declined for each in arguments):
            return values.declined(node)
        found = self.open_call(callee, arguments, options, node)
        if not isinstance(found, Unknown):
            return found
        operation: tuple[Any, ...] = ()
        if name in WHOLE and len(arguments) == 1:
            operation = ("int", arguments[0])
            inner = arguments[0]
            if isinstance(inner, Unknown) and not inner.operation:
                return inner
        elif name == "range":
            start, step = 0, 1
            if len(arguments) > 1 and isinstance(arguments[0], int):
                start = arguments[0]
            if len(arguments) > 2 and isinstance(arguments[2], int):
                step = arguments[2]
            stop = arguments[1] if len(arguments) > 1 else arguments[0]
            operation = ("range", start, step, stop)
        elif name == "enumerate":
            start = arguments[1] if len(arguments) > 1 else options.get("start", 0)
            operation = ("enumerate", arguments[0], start if isinstance(start, int) else 0)
        elif name == "zip":
            operation = ("zip", *arguments)
        else:
            return found
        return Unknown(found.text, found.key, found.origin, operation)

    def _set(self, entries: Any, node: ast.Call) -> Any:
        """`set(text)`: the entries are known for whoever counts or sorts them at once."""
        found = self.values.unknown(node)
        plain = isinstance(entries, str | list | tuple | range) and len(entries) <= LONGEST
        if not plain or not all(isinstance(one, str | int | float) for one in entries):
            return NOTHING if plain and has_entries(entries) else found
        self.values.count(len(entries))
        return Unknown(found.text, found.key, found.origin, ("set", tuple(dict.fromkeys(entries))))

    def open_call(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """A call of which nothing is known, named as the text writes it."""
        texts = [text_of(each) for each in arguments]
        texts += [
            None if (text := text_of(each)) is None else f"{name}={text}"
            for name, each in options.items()
        ]
        owner = text_of(callee)
        if isinstance(callee, BoundMethod):
            inner = text_of(callee.owner)
            owner = None if inner is None else f"{inner}.{callee.name}"
        known = [each for each in texts if each is not None]
        whole = owner is not None and len(known) == len(texts)
        text = f"{owner}({', '.join(known)})" if whole else None
        last = (owner or "").rpartition(".")[2]
        parts = [callee, *arguments, *options.values()]
        return self.values.made(node, text, parts, last not in CHANGING)

    def _reflected(self, name: str, arguments: list[Any], node: ast.Call) -> Any:
        """`getattr`, `setattr`, `hasattr`, `isinstance`, `vars` where they are known."""
        values = self.values
        match name, arguments:
            case "getattr", [owner, str(key), *_]:
                return values.attribute(owner, key, node)
            case "setattr", [Instance() as owner, str(key), value]:
                owner.names[key] = value
                values.semantics.changed(owner, key, value)
                return None
            case "hasattr", [Instance() as owner, str(key)]:
                return key in owner.names or owner.cls.get(key, NOTHING) is not NOTHING
            case "vars", [Settings() as owner]:
                return owner.names
            case "vars", [Instance() as owner]:
                return owner.names
            case "isinstance", [value, cls]:
                return self._is_instance(value, cls, node)
            case _:
                return NOTHING

    def _is_instance(self, value: Any, cls: Any, node: ast.Call) -> Any:
        wanted = cls if isinstance(cls, tuple) else (cls,)
        plain = {"int": int, "float": float, "str": str, "list": list, "tuple": tuple, "dict": dict}
        if opened(value):
            return self.values.unknown(node)
        for each in wanted:
            name = each.name if isinstance(each, DottedName) else ""
            if name in plain and isinstance(value, plain[name]):
                return True
            if isinstance(value, Instance) and each in value.cls.line():
                return True
        return (
            False if all(text_of(each) in plain for each in wanted) else self.values.unknown(node)
        )

    def function(
        self, callee: DefinedFunction, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """The result of a function of the text for these arguments."""
        values = self.values
        callee.was_called = True
        values.count(1 + len(callee.around) // 100)
        kept, kept_shared = values.names, values.shared
        values.names = {**callee.around, **self._bound(callee.node.args, arguments, options)}
        values.shared = set()
        self.frames.append(callee)
        self.selves.append(arguments[0] if arguments else None)
        found: list[Any] = []
        try:
            if isinstance(callee.node, ast.Lambda):
                return values.value(callee.node.body)
            if callee.owner is None:
                values.names[callee.node.name] = callee
            kept_found, values.found = values.found, found
            try:
                self.run(callee.node.body)
            finally:
                values.found = kept_found
        except Returned as returned:
            return returned.value
        finally:
            values.names, values.shared = kept, kept_shared
            self.frames.pop()
            self.selves.pop()
        return found if found else None

    def _bound(self, wanted: ast.arguments, arguments: list[Any], options: dict[str, Any]) -> Names:
        """The names of a function's arguments with their values in a call."""
        values = self.values
        plain = [each.arg for each in (*wanted.posonlyargs, *wanted.args)]
        bound: Names = {}
        for name, default in zip(reversed(plain), reversed(wanted.defaults), strict=False):
            bound[name] = values.value(default)
        for each, other in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True):
            if other is not None:
                bound[each.arg] = values.value(other)
        bound |= dict(zip(plain, arguments, strict=False))
        if wanted.vararg is not None:
            bound[wanted.vararg.arg] = tuple(arguments[len(plain) :])
        named = {*plain, *(each.arg for each in wanted.kwonlyargs)}
        bound |= {name: value for name, value in options.items() if name in named}
        if wanted.kwarg is not None:
            more = {name: value for name, value in options.items() if name not in named}
            bound[wanted.kwarg.arg] = more.get("**", more)
        for each in (*wanted.posonlyargs, *wanted.args, *wanted.kwonlyargs):
            if each.arg not in bound:
                # A call that cannot be made, or arguments that came from `*more`.
                origin = f"an argument, {values.source.place(each)}"
                bound[each.arg] = values.open(Unknown(each.arg, "", origin))
        return bound

    def instance(self, cls: ClassObject, arguments: list[Any], options: dict[str, Any]) -> Instance:
        """An object of a class of the text, after its `__init__`."""
        made = Instance(cls)
        cls.instances.append(made)
        self.values.count()
        self.values.semantics.made(made, options)
        start = cls.get("__init__", None)
        if isinstance(start, DefinedFunction):
            self.function(start, [made, *arguments], options)
        else:
            fields = next((each.fields for each in cls.line() if each.fields is not None), None)
            if fields is not None:
                self._fill(made, fields, arguments, options)
        return made

    def _fill(
        self, made: Instance, fields: tuple[str, ...], arguments: list[Any], options: dict[str, Any]
    ) -> None:
        """The fields of a dataclass: as they are passed, or their defaults."""
        passed = dict(zip(fields, arguments, strict=False)) | options
        for name in fields:
            default = made.cls.get(name, NOTHING)
            if name in passed:
                made.names[name] = passed[name]
            elif default is NOTHING:
                made.names[name] = self.values.open(Unknown(name, f"{made.cls.name}.{name}"))
        after = made.cls.get("__post_init__", None)
        if isinstance(after, DefinedFunction):
            self.function(after, [made], {})

    def _parent(self, node: ast.Call) -> Any:
        """`super()`, also as Python 2 writes it."""
        self.values.count()
        for frame, owner in zip(reversed(self.frames), reversed(self.selves), strict=True):
            if frame.owner is not None and isinstance(owner, Instance | ClassObject):
                return Parent(owner, frame.owner)
        return self.values.unknown(node)
