"""The errors a caller can meet, in one tree.

    LstmInspectError
    ├── SizeError           a size that is not a positive whole number, a letter or an array of them
    ├── OptionError         an option that is unknown, or that does not go with the others
    ├── EquationError       a text of equations that cannot be read: line, column and a caret
    ├── UnknownCell         no cell of that name
    ├── UnknownConvention   no framework of that name, or one that does not store the cell
    ├── WeightError         a weight that is missing, unknown, or not of its shape
    ├── InputError          an input, mask or state that does not fit the layer
    ├── ModelError          a model that cannot be read, or that stops at a layer: `model`, `layer`
    ├── FileError           a model file that cannot be opened, or that is damaged or hostile
    ├── ShapeError          a layer of a model that cannot take the shape it is given
    └── MissingFramework    a package that is needed is not installed; an ImportError too

Every message says what was wrong, the value received, what is allowed, and the next step.
Two are warnings. NotFiniteWarning: NaN and infinity in weights and inputs pass through.
UnusedLineWarning: a line of equations does not lead to the output, and counts all the same.

All are `ValueError`s, so code that knows nothing of lstminspect can still catch them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from lstminspect.synonyms import meant

__all__ = [
    "EquationError",
    "FileError",
    "InputError",
    "LstmInspectError",
    "MissingFramework",
    "ModelError",
    "NotFiniteWarning",
    "OptionError",
    "ShapeError",
    "SizeError",
    "UnknownCell",
    "UnknownConvention",
    "UnusedLineWarning",
    "WeightError",
    "choice",
    "did_you_mean",
    "flag",
    "quoted",
]

LONGEST = 600
#: Of an EquationError, which shows the line beside it.
LONGEST_BESIDE_A_LINE = 300
#: How alike two words must be for one to be offered for the other.
NEAR = 0.75


class LstmInspectError(ValueError):
    """The root of every error that lstminspect raises on purpose.

    A message quotes what it was given, which may be of any length: it is cut in the middle.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_bounded(message))


class SizeError(LstmInspectError):
    """A size is not a positive whole number, a letter, or an array of whole numbers."""


class OptionError(LstmInspectError):
    """An option is unknown, or does not go with the others."""


class EquationError(LstmInspectError):
    """A text of equations cannot be read.

    `line` and `column` count from 1; `str()` shows the line with a caret under the place. `more`
    ends the message and is never cut.
    """

    def __init__(
        self, message: str, line: int, column: int, shown: str, width: int = 1, more: str = ""
    ) -> None:
        message = _bounded(message, LONGEST_BESIDE_A_LINE) + more
        self.message, self.line, self.column = message, line, column
        caret = " " * (column - 1) + "^" * max(1, width)
        place = f"line {line}, column {column}"
        ValueError.__init__(self, f"{place}: {message}\n    {shown}\n    {caret}")


class UnknownCell(LstmInspectError):
    """No cell of that name is known."""


class UnknownConvention(LstmInspectError):
    """No framework of that name is known, or it does not store the cell."""


class WeightError(LstmInspectError):
    """A weight is missing, unknown, not of its shape, or has no place in a framework."""


class InputError(LstmInspectError):
    """An input, a mask, a length or a state does not fit the layer."""


class ShapeError(LstmInspectError):
    """A layer of a model cannot take the shape that it is given."""


class FileError(LstmInspectError):
    """A model file cannot be opened, or is damaged, or asks for more than a file should."""


class ModelError(LstmInspectError):
    """A model cannot be read, or its shapes stop at a layer.

    Where shapes stopped, `layer` is the name of the layer, `model` what stands above it, and
    `explanation` what `explain` says of the shape, if it knows it.
    """

    def __init__(
        self, message: str, layer: str = "", model: object = None, explanation: object = None
    ) -> None:
        super().__init__(message)
        self.layer, self.model, self.explanation = layer, model, explanation


class NotFiniteWarning(UserWarning):
    """A weight or an input holds NaN or infinity."""


class UnusedLineWarning(UserWarning):
    """A line of a cell does not lead to its output, and its parameters count all the same."""


class MissingFramework(LstmInspectError, ImportError):
    """A package that is needed is not installed."""


def _bounded(message: str, most: int = LONGEST) -> str:
    if len(message) <= most:
        return message
    return f"{message[: most // 2]} ... {message[-most // 2 :]}"


def quoted(value: object) -> str:
    """`value` as Python writes it, on one line of at most 60 signs, whatever it is.

    >>> quoted([1, 2]), quoted("relu")
    ('[1, 2]', "'relu'")
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # A value of the caller's, with a repr of its own.
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def flag(name: str, value: Any) -> bool:
    """`value` if it is True or False, NumPy's too. Raises OptionError, which names `name`.

    >>> flag("use_bias", False)
    False
    """
    numpy = sys.modules.get("numpy")
    if not isinstance(value, bool) and not (numpy and isinstance(value, numpy.bool_)):
        raise OptionError(f"{name} must be True or False, got {quoted(value)}.")
    return bool(value)


def choice(name: str, value: Any, choices: Sequence[str | None]) -> Any:
    """`value` if it is one of `choices`. Raises OptionError, with the nearest of them.

    >>> choice("merge_mode", "sum", ("concat", "sum", None))
    'sum'
    """
    if not (value is None or isinstance(value, str)) or value not in choices:
        texts = [repr(each) for each in choices]
        near = did_you_mean(value, map(str, choices)) if isinstance(value, str) else ""
        allowed = " or ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]
        raise OptionError(f"{name} must be {allowed}, got {quoted(value)}.{near}")
    return value


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """A sentence that offers one of `choices`, with a leading space, or nothing.

    A word that means the same elsewhere comes first, then one that is spelled nearly so.

    >>> did_you_mean("lsmt", ["gru", "lstm"])
    " Did you mean 'lstm'?"
    >>> did_you_mean("hidden_size", ["units", "features"])
    " Did you mean 'units'?"
    >>> did_you_mean("zebra", ["gru", "lstm"])
    ''
    """
    import difflib

    plain = name.strip("-").replace("-", "_").lower()
    known = {choice.strip("-").replace("-", "_").lower(): choice for choice in choices}
    if (word := meant(plain)) in known:
        return f" Did you mean {known[word]!r}?"
    alike = difflib.get_close_matches(plain, known, n=5, cutoff=0.6)
    sure = set(difflib.get_close_matches(plain, alike, n=5, cutoff=NEAR))
    near = [each for each in alike if each in sure or _one_slip(plain, each)]
    return f" Did you mean {known[near[0]]!r}?" if near else ""


def _one_slip(word: str, other: str) -> bool:
    """Say whether two short words differ by one letter, or by the order of their letters."""
    short, long = sorted((word, other), key=len)
    if len(short) < len(long):
        return short in {long[:at] + long[at + 1 :] for at in range(len(long))} - {""}
    changed = sum(one != two for one, two in zip(word, other, strict=True))
    return len(word) > 2 and (changed == 1 or sorted(word) == sorted(other))
