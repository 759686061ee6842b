"""Letters: sizes that a text does not say, named as the text names them.

A letter is a SymPy symbol, and SymPy is imported for the first one. The same unknown is the same
letter; of two unknowns of one name, the second has its line in its name. A size that the user sets
is a number from the start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lstminspect.errors import ModelError, did_you_mean
from lstminspect.models.graph import Letter
from lstminspect.models.reading.values import (
    BoundMethod,
    DottedName,
    Unknown,
    text_of,
    unknown_member,
)
from lstminspect.sizes import Quantity, plain

__all__ = ["Letters", "is_short"]

ARITHMETIC = ("Add", "Sub", "Mult", "Div", "FloorDiv", "Pow", "Mod")
#: Terms of an expression that is calculated with, and the largest number in one.
MOST_TERMS, LARGEST = 40, 10**30
#: The text of a value that is made of others, outside of parentheses.
COMPOSED = re.compile(r"^[^()\[\]{}'\"]* (if|or|and|[-+*/%]{1,2}) ")
#: How deep an unknown can be made of others; what is deeper is a letter of its own.
MOST_NESTED = 20


class Letters:
    """The letters of a text, and the sizes that the user sets."""

    def __init__(self, sizes: Mapping[str, int] | None = None) -> None:
        self.sizes = dict(sizes or {})
        self.used: set[str] = set()
        self.by_key: dict[str, tuple[Quantity, Letter]] = {}
        self.names: set[str] = set()
        self.sized: dict[int, tuple[Unknown, Any]] = {}

    def known(self, value: Any) -> Any:
        """`value`, or the number that the user sets for an unknown of this name."""
        if self.sizes and isinstance(value, Unknown | DottedName):
            text = text_of(value)
            if text in self.sizes:
                self.used.add(text)
                return self.sizes[text]
        return value

    def size(self, value: Any, place: str = "", depth: int = 0) -> Any:
        """An unknown as a size: a letter, or arithmetic on letters. Any other value as it is."""
        if isinstance(value, DottedName):
            module = value.name.rpartition(".")[0]
            origin = f"imported from {module}" if value.imported else "not in the text"
            origin = f"{origin}, {place}" if place else origin
            return self.letter(Unknown(text_of(value) or value.name, origin=origin))
        if isinstance(value, BoundMethod):
            value = unknown_member(value)
        if not isinstance(value, Unknown) or value.declined:
            return value
        if id(value) not in self.sized:
            # Held with its size, so that no other value has its identity.
            self.sized[id(value)] = value, self._made(value, place, depth)
        return self.sized[id(value)][1]

    def _made(self, value: Unknown, place: str, depth: int) -> Any:
        """The size of an unknown, from what it is made of."""
        name, *operands = value.operation or ("",)
        if name == "size":
            return operands[0]
        if name == "int" and depth < MOST_NESTED:
            return self.size(operands[0], place, depth + 1)
        if name in ARITHMETIC and depth < MOST_NESTED:
            left, right = (
                int(size) if isinstance(size, bool) else size
                for size in (self.size(each, place, depth + 1) for each in operands)
            )
            if all(
                isinstance(each, int) or (hasattr(each, "free_symbols") and is_short(each))
                for each in (left, right)
            ) and (name != "Pow" or _is_low(left, right)):
                return _calculated(name, left, right)
        return self.letter(value)

    def shape(self, values: Any) -> tuple[Any, ...]:
        """Sizes that are a shape; one that is not known is a letter."""
        return tuple(self.size(each) for each in values)

    def letter(self, unknown: Unknown) -> Quantity:
        """The letter of an unknown, or the number that the user sets for it."""
        found = self.by_key.get(unknown.identity)
        if found is None:
            # An expression that is not followed is one letter, in parentheses.
            is_made = unknown.operation[:1] and unknown.operation[0] in ARITHMETIC
            is_made = is_made or COMPOSED.search(unknown.text) is not None
            name = f"({unknown.text})" if is_made else unknown.text
            if name in self.names:
                # Two values of one name: the second one is told apart by its line.
                line = unknown.origin.rpartition("line ")[2]
                name = f"{name}@{line}" if line.isdigit() else f"{name}'"
                while name in self.names:
                    name += "'"
            self.names.add(name)
            if name in self.sizes:
                self.used.add(name)
                return self.sizes[name]
            from sympy import Symbol

            found = Symbol(name), Letter(name, unknown.origin)
            self.by_key[unknown.identity] = found
        return found[0]

    def check_used(self) -> None:
        """Refuse a size that the user sets and that the text does not have."""
        for name in self.sizes:
            if name not in self.used:
                near = did_you_mean(name, self.names)
                there = ", ".join(sorted(self.names)[:8])
                hint = near or (f" The text leaves open {there}." if there else "")
                raise ModelError(f"no size that the text leaves open is named {name!r}.{hint}")

    @property
    def every(self) -> tuple[Letter, ...]:
        """All letters, in the order in which they were met."""
        return tuple(letter for _, letter in self.by_key.values())


def is_short(size: Quantity) -> bool:
    """True for an expression that can be multiplied out: few terms, and no number of many digits.

    >>> from sympy.abc import n
    >>> is_short(n * n + 3), is_short(10**40 * n)
    (True, False)
    """
    terms = size.as_coefficients_dict()
    return len(terms) <= MOST_TERMS and all(abs(each) < LARGEST for each in terms.values())


def _is_low(base: Quantity, exponent: Quantity) -> bool:
    """True for a power that has few terms when it is multiplied out."""
    return not getattr(base, "is_Add", False) or (isinstance(exponent, int) and exponent <= 4)


def _calculated(name: str, left: Quantity, right: Quantity) -> Quantity:
    """Arithmetic on sizes, of which one is a letter."""
    match name:
        case "Add":
            return plain(left + right)
        case "Sub":
            return plain(left - right)
        case "Mult":
            return plain(left * right)
        case "Mod":
            return plain(left % right)
        case "Pow":
            return plain(left**right)
    from sympy import floor, sympify

    return plain(floor(sympify(left) / right))
