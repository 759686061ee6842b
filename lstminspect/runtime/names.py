"""Names in a generated module: those of a cell are marked, and chosen when the text is whole.

A mark holds signs that no Python text has, so no name of a cell can be one that the module uses
itself. `named` gives each mark a name that nothing else in the text has: its own, if it is free.
"""

from __future__ import annotations

import re

__all__ = ["marked", "named", "sized"]

_MARK = re.compile("‹([^›|]*)\\|([^›|]*)›")
_TEXTS = re.compile(r'"""[\s\S]*?"""|"[^"\n]*"|#.*')
# A name after a dot is an attribute, which hides nothing.
_NAMES = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
# Python's grammar has it as a name, and its compiler takes no assignment to it.
_NEVER = "__debug__"
#: The parts that stand behind the name.
_BEHIND = ("before", "in", "next", "kept", "first", "record", "carry", "carry_next", "gradient")


def marked(name: str, part: str = "") -> str:
    """The mark of the value called `name` in a cell, or of a `part` of it: `in`, `next`, `kept`."""
    return f"‹{name}|{part}›"


def sized(length: str) -> str:
    """The mark of the size called `length` in a cell."""
    return marked(length, "size")


def named(text: str) -> str:
    """`text` with a name for each mark, apart from one another and from all other names in it.

    >>> named(f"{marked('h')} = {marked('h', 'in')} + np.tanh({marked('np')})")
    'h = h_in + np.tanh(np_)'
    """
    taken = {_NEVER, *_NAMES.findall(_MARK.sub(" ", _TEXTS.sub(" ", text)))}
    names: dict[str, str] = {}
    for mark in _MARK.finditer(text):
        if mark[0] not in names:
            name = _preferred(mark[1], mark[2])
            while name in taken:
                name += "_"
            taken.add(name)
            names[mark[0]] = name
    return _MARK.sub(lambda mark: names[mark[0]], text)


def _preferred(name: str, part: str) -> str:
    if part in ("", "size"):
        return name
    return f"{name}_{part}" if part in _BEHIND else f"{part}_{name}"
