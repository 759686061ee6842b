"""The command line: arguments to the same functions as in Python, then to a medium.

One file per command, each with `run(words)`, which gives the text to print and the exit code: 0
fine, 1 a disagreement was found, 2 bad input (one sentence on the error stream).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import NoReturn

from lstminspect.cli.catalogue import COMMANDS, MAIN, tour
from lstminspect.cli.output import (
    BAD_INPUT,
    INTERRUPTED,
    opened,
    output_in,
    print_answer,
    say,
    speak,
    write,
)
from lstminspect.errors import LstmInspectError, OptionError, did_you_mean

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    speak(())
    try:
        path, rest = output_in(words)
        if path is None:
            text, code = _run(rest, []) if rest else (tour(), 0)
            print_answer(text)
            return code
        # Opened first: what cannot be written is no reason to compute for long.
        with opened(path) as file:
            text, code = _run(rest, ["--output", path])
            write(file, path, text)
    except LstmInspectError as error:
        say(error)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _run(words: list[str], options: list[str]) -> tuple[str | bytes | Iterator[str], int]:
    command, rest = "count", words
    if words and not words[0].startswith("-"):
        command, *rest = words
        if command not in COMMANDS:
            _refuse_command(command)
    module = import_module(f"{__package__}.commands.{command}")
    answer: tuple[str | bytes | Iterator[str], int] = module.run([*options, *rest])
    return answer


def _refuse_command(word: str) -> NoReturn:
    from lstminspect import cells

    if cells.named(word):
        raise OptionError(
            f"a cell goes with --cell: lstminspect --cell {word} --units 64 --features 3"
        )
    if word in MAIN:
        raise OptionError("counting needs no command: lstminspect --units 64 --features 3")
    near = did_you_mean(word, COMMANDS)
    raise OptionError(f"no command called {word!r}.{near} See `lstminspect --help`.")
