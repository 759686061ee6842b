"""The content of a form: each input as the value that Python takes and as words of a command."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lstminspect.analysis.fit import bytes_in
from lstminspect.errors import OptionError, choice, flag, quoted
from lstminspect.pages.questions import Input

__all__ = ["UNSET", "as_words", "read"]

#: An input that is left at its default; None is a value.
UNSET = object()
#: The most numbers of a range.
MOST_NUMBERS = 10_000
#: A text that is a word of a command line: no line end, and not an option.
PLAIN = re.compile(r"[^\n\r-][^\n\r]*")


def read(asked: Input, value: Any) -> Any:
    """`value` as Python takes it, or UNSET. Raises OptionError or SizeError for another value.

    >>> read(Input("units", "size"), "64"), read(Input("steps", "range"), "1,5:7")
    (64, [1, 5, 6, 7])
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return UNSET
    found = _READERS[asked.takes](asked, value)
    return UNSET if found == asked.default or found == [] else found


def as_words(asked: Input, value: Any) -> list[str]:
    """`value` as words of a command line, its option first; a text of several lines is a pipe.

    >>> as_words(Input("use_bias", "flag", True), False), as_words(Input("units", "size"), 64)
    (['--no-use-bias'], ['--units', '64'])
    """
    name = asked.name if asked.option is None else asked.option
    option = [f"--{name.replace('_', '-')}"] if name else []
    if asked.takes == "flag":
        return option if value else [f"--no-{option[0][2:]}"]
    if asked.takes == "sizes":
        return [
            word for size, each in value.items() for word in (*option, f"{size}={_listed(each)}")
        ]
    if asked.takes == "words":
        return [*option, *value]
    if asked.takes == "text" and not PLAIN.fullmatch(value):
        return [*option, "-"]
    return [*option, _listed(value)]


def _listed(value: Any) -> str:
    """Several values with commas between them, None of a mode in small letters."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return "none" if value is None else str(value)


def _text(asked: Input, value: Any) -> str:
    if not isinstance(value, str):
        raise OptionError(f"{asked.name} must be a text, got {quoted(value)}.")
    return value.strip() if asked.takes == "word" else value


def _whole(asked: Input, value: Any) -> int:
    """A whole number as people write one: 17408, 17,408, 1e6."""
    text = re.sub("[,_ ]", "", str(value))
    match = re.fullmatch(r"([0-9]{1,1000})(?:[eE]\+?([0-9]{1,3}))?", text)
    if match is None or isinstance(value, bool):
        raise OptionError(f"{asked.name} must be a whole number, got {quoted(value)}.")
    return int(match[1] + "0" * int(match[2] or 0))


def _size(_: Input, value: Any) -> Any:
    """A whole number, or any other text, which a layer takes or refuses."""
    text = value.strip() if isinstance(value, str) else value
    return int(text) if isinstance(text, str) and re.fullmatch("[+-]?[0-9]{1,1000}", text) else text


def _number(asked: Input, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        message = f"{asked.name} must be a number such as 3 or 0.5, got {quoted(value)}."
        raise OptionError(message) from None


def _bytes(asked: Input, value: Any) -> int:
    return bytes_in(asked.name, str(value).strip())


def _range(asked: Input, value: Any) -> list[int]:
    """Whole numbers: 3,5,8 or 1:10 or 16:256:16, both ends in it, or several of these."""
    numbers: list[int] = []
    for part in str(value).strip("[] ").split(","):
        match = re.fullmatch(r"([0-9]{1,12})(?::([0-9]{1,12}))?(?::([0-9]{1,12}))?", part.strip())
        first, last, step = (int(each or 1) for each in match.groups()) if match else (0, 0, 0)
        if not first or not step:
            message = f"{asked.name} takes whole numbers such as 1,5,10 or 16:256:16"
            raise OptionError(f"{message}, got {quoted(value)}.")
        some = range(first, last + 1, step) if ":" in part else [first]
        if len(numbers) + len(some) > MOST_NUMBERS:
            raise OptionError(f"{asked.name} has at most {MOST_NUMBERS:,} numbers. Take fewer.")
        numbers += some
    return numbers


def _shape(asked: Input, value: Any) -> tuple[int | None, ...]:
    """Sizes without the batch: 30,8 or (None, 8)."""
    parts = [part.strip() for part in str(value).strip("()[] ").split(",") if part.strip()]
    if not parts or not all(re.fullmatch("[0-9]{1,15}|None", part) for part in parts):
        message = f"{asked.name} takes sizes such as 30,8 or None,8, got {quoted(value)}."
        raise OptionError(message)
    return tuple(None if part == "None" else int(part) for part in parts)


def _sizes(asked: Input, value: Any) -> dict[str, Any]:
    """Names and whole numbers: projection=16, or several with spaces between them."""
    sizes: dict[str, Any] = {}
    for word in re.split(r"[\s;]+", str(value).strip()):
        name, sign, text = word.rpartition("=")
        numbers = [part for part in text.split(",") if part]
        if not sign or not name or not all(re.fullmatch("[A-Za-z0-9_]+", each) for each in numbers):
            message = f"{asked.name} takes names and numbers such as projection=16"
            raise OptionError(f"{message}, got {quoted(word)}.")
        read_numbers = [_size(asked, each) for each in numbers]
        sizes[name] = read_numbers[0] if len(numbers) == 1 else read_numbers
    return sizes


def _choices(asked: Input, value: Any) -> list[str]:
    """Several of the choices, as a list or with commas between them."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, list):
        raise OptionError(f"{asked.name} must be names, got {quoted(value)}.")
    return [choice(asked.name, _trimmed(each), asked.choices) for each in names]


def _words(asked: Input, value: Any) -> list[str]:
    words = re.split(r"[\s,]+", _text(asked, value).strip(" ,"))
    if any(word.startswith("-") for word in words):
        raise OptionError(
            f"{asked.name} takes names with commas between them, got {quoted(value)}."
        )
    return words


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _mode(asked: Input, value: Any) -> Any:
    name = choice(asked.name, _trimmed(value), asked.choices)
    return None if name == "none" else name


_READERS: dict[str, Callable[[Input, Any], Any]] = {
    "text": _text,
    "word": _text,
    "whole": _whole,
    "size": _size,
    "number": _number,
    "bytes": _bytes,
    "range": _range,
    "shape": _shape,
    "sizes": _sizes,
    "words": _words,
    "flag": lambda asked, value: flag(asked.name, value),
    "choice": lambda asked, value: choice(asked.name, _trimmed(value), asked.choices),
    "choices": _choices,
    "mode": _mode,
}
