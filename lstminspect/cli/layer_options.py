"""The options of a layer on the command line, and other values that several commands read."""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar

from lstminspect import cells
from lstminspect.cell import Cell
from lstminspect.cli.output import say
from lstminspect.cli.parser import Parser, add_format, shown
from lstminspect.equations.parser import MOST_CHARACTERS
from lstminspect.errors import OptionError, SizeError, UnusedLineWarning
from lstminspect.layer import OPTIONS, Layer, Option
from lstminspect.sizes import Quantity, size, widths
from lstminspect.synonyms import WORDS

__all__ = [
    "DISAGREEMENT",
    "FINE",
    "UNCOUNTED",
    "Parser",
    "add_format",
    "add_layer_options",
    "budget",
    "named_cell",
    "named_cells",
    "own_sizes",
    "progress",
    "read_cell",
    "read_layer",
    "read_options",
    "read_range",
    "shown",
    "speaks_of_a_layer",
    "text_of_file",
    "whole",
]

FINE, DISAGREEMENT = 0, 1

Kind = TypeVar("Kind")

METAVARS = {"size": "N", "number": "N", "mode": "MODE", "function": "NAME", "bound": "X"}
METAVARS |= {"framework": "NAME"}


#: The options of a layer that change no count of parameters.
UNCOUNTED = (
    "timesteps", "batch", "return_sequences", "return_state", "go_backwards", "stateful",
    "activation", "recurrent_activation", "batch_first",
)  # fmt: skip


def add_layer_options(
    parser: Parser, idle: Collection[str] = (), without: Collection[str] = ()
) -> None:
    """Add the options of Layer, all of them unset by default.

    The help has neither those that are `idle`, which change nothing in the command's answer, so
    the parser refuses them, nor those that it is `without`, which the command refuses itself.
    """
    group = parser.add_argument_group("the layer")
    parser.idle = tuple(idle)
    about = {
        "cell": "lstm (default), gru, rnn, ...: `lstminspect cells` lists all",
        "equations": "a cell of your own: a file with one equation a line",
        "size": "a size of the cell's own, such as projection=16, or widths: groups=8,16,40",
    } | dict.fromkeys(without, argparse.SUPPRESS)
    group.add_argument("--cell", metavar="NAME", help=about["cell"])
    group.add_argument("--equations", metavar="FILE", help=about["equations"])
    group.add_argument("--size", metavar="NAME=N", action="append", help=about["size"])
    by_name = {option.name: option for option in OPTIONS}
    for option in OPTIONS:
        if option.spelling in parser._option_string_actions:
            continue  # The command has it with a meaning of its own.
        hidden = option.name in (*idle, *without)
        _add(group, option.spelling, option, argparse.SUPPRESS if hidden else option.meaning)
    for word in WORDS:
        _add(group, word.spelling, by_name.get(word.option), argparse.SUPPRESS)


def _add(group: Any, spelling: str, option: Option | None, text: str) -> None:
    """Add `option` as `spelling`; a size of the cell's own if it is none of the table."""
    settings: dict[str, Any] = {"default": None, "help": text}
    if option is None or option.takes != "flag":
        settings["metavar"] = "N" if option is None else METAVARS[option.takes]
    elif option.default is False:
        settings["action"] = "store_true"
    else:
        settings["action"] = argparse.BooleanOptionalAction
    group.add_argument(spelling, **settings)


def budget(text: str) -> int:
    """The number of `--parameters`, written as people write a large one.

    >>> budget("17,408"), budget("1e6")
    (17408, 1000000)
    """
    plain = text.replace(",", "").replace("_", "")
    match = re.fullmatch(r"([0-9]{1,1000})(?:[eE]\+?([0-9]{1,3}))?", plain)
    if match is None:
        raise OptionError(
            f"--parameters takes a whole number, for example 17408 or 1e6, got {text!r}."
        )
    digits, zeros = match[1], int(match[2] or 0)
    return int(digits + "0" * zeros)


def speaks_of_a_layer(found: argparse.Namespace) -> bool:
    """Say whether any option of a layer was given."""
    own = {"cell", "equations", "size", *(option.name for option in OPTIONS)} - {"framework"}
    return any(getattr(found, name) is not None for name in own)


def read_cell(name: str | None, equations: str | None) -> Cell:
    """The cell called `name`, or the one in the file `equations`."""
    if equations is None:
        return named_cell("lstm" if name is None else name)
    if name is not None:
        raise OptionError("--equations brings its own cell. Leave the name of a cell out.")
    text = text_of_file(equations, "equations", MOST_CHARACTERS)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UnusedLineWarning)
        cell = Cell(text, name=os.path.basename(equations).partition(".")[0])
    for each in caught:
        say(UnusedLineWarning(each.message))
    return cell


