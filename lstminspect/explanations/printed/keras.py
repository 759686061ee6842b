"""The tables that `model.summary()` of Keras prints: columns of spaces (1, 2) and boxes (3).

Sources: `print_summary` in keras/engine/topology.py (Keras 1), keras/utils/layer_utils.py (Keras 2)
and keras/src/utils/summary_utils.py (Keras 3). Keras 1 and the first of Keras 2 cut what is too
long for its column, later ones continue it on the next line, and Keras 3 cuts a word with `…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lstminspect.explanations.printed.table import (
    COUNT,
    CUT,
    PrintedRow,
    PrintedTable,
    number_of,
    shapes_of,
    totals_of,
)

__all__ = ["keras_tables"]

SHAPE = r"\(\(?(?:None|\d).*?|\[.*?|\{.*?|multiple|\?"
#: `lstm_1 (LSTM)   (None, 50, 96)   41088   embedding_1[0][0]`; the class may be cut.
ROW = re.compile(
    rf"(?P<name>[^\s(|]\S*) ?\((?P<type>[\w>.]*)\)? *(?<![\w(])(?P<shape>{SHAPE})\s+"
    rf"(?P<count>{COUNT})(?P<rest>.*)$"
)
#: The same where the class is cut away, or stands on the next line.
BARE = re.compile(
    rf"(?P<name>[^\s(|]\S*) *\(?\s+(?P<shape>{SHAPE})\s+(?P<count>{COUNT})(?P<rest>.*)$"
)
HEADER = re.compile(r"Layer \(type\)\s+Output ")
COLUMNS = re.compile(r"Layer \(type\)|Output(?: Shape)?|Par\w*(?: #)?|Connected(?: to)?|Trai\w*")
TRAINED = {"Y": True, "N": False}
RULE = re.compile(r"[\s_=|¯-]*")
TITLE = re.compile(r'Model: "([^"\n]{1,200})"')
#: `lstm_1[0][1]`, of which the end may be cut.
CONNECTION = re.compile(rf"([\w./:-]+)(\[\d+\])?\s*(?:\[(\d+)\])?[\[\]\d]*({CUT}?)")


def keras_tables(text: str) -> list[PrintedTable]:
    """The tables of Keras in a text, in order."""
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines) if HEADER.search(line) or _is_box_head(line)]
    found = []
    before = 0
    for start, end in zip(starts or [0], [*starts[1:], len(lines)], strict=True):
        title = TITLE.findall("\n".join(lines[before:start]))
        part = lines[start:end]
        boxed = any(_cells(line) for line in part[:3])
        rows = _boxed(part) if boxed else _spaced(part)
        if rows:
            name = title[-1] if title else "model"
            source = "Keras 3" if boxed else "Keras"
            found.append(PrintedTable(source, name, tuple(rows), totals_of("\n".join(part))))
        before = start + 1
    return found


def _count(text: str) -> tuple[int | None, str]:
    """A count and, where it is cut, the digits that are left of it."""
    if text.endswith(CUT):
        return None, text.rstrip(CUT)
    return number_of(text.partition(" ")[0]), ""


def _spaced(lines: Sequence[str]) -> list[PrintedRow]:
    """The rows of a table whose columns are made of spaces."""
    header = lines[0] if HEADER.search(lines[0]) else ""
    starts = [match.start() for match in COLUMNS.finditer(header)]
    names = [match[0][:2] for match in COLUMNS.finditer(header)]
    records: list[dict[str, str]] = []
    depths: list[int] = []
    is_open = False
    for line in lines[1:] if header else lines:
        if re.search(r"\btotal params", line, re.IGNORECASE):
            break
        if RULE.fullmatch(line):
            is_open = is_open and not line.strip()
            continue
        record = _aligned(line, starts, names) or _searched(line, bool(header))
        if record:
            records.append(record)
            depths.append(line[: len(line) - len(line.lstrip(" |"))].count("|"))
            is_open = True
        elif is_open and starts:
            is_open = _continue(records[-1], line, starts, names)
    trained = "Tr" in names
    return [
        _finished(record, depth, "Co" in names, trained)
        for record, depth in zip(records, depths, strict=True)
    ]


def _aligned(line: str, starts: list[int], names: list[str]) -> dict[str, str] | None:
    """The cells of a row that stand below those of the header; None where they do not."""
    if names[:3] != ["La", "Ou", "Pa"]:
        return None
    name, shape, count, *others = [*starts, len(line)]
    cells = [
        line[max(name - 1, 0) : shape].strip(" |"),
        line[shape:count].strip(),
        line[count:][: others[0] - count],
    ]
    edges = all(line[place - 1 : place] == " " for place in (shape, count))
    whole = cells[0] and cells[1][:1] in tuple("([{m?")
    if not edges or not whole or not re.fullmatch(COUNT, cells[2].strip(" |")):
        return None
    return {"name": cells[0], "shape": cells[1], "count": cells[2].strip(" |"),
            "rest": line[others[0] :]}  # fmt: skip


def _searched(line: str, has_header: bool) -> dict[str, str] | None:
    """The cells of a row, wherever they stand in a line."""
    match = ROW.search(line) or (BARE.search(line) if has_header else None)
    if not match or not (has_header or "None" in match["shape"]):
        return None
    return {**match.groupdict(), "name": line[match.start("name") : match.start("shape")].rstrip()}


def _continue(record: dict[str, str], line: str, starts: list[int], names: list[str]) -> bool:
    """Add a line that continues the cells of a row; False for a line that is something else."""
    cells = {
        name: line[start:end].strip(" |")
        for name, start, end in zip(names, starts, [*starts[1:], len(line)], strict=True)
    }
    if not re.fullmatch(r"\d*", cells.get("Pa", "").replace(",", "")):
        return False
    record["count"] += cells.get("Pa", "")
    record["name"] += line[: starts[1]].strip(" |") if len(starts) > 1 else ""
    record["shape"] += cells.get("Ou", "")
    # A name is cut anywhere, and a list behind a comma; Keras 1 begins a line for each.
    between = " " if record["rest"].rstrip().endswith((",", "]")) else ""
    record["rest"] = record["rest"].rstrip() + between + cells.get("Co", "")
    return True


def _finished(record: dict[str, str], depth: int, connected: bool, trained: bool) -> PrintedRow:
    name, layer_type = _name(record["name"])
    rest = record["rest"].strip(" |")
    trainable = None
    if trained and (match := re.search(r"(?:^|\s)([YN-])(?=\s|$)", rest)):
        trainable = TRAINED.get(match[1])
    return PrintedRow(
        name,
        layer_type,
        shapes_of(record["shape"]),
        *_count(record["count"]),
        _reads(rest) if connected else None,
        depth=depth,
        trainable=trainable,
    )


def _name(cell: str) -> tuple[str, str]:
    """The name and the class of `lstm_1 (LSTM)`; the class may be cut, or not there."""
    match = re.match(rf"\s*(\S*?)\s*\(([\w>.]*)({CUT}?)(\)?)\s*$", cell)
    if not match:
        return cell.strip(), ""
    layer_type = match[2].rpartition(">")[2]
    cut = CUT if match[3] or (match[2] and not match[4]) else ""
    return match[1] or layer_type.lower(), layer_type + cut


def _reads(text: str) -> tuple[tuple[str, int], ...]:
    """The layers in a cell of connections, each with the number of its output."""
    return tuple(
        (name + cut, int(index or 0))
        for name, node, index, cut in CONNECTION.findall(text)
        if node or cut
    )


def _cells(line: str) -> list[str] | None:
    """The cells of a line of a box, or None."""
    line = line.strip()
    match = re.search(r"[│┃](.*)[│┃]$", line)
    if match:
        return re.split("[│┃]", match[1])
    # A window that is narrower than the table cuts its right side off.
    match = re.match(r"[│┃](.*[│┃].*)$", line)
    if not match:
        return None
    *whole, last = re.split("[│┃]", match[1])
    return [*whole, last.rstrip() + CUT]


def _is_box_head(line: str) -> bool:
    """True for the upper edge of a box of several columns."""
    return re.search("[┏┌]━*─*[━─]+[┳┬]", line) is not None


def _boxed(lines: Sequence[str]) -> list[PrintedRow]:
    """The rows of a box; cells may stand on several lines, up to the next edge."""
    records = list(_records(lines))
    if not records:
        return []
    names = [" ".join(cell).strip()[:2] for cell in records[0]]
    rows = []
    if "La" not in names:
        names = ["La", "Ou", "Pa", "Co", "Tr"][: len(names)]
        records = [[], *records]
    for record in records[1:]:
        cells = dict(zip(names, record, strict=False))
        first = cells.get("La", [""])
        inner = re.match(r" ?( *)└ ", first[0])
        depth = len(inner[1]) // 3 if inner else 0
        words = " ".join(each.strip() for each in first).replace("└ ", "").strip()
        name, layer_type = _name(words)
        shape, count, reads, trained = (
            " ".join(each.strip() for each in cells.get(key, [])).strip()
            for key in ("Ou", "Pa", "Co", "Tr")
        )
        rows.append(
            PrintedRow(
                name,
                layer_type,
                shapes_of(shape),
                *_count(count),
                _reads(reads) if "Co" in names else None,
                depth=depth,
                trainable=TRAINED.get(trained),
            )
        )
    return rows


def _records(lines: Sequence[str]) -> Iterator[list[list[str]]]:
    """The lines between two edges of a box, column by column."""
    open_lines: list[list[str]] = []
    for line in lines:
        cells = _cells(line)
        if cells is not None:
            open_lines.append(cells)
        elif re.search("[├┡└┏┌╇┼]", line) and open_lines:
            yield [list(column) for column in zip(*open_lines, strict=False)]
            open_lines = []
        if re.search("└[─┴]", line):
            return
    if open_lines:
        yield [list(column) for column in zip(*open_lines, strict=False)]
