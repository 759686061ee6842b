"""Settings that Python's libraries hold: argparse, flags, namespaces, named tuples, environment.

The defaults of command-line arguments are taken, and a note says so; an argument without one is
unknown, and as a size a letter.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.values import (
    BoundMethod,
    ClassObject,
    DottedName,
    Names,
    Partial,
    Unknown,
    opened,
)

__all__ = ["Libraries", "Settings"]

NAMESPACES = frozenset((
    "SimpleNamespace", "Namespace", "AttrDict", "Munch", "Bunch", "HParams",
))  # fmt: skip
#: Dicts with attributes, also the dicts in them.
NESTED = frozenset((
    "EasyDict", "edict", "Box", "DotMap", "ConfigDict", "munchify", "DictConfig",
))  # fmt: skip
DICTS = frozenset(("OrderedDict", "dict", "MappingProxyType"))
PARSERS = frozenset(("ArgumentParser", "ArgParser", "Tap"))
#: Functions of NumPy and of `math` on a number, or on several.
NUMBERS: dict[str, Callable[[Any], Any]] = {
    "ceil": math.ceil,
    "floor": math.floor,
    "prod": math.prod,
}
#: Methods of a parser that give a parser of the same arguments.
GROUPS = frozenset((
    "add_argument_group", "add_mutually_exclusive_group", "add_subparsers", "add_parser",
))  # fmt: skip
#: Dicts in each other.
MOST_NESTED = 20
PARSED = ("parse_args", "parse_known_args", "parse_intermixed_args")


@dataclass(eq=False)
class Settings:
    """Values by name, as attributes; a parser of arguments is `open` until it has parsed."""

    names: Names = field(default_factory=dict)
    is_parser: bool = False


class Libraries:
    """The settings of a text, which `values` reads."""

    def __init__(self, values: Any) -> None:
        self.values = values
        #: What `DEFINE_integer("units", 24, ...)` and the like define.
        self.flags = Settings()
        #: The lines at which defaults of arguments are taken.
        self.defaults: list[str] = []

    def attribute(self, owner: Any, name: str, node: ast.expr) -> Any:
        """The value of an attribute of settings; NOTHING for what is not one."""
        is_flags = isinstance(owner, DottedName) and owner.last == "FLAGS"
        settings = self.flags if is_flags else owner
        if not isinstance(settings, Settings):
            return NOTHING
        if settings.is_parser or (not is_flags and name in ("update", "get", "items", "keys")):
            return BoundMethod(settings, name)
        text = self.values.shown(node)
        found = settings.names.get(name, NOTHING)
        if found is NOTHING or isinstance(found, Unknown) or text in self.values.letters.sizes:
            return self.values.made(node, text, [name])
        if is_flags:
            self._taken(node)
        return found

    def _taken(self, node: ast.AST) -> None:
        place = self.values.source.place(node)
        if not self.defaults:
            self.defaults.append(place)

    def call(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The result of a call that makes or reads settings; NOTHING for another."""
        if isinstance(callee, BoundMethod):
            return self._method(callee, arguments, options, node)
        if not isinstance(callee, DottedName):
            return NOTHING
        last = callee.last
        if last in PARSERS:
            return Settings(is_parser=True)
        if last.startswith("DEFINE_") and len(arguments) > 1 and isinstance(arguments[0], str):
            self.flags.names[arguments[0]] = arguments[1]
            return None
        if last in NAMESPACES:
            first = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
            return Settings({**first, **options})
        if last in NESTED or (last == "create" and callee.name.endswith("OmegaConf.create")):
            first = arguments[0] if arguments else {}
            return _nested({**first, **options}) if isinstance(first, dict) else NOTHING
        if last in DICTS and callee.name != "dict":
            found = arguments[0] if arguments else {}
            if isinstance(found, dict):
                return {**found, **options}
            pairs = isinstance(found, list) and all(len(each) == 2 for each in found)
            return dict(found) if pairs else NOTHING
        if last in ("image_data_format", "image_dim_ordering") and not arguments:
            return "channels_last" if last == "image_data_format" else "tf"
        if last in NUMBERS and len(arguments) == 1 and callee.name != last:
            return _number(last, arguments[0])
        if last == "partial" and arguments:
            return Partial(arguments[0], tuple(arguments[1:]), options)
        if last == "namedtuple" and len(arguments) > 1:
            return self._named_tuple(arguments, options)
        return NOTHING

    def _named_tuple(self, arguments: list[Any], options: dict[str, Any]) -> Any:
        name, fields = arguments[:2]
        if isinstance(fields, str):
            fields = fields.replace(",", " ").split()
        if not isinstance(name, str) or not all(isinstance(each, str) for each in fields):
            return NOTHING
        usual = options.get("defaults") or ()
        names = dict(zip(reversed(fields), reversed(list(usual)), strict=False))
        return ClassObject(name, (), names, tuple(fields))

    def _method(
        self, callee: BoundMethod, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        settings, name = callee.owner, callee.name
        if not isinstance(settings, Settings):
            return NOTHING
        if name == "add_argument":
            self._argument(settings, arguments, options)
            return None
        if name in GROUPS:
            return settings
        if name == "set_defaults":
            settings.names |= options
            return None
        if name in PARSED:
            self._taken(node)
            parsed = Settings(settings.names)
            return (parsed, []) if name == "parse_known_args" else parsed
        if name == "get" and arguments and isinstance(arguments[0], str):
            return settings.names.get(arguments[0], arguments[1] if len(arguments) > 1 else None)
        if name in ("items", "keys"):
            return list(settings.names.items() if name == "items" else settings.names)
        return None

    def open_get(self, owner: Any, arguments: list[Any], node: ast.Call) -> Any:
        """`params.get("units", 32)` of what is not known: the default, where there is one."""
        if not opened(owner) or len(arguments) != 2 or not isinstance(arguments[0], str):
            return NOTHING
        if opened(arguments[1]) or arguments[1] is None:
            return NOTHING
        self._taken(node)
        return arguments[1]

    def _argument(self, settings: Settings, arguments: list[Any], options: dict[str, Any]) -> None:
        """`add_argument("--units", type=int, default=24)`: the default under its name."""
        flags = [each for each in arguments if isinstance(each, str)]
        long = [each for each in flags if each.startswith("--")] or flags
        name = options.get("dest") or (long[0].lstrip("-").replace("-", "_") if long else "")
        action = options.get("action")
        if "default" in options:
            settings.names[name] = options["default"]
        elif action in ("store_true", "store_false"):
            settings.names[name] = action == "store_false"
        else:
            kind = options.get("type")
            text = kind.last if isinstance(kind, DottedName) else ""
            # A number that has no default is open; any other argument is None.
            settings.names.setdefault(name, Unknown(name) if text in ("int", "float") else None)


def _nested(values: Any, depth: int = 0) -> Any:
    """A dict and those in it, of which every entry is an attribute too."""
    if not isinstance(values, dict) or depth > MOST_NESTED:
        return values
    return Settings({name: _nested(each, depth + 1) for name, each in values.items()})


def _number(name: str, value: Any) -> Any:
    """The whole number that a function gives of a number, or of several; else NOTHING."""
    several = value if isinstance(value, list | tuple) else (value,)
    small = len(several) < 100 and all(
        isinstance(each, int | float) and abs(each) < 10**9 for each in several
    )
    if not small or (name != "prod" and len(several) != 1):
        return NOTHING
    return NUMBERS[name](several if name == "prod" else several[0])
