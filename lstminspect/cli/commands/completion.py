"""`lstminspect completion`: a script that lets a shell complete commands, options and names."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from importlib import import_module
from typing import Any

from lstminspect import cells
from lstminspect.activations import ACTIVATIONS
from lstminspect.analysis.fit import RUNTIMES
from lstminspect.cli.catalogue import COMMANDS
from lstminspect.cli.layer_options import FINE, Parser
from lstminspect.cli.parser import COLORS
from lstminspect.conventions.catalogue import EVERY, FRAMEWORKS
from lstminspect.costs.cost import DTYPES
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.errors import OptionError, did_you_mean
from lstminspect.exports import export
from lstminspect.layer.options import MERGE_MODES
from lstminspect.models.patterns import PATTERNS
from lstminspect.optional import present
from lstminspect.teaching.quiz import worksheet
from lstminspect.teaching.topics.topics import TOPICS
from lstminspect.validation import cases
from lstminspect.views import layers, lesson, report

__all__ = ["arguments", "run"]

SHELLS = ("bash", "zsh", "fish")

EXAMPLES = """\
examples:
  eval "$(lstminspect completion bash)"         in ~/.bashrc
  eval "$(lstminspect completion zsh)"          in ~/.zshrc, below compinit
  lstminspect completion fish -o ~/.config/fish/completions/lstminspect.fish

Needs shtab: pip install 'lstminspect[completion]'
"""

#: Options and arguments whose value is the name of a file.
FILES = ("equations", "file", "model", "output", "path", "source")
#: The values of the other options and arguments, by name, or by command and name.
VALUES: dict[str, Callable[[], Collection[str]]] = {
    "activation": lambda: ACTIVATIONS,
    "cell": cells.names,
    "cells name": cells.names,
    "color": lambda: COLORS,
    "compare names": cells.names,
    "compare picture": lambda: layers.PICTURES,
    "convention": lambda: EVERY,
    "convert source": lambda: EVERY,
    "convert to": lambda: EVERY,
    "count picture": lambda: report.PICTURES,
    "dtype": lambda: DTYPES,
    "explain picture": lambda: lesson.PICTURES,
    "explain what": lambda: (*TOPICS, "topics"),
    "export dtype": lambda: export.DTYPES,
    "export name": cells.names,
    "export to": lambda: export.LANGUAGES,
    "find": lambda: (UNITS, FEATURES),
    "fits names": cells.names,
    "framework": lambda: FRAMEWORKS,
    "like": cells.names,
    "merge_mode": lambda: [str(mode).lower() for mode in MERGE_MODES],
    "output_activation": lambda: ACTIVATIONS,
    "patterns name": lambda: [pattern.name for pattern in PATTERNS],
    "quiz cells": lambda: dict.fromkeys(worksheet.CELLS),
    "quiz difficulty": lambda: worksheet.DIFFICULTIES,
    "quiz topics": lambda: worksheet.TOPICS,
    "recurrent_activation": lambda: ACTIVATIONS,
    "runtime": lambda: RUNTIMES,
    "shell": lambda: SHELLS,
    "symbols first": cells.names,
    "tag": lambda: cells.TAGS,
    "symbols second": cells.names,
    "validate framework": lambda: cases.FRAMEWORKS,
}


def arguments() -> Parser:
    """The words that the command takes."""
    parser = Parser(
        prog="lstminspect completion",
        description=(
            "A script for a shell: the tabulator key then completes commands, options, the names "
            "of cells, conventions, formats and topics."
        ),
        epilog=EXAMPLES,
    )
    parser.add_argument("shell", metavar="SHELL", help=", ".join(SHELLS))
    return parser


def run(words: list[str]) -> tuple[str | bytes, int]:
    """The script for the shell that `words` name."""
    shell = arguments().read(words).shell
    if shell not in SHELLS:
        known = ", ".join(SHELLS)
        near = did_you_mean(shell, SHELLS)
        raise OptionError(f"no completion for {shell!r}.{near} There is {known}.")
    present("shtab", "completion", "shtab", purpose="completion")
    import shtab

    script: str = shtab.complete(_every_command(shtab.FILE), shell)
    # For an argument that may be given again shtab writes one to zsh, which ends the others.
    return script.rstrip("\n").replace('"(*):', '"*:'), FINE


def _every_command(file: Any) -> argparse.ArgumentParser:
    """One parser of the whole command line, with the values of what is completed."""
    parser: argparse.ArgumentParser = import_module(f"{__package__}.count").arguments()
    _complete("count", parser, file)
    parsers = parser.add_subparsers(metavar="COMMAND", parser_class=argparse.ArgumentParser)
    for name, what in COMMANDS.items():
        command = import_module(f"{__package__}.{name}").arguments()
        _complete(name, command, file)
        parsers.add_parser(name, parents=[command], add_help=False, help=what, description=what)
    return parser


def _complete(command: str, parser: Any, file: Any) -> None:
    """Give the values to the options and arguments of one command."""
    for action in parser._actions:
        values = VALUES.get(f"{command} {action.dest}") or VALUES.get(action.dest)
        if action.dest in FILES and f"{command} {action.dest}" not in VALUES:
            action.complete = file
        elif action.dest == "format":
            action.choices = parser.formats
        elif values:
            action.choices = list(values())
