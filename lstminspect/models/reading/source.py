"""SourceText: the Python of what people have, line by line, and where each line stands.

Understood are files, pasted lines in a fence of Markdown, notebooks (nbformat 3 to 5) with magics
and shell lines, consoles with `>>>` or `In [3]:`, prints of Python 2, and lines that were pasted
with another indentation. Lines are blanked and never taken away: a line keeps its number.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from lstminspect.errors import ModelError

__all__ = ["MOST_CHARACTERS", "SourceText", "is_notebook", "parsed", "source_of"]

#: Some 8,000 lines; the syntax tree of more would take hundreds of megabytes.
MOST_CHARACTERS = 300_000
#: Lines that can be mended one after the other, each with a new try.
MOST_REPAIRS = 20

FENCE = re.compile(r"\s*(```|~~~)")
MAGIC = re.compile(r"\s*(%%?[A-Za-z]|!\s*\S|\?\w|[\w.]+\?{1,2}\s*$)")
PROMPT = re.compile(r"\s*(>>>|In \[\d+\]:|Out\[\d+\]:)(?: |$)")
GOES_ON = re.compile(r"\s*\.{3}:?(?: |$)")
ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)[%!]\s*\w.*$")
PRINT = re.compile(r"^(\s*)(?:print(?:\s*>>|\s+[^\s=(.]|\s+\(.*\)\s*[,%+]|\s*$)|exec\s+[^\s(=])")
PRINT_BEHIND = re.compile(r":\s*print\s+[^\s(=].*$")
PYTHON_2 = (
    (re.compile(r"^(\s*)except\s+([\w.]+|\([^)]*\))\s*,\s*\w+\s*:"), r"\1except \2:"),
    (re.compile(r"^(\s*)raise\s+[\w.]+\s*,.*$"), r"\1pass"),
    (re.compile(r"<>"), "!="),
    (re.compile(r"\b(\d+)[lL]\b"), r"\1"),
    (re.compile(r"\bur(['\"])"), r"r\1"),
    (re.compile(r"\b0(\d+)\b"), r"\1"),
)
#: Words of lines that a model can depend on: such a line is never passed over.
MATTERS = re.compile(
    r"LSTM|GRU|RNN|Dense|Conv|Embedding|Sequential|Model|Input|Dropout|\.add\(|^\s*(def|class)\b"
)


@dataclass
class SourceText:
    """Lines of Python; `cells` are the number of each line's cell and its line in it, if any."""

    lines: list[str]
    cells: list[tuple[int, int]] | None = None
    #: What was passed over, each with its line.
    notes: list[str] = field(default_factory=list)
    _encoded: dict[int, bytes] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The lines together."""
        return "\n".join(self.lines)

    def place(self, node: ast.AST | int) -> str:
        """`line 3`, or `cell 2, line 3`."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        if self.cells and 0 < line <= len(self.cells):
            cell, inner = self.cells[line - 1]
            return f"cell {cell}, line {inner}"
        return f"line {line}"

    def shown(self, node: ast.expr | ast.stmt, most: int = 60) -> str:
        """The text of a node as the user wrote it, its first line, not too long."""
        # Inside an f-string, Python 3.11 counts lines from elsewhere.
        number = node.lineno - 1
        if number not in self._encoded:
            # A syntax tree counts its columns in UTF-8.
            line = self.lines[number] if number < len(self.lines) else ""
            self._encoded[number] = line.encode()
        last = node.end_col_offset if node.end_lineno == node.lineno else None
        shown = self._encoded[number][node.col_offset : last][: 4 * most].decode(errors="ignore")
        whole = last is not None and len(shown) <= most
        return shown if whole else shown[: most - 3] + "..."


def is_notebook(text: str) -> bool:
    """True for the JSON of a notebook."""
    return text.lstrip().startswith("{") and ('"cell_type"' in text or '"nbformat"' in text)


def source_of(text: str) -> SourceText:
    """The Python in a text: without a fence of Markdown, or the code cells of a notebook."""
    if is_notebook(text):
        return _of_notebook(text)
    text = re.sub(r"\r\n?", "\n", text).lstrip("\ufeff")
    lines = ["" if FENCE.match(line) else line for line in text.split("\n")]
    return SourceText(textwrap.dedent("\n".join(lines)).rstrip().split("\n"))


def _of_notebook(text: str) -> SourceText:
    """The code cells of a notebook, one behind the other; nbformat 3 has worksheets and inputs."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelError("the notebook is not JSON. Give a file that Jupyter wrote.") from None
    sheets = found.get("worksheets")
    cells = found.get("cells") or [
        cell
        for sheet in (sheets if isinstance(sheets, list) else [])
        if isinstance(sheet, dict)
        for cell in sheet.get("cells", [])
    ]
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    for number, cell in enumerate(cells if isinstance(cells, list) else [], start=1):
        for line, content in enumerate(_code_of(cell), start=1):
            lines.append(content)
            places.append((number, line))
    if not any(line.strip() for line in lines):
        raise ModelError("the notebook has no lines of code. Give one with code cells.")
    return SourceText(lines, places)


def _code_of(cell: Any) -> list[str]:
    """The lines of a code cell; none of another cell, or of one in another language."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return []
    code = cell.get("source", cell.get("input", ""))
    code = "".join(map(str, code)) if isinstance(code, list) else str(code)
    lines = code.replace("\r\n", "\n").split("\n")
    if re.match(r"\s*%%(?!time|capture|prun)", lines[0]):
        return ["" for _ in lines]
    return ["" if MAGIC.match(line) and number == 0 else line for number, line in enumerate(lines)]


