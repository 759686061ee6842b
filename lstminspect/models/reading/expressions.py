"""Values of the expressions of a text: names, constants, lists, and what is made of them.

Nothing is executed: the syntax tree is walked, and only what is listed here has a meaning. A value
that the tree does not give is Unknown, and stays so until somebody needs it. Calls, attributes and
operators that make layers belong to the Semantics that an Evaluator is given.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from lstminspect.layer import Shape
from lstminspect.models.reading.builtins import (
    FAILURES,
    NOTHING,
    bounded,
    calculated,
    compared,
    formatted,
    has_truth,
    weight,
)
from lstminspect.models.reading.choices import Choices
from lstminspect.models.reading.frame_parts import frame_attribute, frame_entry
from lstminspect.models.reading.frames import Frame, FrameRows
from lstminspect.models.reading.letters import ARITHMETIC, Letters
from lstminspect.models.reading.libraries import Libraries, Settings
from lstminspect.models.reading.semantics import Semantics
from lstminspect.models.reading.source import SourceText
from lstminspect.models.reading.values import (
    BoundMethod,
    ClassObject,
    DefinedFunction,
    DottedName,
    Instance,
    Names,
    Parent,
    ShapedArray,
    Unknown,
    entries_of,
    has_entries,
    is_open_range,
    opened,
    text_of,
)

__all__ = ["Evaluator"]

#: Constants of Python's module `string`.
STRINGS = ("ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "punctuation",
           "printable", "whitespace", "hexdigits", "octdigits")  # fmt: skip


def _key(part: Any) -> str:
    """The key of a part, for an unknown that is made of it."""
    if isinstance(part, BoundMethod) and isinstance(part.owner, Frame):
        return f"{_key(part.owner)}.{part.name}"
    if isinstance(part, Frame):
        return f"{part.text}#{part.key}"
    return part.identity if isinstance(part, Unknown) else text_of(part) or repr(type(part))


class Evaluator:
    """Names, and the values of expressions. `calls` has a meaning for every call."""

    def __init__(
        self, semantics: Semantics, source: SourceText, letters: Letters, choices: Choices
    ) -> None:
        self.semantics, self.source, self.letters = semantics, source, letters
        self.choices = choices
        self.names: Names = {}
        self.module = self.names
        self.shared: set[str] = set()
        self.steps = 0
        #: What the function that is read yields.
        self.found: list[Any] = []
        #: What the comprehension that is read goes through, where that is open.
        self.opened: list[Any] = []
        self.libraries = Libraries(self)
        #: The call of a function of the text, set by `calls.py`, which needs statements too.
        self.call: Any = None
        self.get_property: Any = None

    def count(self, steps: int = 1) -> None:
        """Count steps of reading, of which there are only so many."""
        self.steps += steps
        bounded(self.steps)

    def weighed(self, value: Any) -> Any:
        """`value`, when its entries are counted as steps."""
        self.count(weight(value))
        return value

    def inner_names(self) -> Names:
        """A copy of the names, for a comprehension, a class or a function."""
        self.count(len(self.names) // 100)
        return dict(self.names)

    def shown(self, node: ast.expr | ast.stmt, most: int = 60) -> str:
        """The text of a node as the user wrote it, its first line, not too long."""
        return self.source.shown(node, most)

    def unknown(self, node: ast.expr) -> Unknown:
        """A value that the text does not give, named as the text writes it."""
        text, place = self.shown(node), self.source.place(node)
        found: Unknown = self.open(Unknown(text, f"{text}@{place}", place))
        return found

    def made(
        self, node: ast.expr, text: str | None, parts: Sequence[Any], pure: bool = True
    ) -> Any:
        """An unknown that is made of others: the same one wherever it is made of the same."""
        if any(isinstance(each, Unknown) and each.declined for each in parts):
            return self.declined(node)
        if text is None:
            return self.unknown(node)
        place = self.source.place(node)
        if len(text) > 60:
            text = self.shown(node)
        keys = [_key(each) for each in parts]
        key = f"{text}|{'|'.join(keys)}"
        if not pure or len(key) > 400:
            key = f"{text}@{place}"
        return self.open(Unknown(text, key, place))

    def declined(self, node: ast.expr) -> Unknown:
        """A value that Python would know, and that is too much, or none."""
        return Unknown(self.shown(node), declined=True)

    def open(self, value: Any) -> Any:
        """`value`, or the number that the user sets for an unknown of its name."""
        return self.letters.known(value)

    def value(self, node: ast.expr) -> Any:
        """The value of an expression, Unknown where the text does not give it."""
        self.count()
        match node:
            case ast.Constant(value):
                return value
            case ast.Name(name):
                if name in self.names:
                    return self.names[name]
                return self.open(DottedName(name))
            case ast.Attribute(inner, name):
                return self.attribute(self.value(inner), name, node)
            case ast.Tuple(items):
                return self._tuple(items, node)
            case ast.List(items):
                return self._list(items)
            case ast.Call():
                return self.call(node)
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
                return self._either(test, then, otherwise, node)
            case ast.ListComp(inner, parts) | ast.GeneratorExp(inner, parts):
                return self._comprehension(inner, parts, node)
            case ast.DictComp(key, value, parts):
                pair = ast.copy_location(ast.Tuple([key, value], ast.Load()), node)
                pairs = self._comprehension(pair, parts, node)
                return self._dict_of(pairs, node)
            case ast.JoinedStr(parts):
                text = self._joined(parts)
                return self.declined(node) if text is None else text
            case ast.Await(inner):
                return self.value(inner)
            case ast.Set():
                return self.declined(node)
            case _:
                return self.unknown(node)

    def _either(self, test: ast.expr, then: ast.expr, otherwise: ast.expr, node: ast.expr) -> Any:
        """`then if test else otherwise`; where the test is open, a choice between two layers."""
        found = self.value(test)
        if not opened(found):
            return self.value(then if found else otherwise)
        one, other = self.value(then), self.value(otherwise)
        if self.semantics.is_made(one) or self.semantics.is_made(other):
            default = 0 if self.semantics.is_made(one) else 1
            taken = self.choices.decide(self.source, test, default)
            return (one, other)[taken]
        return self.unknown(node)

    def _dict(
        self, keys: list[ast.expr | None], values: list[ast.expr], node: ast.expr
    ) -> dict[Any, Any] | Unknown:
        """A dict; Unknown as a whole if a key or a part of it is."""
        found: dict[Any, Any] = {}
        whole = True
        for key, value in zip(keys, values, strict=True):
            name, inner = (None if key is None else self.value(key)), self.value(value)
            if key is None and isinstance(inner, dict):
                found |= self.weighed(inner)
            elif key is None or not self.is_key(name):
                whole = False
            else:
                found[name] = inner
        return found if whole else self.declined(node)

    def _dict_of(self, pairs: Any, node: ast.expr) -> Any:
        if not isinstance(pairs, list):
            return pairs
        if all(self.is_key(each[0]) for each in pairs):
            return dict(pairs)
        return self.unknown(node)

    def is_key(self, value: Any) -> bool:
        """True for what can be a key of a dict here."""
        if isinstance(self.weighed(value), tuple):
            return all(self.is_key(each) for each in value)
        return value is None or isinstance(value, str | int | float)

    def _tuple(self, nodes: list[ast.expr], node: ast.expr) -> Any:
        """A tuple; `(*x.shape[1:],)` is as long as what it opens."""
        if len(nodes) == 1 and isinstance(nodes[0], ast.Starred):
            inner = self.value(nodes[0].value)
            return inner if opened(inner) else tuple(self.items(nodes))
        found = self.items(nodes)
        starred = [one for one, each in zip(found, nodes, strict=False)
                   if isinstance(each, ast.Starred) and len(found) == len(nodes)]  # fmt: skip
        return self.unknown(node) if any(opened(each) for each in starred) else tuple(found)

    def _list(self, nodes: list[ast.expr]) -> list[Any]:
        """A list; one that is open and opened in it, `[*names, "all"]`, leaves its length open."""
        found = self.items(nodes)
        if len(found) != len(nodes):
            return found
        return [
            entries_of(one) if isinstance(each, ast.Starred) and opened(one) else one
            for one, each in zip(found, nodes, strict=True)
        ]

    def items(self, nodes: Sequence[ast.expr]) -> list[Any]:
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

    def attribute(self, owner: Any, name: str, node: ast.expr) -> Any:
        """`owner.name`."""
        found = self.libraries.attribute(owner, name, node)
        if found is not NOTHING:
            return found
        match owner:
            case Frame():
                return frame_attribute(self, owner, name, node)
            case DottedName("string") if name in STRINGS:
                return getattr(string, name)
            case DottedName() | Unknown() if name in ("iloc", "loc"):
                return FrameRows(Frame(text_of(owner) or "", is_deep=True), name)
            case DottedName():
                text = f"{owner.text}.{name}" if owner.text else ""
                return self.open(DottedName(f"{owner.name}.{name}", owner.imported, text))
            case Unknown():
                return self.made(node, f"{owner.text}.{name}", [owner, name])
            case Parent() | Instance() | ClassObject():
                return self._member(owner, name, node)
            case ShapedArray(shape) if name == "shape":
                return self._array_shape(shape, node)
            case int() | float() | str() if name == "value":
                return owner  # The member of an Enum.
            case _:
                found = self.weighed(self.semantics.attribute(owner, name))
                return BoundMethod(owner, name) if found is NOTHING else found

    def _array_shape(self, shape: Shape, node: ast.expr) -> tuple[Any, ...]:
        """The shape of an array; a size that is not known is an unknown of its name."""
        text = self.shown(node)
        return tuple(
            self.made(node, f"{text}[{axis}]", [str(shape), axis]) if size is None else size
            for axis, size in enumerate(shape)
        )

    def _member(self, owner: Any, name: str, node: ast.expr) -> Any:
        """`owner.name` of an object, a class or `super()` of the text."""
        after = owner.after if isinstance(owner, Parent) else None
        target = owner.owner if isinstance(owner, Parent) else owner
        if isinstance(target, Instance) and after is None and name in target.names:
            return target.names[name]
        cls = target.cls if isinstance(target, Instance) else target
        found = cls.get(name, NOTHING, after)
        if isinstance(found, DefinedFunction):
            if found.form == "property" and isinstance(target, Instance):
                return self.get_property(found, target)
            if found.form == "static" or (target is cls and found.form != "class"):
                return found
            return BoundMethod(cls if found.form == "class" else target, name, found)
        if found is not NOTHING:
            return found
        if name == "__class__":
            return cls
        if name == "__dict__" and isinstance(target, Instance):
            return target.names
        found = self.semantics.attribute(target, name)
        if found is not NOTHING:
            return found
        if any(each.name != "object" for each in cls.bases_outside()):
            return BoundMethod(owner, name)
        text = f"{'self' if isinstance(target, Instance) else cls.name}.{name}"
        return self.open(Unknown(text, f"{cls.name}.{name}", self.source.place(node)))

    def _unary(self, op: ast.unaryop, value: Any, node: ast.expr) -> Any:
        if isinstance(op, ast.Not):
            return not value if has_truth(value) else self.unknown(node)
        if isinstance(op, ast.Invert):
            return self.semantics.compared(value, None, "Invert", node)
        if isinstance(op, ast.USub):
            negative = calculated(0, "Sub", value)
            if negative is NOTHING:
                if opened(value):
                    return self._open_arithmetic(0, "Sub", value, node)
                if has_truth(value):
                    return self.declined(node)
                return self.semantics.combined(self.weighed(value), None, "Negative", node)
            return negative
        return self.unknown(node)

    def binary(self, left: Any, op: ast.operator, right: Any, node: ast.expr) -> Any:
        """The result of an operator on two values."""
        name = type(op).__name__
        found = self.weighed(calculated(left, name, right))
        if found is not NOTHING:
            return found
        if name == "Add" and isinstance(left, list) and opened(right):
            return [*left, entries_of(right)]
        if name == "Add" and isinstance(right, list) and opened(left):
            return [entries_of(left), *right]
        if opened(left) or opened(right):
            plain = all(opened(each) or isinstance(each, int | float) for each in (left, right))
            if plain:
                return self._open_arithmetic(left, name, right, node)
        elif has_truth(left) and has_truth(right):
            return self.declined(node)
        return self.semantics.combined(self.weighed(left), self.weighed(right), name, node)

    def _open_arithmetic(self, left: Any, name: str, right: Any, node: ast.expr) -> Any:
        """Arithmetic on what is not known: kept as it is made, for a size."""
        declined = any(isinstance(each, Unknown) and each.declined for each in (left, right))
        if declined:
            return self.declined(node)
        found = self.unknown(node)
        if name not in ARITHMETIC or not isinstance(found, Unknown):
            return found
        return Unknown(found.text, found.key, found.origin, (name, left, right))

    def _boolean(self, op: ast.boolop, values: list[ast.expr], node: ast.expr) -> Any:
        """`a or b`: where it is open, the one that makes a layer, or a number by itself."""
        found: Any = None
        for value in values:
            found = self.value(value)
            if opened(found):
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
            if isinstance(one, ShapedArray | Frame) or isinstance(other, ShapedArray | Frame):
                return self.semantics.combined(one, other, "Compare", node)
            known = not opened(one) and not opened(other)
            answer = compared(one, op, other) if known else NOTHING
            if answer is NOTHING:
                return self.semantics.compared(one, other, type(op).__name__, node)
            if not answer:
                return False
            one = other
        return True

    def _subscript(self, owner: Any, key: ast.expr, node: ast.expr) -> Any:
        if isinstance(owner, list | tuple | dict | str | range):
            found: Any = self.slice(key) if isinstance(key, ast.Slice) else self.value(key)
            held: Any = owner
            if has_entries(owner) and isinstance(found, int | slice):
                return self._among_entries(held, found, node)
            if isinstance(owner, dict) and opened(found):
                return self._open_entry(owner, key, node)
            try:
                result = held[self.weighed(found)]
            except FAILURES:
                if isinstance(owner, dict) and isinstance(found, str):
                    return self.made(node, self.shown(node), [found])
                return self.declined(node) if has_truth(found) else self.unknown(node)
            return self.weighed(result) if isinstance(found, slice) else result
        parts = key.elts if isinstance(key, ast.Tuple) else [key]
        keys = [
            self.slice(part) if isinstance(part, ast.Slice) else self.value(part) for part in parts
        ]
        if isinstance(owner, Settings) and not owner.is_parser and isinstance(keys[0], str):
            return self.libraries.attribute(owner, keys[0], node)
        frame = frame_entry(self, owner, keys, node)
        if frame is not NOTHING:
            return frame
        if opened(owner):
            return self.entry(owner, keys, node)
        return self.semantics.subscripted(owner, self.weighed(keys), node)

    def _among_entries(self, owner: Sequence[Any], key: int | slice, node: ast.expr) -> Any:
        """`owner[key]` of a list that holds the entries of an open one at some place."""
        places = [number for number, each in enumerate(owner) if has_entries([each])]
        before, after = places[0], places[-1] + 1 - len(owner)
        if isinstance(key, int):
            if after <= key < before:
                return owner[key]
            if key < 0 or len(places) > 1:
                return self.unknown(node)
            return self.part(owner[before].operation[1], key - before, node)
        start, stop = key.start or 0, key.stop
        first = after <= start <= before
        last = stop is None or after <= stop <= before
        return owner[key] if first and last and key.step is None else self.unknown(node)

    def _open_entry(self, owner: dict[Any, Any], key: ast.expr, node: ast.expr) -> Any:
        """An entry of a dict whose key is open: a choice between its layers, or an unknown."""
        several = list(owner.values())
        if not several or not all(self.semantics.is_made(each) for each in several):
            return self.unknown(node)
        taken = self.choices.decide(self.source, key, 0, "key") if len(several) > 1 else 0
        return several[taken]

    def entry(self, owner: Any, keys: list[Any], node: ast.expr) -> Any:
        """`owner[keys]` of what is not known: an unknown too, which remembers a slice from `n`."""
        only = keys[0] if len(keys) == 1 else None
        if isinstance(only, slice) and only.stop is None and only.step is None:
            start = only.start or 0
            text = f"{text_of(owner)}[{start}:]"
            found = self.made(node, text, [owner, str(start)])
            if isinstance(found, Unknown) and isinstance(start, int) and start >= 0:
                return Unknown(found.text, found.key, found.origin, ("slice", owner, start))
            return found
        texts = [text_of(each) for each in keys]
        known = [each for each in texts if each is not None]
        whole = f"{text_of(owner)}[{', '.join(known)}]" if len(known) == len(keys) else None
        return self.made(node, whole, [owner, *keys])

    def part(self, owner: Any, number: int, node: ast.expr) -> Any:
        """Entry `number` of a value that is not known."""
        if isinstance(owner, Unknown) and owner.operation:
            match owner.operation:
                case ("slice", inner, start):
                    return self.part(inner, start + number, node)
                case ("range", start, step, _):
                    return start + number * step
                case ("enumerate", inner, start):
                    return (start + number, self.part(inner, number, node))
                case ("zip", *several):
                    return tuple(self.part(each, number, node) for each in several)
        if isinstance(owner, list | tuple | range | str):
            return owner[number] if number < len(owner) else self.unknown(node)
        if opened(owner):
            return self.made(node, f"{text_of(owner)}[{number}]", [owner, number])
        return self.semantics.entry(owner, number, node)

    def slice(self, key: ast.Slice) -> slice | Unknown:
        """A slice, whose ends are known."""
        ends = [
            None if end is None else self.value(end) for end in (key.lower, key.upper, key.step)
        ]
        if not all(end is None or isinstance(end, int) for end in ends) or ends[2] == 0:
            return Unknown("a slice", operation=("cut", *ends))
        return slice(*ends)

    def _comprehension(
        self, inner: ast.expr, parts: list[ast.comprehension], node: ast.expr
    ) -> Any:
        kept, self.names = self.names, self.inner_names()
        kept_opened, self.opened = self.opened, []
        try:
            found = list(self._each(inner, parts))
            if len(self.opened) == 1:
                self.semantics.looped(found, self.opened[0])
        finally:
            self.names, self.opened = kept, kept_opened
        if any(each is NOTHING for each in found):
            return self._gathered(inner, parts, node)
        return found

    def _gathered(self, inner: ast.expr, parts: list[ast.comprehension], node: ast.expr) -> Any:
        """`[data[i:i + 60] for i in range(len(data) - 60)]`: arrays of one shape, if they are."""
        kept, self.names = self.names, self.inner_names()
        try:
            if len(parts) == 1 and is_open_range(self.value(parts[0].iter)):
                place = self.source.place(node)
                self.assign(parts[0].target, Unknown("i", f"i@{place}", place, ("index",)))
                entry = self.value(inner)
                if isinstance(entry, ShapedArray):
                    return ShapedArray((None, *entry.shape))
        finally:
            self.names = kept
        return self.unknown(node)

    def _each(self, inner: ast.expr, parts: list[ast.comprehension]) -> Iterator[Any]:
        if not parts:
            yield self.value(inner)
            return
        part, *rest = parts
        found = self.value(part.iter)
        if not isinstance(found, list | tuple | range | dict):
            several = self.semantics.entries(found)
            if several is None:
                is_made = not opened(found) and self.semantics.is_made(found)
                if not is_made and not self.semantics.matters(inner, self.names):
                    yield NOTHING
                    return
                passes = 1 + self.choices.decide(self.source, part.iter, 0, "passes")
                several = [self.part(found, number, part.iter) for number in range(passes)]
                self.opened.append(found)
            found = several
        for value in found if isinstance(found, range) else list(found):
            self.count()
            if has_entries([value]) and not self.semantics.matters(inner, self.names):
                yield NOTHING
                return
            self.assign(part.target, value)
            tests = [self.value(test) for test in part.ifs]
            if any(opened(test) for test in tests):
                if not self.semantics.matters(inner, self.names):
                    yield NOTHING
                elif not self.choices.decide(self.source, part.ifs[0], 0):
                    yield from self._each(inner, rest)
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

    def assign(self, target: ast.expr, value: Any) -> None:
        """Give a name, an attribute, an entry, or several of them, their values."""
        match target:
            case ast.Name(name):
                self.name(name, self.aliased(name, value, target))
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

    def aliased(self, name: str, value: Any, node: ast.expr) -> Any:
        """An unknown under the name that the text gives it; what is made of others stays so."""
        if isinstance(value, DottedName):
            return value
        if isinstance(value, Frame) and not value.text.isidentifier():
            value.text = name
        if isinstance(value, Unknown) and value.operation[:1] == ("set",):
            # A set that has a name can be changed.
            return replace(value, text=name, operation=())
        if not isinstance(value, Unknown) or value.operation or value.declined:
            return value
        if value.text.isidentifier():
            return self.open(value)
        origin = f"{value.text}, {self.source.place(node)}"
        return self.open(Unknown(name, value.identity, origin))

    def name(self, name: str, value: Any) -> None:
        """Give a name its value, also around the function if it is a shared one."""
        self.names[name] = value
        if name in self.shared:
            self.module[name] = value

    def _set_attribute(self, owner: Any, name: str, value: Any) -> None:
        if isinstance(owner, Frame):
            owner.rename(name, value)
        elif isinstance(owner, (ClassObject, Settings)):
            owner.names[name] = value
        elif isinstance(owner, Instance):
            owner.names[name] = value
            self.semantics.changed(owner, name, value)
        else:
            self.semantics.changed(owner, name, value)

    def _set_entry(self, where: ast.expr, owner: Any, key: ast.expr, value: Any) -> None:
        found: Any = None if isinstance(key, ast.Slice) else self.value(key)
        if isinstance(owner, Frame):
            owner.put(found)
        if isinstance(owner, list | dict) and not isinstance(key, ast.Slice) and self.is_key(found):
            try:
                owner[found] = value
                return
            except FAILURES:
                pass
        if isinstance(owner, list | dict) and isinstance(where, ast.Name):
            known = has_truth(found) and not isinstance(key, ast.Slice)
            self.names[where.id] = self.declined(where) if known else self.unknown(where)

    def delete(self, target: ast.expr) -> None:
        """Take an entry out of a list or a dict; one that is not known leaves it open."""
        if not isinstance(target, ast.Subscript):
            return
        owner = self.value(target.value)
        if not isinstance(owner, list | dict | Frame):
            return
        key = target.slice
        found: Any = self.slice(key) if isinstance(key, ast.Slice) else self.value(key)
        if isinstance(owner, Frame):
            left = owner.without(found)
            owner.take(left.columns, left.width)
            return
        try:
            del owner[found]
        except FAILURES:
            if opened(found) and isinstance(target.value, ast.Name):
                self.names[target.value.id] = self.unknown(target.value)

    def _unpack(self, targets: Sequence[ast.expr], value: Any) -> None:
        """Give several names their values, from one value of several entries."""
        if not isinstance(value, list | tuple | range | dict | str):
            for number, target in enumerate(targets):
                inner = target.value if isinstance(target, ast.Starred) else target
                if opened(value):
                    self.assign(inner, self.part(value, number, inner))
                else:
                    self.assign(inner, self.semantics.subscripted(value, [number], inner))
            return
        starred = [n for n, target in enumerate(targets) if isinstance(target, ast.Starred)]
        fits = len(value) >= len(targets) - 1 if starred else len(value) == len(targets)
        if not fits:
            self.semantics.cannot_unpack(targets, value)
        self.count(len(value))
        values = list(value)
        if starred:
            at, after = starred[0], len(targets) - starred[0] - 1
            end = len(values) - after
            values = [*values[:at], values[at:end], *values[end:]]
        for target, each in zip(targets, values, strict=True):
            self.assign(target, each)
