"""Tables of frameworks that are not installed: Keras 1, the first of Keras 2, torchsummary.

The rules of printing are those of their published sources, written down again in our own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["keras_1", "keras_2_cut", "torchsummary"]


def _line(cells: Sequence[str], ends: Sequence[int]) -> str:
    """Cells one behind the other, each cut at the end of its column; source: `print_row`."""
    line = ""
    for place, (cell, end) in enumerate(zip(cells, ends, strict=False)):
        line = (line[:-1] + " " if place else "") + cell
        line = line[:end].ljust(end)
    return line


def keras_1(rows: Sequence[tuple[str, str, Any, int, Sequence[str]]]) -> str:
    """`print_summary` of keras/engine/topology.py, version 1.2: four columns in 100 characters.

    A row is a name, a class, a shape, a count, and the layers that it reads.
    """
    ends = [33, 55, 67, 100]
    text = ["_" * 100, _line(("Layer (type)", "Output Shape", "Param #", "Connected to"), ends)]
    text.append("=" * 100)
    for at, (name, layer_type, shape, count, reads) in enumerate(rows):
        first, *others = reads or [""]
        text.append(_line((f"{name} ({layer_type})", str(shape), str(count), first), ends))
        text += [_line(("", "", "", each), ends) for each in others]
        text.append(("=" if at == len(rows) - 1 else "_") * 100)
    total = sum(count for *_, count, _ in rows)
    text += [f"Total params: {total:,}", f"Trainable params: {total:,}", "Non-trainable params: 0"]
    return "\n".join([*text, "_" * 100])


def keras_2_cut(rows: Sequence[tuple[str, str, Any, int]]) -> str:
    """`print_summary` of keras/utils/layer_utils.py, version 2.2, of a Sequential."""
    ends = [29, 55, 65]
    text = ["_" * 65, _line(("Layer (type)", "Output Shape", "Param #"), ends), "=" * 65]
    for at, (name, layer_type, shape, count) in enumerate(rows):
        text.append(_line((f"{name} ({layer_type})", str(shape), str(count)), ends))
        text.append(("=" if at == len(rows) - 1 else "_") * 65)
    total = sum(row[3] for row in rows)
    text += [f"Total params: {total:,}", f"Trainable params: {total:,}", "Non-trainable params: 0"]
    return "\n".join([*text, "_" * 65])


def torchsummary(rows: Sequence[tuple[str, Any, int]]) -> str:
    """`summary` of torchsummary/torchsummary.py, version 1.5: right-aligned, batch as -1."""
    rule = "-" * 64
    text = [rule, f"{'Layer (type)':>20}  {'Output Shape':>25} {'Param #':>15}", "=" * 64]
    for number, (layer_type, shape, count) in enumerate(rows, 1):
        text.append(f"{f'{layer_type}-{number}':>20}  {shape!s:>25} {count:>15,}")
    total = sum(count for *_, count in rows)
    text += ["=" * 64, f"Total params: {total:,}", f"Trainable params: {total:,}"]
    return "\n".join([*text, "Non-trainable params: 0", rule, "Input size (MB): 0.00", rule])