def parsed(source: SourceText) -> ast.Module:
    """The syntax tree of a text, whose lines are mended where that is safe; else a ModelError."""
    if sum(map(len, source.lines)) > MOST_CHARACTERS:
        raise ModelError(
            f"the text is too long: code has at most {MOST_CHARACTERS:,} characters here. "
            "Give the lines of the model alone."
        )
    top = next((line for line in source.lines if line.strip()), "")
    if PROMPT.match(top):
        # `In [3]: x = 4` is Python too: a variable with its type.
        _without_prompts(source)
    first = _try(source)
    if isinstance(first, ast.Module):
        return first
    kept = list(source.lines)
    for mend in (_without_prompts, _without_magics, _without_python_2):
        mend(source)
    found = _try(source)
    busy = sum(1 for line in source.lines if line.strip())
    for _ in range(min(MOST_REPAIRS, busy // 3)):
        if isinstance(found, ast.Module) or not _mended(source, found):
            break
        found = _try(source)
    if isinstance(found, ast.Module) and (found.body or not any(line.strip() for line in kept)):
        return found
    raise _not_python(first)


def _try(source: SourceText) -> ast.Module | SyntaxError:
    try:
        with warnings.catch_warnings():
            # What Python has to say about the style of a text is for its author.
            warnings.simplefilter("ignore")
            return ast.parse(source.text)
    except SyntaxError as error:
        return error
    except (ValueError, MemoryError, RecursionError):
        raise ModelError("the text is not Python code. Give lines of Keras code.") from None


def _not_python(error: SyntaxError) -> ModelError:
    shown = (error.text or "").strip()[:60]
    message = f"line {error.lineno or 1}: {shown!r} is not Python: {error.msg}"
    return ModelError(f"{message}. Give lines of Keras code.")


def _without_prompts(source: SourceText) -> None:
    """Take the prompts of a console away, and what it answered."""
    if not any(PROMPT.match(line) for line in source.lines):
        return
    inside = False
    for number, line in enumerate(source.lines):
        prompt = PROMPT.match(line)
        goes_on = GOES_ON.match(line) if inside else None
        if prompt and not prompt[1].startswith("Out"):
            source.lines[number], inside = line[prompt.end() :], True
        elif goes_on:
            source.lines[number] = line[goes_on.end() :]
        else:
            source.lines[number], inside = "", False


def _outside(lines: Iterable[str]) -> Iterable[tuple[int, str]]:
    """The lines that do not stand inside brackets of a line before, as far as can be seen."""
    depth = 0
    for number, line in enumerate(lines):
        if depth <= 0:
            depth = 0
            yield number, line
        plain = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", line)
        depth += sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}"))


def _without_magics(source: SourceText) -> None:
    """Blank lines of a notebook that are not Python: `%matplotlib`, `!pip`, `help?`."""
    for number, line in list(_outside(source.lines)):
        if MAGIC.match(line):
            source.lines[number] = _nothing(line)
        else:
            source.lines[number] = ASSIGNED_MAGIC.sub(r"\1None", line)


def _nothing(line: str) -> str:
    """`pass` where the line began."""
    return line[: len(line) - len(line.lstrip())] + "pass"


def _without_python_2(source: SourceText) -> None:
    """Take what only Python 2 has away: prints, errors with commas, long numbers."""
    for number, line in enumerate(source.lines):
        if PRINT.match(line):
            _blank_print(source, number)
            continue
        line = PRINT_BEHIND.sub(": pass", line)
        if not line.lstrip().startswith("#"):
            for pattern, instead in PYTHON_2:
                line = pattern.sub(instead, line)
        source.lines[number] = line


def _blank_print(source: SourceText, number: int) -> None:
    """Blank a print with the lines that belong to it."""
    lines = source.lines
    depth, at = 0, number
    while at < len(lines):
        plain = re.sub(r"'[^']*'|\"[^\"]*\"|#.*", "", lines[at])
        depth += sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}"))
        goes_on = depth > 0 or plain.rstrip().endswith("\\")
        lines[at] = _nothing(lines[at]) if at == number else ""
        at += 1
        if not goes_on:
            return


def _mended(source: SourceText, error: SyntaxError) -> bool:
    """Mend the line of an error, if that is safe."""
    number = (error.lineno or 1) - 1
    lines = source.lines
    if not 0 <= number < len(lines):
        return False
    before = next((n for n in range(number - 1, -1, -1) if lines[n].strip()), None)
    message = error.msg or ""
    if isinstance(error, TabError) or any("\t" in line for line in lines):
        lines[:] = [line.expandtabs(4) for line in lines]
        return True
    if message.startswith("unexpected indent"):
        wanted = 0 if before is None else _indent(lines[before])
        _shift(lines, number, wanted)
        return True
    if message.startswith("unindent does not match") and before is not None:
        depth = _indent(lines[number])
        wider = [_indent(each) for each in lines[:number] if each.strip()]
        _shift(lines, number, max((each for each in wider if each <= depth), default=0))
        return True
    if message.startswith("expected an indented block") and before is not None:
        lines[before] += " pass"
        return True
    if MATTERS.search(lines[number]) or lines[number].strip() in ("", "pass"):
        return False
    shown = lines[number].strip()[:40]
    source.notes.append(f"{source.place(number + 1)}: {shown!r} is not Python and is passed over")
    lines[number] = _nothing(lines[number])
    return True


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _shift(lines: list[str], start: int, wanted: int) -> None:
    """Move a block of lines that are indented as far as the first, to where they belong."""
    depth = _indent(lines[start])
    for number in range(start, len(lines)):
        if lines[number].strip():
            if _indent(lines[number]) < depth:
                return
            lines[number] = " " * (_indent(lines[number]) - depth + wanted) + lines[number].lstrip()
