"""The semantics that PyTorch and Flax share: sizes of tensors, and where shapes end."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from lstminspect.errors import LstmInspectError
from lstminspect.models.graph import Letter
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.choices import Choices
from lstminspect.models.reading.letters import ARITHMETIC, is_short
from lstminspect.models.reading.semantics import TextSemantics
from lstminspect.models.reading.source import SourceText
from lstminspect.models.reading.torch_loops import TorchInterpreter
from lstminspect.models.reading.torch_objects import Fault, TensorValue
from lstminspect.models.reading.values import BoundMethod, Unknown
from lstminspect.models.summary import Row
from lstminspect.sizes import is_letter

__all__ = ["ModuleSemantics"]


class ModuleSemantics(TextSemantics):
    """The semantics of a framework whose models are classes that are called on tensors."""

    interpreter: TorchInterpreter

    def __init__(
        self,
        source: SourceText,
        tree: ast.Module,
        sizes: Mapping[str, int] | None = None,
        choices: Choices | None = None,
    ) -> None:
        own: Any = self
        super().__init__(source, tree, TorchInterpreter(own, source, sizes, choices))
        #: Lists that grow in an open loop, each with the number of its entries.
        self.grown: dict[int, tuple[list[Any], Any]] = {}
        #: Where shapes are not followed, each with its line.
        self.ends: dict[str, None] = {}
        #: The steps of all readings, and the first fault of the lines outside `forward`.
        self.spent = 0
        self.fault = ""

    def unused(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Each function that makes a layer and each class that nobody has used, and its reading."""
        calls = self.interpreter.calls
        for function in [*self.interpreter.functions]:
            makes = self.matters(function.node, {})
            if function.owner is None and not function.was_called and makes:
                yield function.name, partial(calls.function, function, [], {})
        for cls in [*self.interpreter.classes]:
            if not cls.instances:
                yield cls.name, partial(calls.instance, cls, [], {})

    def read(self, tree: ast.Module) -> None:
        """Read the lines of a text, then the functions and classes that nobody has used."""
        for statement in tree.body:
            body = partial(self.interpreter.body, [statement])
            self._tried(self.place(statement), body, [statement])
        for name, read in self.unused():
            self._tried(name, read)

    def _tried(
        self, name: str, read: Callable[[], Any], lines: Sequence[ast.stmt] | None = None
    ) -> None:
        """Read what stands there; what stops it is a note, which matters if a layer is made."""
        try:
            read()
        except Fault as error:
            self.fault = self.fault or str(error)
        except (LstmInspectError, RecursionError) as error:
            makes = lines is None or self.matters(lines, {})
            self.note(f"{name} is not read to its end: {error}", makes)
        self.settle()

    def settle(self) -> None:
        """Leave what a line has opened, whether it was read to its end or not."""

    def size(self, value: Any) -> Any:
        """A size as a number or an expression of letters; None for anything else."""
        if isinstance(value, bool):
            return None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, BoundMethod) and value.function is None:
            value = Unknown(f"self.{value.name}", f"inherited {value.name}")
        found = self.letters.size(value)
        if isinstance(found, int):
            return found
        return found if is_letter(found) and is_short(found) else None

    def letters_of(self, rows: Sequence[Row]) -> tuple[Letter, ...]:
        """The letters that shapes or tensors of the rows of a model hold."""
        names: set[str] = set()
        for row in rows:
            tensors = (each.shape for each in row.part.every_tensor)
            shapes = (*(row.part.outputs or ()), *tensors)
            for size in (size for shape in shapes for size in shape or ()):
                names |= {str(each) for each in getattr(size, "free_symbols", ())}
        return tuple(each for each in self.letters.every if each.name in names)

    def as_number(self, size: Any) -> Any:
        """A size as a value of the text, with which it can go on calculating."""
        if not is_letter(size):
            return size
        text = str(size)
        return Unknown(text, f"size {text}", "", ("size", size))

    def is_scalar(self, value: Any) -> bool:
        """True for an unknown value that is a number for certain, or that was a size before."""
        if isinstance(value, Unknown) and value.identity in self.letters.by_key:
            return True
        text = getattr(value, "text", "")
        operation: tuple[Any, ...] = getattr(value, "operation", ())
        known = operation[:1] and (operation[0] in ARITHMETIC or operation[0] in ("size", "int"))
        return bool(known) or text.startswith(("math.", "np.sqrt(", "numpy.sqrt("))

    def many_of(self, several: Any) -> Any:
        """The entries of a list that an open loop made, None if that is open; else NOTHING."""
        held = self.grown.get(id(several))
        return NOTHING if held is None or held[0] is not several else held[1]

    def end(self, node: ast.AST, text: str) -> None:
        """Take note that shapes are not followed beyond a line."""
        self.ends.setdefault(f"{self.place(node)}: {text}")

    def lost(self, node: ast.AST, text: str) -> TensorValue:
        """A tensor whose shape is not known, with the line where that began."""
        self.end(node, text)
        return TensorValue(None)

    def cannot_unpack(self, targets: Sequence[ast.expr], value: Any) -> None:
        """Refuse a value that has more or fewer entries than names are given."""
        wanted = len(targets)
        problem = "not enough" if len(value) < wanted else "too many"
        raise Fault(
            f"{self.place(targets[0])}: {problem} values to unpack (expected {wanted}, got "
            f"{len(value):,})."
        )

    def line(self, value: Any) -> None:
        """A line that is only a value changes nothing."""
