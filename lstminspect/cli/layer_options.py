"""The parts that commands share: a parser that suggests, and the options of a layer."""

from __future__ import annotations

import argparse
import os
import re
import sys
import warnings
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NoReturn, TypeVar

from lstminspect import cells
from lstminspect.cell import Cell
from lstminspect.cli.output import format_of, say, speak
from lstminspect.equations.parser import MOST_CHARACTERS
from lstminspect.errors import OptionError, SizeError, UnusedLineWarning, did_you_mean
from lstminspect.layer import OPTIONS, Layer, Option
from lstminspect.sizes import Quantity, size, widths
from lstminspect.views.formats.terminal import has_colours, width_of
from lstminspect.views.formats.text import Page
from lstminspect.views.render import FORMATS, as_text, render

__all__ = [
    "DISAGREEMENT",
    "FINE",
    "Parser",
    "add_format",
    "add_layer_options",
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

#: The formats of a command whose answer has no picture.
WITHOUT_PICTURE = tuple(name for name in FORMATS if name != "svg")

#: When a text has colours.
COLORS = ("auto", "always", "never")

METAVARS = {"size": "N", "number": "N", "mode": "MODE", "function": "NAME", "bound": "X"}


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises, with a suggestion for an option that it does not know."""

    #: The formats that the command can give, the default first; add_format sets them.
    formats: tuple[str, ...] = ()
    #: Endings of files that the command writes in another way than by a format.
    endings: tuple[str, ...] = ()

    def __init__(self, **settings: Any) -> None:
        # A width of its own: argparse's way of asking the terminal loads more than the parser.
        width = min(100, width_of(sys.stdout) or 100)
        formatter = partial(argparse.RawDescriptionHelpFormatter, width=width)
        super().__init__(allow_abbrev=False, formatter_class=formatter, **settings)
        text = (
            "write the answer to this file, whole or not at all; its ending, for example .json or "
            ".md, is the format, unless --format names one"
        )
        self.add_argument("-o", "--output", metavar="FILE", help=text)

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The options in `arguments`; OptionError for one that is not known."""
        speak(self._option_string_actions)
        found, unknown = self.parse_known_args(arguments)
        if unknown:
            self.refuse(unknown[0])
        if self.formats:
            self._settle(found)
        return found

    def _settle(self, found: argparse.Namespace) -> None:
        """Decide on the format, which `--format`, the ending of a file or the command names."""
        ending = os.path.splitext(found.output or "")[1].lower()
        if found.format is None and ending not in self.endings:
            found.format = format_of(found.output)
        found.format = found.format or self.formats[0]
        if found.format not in self.formats:
            self.refuse_format(found.format)
        for name, value in (("all", found.all), ("color", found.color)):
            if value and found.format != "text":
                raise OptionError(f"--{name} is for text. Leave it out, or --format.")
        if found.color and found.output is not None:
            raise OptionError("--color is for a terminal; a file has no colours. Leave it out.")
        if found.color not in (None, *COLORS):
            near = did_you_mean(found.color, COLORS)
            raise OptionError(f"--color takes {', '.join(COLORS)}, got {found.color!r}.{near}")

    def refuse(self, word: str) -> NoReturn:
        """Raise OptionError for `word`, with the nearest option."""
        option = word.partition("=")[0]
        near = did_you_mean(option, self._option_string_actions)
        kind = "option" if word.startswith("-") else "argument or command"
        raise OptionError(f"no {kind} {option!r}.{near} See `{self.prog} --help`.")

    def refuse_format(self, name: str) -> NoReturn:
        """Raise OptionError for a format that the command cannot give."""
        hint = did_you_mean(name, self.formats)
        if name == "svg":
            hint = " One layer and one cell have a picture."
        raise OptionError(f"no format called {name!r} here.{hint} Use {', '.join(self.formats)}.")

    def error(self, message: str) -> NoReturn:
        """Raise OptionError in place of leaving, in words of our own."""
        found = re.match(r"argument ([^\s:]+): (.*)", message)
        option = found[1].rpartition("/")[2] if found else ""
        if found and "expected" in found[2]:
            raise OptionError(f"{option} needs a value. See `{self.prog} --help`.")
        if found and "ignored explicit" in found[2]:
            raise OptionError(f"{found[1]} takes no value. Write it alone, or leave it out.")
        raise OptionError(f"{message}. See `{self.prog} --help`.")


def add_layer_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of Layer, all of them unset by default."""
    group = parser.add_argument_group("the layer")
    text = "lstm (default), gru, rnn, ...: `lstminspect cells` lists all"
    group.add_argument("--cell", metavar="NAME", help=text)
    text = "a cell of your own: a file with one equation a line"
    group.add_argument("--equations", metavar="FILE", help=text)
    text = "a size of the cell's own, such as projection=16, or widths, such as groups=8,16,40"
    group.add_argument("--size", metavar="NAME=N", action="append", help=text)
    for option in OPTIONS:
        settings: dict[str, Any] = {"default": None, "help": option.meaning}
        if option.takes != "flag":
            settings["metavar"] = METAVARS[option.takes]
        elif option.default is False:
            settings["action"] = "store_true"
        else:
            settings["action"] = argparse.BooleanOptionalAction
        group.add_argument(option.spelling, **settings)


def add_format(
    parser: Parser,
    formats: tuple[str, ...] = WITHOUT_PICTURE,
    looks: tuple[str, ...] = ("all", "color"),
) -> None:
    """Add `--format`, with the formats that the command can give, the default first.

    `looks` are the options of how a text looks that act on the command's answer.
    """
    parser.formats = formats
    first, *others = formats
    text = f"{first} (default), {', '.join(others)}"
    parser.add_argument("--format", metavar="NAME", help=text)
    parser.set_defaults(all=False, color=None)
    if "all" in looks:
        text = "all of a text that is made brief for a terminal"
        parser.add_argument("--all", action="store_true", help=text)
    if "color" in looks:
        text = f"colours in a text: {COLORS[0]} (default), {', '.join(COLORS[1:])}"
        parser.add_argument("--color", metavar="WHEN", help=text)


def speaks_of_a_layer(found: argparse.Namespace) -> bool:
    """Say whether any option of a layer was given."""
    own = ("cell", "equations", "size", *(option.name for option in OPTIONS))
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
    return read_cell(None, name) if re.search(r"[./\\]", name) else cells.get(name)


def read_layer(found: argparse.Namespace, name: str | None = None) -> Layer:
    """The Layer of parsed options, of the cell called `name` if one is given.

    What was not given is left to Layer's own defaults. Of the sizes that cells have of their own,
    a named cell takes those it knows.
    """
    cell = read_cell(found.cell, found.equations) if name is None else named_cell(name)
    for needed in ("units",) if "x" in cell.declared else ("units", "features"):
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


def shown(thing: object, options: argparse.Namespace) -> str:
    """`thing` in the format of `options`; a text as the terminal has room and colours for it."""
    if options.format != "text":
        return render(thing, options.format)
    return as_text(thing, _page(options))


def _page(options: argparse.Namespace) -> Page:
    """The page that a text is written for: a file and a pipe have no width and get all of it."""
    if options.output is not None:
        return Page()
    width = width_of(sys.stdout)
    brief = width is not None and not options.all
    return Page(width, brief, has_colours(sys.stdout, options.color or "auto"), "--all shows it")


def progress(things: Iterable[Kind], total: int, unit: str) -> Iterable[Kind]:
    """`things` with a progress bar on the error stream, if that is a terminal and tqdm is there."""
    try:
        from tqdm import tqdm
    except ImportError:
        return things
    bar: Iterable[Kind] = tqdm(things, total=total, unit=unit, disable=None, leave=False)
    return bar


def whole(option: str, text: str, least: int) -> int:
    """The whole number in `text`, which `option` takes. Raises OptionError for another text."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < least:
        raise OptionError(f"{option} takes a whole number from {least} to 999999999, got {text!r}.")
    return int(text)
