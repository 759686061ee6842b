"""Numbers in C: arrays in braces, one constant of all weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lstminspect.exports.source import Source
    from lstminspect.weights.arrays import Array

__all__ = ["array_text", "comment", "constant"]


def comment(text: str) -> str:
    """Lines of text as comments."""
    return "\n".join(f"// {line}".rstrip() for line in text.split("\n"))


def constant(source: Source, called: str, blocks: Mapping[str, Array]) -> str:
    """The values of all weights, as one constant."""
    fields = [
        f"    .{name} = {array_text(array, source.single, 4)}," for name, array in blocks.items()
    ]
    start = f"static const {source.name}_weights {source.name}_{called} = {{"
    return "\n".join([start, *fields, "};"])


def array_text(array: Array, single: bool, indent: int = 0) -> str:
    """Numbers in braces, in lines of at most 100 columns."""
    if not array.ndim:
        return _number(array, single)
    if array.ndim > 1:
        pad = " " * (indent + 4)
        rows = [f"{pad}{array_text(row, single, indent + 4)}," for row in array]
        return "\n".join(["{", *rows, " " * indent + "}"])
    lines, line = list[str](), ""
    for value in array:
        text = _number(value, single)
        if len(line) + len(text) > 88 - indent:
            lines, line = [*lines, line.rstrip()], ""
        line += f"{text}, "
    lines.append(line.rstrip(", "))
    return "{" + ("\n" + " " * (indent + 4)).join(lines) + "}"


def _number(value: Array, single: bool) -> str:
    """A number with as many digits as tell it from its neighbours."""
    text = f"{float(value):.9g}" if single else f"{float(value):.17g}"
    text = text if re.search(r"[.e]", text) else f"{text}.0"
    return f"{text}f" if single else text
