"""The command line: arguments to the same functions as in Python, then to a medium.

One file per command, each with `run(words)`, which gives the text to print and the exit code: 0
fine, 1 a disagreement was found, 2 bad input (one sentence on the error stream).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, NoReturn

from lstminspect.cli.output import opened, output_in, write
from lstminspect.errors import EquationError, LstmInspectError, OptionError, did_you_mean

__all__ = ["BAD_INPUT", "main", "say"]

BAD_INPUT, INTERRUPTED = 2, 130

#: The commands, each the name of its file; without one it is `count`.
COMMANDS = (
    "cells", "compare", "explain", "fits", "model", "patterns", "quiz", "solve", "sweep", "symbols",
    "validate", "window",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        path, rest = output_in(words)
        if path is None:
            text, code = _run(rest)
            _print(text)
            return code
        # Opened first: what cannot be written is no reason to compute for long.
        with opened(path) as file:
            text, code = _run(rest)
            write(file, path, text)
    except LstmInspectError as error:
        say(error)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _run(words: list[str]) -> tuple[str | Iterator[str], int]:
    command, rest = "count", words
    if words and not words[0].startswith("-"):
        command, *rest = words
        if command not in COMMANDS:
            _refuse_command(command)
    module = import_module(f"{__package__}.commands.{command}")
    answer: tuple[str | Iterator[str], int] = module.run(rest)
    return answer


def _refuse_command(word: str) -> NoReturn:
    from lstminspect import cells

    if word in cells.names():
        raise OptionError(
            f"a cell goes with --cell: lstminspect --cell {word} --units 64 --features 3"
        )
    near = did_you_mean(word, COMMANDS)
    raise OptionError(f"no command called {word!r}.{near} See `lstminspect --help`.")


def say(error: LstmInspectError) -> None:
    """Print an error; a stream that has gone away is no error of its own."""
    if sys.stderr is None:
        return
    text = f"lstminspect: {_in_options(error)}"
    try:
        print(_spelled(text, sys.stderr), file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def _in_options(error: LstmInspectError) -> str:
    """The message of `error` in the words of the command line: `--merge-mode` for `merge_mode`."""
    if isinstance(error, EquationError):
        return str(error)
    text = re.sub(r"\b(units|features|timesteps|batch|layers)=(\w+)", r"--\1 \2", str(error))
    names = "use_bias|reset_after|return_sequences|return_state|go_backwards|merge_mode"
    text = re.sub(rf"(?<![-\w'])({names})\b", lambda name: f"--{name[0].replace('_', '-')}", text)
    return text.replace(" or None", " or 'none'").replace("mode None", "mode none")


def _print(text: str | Iterator[str]) -> None:
    """Print `text`, or lines as they come; a reader that has gone away is no error."""
    if sys.stdout is None:
        return
    try:
        if isinstance(text, str):
            print(_spelled(text, sys.stdout), flush=True)
            return
        for line in text:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        reason = (error.strerror or "no reason given").lower()
        raise OptionError(f"the answer cannot be written: {reason}. Print it elsewhere.") from None


def _silence(stream: Any) -> None:
    # What is still buffered must go somewhere when Python closes the stream at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _spelled(text: str, stream: Any) -> str:
    """`text` in the signs that `stream` can encode."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        text = text.translate(str.maketrans("·×■●", "*x#o"))
        return text.encode("ascii", "backslashreplace").decode()
    return text
