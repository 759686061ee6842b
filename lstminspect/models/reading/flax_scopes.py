"""Scopes of Flax linen: the modules whose methods are read, and the paths of what they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lstminspect.layer import Shape
from lstminspect.models.reading.flax_objects import FlaxModule, as_flax
from lstminspect.models.reading.values import DefinedFunction

__all__ = ["Scope", "Scopes", "joined"]


@dataclass
class Scope:
    """A module whose method is read: it names the modules that are made in it."""

    module: FlaxModule
    is_setup: bool = False
    numbers: dict[str, int] = field(default_factory=dict)


class Scopes:
    """The modules that are read, the inner one last; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.start()

    def start(self) -> None:
        """Start a reading of `__call__`."""
        self.open: list[Scope] = []
        #: Parameters of modules of the text themselves, by their paths.
        self.arrays: dict[str, tuple[FlaxModule, Shape]] = {}

    def enter(self, module: FlaxModule, name: Any = None) -> None:
        """Give a module that is made the name that Flax gives it: `Dense_0`, or its `name`."""
        if not self.open or module.family == "nnx":
            return
        scope = self.open[-1]
        if not isinstance(name, str):
            if scope.is_setup:
                return
            number = scope.numbers.get(module.layer_type, 0)
            scope.numbers[module.layer_type] = number + 1
            name = f"{module.layer_type}_{number}"
        module.path = joined(scope.module.path, name)

    def name(self, owner: FlaxModule, name: str, value: Any) -> None:
        """Name the modules in an attribute that `setup` gives a module."""
        module = as_flax(value)
        if module is not None and module.path is None:
            module.path = joined(owner.path, name)
        elif isinstance(value, list | tuple):
            for number, each in enumerate(value):
                self.name(owner, f"{name}_{number}", each)
        elif isinstance(value, dict):
            for key, each in value.items():
                self.name(owner, f"{name}_{key}", each)

    def inside(self, module: FlaxModule, read: Callable[[], Any]) -> Any:
        """The result of a method of a module, read with its scope, after its `setup`."""
        if module.family == "nnx" or (self.open and self.open[-1].module is module):
            return read()
        if len(self.open) > 60:
            raise RecursionError
        instance = module.instance
        if module.path is None and self.open:
            self.name_held(self.open[-1].module, module)
        module.path = module.path or ""
        self._settle(module)
        self.arrays |= {
            joined(module.path, name): (module, shape)
            for name, shape in module.arrays.items()
            if shape is not None
        }
        self.open.append(Scope(module))
        try:
            assert instance is not None
            for name in instance.cls.fields or ():
                # A module that is passed in as a field, and that nothing else has named.
                self.name(module, name, instance.names.get(name))
            return read()
        finally:
            self.open.pop()

    def name_held(self, owner: FlaxModule, module: FlaxModule) -> None:
        """Name a module that another holds in an attribute."""
        for name, value in (owner.instance.names if owner.instance else {}).items():
            if as_flax(value) is module:
                module.path = joined(owner.path, name)

    def _settle(self, module: FlaxModule) -> None:
        """Read `setup`, once for each reading."""
        instance = module.instance
        setup = instance.cls.get("setup", None) if instance is not None else None
        if module.is_settled or not isinstance(setup, DefinedFunction):
            return
        module.is_settled = True
        self.open.append(Scope(module, True))
        try:
            self.semantics.interpreter.calls.function(setup, [instance], {})
        finally:
            self.open.pop()


def joined(path: str | None, name: str) -> str:
    """A path with one more name."""
    return f"{path}/{name}" if path else name
