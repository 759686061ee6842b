"""The parts of an outline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from lstminspect.formula import Formula

__all__ = ["Derivation", "Document", "Part", "Prose", "Section", "Sentence", "Table", "Verbatim"]


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


class Document(NamedTuple):
    """A title and parts."""

    title: str
    parts: list[Part]
