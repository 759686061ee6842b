"""Texts and tables in lines of a width: broken between values, never inside one.

A value is a word, a number, a shape such as `(None, 64)`, an operand of a sum. An operator begins
its line, as people break a formula.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from lstminspect.answer import table

__all__ = ["code", "fitted", "formula_lines", "pieces", "prose", "words", "wrapped"]

#: What is not broken: what is between backquotes, a number with its unit, an option with its value,
#: a word with the shapes in it. Before it an operator, which stays with its operand, and the spaces
#: between it and what is in front.
PIECE = re.compile(
    r"""(\s*)
    (
        (?: (?:[=+\-·*@/x×→]|->)\ )?
        (?: [^\s`]*`[^`]+`\S*
          | \(?-?[\d.,]+\ (?:%|(?:bytes|left|steps?|units?|points?)\b)\S*
          | --[a-z][\w-]*\ (?!-)\S+
          | (?: \( (?:[^\s(),]|\ [+*·-]\ ){1,16} (?:,\ [^(),]{1,16}){1,6} ,?\) | \S )+
        )
    )""",
    re.VERBOSE,
)
#: The lines of the tallest row of a table before columns are left out.
TALLEST = 5
GAP = 2


def pieces(text: str) -> list[str]:
    """The values of `text`, between which a line may end.

    >>> pieces("(None, 64) (None, 3)"), pieces("2·(u + f) = 17 x 4")
    (['(None, 64)', '(None, 3)'], ['2·(u', '+ f)', '= 17', 'x 4'])
    """
    return [piece for _, piece in PIECE.findall(text)]


def _spaced(text: str, width: int) -> list[tuple[str, str]]:
    """The values of `text`, each behind the spaces before it; one of no room word by word."""
    return [
        part
        for gap, piece in PIECE.findall(text)
        for part in (
            [(gap, piece)] if len(piece) <= width else re.findall(r"(\s*)(\S+)", gap + piece)
        )
    ]


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """`text` in lines of `width` columns; all but the first begin with `indent`.

    >>> wrapped("W_i W_f W_g W_o", 8)
    ['W_i W_f', 'W_g W_o']
    """
    if len(text) <= width:
        return [text]
    margin = text[: len(text) - len(text.lstrip(" "))]
    lines: list[str] = []
    for gap, piece in _spaced(text, width - len(margin) - len(indent)):
        if lines and len(lines[-1]) + len(gap) + len(piece) <= width:
            lines[-1] += gap + piece
        else:
            lines.append(f"{margin}{indent if lines else ''}{piece}")
    return lines


def formula_lines(text: str, width: int, sign: str = "=") -> list[str]:
    """`a = b = c` in lines: one step to a line where they do not fit into one."""
    if len(text) <= width:
        return [text]
    first, *others = text.split(f" {sign} ")
    margin = "  " if sign == "=" else ""
    lines = wrapped(first, width, "    ")
    for step in others:
        lines += wrapped(f"{margin}{sign} {step}", width, "  ")
    return lines


def prose(text: str, width: int) -> list[str]:
    """A paragraph in lines; a command at its end has a line of its own, to be copied."""
    if len(text) <= width:
        return [text]
    if command := re.search(r": (lstminspect [^.`]*)$", text):
        return [
            *wrapped(text[: command.start() + 1], width),
            *code(f"  {command[1]}", width, " \\"),
        ]
    return wrapped(text, width)


def code(line: str, width: int, end: str = "") -> list[str]:
    r"""A typed line in lines that can be typed: those of a shell end in a backslash.

    >>> code("$ lstminspect --units 64 --features 3", 30)
    ['$ lstminspect --units 64 \\', '      --features 3']
    """
    if len(line) <= width:
        return [line]
    margin = line[: len(line) - len(line.lstrip(" "))]
    prompt = next((each for each in ("$ ", ">>> ") if line[len(margin) :].startswith(each)), "")
    end = " \\" if prompt == "$ " else end
    python = prompt == ">>> "
    again = f"{margin}{'...     ' if prompt == '>>> ' else '    ' + ' ' * len(prompt)}"
    lines = [""]
    for word in words(line[len(margin) + len(prompt) :]):
        joined = f"{lines[-1]} {word}" if lines[-1] else f"{margin}{prompt}{word}"
        # A statement of Python goes on in the next line inside brackets alone.
        inside = not python or any(_open(" ".join(lines)))
        if len(joined) + len(end) > width and lines[-1] and inside:
            lines[-1] += end
            lines.append(again + word)
        else:
            lines[-1] = joined
    return lines


def _open(text: str) -> list[bool]:
    """Say of every kind of bracket whether one is open at the end of `text`."""
    return [text.count(left) > text.count(right) for left, right in ("()", "[]", "{}")]


def words(text: str) -> list[str]:
    """The words of a typed line; what is quoted is one, and an option has its value."""
    quoted = r"""'[^']*'|"[^"]*\""""
    return re.findall(rf"(?:--[a-z][\w-]* (?!-))?(?:{quoted}|[^\s'\"]|['\"])+", text)


def fitted(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[int],
    width: int,
    least: Sequence[int],
) -> tuple[str, list[str]]:
    """A table of `width` columns, and the headers of the columns that it leaves out.

    Cells are broken between their values. While a row is too tall or the table too wide, the next
    column of `least` is left out. What is too wide all the same becomes a list, a line per value.
    """
    for leaving in range(len(least) + 1):
        out = least[:leaving]
        columns = [at for at in range(len(headers)) if at not in out]
        chosen = [[line[at] for at in columns] for line in (headers, *rows)]
        own = [at for at, column in enumerate(columns) if column in right]
        tallest = TALLEST if leaving < len(least) else None
        text = table(chosen[0], chosen[1:], own)
        if max(map(len, text.split("\n"))) > width:
            text = _broken(chosen, own, width, tallest)
        if text:
            return text, [headers[at] for at in out]
    return _listed(headers, rows, width), []


def _broken(
    lines: Sequence[Sequence[str]], right: Sequence[int], width: int, tallest: int | None
) -> str:
    """A table whose cells are broken into lines; nothing if it is too wide or too tall even so."""
    columns = list(zip(*lines, strict=True))
    whole = [max(map(len, column)) for column in columns]
    needed = [
        max(len(piece) for cell in column for piece in pieces(cell or "-")) for column in columns
    ]
    room = width - GAP * (len(columns) - 1)
    if sum(needed) > room:
        return ""
    cap = max(whole)
    while sum(_capped(whole, needed, cap)) > room:
        cap -= 1
    widths = _capped(whole, needed, cap)
    for at in sorted(range(len(widths)), key=lambda at: widths[at] - whole[at]):
        widths[at] = min(whole[at], widths[at] + room - sum(widths))
    cells = [
        [
            (_cell if line is not lines[0] else wrapped)(cell, own)
            for cell, own in zip(line, widths, strict=True)
        ]
        for line in lines
    ]
    if tallest is not None and max(len(cell) for line in cells[1:] for cell in line) > tallest:
        return ""
    widths = [max(len(each) for line in cells for each in line[at]) for at in range(len(widths))]
    first, *others = (_row(line, widths, right) for line in cells)
    rule = "  ".join("-" * own for own in widths)
    return "\n".join([*first, rule, *(each for row in others for each in row)])


def _capped(whole: Sequence[int], needed: Sequence[int], cap: int) -> list[int]:
    return [max(least, min(most, cap)) for most, least in zip(whole, needed, strict=True)]


def _cell(text: str, width: int) -> list[str]:
    """The lines of a cell; all but the first of a sentence are a little to the right."""
    if len(text) <= width:
        return [text]
    indent = "  " if width > max(map(len, pieces(text))) + 2 else ""
    plain = re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text)
    for sign in "=/" if indent and not plain else "":
        if f" {sign} " in text:
            return formula_lines(text, width, sign)
    return wrapped(text, width, indent)


def _row(cells: Sequence[Sequence[str]], widths: Sequence[int], right: Sequence[int]) -> list[str]:
    lines = []
    for texts in zip_longest(*cells, fillvalue=""):
        padded_cells = [
            text.rjust(own) if at in right else text.ljust(own)
            for at, (text, own) in enumerate(zip(texts, widths, strict=True))
        ]
        lines.append("  ".join(padded_cells).rstrip())
    return lines


def _listed(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Every row as a list of its values, each behind its header."""
    most = max(map(len, headers))
    texts = []
    for row in rows:
        lines = []
        for header, cell in zip(headers, row, strict=True):
            if cell:
                first, *others = wrapped(cell, max(width - most - GAP, 1))
                lines.append(f"{header.ljust(most)}  {first}")
                lines += [f"{' ' * most}  {each}" for each in others]
        texts.append("\n".join(lines))
    return "\n\n".join(texts)
