"""The tables that torchinfo and torchsummary print of a PyTorch module.

Sources: torchinfo 1.8, formatting.py and layer_info.py; torchsummary 1.5, torchsummary.py, which
counts `weight` and `bias` alone, and so nothing of a recurrent layer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lstminspect.explanations.printed.table import (
    COUNT,
    PrintedRow,
    PrintedTable,
    number_of,
    shapes_of,
    totals_of,
)

__all__ = ["torch_tables"]

#: `│    └─Linear (head): 2-1   [2, 10]   210`, or `+ Linear` in ASCII.
ROW = re.compile(
    r"^(?P<tree>(?:[│|]    )*(?:├─|└─|\+ ))?(?P<type>[A-Za-z_]\w*)(?: \((?P<var>[\w.-]+)\))?"
    r"(?:: (?P<depth>\d+)(?:-(?P<index>\d+))?)?(?:\s+(?P<cells>[-\[(\d].*))?$"
)
INFO_HEADER = re.compile(r"Layer \(type.*\)\s+.*Param")
COLUMNS = ("Kernel Shape", "Input Shape", "Output Shape", "Param #", "Param %", "Mult-Adds",
           "Trainable")  # fmt: skip
CELL = re.compile(r"\[+[^\]]*\]+(?:, \[[^\]]*\]+)*|\(recursive\)|\([\d,]+\)|--|[\d,.]+%?|\w+")
SUMMARY_ROW = re.compile(
    rf"(?P<type>[A-Za-z_]\w*)-(?P<index>\d+)\s+(?P<shape>\[.*\])\s+(?P<count>{COUNT})"
)


def torch_tables(text: str) -> list[PrintedTable]:
    """The tables of torchinfo or torchsummary in a text."""
    found = []
    lines = text.split("\n")
    starts = [at for at, line in enumerate(lines) if INFO_HEADER.search(line)]
    for start, end in zip(starts or [0], [*starts[1:], len(lines)], strict=True):
        part = lines[start:end]
        totals = totals_of("\n".join(part))
        if rows := [_summary_row(match) for line in part if (match := SUMMARY_ROW.search(line))]:
            found.append(PrintedTable("torchsummary", "model", tuple(rows), totals))
        elif rows := _info_rows(part):
            name = rows[0].layer_type if rows[0].depth == 0 else "model"
            found.append(PrintedTable("torchinfo", name, tuple(rows), totals))
    return found


def _summary_row(match: re.Match[str]) -> PrintedRow:
    name = f"{match['type'].lower()}_{match['index']}"
    return PrintedRow(name, match["type"], shapes_of(match["shape"]), number_of(match["count"]))


def _info_rows(lines: Sequence[str]) -> list[PrintedRow]:
    """The rows of a table of torchinfo, between its second and its third rule."""
    has_header = INFO_HEADER.search(lines[0]) is not None
    names = [name for name in COLUMNS if name in lines[0]]
    names.sort(key=lines[0].index)
    if not has_header:
        names = ["Output Shape", "Param #"]
    rows: list[PrintedRow] = []
    path: list[str] = []
    begins = len(lines[0]) - len(lines[0].lstrip()) if has_header else 0
    for line in lines[1:] if has_header else lines:
        match = ROW.match(line[begins:].rstrip())
        if re.match(r"\s*(?:Total|Trainable|Non-trainable) (?:params|mult)", line):
            break
        if not match or (match["tree"] is None and (rows or not has_header)):
            continue
        cells = dict(zip(names, CELL.findall(match["cells"] or ""), strict=False))
        count = cells.get("Param #", "")
        if not cells or "Param #" not in cells:
            continue
        depth = 0
        if match["tree"]:
            depth = len(re.findall("[│|]    ", match["tree"])) + 1
        if match["depth"]:
            depth = int(match["depth"])
        path[max(depth - 1, 0) :] = [match["var"] or ""] if depth else []
        name = ".".join(path) if all(path) and path else ""
        if not name and depth:
            where = f"_{depth}_{match['index']}" if match["index"] else f"_{len(rows)}"
            name = match["type"].lower() + where
        frozen = count.startswith("(") and count != "(recursive)"
        rows.append(
            PrintedRow(
                name or match["type"],
                match["type"],
                shapes_of(cells.get("Output Shape", "")),
                number_of(count) or 0,
                inputs=(shapes_of(cells.get("Input Shape", "")) or (None,))[0],
                depth=depth,
                trainable=False if frozen else None,
                is_shared=count == "(recursive)",
                config=_kernel(cells.get("Kernel Shape", "")),
            )
        )
    return rows if any(row.depth for row in rows) else []


def _kernel(text: str) -> dict[str, object]:
    """The size of a kernel, which is the one argument that a table can have."""
    sizes = [int(each) for each in re.findall(r"\d+", text)]
    return {"kernel_size": tuple(sizes)} if sizes else {}
