"""A parser that suggests, its help as wide as the terminal, and the format of an answer."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from lstminspect.cli.output import format_of, speak
from lstminspect.cli.words import in_own_words
from lstminspect.errors import OptionError, did_you_mean
from lstminspect.layer.options import WITHOUT_COUNT
from lstminspect.views.formats.terminal import has_colours, width_of
from lstminspect.views.formats.text import Page
from lstminspect.views.render import BINARY, FORMATS, as_bytes, as_text, render

if TYPE_CHECKING:
    from lstminspect.display import Answer
    from lstminspect.names import AxisName

__all__ = ["COLORS", "WITHOUT_PICTURE", "Parser", "add_format", "add_plot", "plotted", "shown"]

#: The formats of a command whose answer has no picture.
WITHOUT_PICTURE = tuple(name for name in FORMATS if name != "svg")

#: When a text has colours.
COLORS = ("auto", "always", "never")


#: The options of LaTeX in a paper, unset.
PAPER = {"fragment": False, "caption": None, "label": None}


class _Help(argparse.RawDescriptionHelpFormatter):
    """A help whose paragraphs and examples have the width of the terminal."""

    def _fill_text(self, text: str, *_: object) -> str:
        from lstminspect.views.formats.wrapping import code, wrapped

        lines = []
        for line in text.splitlines():
            if line.startswith("  lstminspect "):
                lines += code(line, self._width, " \\")
            else:
                lines += wrapped(line, self._width, " " * 12 if line.startswith(" ") else "")
        return "\n".join(lines)


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises, with a suggestion for an option that it does not know."""

    def __init__(self, **settings: Any) -> None:
        # A width of its own: argparse's way of asking the terminal loads more than the parser.
        width = min(100, width_of(sys.stdout) or 100)
        formatter = partial(_Help, width=width, max_help_position=width // 3)
        super().__init__(allow_abbrev=False, formatter_class=formatter, **settings)
        #: The formats that the command can give, the default first; add_format sets them.
        self.formats: tuple[str, ...] = ()
        #: The pictures that it can choose from, the default first; add_format sets them.
        self.pictures: tuple[str, ...] = ()
        #: Endings of files that the command writes in another way than by a format.
        self.endings: tuple[str, ...] = ()
        #: Options of a layer that change nothing here; add_layer_options sets them.
        self.idle: tuple[str, ...] = ()
        text = (
            "write the answer to this file, whole or not at all; its ending, for example .json or "
            ".md, is the format, unless --format names one"
        )
        self.add_argument("-o", "--output", metavar="FILE", help=text)

    def format_help(self) -> str:
        """The help, with a usage of one line: every option has lines of its own below."""
        marks = {"?": "[{}]", "*": "[{} ...]", "+": "{0} [{0} ...]"}
        names = [
            marks.get(str(action.nargs), "{}").format(action.metavar)
            for action in self._get_positional_actions()
        ]
        self.usage = " ".join([self.prog, *names, "[OPTION ...]"])
        return super().format_help()

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """The options in `arguments`; OptionError for one that is not known or changes nothing."""
        speak(self._option_string_actions)
        found, unknown = self.parse_known_args([_spelled(word) for word in arguments])
        if unknown:
            self.refuse(unknown[0])
        in_own_words(found)
        for name in self.idle:
            if getattr(found, name) is not None:
                what = f"--{name.replace('_', '-')} changes nothing in an answer of `{self.prog}`"
                raise OptionError(f"{what}. Leave it out.")
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
        if found.format != "latex":
            for name in PAPER:
                if getattr(found, name) not in (False, None):
                    hint = "Add --format latex, or leave it out."
                    raise OptionError(f"--{name} is for LaTeX. {hint}")
        if found.picture is not None:
            self._check_picture(found)
        for name, value in (("all", found.all), ("color", found.color)):
            if value and found.format != "text":
                raise OptionError(f"--{name} is for text. Leave it out, or --format.")
        if found.color and found.output is not None:
            raise OptionError("--color is for a terminal; a file has no colours. Leave it out.")
        if found.color not in (None, *COLORS):
            near = did_you_mean(found.color, COLORS)
            raise OptionError(f"--color takes {', '.join(COLORS)}, got {found.color!r}.{near}")

    def _check_picture(self, found: argparse.Namespace) -> None:
        if found.format not in (*BINARY, "svg", "html"):
            raise OptionError("--picture is for a picture. Add a file, for example -o lstm.svg.")
        if found.picture not in self.pictures:
            near = did_you_mean(found.picture, self.pictures)
            names = ", ".join(self.pictures)
            raise OptionError(f"--picture takes {names}, got {found.picture!r}.{near}")

    def refuse(self, word: str) -> NoReturn:
        """Raise OptionError for `word`, with the nearest option."""
        option = word.partition("=")[0]
        if meaning := WITHOUT_COUNT.get(option.lstrip("-").replace("-", "_")):
            what = f"{option} changes no count and no shape, so there is no such option"
            raise OptionError(f"{what}. It changes {meaning.partition(':')[0]}. Leave it out.")
        near = did_you_mean(option, self._option_string_actions)
        kind = "option" if word.startswith("-") else "argument or command"
        raise OptionError(f"no {kind} {option!r}.{near} See `{self.prog} --help`.")

    def refuse_format(self, name: str) -> NoReturn:
        """Raise OptionError for a format that the command cannot give."""
        hint = did_you_mean(name, self.formats)
        if name in ("svg", *BINARY):
            hint = " It has no picture."
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


def _spelled(word: str) -> str:
    """`word` as an option is spelled here: `--hidden-size` of `--hidden_size`."""
    name, sign, value = word.partition("=")
    return f"{name.replace('_', '-')}{sign}{value}" if re.fullmatch(r"--\w+", name) else word


def add_format(
    parser: Parser,
    formats: tuple[str, ...] = WITHOUT_PICTURE,
    looks: tuple[str, ...] = ("all", "color", "paper"),
    pictures: tuple[str, ...] = (),
) -> None:
    """Add `--format`, with the formats that the command can give, the default first.

    `looks` are the options of how a text looks, and LaTeX in a "paper", that act on the command's
    answer; `pictures` those that `--picture` chooses from.
    """
    parser.formats = (*formats, *(BINARY if "svg" in formats else ()))
    first, *others = parser.formats
    text = f"{first} (default), {', '.join(others)}"
    parser.add_argument("--format", metavar="NAME", help=text)
    parser.set_defaults(all=False, color=None, picture=None, **PAPER)
    if pictures:
        parser.pictures = pictures
        text = f"of a picture: {pictures[0]} (default), {', '.join(pictures[1:])}"
        parser.add_argument("--picture", metavar="NAME", help=text)
    if "all" in looks:
        text = "all of a text that is made brief for a terminal"
        parser.add_argument("--all", action="store_true", help=text)
    if "color" in looks:
        text = f"colours in a text: {COLORS[0]} (default), {', '.join(COLORS[1:])}"
        parser.add_argument("--color", metavar="WHEN", help=text)
    if "paper" in looks:
        text = "LaTeX of the tables and formulas alone, without headings and sentences"
        parser.add_argument("--fragment", action="store_true", help=text)
        text = "a caption below which each table of LaTeX floats"
        parser.add_argument("--caption", metavar="TEXT", help=text)
        text = "a label of the first table; the next have it with -2, -3, ..."
        parser.add_argument("--label", metavar="LABEL", help=text)


def add_plot(parser: Parser) -> None:
    """Add `--plot`, which draws the curves of the answer beside it."""
    text = "draw curves into this file: .svg, .png or .pdf; the last two need matplotlib"
    parser.add_argument("--plot", metavar="FILE", help=text)


def plotted(
    thing: Answer | Sequence[Answer], options: argparse.Namespace, against: AxisName | None = None
) -> None:
    """Draw the curves of `thing` if `options` ask for it."""
    if options.plot is not None:
        from lstminspect.views.plot import save_plot

        save_plot(thing, options.plot, against)


def shown(thing: Answer | Sequence[Answer], options: argparse.Namespace) -> str | bytes:
    """`thing` in the format of `options`; a text as the terminal has room and colours for it."""
    if options.format in BINARY:
        return as_bytes(thing, options.format, options.picture)
    if options.format != "text":
        setting = {name: getattr(options, name) for name in PAPER}
        return render(thing, options.format, picture=options.picture, **setting)
    return as_text(thing, _page(options))


def _page(options: argparse.Namespace) -> Page:
    """The page that a text is written for: a file and a pipe have no width and get all of it."""
    if options.output is not None:
        return Page()
    width = width_of(sys.stdout)
    brief = width is not None and not options.all
    return Page(width, brief, has_colours(sys.stdout, options.color or "auto"), "`--all` shows it")
