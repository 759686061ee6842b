"""Statements of a text, read one by one: assignments, loops, branches, functions, classes.

A statement that has no meaning here is passed over; the names that it assigns are unknown from
there on. A branch that is open, and a loop that runs an unknown number of times, is a choice where
it makes layers (`choices.py`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from lstminspect.errors import ModelError
from lstminspect.models.reading.builtins import MOST_STEPS, has_truth
from lstminspect.models.reading.calls import Calls, Returned
from lstminspect.models.reading.choices import Choices
from lstminspect.models.reading.expressions import Evaluator
from lstminspect.models.reading.frames import Frame
from lstminspect.models.reading.letters import Letters
from lstminspect.models.reading.long_loops import LONG, gather, gathers, grows
from lstminspect.models.reading.semantics import Semantics
from lstminspect.models.reading.source import SourceText
from lstminspect.models.reading.values import (
    ClassObject,
    DefinedFunction,
    DottedName,
    Unknown,
    opened,
)

__all__ = ["DATACLASSES", "Interpreter"]

TARGETS = (ast.Name, ast.Subscript, ast.Attribute)
#: Decorators that decide how a function of a class is reached.
FORMS = {"staticmethod": "static", "classmethod": "class", "property": "property",
         "cached_property": "property"}  # fmt: skip
DATACLASSES = ("dataclass", "NamedTuple", "attrs", "define", "s", "BaseModel")
#: Passes of a `while` that makes no layer.
MOST_PASSES = 1000
ENDS = (ast.Raise, ast.Return, ast.Break, ast.Continue)


class _Left(Exception):
    """A `break` or, if it `goes_on`, a `continue` on its way to its loop."""

    def __init__(self, goes_on: bool) -> None:
        self.goes_on = goes_on


#: Modules whose functions are Python's own, for programs that also run in Python 2.
PYTHON = ("six.moves", "builtins", "__builtin__", "past.builtins")


class Interpreter:
    """The statements of a text, whose expressions an Evaluator reads, and whose calls Calls."""

    #: Decorators and bases of classes whose annotated names are what their objects are made with.
    dataclasses: tuple[str, ...] = DATACLASSES

    def __init__(
        self,
        semantics: Semantics,
        source: SourceText,
        sizes: Mapping[str, int] | None = None,
        choices: Choices | None = None,
    ) -> None:
        self.semantics, self.source = semantics, source
        self.choices = Choices() if choices is None else choices
        self.letters = Letters(sizes)
        self.values = Evaluator(semantics, source, self.letters, self.choices)
        self.calls = Calls(self.values, self.body)
        #: The functions that the text defines, in order.
        self.functions: list[DefinedFunction] = []
        self.classes: list[ClassObject] = []
        #: What was not understood, each with its line: (text, True if it can change the count).
        self.notes: dict[str, bool] = {}

    def note(self, text: str, matters: bool = True) -> None:
        """Take note of what is not understood."""
        self.notes.setdefault(text, matters)

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
            case ast.Expr(ast.Yield(inner)) if inner is not None:
                values.found.append(values.value(inner))
            case ast.Expr(value):
                self.semantics.line(values.value(value))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                values.name(name, self._function(node))
            case ast.Return(value):
                raise Returned(None if value is None else values.value(value))
            case ast.Break() | ast.Continue():
                raise _Left(isinstance(node, ast.Continue))
            case ast.Global(names) | ast.Nonlocal(names):
                values.shared |= set(names)
            case ast.Delete(targets):
                for target in targets:
                    values.delete(target)
            case ast.Pass() | ast.Assert() | ast.Raise() | ast.AnnAssign():
                pass
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case _:
                self._block(node)

    def _block(self, node: ast.stmt) -> None:
        """Read a statement with others in it."""
        match node:
            case ast.For(target, each, statements, otherwise) | ast.AsyncFor(
                target, each, statements, otherwise
            ):
                self._loop(target, each, [*statements], otherwise)
            case ast.While(test, statements, otherwise):
                self._while(test, statements, otherwise)
            case ast.If(test, then, otherwise):
                self._branch(test, then, otherwise)
            case ast.With(items, statements) | ast.AsyncWith(items, statements):
                for item in items:
                    found = self.values.value(item.context_expr)
                    if item.optional_vars is not None:
                        self.values.assign(item.optional_vars, found)
                self.body(statements)
            case ast.Try(statements, _, otherwise, final):
                self.body([*statements, *otherwise, *final])
            case ast.ClassDef(name=name):
                self.values.name(name, self._class(node))
            case _:
                self._forget_all([node])
                if self.semantics.matters(node, self.values.names):
                    self.note(f"{self.source.place(node)}: this statement is not read")

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: ClassObject | None = None
    ) -> DefinedFunction:
        """A function that the text defines."""
        form = ""
        for each in node.decorator_list:
            name = getattr(each, "attr", getattr(each, "id", ""))
            form = FORMS.get(name, form)
        found = DefinedFunction(node, self.values.names, owner, form)
        if not any(each.node is node for each in self.functions[-200:]):
            self.functions.append(found)
        return found

    def _class(self, node: ast.ClassDef) -> ClassObject:
        """A class of the text: its constants and functions by name."""
        values = self.values
        bases = tuple(values.value(each) for each in node.bases)
        decorators = [values.value(each) for each in node.decorator_list]
        cls = ClassObject(node.name, bases, {})
        kept, before = values.names, values.inner_names()
        values.names = dict(before)
        methods: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        fields: list[str] = []
        try:
            for each in node.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                    methods.append(each)
                    continue
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
                    fields.append(each.target.id)
                if not isinstance(each, ast.Expr):
                    self._statement(each)
            names = values.names.items()
            cls.names |= {key: value for key, value in names if before.get(key) is not value}
        finally:
            values.names = kept
        for each in methods:
            cls.names[each.name] = self._function(each, cls)
        names_of = [each.last for each in (*decorators, *bases) if isinstance(each, DottedName)]
        inherited = [field for base in cls.line() for field in base.fields or ()]
        if any(name in self.dataclasses for name in names_of) or inherited:
            cls.fields = tuple(dict.fromkeys([*inherited, *fields]))
        self.classes.append(cls)
        return cls

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        names = self.values.names
        for alias in node.names:
            if alias.name == "*":
                continue
            if isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                name, text = f"{module}.{alias.name}", alias.asname or alias.name
                if module in PYTHON:
                    names[text] = DottedName(alias.name)
                    continue
                names[text] = self.values.open(DottedName(name, imported=True, text=text))
                continue
            first = alias.name.partition(".")[0]
            full = alias.name if alias.asname else first
            text = alias.asname or first
            names[text] = DottedName(full, imported=True, text=text)

    def _loop(
        self, target: ast.expr, each: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]
    ) -> None:
        """A loop over what is known, or over what is not: then its first pass stands for it."""
        found = self.values.value(each)
        if not isinstance(found, list | tuple | range | dict):
            several = self.semantics.entries(found)
            if several is None:
                self._open_loop(target, each, then, found)
                return
            found = several
        if len(found) > MOST_STEPS:
            line = self.source.place(each)
            raise ModelError(f"{line}: this loop runs {len(found):,} times. Shorten it.")
        if len(found) > LONG and gathers(self, each, then):
            gather(self, target, then, len(found), found)
            return
        for number, value in enumerate(list(found)):
            if number == LONG and self._only_uses(then):
                self.forget_all(then, target)
                return
            self.values.count()
            self.values.assign(target, value)
            if not self._once(then):
                return
        self.body(otherwise)

    def _only_uses(self, statements: Sequence[ast.stmt]) -> bool:
        """True for statements that train or ask a model, and make no layer."""
        matters = self.semantics.matters
        return matters(statements, self.values.names) and not matters(statements, {})

    def _open_loop(
        self, target: ast.expr, each: ast.expr, then: list[ast.stmt], found: object
    ) -> None:
        """A loop of which nobody knows how often it runs."""
        if not self.semantics.matters(then, self.values.names):
            gather(self, target, then, None, found)
            return
        before = self.semantics.progress()
        passes = 1 + self.choices.decide(self.source, each, 0, "passes")
        for number in range(passes):
            self.values.assign(target, self.values.part(found, number, each))
            if not self._once(then):
                break
        if self.semantics.progress() == before:
            self.choices.drop(each)

    def reads_once(self, statements: list[ast.stmt]) -> bool:
        """Read the body of a loop; False if it leaves the loop."""
        return self._once(statements)

    def forget_all(self, statements: Sequence[ast.stmt], target: ast.expr) -> None:
        """Make unknown what the body of a loop assigns, and what the loop counts."""
        self._forget_all(statements)
        self._forget(target)

    def _once(self, statements: list[ast.stmt]) -> bool:
        """Read the body of a loop; False if it leaves the loop."""
        try:
            self.body(statements)
        except _Left as left:
            return left.goes_on
        return True

    def _while(self, test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
        passes, before, start = 0, self.semantics.progress(), self.values.steps
        while True:
            self.values.count()
            passes += 1
            yields = any(isinstance(getattr(each, "value", None), ast.Yield) for each in then)
            is_long = yields or self.values.steps - start > MOST_STEPS // 10
            if passes > (LONG if is_long else MOST_PASSES) and self.semantics.progress() == before:
                # A generator without an end, or a loop over data: neither makes a layer.
                self._forget_all([] if yields else then)
                return
            if passes > MOST_PASSES:
                line = self.source.place(test)
                raise ModelError(f"{line}: this loop makes layers without an end. Shorten it.")
            found = self.values.value(test)
            if not has_truth(found):
                if self.semantics.matters(then, self.values.names):
                    before = self.semantics.progress()
                    for _ in range(1 + self.choices.decide(self.source, test, 0, "passes")):
                        if not self._once(then):
                            break
                    if self.semantics.progress() == before:
                        self.choices.drop(test)
                else:
                    self._forget_all(then)
                return
            if not found:
                self.body(otherwise)
                return
            if not self._once(then):
                return

    def _branch(self, test: ast.expr, then: list[ast.stmt], otherwise: list[ast.stmt]) -> None:
        """A branch whose condition is known, or `if __name__ == "__main__"`, or a choice."""
        is_main = "__name__" in self.values.shown(test, 200)
        found = True if is_main else self.values.value(test)
        if not opened(found) or (isinstance(found, Unknown) and found.declined):
            # An object of the text is something, and so true.
            self.body(then if not has_truth(found) or found else otherwise)
            return
        names = self.values.names
        ways = [self._weighs(each, names) for each in (then, otherwise)]
        if not any(ways):
            self._forget_all([*then, *otherwise])
            return
        raises = [bool(each) and isinstance(each[-1], ast.Raise) for each in (then, otherwise)]
        if raises[0] != raises[1]:
            # Whoever runs the text past this line has taken the other way.
            self.body(otherwise if raises[0] else then)
            return
        default = 1 if ways[1] > ways[0] else 0
        before = self.semantics.progress()
        about, as_written = self._about(test)
        if about in self.choices.taken:
            # What one line takes as true is true in the next one too.
            default = int(self.choices.taken[about] is not as_written)
        taken = self.choices.decide(self.source, test, default)
        if about:
            self.choices.taken[about] = as_written is not bool(taken)
        self.body(otherwise if taken else then)
        if self.semantics.progress() == before and ways[1 - taken] < 2:
            self.choices.drop(test)

    def _about(self, test: ast.expr) -> tuple[str, bool]:
        """The question of an open condition ("" for none), and False where it asks the opposite."""
        as_written = True
        while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            test, as_written = test.operand, not as_written
        asked = "is true"
        if isinstance(test, ast.Compare) and isinstance(test.comparators[0], ast.Constant):
            operation = type(test.ops[0]).__name__
            if len(test.ops) > 1 or operation not in ("Eq", "NotEq", "Is", "IsNot"):
                return "", True
            as_written = as_written is not operation.endswith(("NotEq", "IsNot"))
            operation = operation.replace("NotEq", "Eq").replace("IsNot", "Is")
            asked = f"{operation} {test.comparators[0].value!r}"
            test = test.left
        if not isinstance(test, ast.Name | ast.Attribute | ast.Subscript):
            return "", True
        value = self.values.value(test)
        return (f"{value.identity} {asked}" if isinstance(value, Unknown) else ""), as_written

    def _weighs(self, statements: list[ast.stmt], names: dict[str, object]) -> int:
        """The weight of a branch: 2 if it makes layers, 1 if it goes elsewhere, else 0."""
        if not statements:
            return 0
        if self.semantics.matters(statements, names):
            return 2
        return int(any(isinstance(each, ENDS) for each in statements))

    def _forget_all(self, statements: Sequence[ast.stmt]) -> None:
        """Pass over statements: what they assign is unknown."""
        for number, inner in enumerate(each for one in statements for each in ast.walk(one)):
            if not number % 4:
                self.values.count()
            if isinstance(inner, TARGETS) and isinstance(inner.ctx, ast.Store):
                self._forget(inner)
            elif isinstance(inner, ast.Call) and grows(inner):
                self._forget(inner.func)

    def _forget(self, target: ast.expr) -> None:
        """Make every name in a target unknown, and a list or a dict of which a part is one."""
        names = self.values.names
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name):
                held = isinstance(names.get(inner.id), list | dict | ClassObject | Frame)
                if held or isinstance(inner.ctx, ast.Store):
                    place = self.source.place(inner)
                    found = Unknown(inner.id, f"{inner.id}@{place}", place)
                    names[inner.id] = self.values.open(found)
