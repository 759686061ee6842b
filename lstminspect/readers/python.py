"""A reading of a small part of Python: assignments, loops, functions, arithmetic on constants.

Nothing is executed: the syntax tree is walked, and only what is listed here has a meaning. A value
that the tree does not give is Unknown, and stays so until somebody needs it. Calls are given to
`called`, which knows what makes a layer.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lstminspect.errors import ModelError
from lstminspect.readers.values import Array, Dotted, Unknown

__all__ = ["Function", "Reading"]

MOST_STEPS = 100_000
LARGEST = 10**15

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
BUILTINS: dict[str, Callable[..., Any]] = {
    "int": int, "float": float, "len": len, "min": min, "max": max, "sum": sum, "abs": abs,
    "list": list, "tuple": tuple, "round": round,
    "enumerate": lambda found: list(enumerate(found)),
    "reversed": lambda found: list(reversed(found)),
    "zip": lambda *found: list(zip(*found, strict=False)),
}  # fmt: skip


class Function:
    """A function of the text, read again at each call."""

    def __init__(self, node: ast.FunctionDef) -> None:
        self.node = node


class _Returned(Exception):
    """A `return` on its way out of a function."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Reading:
    """Names and their values while a text is read, line by line."""

    def __init__(
        self,
        called: Callable[[Any, list[Any], dict[str, Any], ast.Call], Any],
        combined: Callable[[Any, Any, str, ast.expr], Any],
        subscripted: Callable[[Any, Any, ast.expr], Any],
        line: Callable[[Any], None],
    ) -> None:
        self.called, self.combined, self.subscripted, self.line = (
            called,
            combined,
            subscripted,
            line,
        )
        self.names: dict[str, Any] = {}
        self.steps = 0

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in statements:
            self._statement(statement)

    def _count(self) -> None:
        """One more step of reading, of which there are only so many."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise ModelError(
                f"the text takes more than {MOST_STEPS:,} steps to read. Give the model alone."
            )

    def _statement(self, node: ast.stmt) -> None:
        """Read one statement."""
        self._count()
        match node:
            case ast.Assign(targets, value):
                found = self.value(value)
                for target in targets:
                    self._assign(target, found)
            case ast.AnnAssign(target, _, ast.expr() as value):
                self._assign(target, self.value(value))
            case ast.AugAssign(ast.Name(name), op, value):
                self.names[name] = self._binary(self.names.get(name), op, self.value(value), value)
            case ast.Expr(value):
                self.line(self.value(value))
            case ast.For(target, each, statements):
                self._loop(target, each, statements)
            case ast.If(test, then, otherwise):
                self._branch(test, then, otherwise)
            case ast.With(items, statements):
                for item in items:
                    self.value(item.context_expr)
                self.body(statements)
            case ast.Try(body=statements):
                self.body(statements)
            case ast.FunctionDef(name=name):
                self.names[name] = Function(node)
            case ast.ClassDef(name=name):
                self.names[name] = Dotted(f"own.{name}", imported=True)
            case ast.Return(value):
                raise _Returned(None if value is None else self.value(value))
            case ast.Import(names):
                for alias in names:
                    name = alias.asname or alias.name.partition(".")[0]
                    self.names[name] = Dotted(alias.name if alias.asname else name, imported=True)
            case ast.ImportFrom(module, names):
                for alias in names:
                    full = f"{module or ''}.{alias.name}"
                    self.names[alias.asname or alias.name] = Dotted(full, imported=True)
            case _:
                pass  # Nothing else makes a layer.

    def _assign(self, target: ast.expr, value: Any) -> None:
        """Give a name, or several, their values."""
        match target:
            case ast.Name(name):
                self.names[name] = value
            case ast.Tuple(targets) | ast.List(targets):
                self._unpack(targets, value)
            case _:
                pass  # An attribute or an entry of something: no layer is kept there.

    def _unpack(self, targets: Sequence[ast.expr], value: Any) -> None:
        """Several names from one value."""
        if isinstance(value, Unknown) or not isinstance(value, list | tuple):
            for target in targets:
                inner = target.value if isinstance(target, ast.Starred) else target
                self._assign(inner, Unknown(ast.unparse(inner)))
            return
        starred = [n for n, target in enumerate(targets) if isinstance(target, ast.Starred)]
        values = list(value)
        if starred:
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
            self._assign(target.value if isinstance(target, ast.Starred) else target, each)

    def _loop(self, target: ast.expr, each: ast.expr, statements: list[ast.stmt]) -> None:
        """A loop over what is known; one over what is not is passed over if it makes no layer."""
        found = self.value(each)
        if not isinstance(found, list | tuple | range):
            self._refuse_if_it_matters(statements, each, "how often this loop runs")
            return
        for value in found:
            self._count()
            self._assign(target, value)
            self.body(statements)

    def _branch(self, test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
        """A branch whose condition is known, or `if __name__ == "__main__"`."""
        found = True if "__name__" in ast.unparse(test) else self.value(test)
        if isinstance(found, Unknown | Dotted):
            self._refuse_if_it_matters([*then, *otherwise], test, "whether this branch is taken")
            return
        self.body(then if found else otherwise)

    def _refuse_if_it_matters(self, statements: list[ast.stmt], node: ast.expr, what: str) -> None:
        """Refuse to pass over lines that add layers to a model."""
        for statement in statements:
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Call) and ast.unparse(inner.func).endswith(".add"):
                    raise ModelError(
                        f"line {node.lineno}: {what} depends on {_short(node)}, which is not "
                        "known here. Give the lines that are run."
                    )

    def value(self, node: ast.expr) -> Any:
        """The value of an expression, Unknown where the text does not give it."""
        self._count()
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                return self.names.get(name, Dotted(name))
            case ast.Attribute(inner, name):
                return self._attribute(self.value(inner), name, node)
            case ast.Tuple(items):
                return tuple(self._items(items))
            case ast.List(items):
                return self._items(items)
            case ast.Dict(keys, values):
                pairs = zip(keys, values, strict=True)
                known = [(k, v) for k, v in pairs if isinstance(k, ast.Constant)]
                return {key.value: self.value(value) for key, value in known}
            case ast.UnaryOp(ast.USub(), inner):
                return self._negative(inner, node)
            case ast.UnaryOp(ast.Not(), inner):
                found = self.value(inner)
                return _unknown(node) if isinstance(found, Unknown | Dotted) else not found
            case ast.BinOp(left, op, right):
                return self._binary(self.value(left), op, self.value(right), node)
            case ast.Compare(left, [op], [right]):
                return self._compare(self.value(left), op, self.value(right), node)
            case ast.IfExp(test, then, otherwise):
                found = self.value(test)
                if isinstance(found, Unknown | Dotted):
                    return _unknown(node)
                return self.value(then if found else otherwise)
            case ast.Subscript(inner, key):
                return self._subscript(self.value(inner), key, node)
            case ast.ListComp(inner, [ast.comprehension(target, each, [])]):
                return self._comprehension(inner, target, each, node)
            case ast.JoinedStr(parts):
                return self._joined(parts, node)
            case ast.Call():
                return self._call(node)
            case _:
                return _unknown(node)

    def _items(self, nodes: list[ast.expr]) -> list[Any]:
        """The values of a list or a tuple, with `*names` opened."""
        found: list[Any] = []
        for node in nodes:
            value = self.value(node.value if isinstance(node, ast.Starred) else node)
            if isinstance(node, ast.Starred) and isinstance(value, list | tuple):
                found.extend(value)
            else:
                found.append(value)
        return found

    def _attribute(self, owner: Any, name: str, node: ast.expr) -> Any:
        if isinstance(owner, Dotted):
            return Dotted(f"{owner.name}.{name}", owner.imported)
        if isinstance(owner, Array) and name == "shape":
            return owner.shape
        return Bound(owner, name) if not isinstance(owner, Unknown) else _unknown(node)

    def _negative(self, inner: ast.expr, node: ast.expr) -> Any:
        found = self.value(inner)
        return -found if isinstance(found, int | float) else _unknown(node)

    def _binary(self, left: Any, op: ast.operator, right: Any, node: ast.expr) -> Any:
        """Arithmetic on numbers, sums of texts and lists; `combined` knows the rest."""
        kinds = (int, float)
        if isinstance(left, kinds) and isinstance(right, kinds):
            if isinstance(op, ast.Pow) and abs(right) <= 30 and abs(left) <= 1000:
                return left**right
            act = BINARY.get(type(op))
            bounded = abs(left) <= LARGEST and abs(right) <= LARGEST
            try:
                return act(left, right) if act and bounded else _unknown(node)
            except ZeroDivisionError:
                return _unknown(node)
        several = (str, list, tuple)
        if isinstance(op, ast.Add) and isinstance(left, several) and type(left) is type(right):
            return operator.add(left, right)
        if isinstance(op, ast.Mult) and isinstance(left, list) and isinstance(right, int):
            return left * min(right, 1000)
        return self.combined(left, right, type(op).__name__, node)

    def _compare(self, left: Any, op: ast.cmpop, right: Any, node: ast.expr) -> Any:
        act = COMPARED.get(type(op))
        if act is None or isinstance(left, Unknown | Dotted) or isinstance(right, Unknown | Dotted):
            return _unknown(node)
        try:
            return act(left, right)
        except TypeError:
            return _unknown(node)

    def _subscript(self, owner: Any, key: ast.expr, node: ast.expr) -> Any:
        if isinstance(owner, list | tuple | dict | str):
            found = self._slice(key) if isinstance(key, ast.Slice) else self.value(key)
            try:
                return owner[found]
            except (TypeError, LookupError, ValueError):
                return _unknown(node)
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        keys = [
            self._slice(part) if isinstance(part, ast.Slice) else self.value(part) for part in parts
        ]
        return self.subscripted(owner, keys, node)

    def _slice(self, key: ast.Slice) -> slice:
        ends = (key.lower, key.upper, key.step)
        found = [None if end is None else self.value(end) for end in ends]
        return slice(*(each if isinstance(each, int) else None for each in found))

    def _comprehension(
        self, inner: ast.expr, target: ast.expr, each: ast.expr, node: ast.expr
    ) -> Any:
        found = self.value(each)
        if not isinstance(found, list | tuple | range):
            return _unknown(node)
        kept = dict(self.names)
        values = []
        for value in found:
            self._count()
            self._assign(target, value)
            values.append(self.value(inner))
        self.names = kept
        return values

    def _joined(self, parts: list[ast.expr], node: ast.expr) -> Any:
        texts = []
        for part in parts:
            found = self.value(part.value) if isinstance(part, ast.FormattedValue) else part
            found = found.value if isinstance(found, ast.Constant) else found
            if not isinstance(found, str | int | float):
                return _unknown(node)
            texts.append(str(found))
        return "".join(texts)

    def _call(self, node: ast.Call) -> Any:
        """A call: of a builtin, of a function of the text, or of what `called` knows."""
        callee = self.value(node.func)
        arguments = self._items(node.args)
        options: dict[str, Any] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is not None:
                options[keyword.arg] = value
            elif isinstance(value, dict):
                options |= value
        if isinstance(callee, Function):
            return self._function(callee.node, arguments, options)
        if isinstance(callee, Dotted) and callee.name == "range":
            return self._range(arguments, node)
        if isinstance(callee, Dotted) and callee.name in BUILTINS and not options:
            try:
                return BUILTINS[callee.name](*arguments)
            except (TypeError, ValueError):
                return _unknown(node)
        return self.called(callee, arguments, options, node)

    def _range(self, arguments: list[Any], node: ast.Call) -> Any:
        try:
            found = range(*arguments)
        except (TypeError, ValueError):
            return _unknown(node)
        if len(found) > MOST_STEPS:
            raise ModelError(
                f"line {node.lineno}: this loop runs {len(found):,} times. Shorten it."
            )
        return found

    def _function(
        self, node: ast.FunctionDef, arguments: list[Any], options: dict[str, Any]
    ) -> Any:
        """What a function of the text returns for these arguments."""
        names = [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]
        kept = self.names
        defaults = node.args.defaults
        given = dict(zip(names[len(node.args.args) - len(defaults) :], defaults, strict=False))
        bound = {name: self.value(default) for name, default in given.items()}
        for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
            if default is not None:
                bound[each.arg] = self.value(default)
        bound |= dict(zip(names, arguments, strict=False)) | options
        self.names = {**kept, **bound}
        try:
            self.body(node.body)
        except _Returned as returned:
            return returned.value
        finally:
            self.names = kept
        return None


class Bound:
    """A name of a value, as `model.add`: what is called when it is called."""

    def __init__(self, owner: Any, name: str) -> None:
        self.owner, self.name = owner, name


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _unknown(node: ast.expr) -> Unknown:
    text = ast.unparse(node)
    return Unknown(text if len(text) <= 60 else text[:57] + "...")
