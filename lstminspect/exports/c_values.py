"""Numbers in C: arrays in braces, one constant of all weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

from lstminspect.exports.numbers import exact, in_lines

if TYPE_CHECKING:
    from lstminspect.weights.arrays import Array

__all__ = ["array_text", "comment", "constant", "type_of", "wrapped"]


def type_of(single: bool) -> tuple[str, str]:
    """The type of numbers, and what the names of libm's functions for it end with."""
    return ("float", "f") if single else ("double", "")


def comment(text: str) -> str:
    """Lines of text as comments, each of at most 100 columns."""
    lines = text.replace("\N{MINUS SIGN}", "-").split("\n")
    return "\n".join(part for line in lines for part in wrapped(f"// {line}".rstrip(), "// "))


def wrapped(line: str, start: str) -> list[str]:
    """A line in lines of at most 100 columns, broken at blanks, the later ones after `start`."""
    broken = wrap(
        line, 100, subsequent_indent=start, break_long_words=False, break_on_hyphens=False
    )
    return broken or [line]


def constant(name: str, called: str, values: Mapping[str, Array], single: bool) -> str:
    """The values of all weights, as one constant."""
    fields = [f"    .{key} = {array_text(each, single, 4)}," for key, each in values.items()]
    return "\n".join([f"static const {name}_weights {name}_{called} = {{", *fields, "};"])


def array_text(array: Array, single: bool, indent: int = 0) -> str:
    """Numbers in braces, in lines of at most 100 columns."""
    if not array.ndim:
        return _number(array, single)
    if array.ndim > 1:
        pad = " " * (indent + 4)
        rows = [f"{pad}{array_text(row, single, indent + 4)}," for row in array]
        return "\n".join(["{", *rows, " " * indent + "}"])
    lines = in_lines((_number(value, single) for value in array), 88 - indent)
    if len(lines) == 1:
        return f"{{{lines[0]}}}"
    return "\n".join(["{", *(" " * (indent + 4) + each for each in lines), " " * indent + "}"])


def _number(value: Array, single: bool) -> str:
    """A number as C writes it; a whole one of int8."""
    if value.dtype.kind == "i":
        return str(value)
    text = exact(value, single)
    text = text if re.search(r"[.e]", text) else f"{text}.0"
    return f"{text}f" if single else text
