"""Statements of a text, read one by one: assignments, loops, branches, functions, classes.

A statement that has no meaning here is passed over if it makes no layer; the names that it assigns
are unknown from there on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from lstminspect.errors import ModelError
from lstminspect.models.reading.builtins import has_truth
from lstminspect.models.reading.expressions import (
    MOST_STEPS,
    DefinedFunction,
    Evaluator,
    Returned,
    Semantics,
)
from lstminspect.models.reading.objects import ClassNamespace, DottedName, Unknown

__all__ = ["Interpreter"]

TARGETS = (ast.Name, ast.Subscript, ast.Attribute)


class _Left(Exception):
    """A `break` or, if it `goes_on`, a `continue` on its way to its loop."""

    def __init__(self, goes_on: bool) -> None:
        self.goes_on = goes_on


class Interpreter:
    """The statements of a text, whose expressions an Evaluator reads."""

    def __init__(self, semantics: Semantics, text: str) -> None:
        self.semantics = semantics
        self.values = Evaluator(semantics, text, self.body)

    def body(self, statements: Iterable[ast.stmt]) -> None:
        """Read statements in order."""
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        """Read one statement; one that has no meaning here makes what it assigns unknown."""
        values = self.values
        values.count()
        match node:
            case ast.Assign(targets, value):
                found = values.value(value)
                for target in targets:
                    values.assign(target, found)
            case ast.AnnAssign(target, _, ast.expr() as value):
                values.assign(target, values.value(value))
            case ast.AugAssign(target, op, value):
                old, new = values.value(target), values.value(value)
                values.assign(target, values.binary(old, op, new, value))
            case ast.Expr(value):
                self.semantics.line(values.value(value))
            case ast.FunctionDef(name=name):
                values.name(name, DefinedFunction(node, values.names))
            case ast.Return(value):
                raise Returned(None if value is None else values.value(value))
            case ast.Break() | ast.Continue():
                raise _Left(isinstance(node, ast.Continue))
            case ast.Global(names) | ast.Nonlocal(names):
                values.shared |= set(names)
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
                    found = self.values.value(item.context_expr)
                    if item.optional_vars is not None:
                        self.values.assign(item.optional_vars, found)
                self.body(statements)
            case ast.Try(statements, _, otherwise, final):
                self.body([*statements, *otherwise, *final])
            case ast.ClassDef(name=name, body=statements):
                self.values.names[name] = self._class(name, statements)
            case _:
                self._unread([node], "what this statement does", node)

    def _class(self, name: str, statements: list[ast.stmt]) -> ClassNamespace:
        """A class of the text: its constants, by name."""
        values = self.values
        kept, before = values.names, values.inner_names()
        values.names = dict(before)
        try:
            self.body(each for each in statements if isinstance(each, ast.Assign | ast.AnnAssign))
            names = values.names.items()
            own = {key: value for key, value in names if before.get(key) is not value}
        finally:
            values.names = kept
        return ClassNamespace(name, own)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                found = DottedName(f"{node.module or ''}.{alias.name}", imported=True)
                self.values.names[alias.asname or alias.name] = found
                continue
            first = alias.name.partition(".")[0]
            full = alias.name if alias.asname else first
            self.values.names[alias.asname or first] = DottedName(full, imported=True)

    def _loop(
        self, target: ast.expr, each: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]
    ) -> None:
        """A loop over what is known; one over what is not is passed over if it makes no layer."""
        found = self.values.value(each)
        if not isinstance(found, list | tuple | range | dict):
            shown = self.values.shown(each, 40)
            self._unread(then, f"how often this loop runs depends on {shown!r}, which", each)
            self._forget(target)
            return
        if len(found) > MOST_STEPS:
            line = f"line {each.lineno}"
            raise ModelError(f"{line}: this loop runs {len(found):,} times. Shorten it.")
        for value in list(found):
            self.values.count()
            self.values.assign(target, value)
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
            self.values.count()
            found = self.values.value(test)
            if not has_truth(found):
                shown = self.values.shown(test, 40)
                self._unread(then, f"how often this loop runs depends on {shown!r}, which", test)
                return
            if not found:
                self.body(otherwise)
                return
            if not self._once(then):
                return

    def _branch(self, test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
        """A branch whose condition is known, or `if __name__ == "__main__"`."""
        is_main = "__name__" in self.values.shown(test, 200)
        found = True if is_main else self.values.value(test)
        if isinstance(found, Unknown | DottedName):
            shown = self.values.shown(test, 40)
            what = f"whether this branch is taken depends on {shown!r}, which"
            self._unread([*then, *otherwise], what, test)
            return
        self.body(then if found else otherwise)

    def _unread(self, statements: Sequence[ast.stmt], what: str, node: ast.expr | ast.stmt) -> None:
        """Pass over statements: refused if they make layers, else what they assign is unknown."""
        for number, inner in enumerate(each for one in statements for each in ast.walk(one)):
            if not number % 4:
                self.values.count()
            if isinstance(inner, ast.Call):
                name = getattr(inner.func, "attr", getattr(inner.func, "id", ""))
                is_name = isinstance(inner.func, ast.Name)
                callee = self.values.names.get(name) if is_name else None
                if isinstance(callee, DefinedFunction) or self.semantics.makes_layers(name, callee):
                    raise ModelError(
                        f"line {node.lineno}: {what} is not known here. "
                        "Give the lines that are run."
                    )
            elif isinstance(inner, TARGETS) and isinstance(inner.ctx, ast.Store):
                self._forget(inner)

    def _forget(self, target: ast.expr) -> None:
        """Make every name in a target unknown, and a list or a dict of which a part is one."""
        names = self.values.names
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name):
                held = isinstance(names.get(inner.id), list | dict | ClassNamespace)
                if held or isinstance(inner.ctx, ast.Store):
                    names[inner.id] = Unknown(inner.id)
