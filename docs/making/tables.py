"""The tables, pictures and help texts that the site makes from the package while it builds."""

from __future__ import annotations

import contextlib
import html
import io
import os
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from catalogue import catalogue, published, tensors
from schema import fields_of_answers
from words import lacks, words

from lstminspect import cells, conventions
from lstminspect.cli.main import COMMANDS, main
from lstminspect.conventions import EQUATIONS, EVERY
from lstminspect.conventions.convention import slot
from lstminspect.equations.functions import FUNCTIONS, MANY, Function
from lstminspect.figures.theme import STYLE
from lstminspect.validation.cases import FRAMEWORKS

__all__ = ["MADE", "notebook", "picture", "printed"]

#: How a convention is held that `lstminspect validate` does not run: tests/validation.
HELD = {
    "cudnn": "the tests, through PyTorch",
    "coreml": "the text of its operators",
    **dict.fromkeys(("tf1", "haiku", "openvino", "equinox"), "the tests run the real cell"),
}


def printed(command: str) -> str:
    """The answer of a command line, as wide as a page of the site."""
    text = io.StringIO()
    os.environ["COLUMNS"] = "80"
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        code = main(shlex.split(command.removeprefix("lstminspect")))
        if code != 0:
            raise ValueError(f"a page shows the answer of {command!r}, whose exit code is {code}")
    return text.getvalue().rstrip()


def picture(command: str) -> str:
    """What a command draws, with the command below it."""
    drawn = "\n".join(row.strip() for row in printed(command).splitlines() if row.strip())
    drawn = drawn.replace(f"<style>\n{STYLE}</style>", "")  # The page has it once.
    # Smaller than this it scrolls, since its words could not be read.
    drawn = re.sub(r'^<svg (?=.*? width="([\d.]+)")', _least, drawn)
    caption = f"<figcaption><code>{html.escape(command)}</code></figcaption>"
    return f'<figure class="drawn" tabindex="0">\n{drawn}\n{caption}\n</figure>'


def notebook(code: str, names: dict[str, Any]) -> str:
    """Lines of a notebook, and below them what it shows of the last one."""
    *lines, last = code.strip().split("\n")
    exec("\n".join(lines), names)
    shown = eval(last, names)._repr_html_()
    rows = "\n".join(row.strip() for row in shown.splitlines() if row.strip())
    return f'```python\n{code.strip()}\n```\n\n<div class="shown">\n{rows}\n</div>'


def _least(match: re.Match[str]) -> str:
    return f'<svg style="min-width:min(30rem,{match[1]}px)" '


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def functions() -> str:
    """Every function of the language of equations, with its numbers and its meaning."""
    rows = [
        (f"`{_call(name, function)}`", function.meaning or f"`{function.definition}`")
        for name, function in FUNCTIONS.items()
    ]
    return table(("function", "meaning"), rows)


def _call(name: str, function: Function) -> str:
    numbers = [
        letter if value is None else f"{letter}={'1/6' if value == 1 / 6 else value}"
        for letter, value in zip("ab", function.numbers, strict=False)
    ]
    return f"{name}({', '.join(['v', *['w'] * (name in MANY), *numbers])})"


def order_of_gates() -> str:
    """Every convention, with the order of its LSTM's gates, what it stores and its source."""
    known = [conventions.get(name) for name in EVERY if name != EQUATIONS]
    rows = [
        (
            f"`{each.name}`",
            _gates(each),
            "(input, output)" if each.transposed else "(output, input)",
            str(len(each.cells)),
            "`lstminspect validate`" if each.name in FRAMEWORKS else HELD[each.name],
            each.source,
        )
        for each in known
    ]
    head = ("convention", "gates of an LSTM", "a matrix", "cells", "held by", "source")
    return table(head, rows)


def _gates(convention: conventions.Convention) -> str:
    if "lstm" not in convention.cells:
        return ""
    stacks = convention.stacks(cells.get("lstm"))
    first = max(stacks, key=lambda each: len(each.blocks))
    if len(first.blocks) < 4:
        return "one tensor for each"
    gates = dict.fromkeys(slot(text).block.partition("_")[2] for text in first.blocks)
    return ", ".join(gates)


def commands() -> str:
    """The help of every command."""
    texts = [("Without a command", "lstminspect --help")]
    texts += [(f"lstminspect {name}", f"lstminspect {name} --help") for name in COMMANDS]
    return "\n\n".join(f"## {title}\n\n```text\n{printed(line)}\n```" for title, line in texts)


MADE: dict[str, Callable[[], str]] = {
    "functions": functions,
    "conventions": order_of_gates,
    "commands": commands,
    "schema": fields_of_answers,
    "cells": lambda: catalogue(picture),
    "published": published,
    "tensors": tensors,
    "words": words,
    "lacks": lacks,
}
