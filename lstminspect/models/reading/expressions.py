"""Values of the expressions of a text: names, constants, lists, calls of what the text defines.

Nothing is executed: the syntax tree is walked, and only what is listed here has a meaning. A value
that the tree does not give is Unknown, and stays so until somebody needs it. Calls, attributes and
operators that make layers belong to the Semantics that an Evaluator is given.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from lstminspect.errors import ModelError
from lstminspect.models.reading.builtins import (
    FAILURES,
    NOTHING,
    built_in,
    calculated,
    compared,
    formatted,
    has_truth,
    method,
    weight,
)
from lstminspect.models.reading.objects import ClassNamespace, DottedName, Unknown

__all__ = ["MOST_STEPS", "BoundMethod", "DefinedFunction", "Evaluator", "Returned", "Semantics"]

MOST_STEPS = 100_000
#: Methods that read all of their owner.
READS_ALL = ("index", "count", "copy", "items", "keys", "values")


class Semantics(Protocol):
    """The meaning of calls, attributes and operators on layers, tensors and models."""

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call."""

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """The result of an operator."""

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """The value of `owner[keys]`."""

    def attribute(self, owner: Any, name: str) -> Any:
        """The value of `owner.name`, NOTHING if it has no meaning."""

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Take note of `owner.name = value`."""

    def line(self, value: Any) -> None:
        """Take note of a line that is only a value."""

    def makes_layers(self, name: str, callee: Any) -> bool:
        """True if a call of this name, which is not read, could make a layer or use one."""


class DefinedFunction:
    """A function of the text, read again at each call, with the names around it."""

    def __init__(self, node: ast.FunctionDef | ast.Lambda, around: dict[str, Any]) -> None:
        self.node, self.around = node, around
        self.was_called = False


class BoundMethod:
    """A method of a value, for example `model.add`."""

    def __init__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name


class Returned(Exception):
    """A `return` on its way out of a function."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Evaluator:
    """Names, and the values of expressions; `run` reads the statements of a function."""

    def __init__(
        self, semantics: Semantics, text: str, run: Callable[[Sequence[ast.stmt]], None]
    ) -> None:
        self.semantics, self.run = semantics, run
        #: The lines in UTF-8, in which a syntax tree counts its columns.
        self.lines = [line.encode() for line in text.split("\n")]
        self.names: dict[str, Any] = {}
        self.module = self.names
        self.shared: set[str] = set()
        self.steps = 0

    def count(self, steps: int = 1) -> None:
        """Count steps of reading, of which there are only so many."""
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise ModelError(
                f"the text takes more than {MOST_STEPS:,} steps to read. Give the model alone."
            )

    def weighed(self, value: Any) -> Any:
        """`value`, when its entries are counted as steps."""
        self.count(weight(value))
        return value

    def inner_names(self) -> dict[str, Any]:
        """A copy of the names, for a comprehension, a class or a function."""
        self.count(len(self.names) // 100)
        return dict(self.names)

    def shown(self, node: ast.expr | ast.stmt, most: int = 60) -> str:
        """The text of a node as the user wrote it, its first line, not too long."""
        # Inside an f-string, Python 3.11 counts lines from elsewhere.
        line = b"".join(self.lines[node.lineno - 1 : node.lineno])
        last = node.end_col_offset if node.end_lineno == node.lineno else None
        text = line[node.col_offset : last][: 4 * most].decode(errors="ignore")
        whole = last is not None and len(text) <= most
        return text if whole else text[: most - 3] + "..."

    def unknown(self, node: ast.expr) -> Unknown:
        """A value that the text does not give."""
        return Unknown(self.shown(node))

    def value(self, node: ast.expr) -> Any:
        """The value of an expression, Unknown where the text does not give it."""
        self.count()
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                return self.names.get(name, DottedName(name))
            case ast.Attribute(inner, name):
                return self._attribute(self.value(inner), name, node)
            case ast.Tuple(items):
                return tuple(self._items(items))
            case ast.List(items):
                return self._items(items)
            case ast.Call():
                return self._call(node)
            case ast.Subscript(inner, key):
                return self._subscript(self.value(inner), key, node)
            case ast.NamedExpr(target, value):
                found = self.value(value)
                self.assign(target, found)
                return found
            case ast.Lambda():
                return DefinedFunction(node, self.names)
            case _:
                return self._composed(node)

    def _composed(self, node: ast.expr) -> Any:
        """The value of an expression that is made of others."""
        match node:
            case ast.Dict(keys, values):
                return self._dict(keys, values, node)
            case ast.UnaryOp(op, inner):
                return self._unary(op, self.value(inner), node)
            case ast.BinOp(left, op, right):
                return self.binary(self.value(left), op, self.value(right), node)
            case ast.BoolOp(op, values):
                return self._boolean(op, values, node)
            case ast.Compare(left, ops, rights):
                return self._compare(left, ops, rights, node)
            case ast.IfExp(test, then, otherwise):
                found = self.value(test)
                if isinstance(found, Unknown | DottedName):
                    return self.unknown(node)
                return self.value(then if found else otherwise)
            case ast.ListComp(inner, parts) | ast.GeneratorExp(inner, parts):
                return self._comprehension(inner, parts, node)
            case ast.JoinedStr(parts):
                text = self._joined(parts)
                return self.unknown(node) if text is None else text
            case _:
                return self.unknown(node)

    def _dict(
        self, keys: list[ast.expr | None], values: list[ast.expr], node: ast.expr
    ) -> dict[Any, Any] | Unknown:
        """A dict; Unknown as a whole if a key or a part of it is."""
        found: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            name, inner = (None if key is None else self.value(key)), self.value(value)
            if key is None and isinstance(inner, dict):
                found |= self.weighed(inner)
            elif key is None or not self.is_key(name):
                return self.unknown(node)
            else:
                found[name] = inner
        return found

    def is_key(self, value: Any) -> bool:
        """True for what can be a key of a dict here."""
        if isinstance(self.weighed(value), tuple):
            return all(self.is_key(each) for each in value)
        return value is None or isinstance(value, str | int | float)

    def _items(self, nodes: list[ast.expr]) -> list[Any]:
        """The values of a list or a tuple, with `*names` opened."""
        found: list[Any] = []
        for node in nodes:
            value = self.value(node.value if isinstance(node, ast.Starred) else node)
            if isinstance(node, ast.Starred) and isinstance(value, list | tuple | range):
                self.count(len(value))
                found.extend(value)
            else:
                found.append(value)
        return found

    def _attribute(self, owner: Any, name: str, node: ast.expr) -> Any:
        if isinstance(owner, ClassNamespace):
            return owner.names.get(name, self.unknown(node))
        if isinstance(owner, DottedName):
            return DottedName(f"{owner.name}.{name}", owner.imported)
        if isinstance(owner, Unknown):
            return self.unknown(node)
        found = self.weighed(self.semantics.attribute(owner, name))
        return BoundMethod(owner, name) if found is NOTHING else found

    def _unary(self, op: ast.unaryop, value: Any, node: ast.expr) -> Any:
        if isinstance(op, ast.Not):
            return not value if has_truth(value) else self.unknown(node)
        if isinstance(op, ast.USub):
            negative = calculated(0, "Sub", value)
            if negative is NOTHING:
                return self.semantics.combined(self.weighed(value), None, "Negative", node)
            return negative
        return self.unknown(node)

    def binary(self, left: Any, op: ast.operator, right: Any, node: ast.expr) -> Any:
        """The result of an operator on two values."""
        name = type(op).__name__
        found = self.weighed(calculated(left, name, right))
        if found is not NOTHING:
            return found
        return self.semantics.combined(self.weighed(left), self.weighed(right), name, node)

    def _boolean(self, op: ast.boolop, values: list[ast.expr], node: ast.expr) -> Any:
        found: Any = None
        for value in values:
            found = self.value(value)
            if isinstance(found, Unknown | DottedName):
                return self.unknown(node)
            if bool(found) == isinstance(op, ast.Or):
                return found
        return found

    def _compare(
        self, left: ast.expr, ops: list[ast.cmpop], rights: list[ast.expr], node: ast.expr
    ) -> Any:
        one = self.weighed(self.value(left))
        for op, right in zip(ops, rights, strict=True):
            other = self.weighed(self.value(right))
            known = not any(isinstance(each, Unknown | DottedName) for each in (one, other))
            answer = compared(one, op, other) if known else NOTHING
            if answer is NOTHING:
                return self.unknown(node)
            if not answer:
                return False
            one = other
        return True

    def _subscript(self, owner: Any, key: ast.expr, node: ast.expr) -> Any:
        if isinstance(owner, list | tuple | dict | str | range):
            found: Any = self._slice(key) if isinstance(key, ast.Slice) else self.value(key)
            held: Any = owner
            try:
                result = held[self.weighed(found)]
            except FAILURES:
                return self.unknown(node)
            return self.weighed(result) if isinstance(found, slice) else result
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        keys = [
            self._slice(part) if isinstance(part, ast.Slice) else self.value(part) for part in parts
        ]
        return self.semantics.subscripted(owner, self.weighed(keys), node)

    def _slice(self, key: ast.Slice) -> slice | Unknown:
        ends = [
            None if end is None else self.value(end) for end in (key.lower, key.upper, key.step)
        ]
        if not all(end is None or isinstance(end, int) for end in ends) or ends[2] == 0:
            return Unknown("a slice")
        return slice(*ends)

    def _comprehension(
        self, inner: ast.expr, parts: list[ast.comprehension], node: ast.expr
    ) -> Any:
        kept, self.names = self.names, self.inner_names()
        try:
            found = list(self._each(inner, parts))
        finally:
            self.names = kept
        return self.unknown(node) if any(each is NOTHING for each in found) else found

    def _each(self, inner: ast.expr, parts: list[ast.comprehension]) -> Iterator[Any]:
        if not parts:
            yield self.value(inner)
            return
        part, *rest = parts
        found = self.value(part.iter)
        if not isinstance(found, list | tuple | range | dict):
            yield NOTHING
            return
        for value in found if isinstance(found, range) else list(found):
            self.count()
            self.assign(part.target, value)
            tests = [self.value(test) for test in part.ifs]
            if any(isinstance(test, Unknown | DottedName) for test in tests):
                yield NOTHING
            elif all(tests):
                yield from self._each(inner, rest)

    def _joined(self, parts: list[ast.expr]) -> str | None:
        """The text of an f-string; None if a part of it is not known, or wide."""
        texts: list[str | None] = []
        for part in parts:
            if isinstance(part, ast.FormattedValue):
                spec = part.format_spec
                form = self._joined(spec.values) if isinstance(spec, ast.JoinedStr) else ""
                plain = part.conversion in (-1, ord("s")) and form is not None
                texts.append(formatted(self.value(part.value), form or "") if plain else None)
            else:
                texts.append(str(self.value(part)))
        known = [text for text in texts if text is not None]
        self.count(sum(map(len, known)) // 100)
        return "".join(known) if len(known) == len(texts) else None

    def _call(self, node: ast.Call) -> Any:
        """A call: of a builtin, of a function of the text, or of what has a Semantics."""
        callee = self.value(node.func)
        arguments = self._items(node.args)
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                options[keyword.arg] = value
            elif isinstance(value, dict) and all(isinstance(name, str) for name in value):
                options |= value
            else:
                options["**"] = self.unknown(keyword.value)
        self.weighed([arguments, options])
        if isinstance(callee, DefinedFunction):
            return self._function(callee, arguments, options)
        found: Any = NOTHING
        if isinstance(callee, DottedName):
            found = built_in(callee.name, arguments, options)
        elif isinstance(callee, BoundMethod) and not options:
            if callee.name in READS_ALL and isinstance(callee.owner, list | tuple | dict):
                self.weighed(callee.owner)
            found = method(callee.owner, callee.name, arguments)
        if found is NOTHING:
            return self.semantics.called(callee, arguments, options, node)
        return self.weighed(found)

    def _function(
        self, callee: DefinedFunction, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """The result of a function of the text for these arguments."""
        callee.was_called = True
        self.count(len(callee.around) // 100)
        kept, kept_shared = self.names, self.shared
        self.names = {**callee.around, **self._bound(callee.node.args, arguments, options)}
        self.shared = set()
        try:
            if isinstance(callee.node, ast.Lambda):
                return self.value(callee.node.body)
            self.names[callee.node.name] = callee
            self.run(callee.node.body)
        except Returned as returned:
            return returned.value
        finally:
            self.names, self.shared = kept, kept_shared
        return None

    def _bound(
        self, wanted: ast.arguments, arguments: list[Any], options: dict[str, Any]
    ) -> dict[str, Any]:
        """The names of a function's arguments with their values in a call."""
        plain = [each.arg for each in (*wanted.posonlyargs, *wanted.args)]
        bound: dict[str, Any] = {}
        for name, default in zip(reversed(plain), reversed(wanted.defaults), strict=False):
            bound[name] = self.value(default)
        for each, other in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True):
            if other is not None:
                bound[each.arg] = self.value(other)
        bound |= dict(zip(plain, arguments, strict=False))
        if wanted.vararg is not None:
            bound[wanted.vararg.arg] = tuple(arguments[len(plain) :])
        named = {*plain, *(each.arg for each in wanted.kwonlyargs)}
        bound |= {name: value for name, value in options.items() if name in named}
        if wanted.kwarg is not None:
            more = {name: value for name, value in options.items() if name not in named}
            bound[wanted.kwarg.arg] = Unknown("options") if "**" in more else more
        return bound

    def assign(self, target: ast.expr, value: Any) -> None:
        """Give a name, an attribute, an entry, or several of them, their values."""
        match target:
            case ast.Name(name):
                self.name(name, value)
            case ast.Tuple(targets) | ast.List(targets):
                self._unpack(targets, value)
            case ast.Starred(inner):
                self.assign(inner, value)
            case ast.Attribute(owner, name):
                self._set_attribute(self.value(owner), name, value)
            case ast.Subscript(owner, key):
                self._set_entry(owner, self.value(owner), key, value)
            case _:
                pass

    def name(self, name: str, value: Any) -> None:
        """Give a name its value, also around the function if it is a shared one."""
        self.names[name] = value
        if name in self.shared:
            self.module[name] = value

    def _set_attribute(self, owner: Any, name: str, value: Any) -> None:
        if isinstance(owner, ClassNamespace):
            owner.names[name] = value
        else:
            self.semantics.changed(owner, name, value)

    def _set_entry(self, where: ast.expr, owner: Any, key: ast.expr, value: Any) -> None:
        found: Any = None if isinstance(key, ast.Slice) else self.value(key)
        if isinstance(owner, list | dict) and not isinstance(key, ast.Slice) and self.is_key(found):
            try:
                owner[found] = value
                return
            except FAILURES:
                pass
        if isinstance(owner, list | dict) and isinstance(where, ast.Name):
            self.names[where.id] = self.unknown(where)

    def _unpack(self, targets: Sequence[ast.expr], value: Any) -> None:
        """Give several names their values, from one value of several entries."""
        if not isinstance(value, list | tuple | range | dict | str):
            for target in targets:
                inner = target.value if isinstance(target, ast.Starred) else target
                self.assign(inner, self.unknown(inner))
            return
        starred = [n for n, target in enumerate(targets) if isinstance(target, ast.Starred)]
        fits = len(value) >= len(targets) - 1 if starred else len(value) == len(targets)
        if not fits:
            raise ModelError(
                f"line {targets[0].lineno}: {len(targets)} names are given {len(value):,} values. "
                "A recurrent layer returns its states too with return_state=True."
            )
        self.count(len(value))
        values = list(value)
        if starred:
            at, after = starred[0], len(targets) - starred[0] - 1
            end = len(values) - after
            values = [*values[:at], values[at:end], *values[end:]]
        for target, each in zip(targets, values, strict=True):
            self.assign(target, each)
