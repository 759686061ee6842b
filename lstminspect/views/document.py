"""The parts of an outline, and how numbers and shapes are written in all of them.

Thousands have commas, a shape is written as Python writes a tuple, letters as formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from lstminspect.formula import Formula
from lstminspect.layer import Layer, Shape
from lstminspect.sizes import Quantity, is_array, is_letter

__all__ = [
    "Derivation",
    "Outline",
    "Part",
    "Prose",
    "Section",
    "Sentence",
    "Table",
    "Verbatim",
    "number",
    "shape",
    "size_texts",
]


class Sentence(NamedTuple):
    """A paragraph."""

    text: str


class Prose(NamedTuple):
    """A paragraph to be read as a text: broken into lines where lines have an end."""

    text: str


class Section(NamedTuple):
    """A heading; what follows begins a page where there are pages."""

    title: str


class Derivation(NamedTuple):
    """A count: its formula, the same with sizes in place of names, the result if it is one."""

    formula: Formula
    sizes: Mapping[str, str]
    result: str


class Table(NamedTuple):
    """A table; `right` are the columns that are aligned on the right."""

    title: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[int, ...] = ()


class Verbatim(NamedTuple):
    """Lines whose columns stand below each other."""

    text: str


Part: TypeAlias = Sentence | Prose | Section | Derivation | Table | Verbatim


class Outline(NamedTuple):
    """A title and parts."""

    title: str
    parts: list[Part]


def number(value: Quantity) -> str:
    """A count or a size: commas between thousands, `·` between letters, a range for an array.

    >>> number(17408)
    '17,408'
    """
    if is_array(value):
        return f"{value.min():,} to {value.max():,} ({value.size:,} values)"
    if is_letter(value):
        return str(value).replace("**", "^").replace("*", "·")
    return "None" if value is None else f"{value:,}"


def shape(sizes: Shape) -> str:
    """A shape as Python writes a tuple, without commas inside numbers.

    >>> shape((None, 30, 64)), shape((256,))
    ('(None, 30, 64)', '(256,)')
    """
    texts = [number(each).replace(",", "") for each in sizes]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def size_texts(layer: Layer) -> dict[str, str]:
    """The text of every size in a formula; an expression of several terms in parentheses.

    An array has no text of its own there: its name stays. Widths stand in the formula themselves.
    """
    plain = {
        name: value
        for name, value in layer.sizes.items()
        if not is_array(value) and not isinstance(value, tuple)
    }
    texts = {name: number(value).replace(",", "") for name, value in plain.items()}
    return {name: f"({text})" if " " in text else text for name, text in texts.items()}
