"""A reading of a small part of Python: assignments, loops, functions, arithmetic on constants.

Nothing is executed: the syntax tree is walked, and only what is listed here has a meaning. A value
that the tree does not give is Unknown, and stays so until somebody needs it. What makes layers is
known to the Semantics that a Interpreter is given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from lstminspect.errors import ModelError
from lstminspect.models.reading.builtins import (
    COMPARED,
    NOTHING,
    built_in,
    calculated,
    is_plain,
    method,
)
from lstminspect.models.reading.objects import ClassNamespace, DottedName, Unknown

__all__ = ["BoundMethod", "DefinedFunction", "Interpreter", "Semantics"]

MOST_STEPS = 100_000
TARGETS = (ast.Name, ast.Subscript, ast.Attribute)
FAILURES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)


class Semantics(Protocol):
    """What calls, attributes and operators mean where layers, tensors and models are concerned."""

    def called(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """What a call gives."""

    def combined(self, left: Any, right: Any, operation: str, node: ast.expr) -> Any:
        """What an operator gives."""

    def subscripted(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """What `owner[keys]` is."""

    def attribute(self, owner: Any, name: str) -> Any:
        """What `owner.name` is, NOTHING if it has no meaning."""

    def changed(self, owner: Any, name: str, value: Any) -> None:
        """Take note of `owner.name = value`."""

    def line(self, value: Any) -> None:
        """Take note of a line that is only a value."""

    def makes_layers(self, node: ast.Call, callee: Any) -> bool:
        """Whether a call that is not read could make a layer or use one."""


class DefinedFunction:
    """A function of the text, read again at each call, with the names around it."""

    def __init__(self, node: ast.FunctionDef | ast.Lambda, around: dict[str, Any]) -> None:
        self.node, self.around = node, around
        self.was_called = False


class BoundMethod:
    """A name of a value, as `model.add`: what is called when it is called."""

    def __init__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name


class _Returned(Exception):
    """A `return` on its way out of a function."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Left(Exception):
    """A `break` or, if it `goes_on`, a `continue` on its way to its loop."""

    def __init__(self, goes_on: bool) -> None:
        self.goes_on = goes_on


