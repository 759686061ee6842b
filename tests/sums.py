"""The sums in a text, worked out again: `4·(units + 3) = 28`, with the sizes put in for letters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

#: Words that may stand behind a number without changing it.
NOUNS = "networks|units|directions|parameters|bytes|numbers|biases|columns|blocks"
TOKEN = re.compile(r"\s*(?:([0-9]+)|([a-z_]\w*)|(\*\*|[-+*/()^]))")


def value(text: str, sizes: Mapping[str, int]) -> int | None:
    """The number that `text` comes to, or None if it is no sum of numbers and sizes."""
    plain = re.sub(r"(?<=[0-9]),(?=[0-9]{3}\b)", "", text)
    plain = re.sub(rf"(?<=[0-9]) +({NOUNS})\b", "", plain)
    plain = re.sub("[·×]|(?<= )x(?= )", "*", plain).strip()
    words: list[str] = []
    at = 0
    while at < len(plain):
        token = TOKEN.match(plain, at)
        if token is None or (token[2] and token[2] not in sizes):
            return None
        at = token.end()
        words.append(token[3] or token[1] or str(sizes[token[2]]))
    return _whole(words)


def _whole(words: list[str]) -> int | None:
    rest = list(words)
    try:
        result = _sum(rest)
    except (IndexError, ValueError):
        return None
    return int(result) if not rest and result.denominator == 1 else None


def _sum(words: list[str]) -> Fraction:
    result = _product(words)
    while words and words[0] in "+-":
        sign = 1 if words.pop(0) == "+" else -1
        result += sign * _product(words)
    return result


def _product(words: list[str]) -> Fraction:
    result = _power(words)
    while words and words[0] in "*/":
        times = words.pop(0) == "*"
        other = _power(words)
        result = result * other if times else result / other
    return result


def _power(words: list[str]) -> Fraction:
    base = _atom(words)
    if words and words[0] in ("^", "**"):
        words.pop(0)
        return base ** int(_atom(words))
    return base


def _atom(words: list[str]) -> Fraction:
    word = words.pop(0)
    if word != "(":
        return Fraction(word)
    result = _sum(words)
    if words.pop(0) != ")":
        raise ValueError(word)
    return result


def sums(text: str, sizes: Mapping[str, int]) -> list[tuple[str, list[int]]]:
    """Every chain `a = b = c` in `text`, with what each of its sides comes to.

    The first side is the longest end of what stands before its sign that is a sum, the last one the
    longest beginning of what stands behind. Raises AssertionError for a side that is no sum.
    """
    found = []
    for line in re.split(r"(?<=[a-z)])[:.] |\n|, (?=with )", text):
        first, *others = re.split(" = ", line)
        if not others:
            continue
        *middle, last = others
        sides = [
            _longest([first[at:] for at in _starts(first)], sizes),
            *(value(side, sizes) for side in middle),
            _longest([last[:at] for at in reversed(_ends(last))], sizes),
        ]
        assert None not in sides, (line, sides)
        found.append((line, [side for side in sides if side is not None]))
    return found


def _starts(text: str) -> list[int]:
    return [0, *(space.end() for space in re.finditer(r"[\s:]+|(?<=\s)\(", text))]


def _ends(text: str) -> list[int]:
    return [*(space.start() for space in re.finditer(r"\s|[.:,;](?=\s|$)", text)), len(text)]


def _longest(parts: list[str], sizes: Mapping[str, int]) -> int | None:
    return next((number for part in parts if (number := value(part, sizes)) is not None), None)
