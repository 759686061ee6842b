"""Parameter counts and shapes of recurrent layers, with the reason for every number.

>>> import lstminspect as li
>>> li.Layer("lstm", units=64, features=3).parameters
17408

Importing this package loads neither NumPy nor SymPy nor any framework: each public name is
imported when it is first used, from where `__init__.pyi`, the one list of them, says it is.
"""

import os
import warnings
from importlib import import_module

from lstminspect import display
from lstminspect.version import __version__ as __version__


def _homes() -> dict[str, str]:
    with open(os.path.join(os.path.dirname(__file__), "__init__.pyi"), encoding="utf-8") as stub:
        words = [line.split() for line in stub if line.startswith("from ")]
    return {line[3]: line[1] for line in words}


_HOMES = _homes()
__all__ = sorted(_HOMES)


#: Names of earlier versions, each with what to write now.
_FORMER = {"Comparison": "Validation", "algebra": "symbols", "windows": "window"}


def __getattr__(name: str) -> object:
    if name in _FORMER:
        now = _FORMER[name]
        message = f"lstminspect.{name} is named {now} now. Write lstminspect.{now}."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return __getattr__(now)
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES[name]
    value = import_module(f"{home}.{name}" if home == __name__ else home)
    if home != __name__:
        value = getattr(value, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


def _views() -> object:
    return import_module("lstminspect.views.render")


def _validate(*arguments: object, **options: object) -> object:
    from lstminspect.validation.validate import validate

    return validate(*arguments, **options)  # type: ignore[arg-type]


display.views = _views
display.validate = _validate
