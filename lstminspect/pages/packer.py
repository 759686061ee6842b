"""Tables that keep a page small: entries that are written once, MathML in few characters."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["Packer", "Table"]

#: A leaf with its text, a tag, or what stands between tags.
TOKEN = re.compile(r"<(m[a-z]+)(?: [^>]*)?>[^<]*</\1>|<[^>]+>|[^<]+")


class Table:
    """Entries, each once and called by its number.

    >>> table = Table()
    >>> [table.number(each) for each in ("a", "b", "a")], table.entries
    ([0, 1, 0], ['a', 'b'])
    """

    def __init__(self) -> None:
        self.entries: list[Any] = []

    def number(self, entry: Any) -> int:
        """The number of `entry`, which is new or known."""
        if entry not in self.entries:
            self.entries.append(entry)
        return self.entries.index(entry)


class Packer:
    """MathML in which each token of `table` is one character, counted from `FIRST`.

    >>> packer = Packer()
    >>> packer.packed("<mrow><mi>h</mi><mi>h</mi></mrow>"), packer.table
    ('0112', ['<mrow>', '<mi>h</mi>', '</mrow>'])
    """

    #: The character of the first token; `<` and `\\` are left out, which a page must escape.
    FIRST = "0"
    LEFT_OUT = "<\\\x7f"

    def __init__(self) -> None:
        self.table: list[str] = []
        self._signs: dict[str, str] = {}
        self._next = ord(self.FIRST)

    def packed(self, text: str) -> str:
        """`text` with a character for each of its tokens."""
        return "".join(self._sign(match.group()) for match in TOKEN.finditer(text))

    def _sign(self, token: str) -> str:
        if token not in self._signs:
            # Characters of control, from 127 to 160, cannot stand in a page.
            while chr(self._next) in self.LEFT_OUT or 127 <= self._next <= 160:
                self._next += 1
                self.table.append("")
            self._signs[token] = chr(self._next)
            self._next += 1
            self.table.append(token)
        return self._signs[token]