def text_of_file(path: str, what: str, most: int) -> str:
    """The text of a file of `what`, or of the pipe for `-`, read no further than `most` bytes.

    Raises OptionError for one that cannot be read, is larger, or is not UTF-8 text.
    """
    try:
        if path == "-":
            content = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                content = file.read(most + 1)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise OptionError(f"no {what} in {path!r}: {reason}. Give a text file.") from None
    if len(content) > most:
        size = f"a text of {what} has at most {most:,} bytes"
        raise OptionError(f"{path!r} is too large: {size}. Give a file of {what}.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} is not UTF-8 text"
        raise OptionError(f"no {what} in {path!r}: {where}. Give a text file.") from None


def named_cells(found: argparse.Namespace) -> list[Cell]:
    """The cells in `--cell NAME,NAME`, or the one in `--equations FILE`."""
    if found.equations:
        return [read_cell(found.cell, found.equations)]
    text = "lstm" if found.cell is None else found.cell
    return [named_cell(name.strip()) for name in text.split(",")]


def named_cell(name: str) -> Cell:
    """The cell called `name`, or that in the file of that name: no cell has a dot or a slash.

    >>> named_cell("gru").name
    'gru'
    """
    file = re.search(r"[./\\]", name) and (os.path.exists(name) or not cells.named(name))
    return read_cell(None, name) if file else cells.get(name)


def read_layer(found: argparse.Namespace, name: str | None = None) -> Layer:
    """The Layer of parsed options, of the cell called `name` if one is given.

    What was not given is left to Layer's own defaults. Of the sizes that cells have of their own,
    a named cell takes those it knows.
    """
    cell = read_cell(found.cell, found.equations) if name is None else named_cell(name)
    for needed in ("units",) if cell.ties_features else ("units", "features"):
        if getattr(found, needed) is None:
            hint = f"Add --{needed} 3, or a letter for a formula: --{needed} {needed[0]}."
            (option,) = (each for each in OPTIONS if each.name == needed)
            meaning = option.meaning.partition(" (")[0]
            raise SizeError(f"{option.spelling} is missing: {meaning}. {hint}")
    own = own_sizes(found.size or [])
    if name is not None:
        own = {key: value for key, value in own.items() if key in cell.size_names}
    return Layer(cell, **read_options(found), **own)


def read_options(found: argparse.Namespace) -> dict[str, Any]:
    """The options of Layer that were given."""
    texts = {option: getattr(found, option.name) for option in OPTIONS}
    return {
        option.name: _read_value(option, text) for option, text in texts.items() if text is not None
    }


def _read_value(option: Option, text: Any) -> Any:
    """The value that `text` is for an option; a flag is read already."""
    if option.takes in ("size", "number"):
        return size(option.name, _number(text), option.spelling)
    if option.takes == "mode":
        return None if text.lower() == "none" else text.lower()
    return _bound(text) if option.takes == "bound" else text


def _bound(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionError(f"--clip takes a number such as 3 or 0.5, got {text!r}.") from None


def own_sizes(texts: list[str]) -> dict[str, Quantity]:
    """The sizes of `--size NAME=N`."""
    sizes: dict[str, Quantity] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.isidentifier():
            raise OptionError(f"--size takes NAME=N such as projection=16, got {text!r}.")
        if any(name == option.name for option in OPTIONS):
            raise OptionError(f"{name} has an option of its own. Write --{name} {value}.")
        numbers = [_number(each) for each in value.split(",")]
        several = len(numbers) > 1
        sizes[name] = (
            widths(name, numbers, "--size") if several else size(name, numbers[0], "--size")
        )
    return sizes


def _number(text: str) -> int | float | str:
    """The number that `text` spells, or `text` itself: `64.0`, which is whole, stays text."""
    if re.fullmatch(r"[+-]?[0-9]{1,4000}", text):
        return int(text)
    if not re.fullmatch(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]{1,4})?", text):
        return text
    from decimal import Decimal, InvalidOperation

    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return text if number == number.to_integral_value() else float(text)


def read_range(name: str, text: str | None) -> Sequence[int]:
    """The numbers in `text`: `3`, `3,5,8`, `1:10` or `16:256:16`, both ends included.

    Raises OptionError for another text. A range is not laid out.

    >>> list(read_range("units", "16:64:16")), read_range("units", "3,5")
    ([16, 32, 48, 64], [3, 5])
    """
    if text is None:
        raise OptionError(f"--{name} is missing. Give a range, for example --{name} 16:256:16.")
    parts = text.split(":")
    if len(parts) in (2, 3) and all(re.fullmatch(r"[0-9]{1,12}", part) for part in parts):
        first, last, step = int(parts[0]), int(parts[1]), int(([*parts, "1"])[2])
        if 1 <= first <= last and step >= 1:
            return range(first, last + 1, step)
    numbers = text.split(",")
    if all(re.fullmatch(r" *[0-9]{1,12} *", number) and int(number) for number in numbers):
        return [int(number) for number in numbers]
    raise OptionError(f"--{name} takes numbers such as 3,5,8 or 16:256:16, got {text!r}.")


def progress(things: Iterable[Kind], total: int, unit: str) -> Iterable[Kind]:
    """`things` with a progress bar on the error stream, if that is a terminal and tqdm is there."""
    try:
        from tqdm import tqdm
    except ImportError:
        return things
    bar: Iterable[Kind] = tqdm(things, total=total, unit=unit, disable=None, leave=False)
    return bar


def whole(option: str, text: str, least: int, most: int = 999_999_999) -> int:
    """The whole number in `text`, which `option` takes. Raises OptionError for another text."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise OptionError(f"{option} takes a whole number from {least} to {most}, got {text!r}.")
    return int(text)