class Interpreter:
    """Names and their values while a text is read, line by line."""

    def __init__(self, semantics: Semantics) -> None:
        self.semantics = semantics
        self.names: dict[str, Any] = {}
        self.module = self.names
        self.shared: set[str] = set()
        self.steps = 0

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in statements:
            self._statement(statement)

    def _count(self, steps: int = 1) -> None:
        """One more step of reading, of which there are only so many."""
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise ModelError(
                f"the text takes more than {MOST_STEPS:,} steps to read. Give the model alone."
            )

    def _statement(self, node: ast.stmt) -> None:
        """Read one statement; one that has no meaning here makes what it assigns unknown."""
        self._count()
        match node:
            case ast.Assign(targets, value):
                found = self.value(value)
                for target in targets:
                    self._assign(target, found)
            case ast.AnnAssign(target, _, ast.expr() as value):
                self._assign(target, self.value(value))
            case ast.AugAssign(target, op, value):
                old, new = self.value(_read(target)), self.value(value)
                self._assign(target, self._binary(old, op, new, value))
            case ast.Expr(value):
                self.semantics.line(self.value(value))
            case ast.FunctionDef(name=name):
                self._assign(ast.Name(name), DefinedFunction(node, self.names))
            case ast.Return(value):
                raise _Returned(None if value is None else self.value(value))
            case ast.Break() | ast.Continue():
                raise _Left(isinstance(node, ast.Continue))
            case ast.Global(names) | ast.Nonlocal(names):
                self.shared |= set(names)
            case ast.Pass() | ast.Assert() | ast.Raise() | ast.Delete() | ast.AnnAssign():
                pass
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case _:
                self._block(node)

    def _block(self, node: ast.stmt) -> None:
        """Read a statement with others in it."""
        match node:
            case ast.For(target, each, statements, otherwise):
                self._loop(target, each, [*statements], otherwise)
            case ast.While(test, statements, otherwise):
                self._while(test, statements, otherwise)
            case ast.If(test, then, otherwise):
                self._branch(test, then, otherwise)
            case ast.With(items, statements):
                for item in items:
                    found = self.value(item.context_expr)
                    if item.optional_vars is not None:
                        self._assign(item.optional_vars, found)
                self.body(statements)
            case ast.Try(statements, _, otherwise, final):
                self.body([*statements, *otherwise, *final])
            case ast.ClassDef(name=name, body=statements):
                self.names[name] = self._space(name, statements)
            case _:
                self._unread([node], "what this statement does", node)

    def _space(self, name: str, statements: list[ast.stmt]) -> ClassNamespace:
        """A class of the text: its constants, by name."""
        kept, self.names = self.names, dict(self.names)
        before = dict(self.names)
        try:
            self.body(each for each in statements if isinstance(each, ast.Assign | ast.AnnAssign))
            own = {key: value for key, value in self.names.items() if before.get(key) is not value}
        finally:
            self.names = kept
        return ClassNamespace(name, own)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                found = DottedName(f"{node.module or ''}.{alias.name}", imported=True)
                self.names[alias.asname or alias.name] = found
                continue
            first = alias.name.partition(".")[0]
            full = alias.name if alias.asname else first
            self.names[alias.asname or first] = DottedName(full, imported=True)

    def _assign(self, target: ast.expr, value: Any) -> None:
        """Give a name, an attribute, an entry, or several of them, their values."""
        match target:
            case ast.Name(name):
                self.names[name] = value
                if name in self.shared:
                    self.module[name] = value
            case ast.Tuple(targets) | ast.List(targets):
                self._unpack(targets, value)
            case ast.Starred(inner):
                self._assign(inner, value)
            case ast.Attribute(owner, name):
                self._set_attribute(self.value(owner), name, value)
            case ast.Subscript(owner, key):
                self._set_entry(owner, self.value(owner), key, value)
            case _:
                pass

    def _set_attribute(self, owner: Any, name: str, value: Any) -> None:
        if isinstance(owner, ClassNamespace):
            owner.names[name] = value
        else:
            self.semantics.changed(owner, name, value)

    def _set_entry(self, where: ast.expr, owner: Any, key: ast.expr, value: Any) -> None:
        found: Any = None if isinstance(key, ast.Slice) else self.value(key)
        if isinstance(owner, list | dict) and is_plain(found) and not isinstance(key, ast.Slice):
            try:
                owner[found] = value
                return
            except FAILURES:
                pass
        if isinstance(owner, list | dict) and isinstance(where, ast.Name):
            self.names[where.id] = _unknown(where)

    def _unpack(self, targets: Sequence[ast.expr], value: Any) -> None:
        """Several names from one value."""
        if isinstance(value, dict | str):
            value = list(value)
        if not isinstance(value, list | tuple | range):
            for target in targets:
                inner = target.value if isinstance(target, ast.Starred) else target
                self._assign(inner, _unknown(inner))
            return
        values = list(value)
        starred = [n for n, target in enumerate(targets) if isinstance(target, ast.Starred)]
        if starred and len(values) >= len(targets) - 1:
            at, after = starred[0], len(targets) - starred[0] - 1
            end = len(values) - after
            values = [*values[:at], values[at:end], *values[end:]]
        if len(values) != len(targets):
            line = targets[0].lineno
            raise ModelError(
                f"line {line}: {len(targets)} names are given {len(value)} values. "
                "A recurrent layer returns its states too with return_state=True."
            )
        for target, each in zip(targets, values, strict=True):
            self._assign(target, each)

    def _loop(
        self, target: ast.expr, each: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]
    ) -> None:
        """A loop over what is known; one over what is not is passed over if it makes no layer."""
        found = self.value(each)
        if isinstance(found, dict):
            found = list(found)
        if not isinstance(found, list | tuple | range):
            self._unread(then, f"how often this loop runs depends on {_short(each)}, which", each)
            self._forget(target)
            return
        if isinstance(found, range) and len(found) > MOST_STEPS:
            line = f"line {each.lineno}"
            raise ModelError(f"{line}: this loop runs {len(found):,} times. Shorten it.")
        for value in list(found):
            self._count()
            self._assign(target, value)
            if not self._once(then):
                return
        self.body(otherwise)

    def _once(self, statements: list[ast.stmt]) -> bool:
        """Read the body of a loop; False if it leaves the loop."""
        try:
            self.body(statements)
        except _Left as left:
            return left.goes_on
        return True

    def _while(self, test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
        while True:
            self._count()
            found = self.value(test)
            if not is_plain(found):
                what = f"how often this loop runs depends on {_short(test)}, which"
                self._unread(then, what, test)
                return
            if not found:
                self.body(otherwise)
                return
            if not self._once(then):
                return

    def _branch(self, test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
        """A branch whose condition is known, or `if __name__ == "__main__"`."""
        found = True if "__name__" in ast.unparse(test) else self.value(test)
        if isinstance(found, Unknown | DottedName):
            what = f"whether this branch is taken depends on {_short(test)}, which"
            self._unread([*then, *otherwise], what, test)
            return
        self.body(then if found else otherwise)

    def _unread(self, statements: list[ast.stmt], what: str, node: ast.expr | ast.stmt) -> None:
        """Pass over statements: refused if they make layers, else what they assign is unknown."""
        for inner in (each for statement in statements for each in ast.walk(statement)):
            if isinstance(inner, ast.Call):
                callee = self.names.get(inner.func.id) if isinstance(inner.func, ast.Name) else None
                if isinstance(callee, DefinedFunction) or self.semantics.makes_layers(
                    inner, callee
                ):
                    raise ModelError(
                        f"line {node.lineno}: {what} is not known here. "
                        "Give the lines that are run."
                    )
            elif isinstance(inner, TARGETS) and isinstance(inner.ctx, ast.Store):
                self._forget(inner)

    def _forget(self, target: ast.expr) -> None:
        """Make every name in a target unknown, and a list or a dict of which a part is one."""
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name):
                held = isinstance(self.names.get(inner.id), list | dict | ClassNamespace)
                if held or isinstance(inner.ctx, ast.Store):
                    self.names[inner.id] = Unknown(inner.id)

    def value(self, node: ast.expr) -> Any:
        """The value of an expression, Unknown where the text does not give it."""
        self._count()
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
                self._assign(target, found)
                return found
            case ast.Lambda():
                return DefinedFunction(node, self.names)
            case _:
                return self._composed(node)

    def _composed(self, node: ast.expr) -> Any:
        """The value of an expression that is made of others."""
        match node:
            case ast.Dict(keys, values):
                return self._dict(keys, values)
            case ast.UnaryOp(op, inner):
                return self._unary(op, self.value(inner), node)
            case ast.BinOp(left, op, right):
                return self._binary(self.value(left), op, self.value(right), node)
            case ast.BoolOp(op, values):
                return self._boolean(op, values, node)
            case ast.Compare(left, ops, rights):
                return self._compare(left, ops, rights, node)
            case ast.IfExp(test, then, otherwise):
                found = self.value(test)
                if isinstance(found, Unknown | DottedName):
                    return _unknown(node)
                return self.value(then if found else otherwise)
            case ast.ListComp(inner, parts) | ast.GeneratorExp(inner, parts):
                return self._comprehension(inner, parts, node)
            case ast.JoinedStr(parts):
                return self._joined(parts, node)
            case _:
                return _unknown(node)

    def _dict(self, keys: list[ast.expr | None], values: list[ast.expr]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            inner = self.value(value)
            if key is None and isinstance(inner, dict):
                found |= inner
            elif key is not None and isinstance(name := self.value(key), str | int | tuple):
                found[name] = inner
        return found

    def _items(self, nodes: list[ast.expr]) -> list[Any]:
        """The values of a list or a tuple, with `*names` opened."""
        found: list[Any] = []
        for node in nodes:
            value = self.value(node.value if isinstance(node, ast.Starred) else node)
            if isinstance(node, ast.Starred) and isinstance(value, list | tuple | range):
                self._count(len(value))
                found.extend(value)
            else:
                found.append(value)
        return found

    def _attribute(self, owner: Any, name: str, node: ast.expr) -> Any:
        if isinstance(owner, ClassNamespace):
            return owner.names.get(name, _unknown(node))
        if isinstance(owner, DottedName):
            return DottedName(f"{owner.name}.{name}", owner.imported)
        if isinstance(owner, Unknown):
            return _unknown(node)
        found = self.semantics.attribute(owner, name)
        return BoundMethod(owner, name) if found is NOTHING else found

    def _unary(self, op: ast.unaryop, value: Any, node: ast.expr) -> Any:
        if isinstance(op, ast.Not):
            return not value if is_plain(value) else _unknown(node)
        if isinstance(op, ast.USub):
            number = isinstance(value, int | float)
            return -value if number else self.semantics.combined(value, None, "Negative", node)
        return _unknown(node)

    def _binary(self, left: Any, op: ast.operator, right: Any, node: ast.expr) -> Any:
        found = calculated(left, type(op).__name__, right)
        if found is not NOTHING:
            return found
        return self.semantics.combined(left, right, type(op).__name__, node)

    def _boolean(self, op: ast.boolop, values: list[ast.expr], node: ast.expr) -> Any:
        found: Any = None
        for value in values:
            found = self.value(value)
            if isinstance(found, Unknown | DottedName):
                return _unknown(node)
            if bool(found) == isinstance(op, ast.Or):
                return found
        return found

    def _compare(
        self, left: ast.expr, ops: list[ast.cmpop], rights: list[ast.expr], node: ast.expr
    ) -> Any:
        one = self.value(left)
        for op, right in zip(ops, rights, strict=True):
            other, act = self.value(right), COMPARED.get(type(op))
            if (
                act is None
                or isinstance(one, Unknown | DottedName)
                or isinstance(other, Unknown | DottedName)
            ):
                return _unknown(node)
            try:
                if not act(one, other):
                    return False
            except FAILURES:
                return _unknown(node)
            one = other
        return True

    def _subscript(self, owner: Any, key: ast.expr, node: ast.expr) -> Any:
        if isinstance(owner, list | tuple | dict | str | range):
            found: Any = self._slice(key) if isinstance(key, ast.Slice) else self.value(key)
            held: Any = owner
            try:
                return held[found]
            except FAILURES:
                return _unknown(node)
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        keys = [
            self._slice(part) if isinstance(part, ast.Slice) else self.value(part) for part in parts
        ]
        return self.semantics.subscripted(owner, keys, node)

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
        kept, self.names = self.names, dict(self.names)
        try:
            found = list(self._each(inner, parts))
        finally:
            self.names = kept
        return _unknown(node) if any(each is NOTHING for each in found) else found

    def _each(self, inner: ast.expr, parts: list[ast.comprehension]) -> Iterator[Any]:
        if not parts:
            yield self.value(inner)
            return
        part, *rest = parts
        found = self.value(part.iter)
        if not isinstance(found, list | tuple | range | dict):
            yield NOTHING
            return
        for value in found:
            self._count()
            self._assign(part.target, value)
            tests = [self.value(test) for test in part.ifs]
            if any(isinstance(test, Unknown | DottedName) for test in tests):
                yield NOTHING
            elif all(tests):
                yield from self._each(inner, rest)

    def _joined(self, parts: list[ast.expr], node: ast.expr) -> Any:
        texts = []
        for part in parts:
            found = self.value(part.value) if isinstance(part, ast.FormattedValue) else part
            found = found.value if isinstance(found, ast.Constant) else found
            if not isinstance(found, str | int | float) or len(str(found)) > 1000:
                return _unknown(node)
            texts.append(str(found))
        return "".join(texts)

    def _call(self, node: ast.Call) -> Any:
        """A call: of a builtin, of a function of the text, or of what has a Semantics."""
        callee = self.value(node.func)
        arguments = self._items(node.args)
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                options[keyword.arg] = value
            elif isinstance(value, dict):
                options |= value
            else:
                options["**"] = _unknown(keyword.value)
        if isinstance(callee, DefinedFunction):
            return self._function(callee, arguments, options)
        found: Any = NOTHING
        if isinstance(callee, DottedName):
            found = built_in(callee.name, arguments, options)
        elif isinstance(callee, BoundMethod) and not options:
            found = method(callee.owner, callee.name, arguments)
        if found is NOTHING:
            return self.semantics.called(callee, arguments, options, node)
        if isinstance(found, list | tuple):
            self._count(len(found))
        return found

    def _function(
        self, callee: DefinedFunction, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """What a function of the text returns for these arguments."""
        callee.was_called = True
        kept, kept_shared = self.names, self.shared
        self.names = {**callee.around, **self._bound(callee.node.args, arguments, options)}
        self.shared = set()
        try:
            if isinstance(callee.node, ast.Lambda):
                return self.value(callee.node.body)
            self.names[callee.node.name] = callee
            self.body(callee.node.body)
        except _Returned as returned:
            return returned.value
        finally:
            self.names, self.shared = kept, kept_shared
        return None

    def _bound(
        self, wanted: ast.arguments, arguments: list[Any], options: dict[str, Any]
    ) -> dict[str, Any]:
        """The names of a function's arguments with what they are given."""
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
            bound[wanted.kwarg.arg] = _unknown(ast.Name("options")) if "**" in more else more
        return bound


def _read(target: ast.expr) -> ast.expr:
    """A target of an assignment as an expression that reads it."""
    return ast.parse(ast.unparse(target), mode="eval").body


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _unknown(node: ast.expr) -> Unknown:
    text = ast.unparse(node)
    return Unknown(text if len(text) <= 60 else text[:57] + "...")
