"""A cell: equations with lengths below every name, parameters by gate, source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lstminspect.answer import (
    Annotated,
    Derivation,
    Detail,
    Document,
    Mathematics,
    Part,
    Sentence,
    Table,
)
from lstminspect.cell import Cell
from lstminspect.cells import tags, years
from lstminspect.conventions.catalogue import get, storing
from lstminspect.equations.syntax import text_of
from lstminspect.formula import of_blocks, written

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture

__all__ = ["data", "document", "picture", "rows"]


def document(cell: Cell) -> Document:
    """A cell whole: equations with lengths below every name, parameters by gate, source."""
    title = f"{cell.name}: {cell.title}"
    parts: list[Part] = [_measured(cell), Detail("the parameters of each line", [_by_gate(cell)])]
    parts.append(Derivation(of_blocks(cell.blocks), {}, None))
    states = ", ".join(f"{name} of {length}" for name, length in cell.states.items())
    parts.append(Sentence(f"States: {states or 'none'}. Output: h of {cell.width}."))
    if biases := [block.name for block in cell.blocks if block.is_bias]:
        parts.append(Sentence(f"Biases, which --no-use-bias drops: {', '.join(biases)}."))
    able = [get(name).title for name in storing(cell)]
    parts.append(Sentence(f"Stored by: {', '.join(able) or 'no framework here'}."))
    if cell.also:
        parts.append(Sentence(f"Elsewhere: {', '.join(cell.also)}."))
    if with_tags := tags(cell):
        parts.append(Sentence(f"Tags: {', '.join(with_tags)}."))
    if cell.source:
        parts.append(Sentence(f"Source: {cell.source}."))
    return Document(title, parts, cell.lines, cell.gates)


def _measured(cell: Cell) -> Annotated:
    """The equations, with the size of everything below its name: u for units, f for features."""
    signs = _signs(cell.size_names)
    rows = [
        (each, "") for each in cell.text.strip("\n").split("\n") if ":" in each and "=" not in each
    ]
    for line in cell.lines:
        length = f": {line.length}" if line.length else ""
        text = f"{line.name}{length} = {text_of(line.expression)}"
        rows.append((text, _below(text, cell, signs)))
    sizes = ", ".join(f"{sign} = {name}" for name, sign in signs.items())
    return Annotated([*rows, ("", ""), (sizes, "")])


def _signs(names: tuple[str, ...]) -> dict[str, str]:
    """A sign for each size: its first letter, or its whole name if another has that letter."""
    first = Counter(name[0] for name in names)
    return {name: name[0] if first[name[0]] == 1 else name for name in names}


def _below(text: str, cell: Cell, signs: Mapping[str, str]) -> str:
    row = ""
    for name in re.finditer(r"[A-Za-z]\w*", text):
        shape = cell.lengths.get(name[0])
        if shape is None:
            continue
        sizes = "×".join(signs[size] for size in shape) or "1"
        row = row.ljust(name.start()) + sizes + " "
    return row.rstrip()


def _by_gate(cell: Cell) -> Table:
    rows = []
    for gate in dict.fromkeys(block.gate for block in cell.blocks):
        blocks = [block for block in cell.blocks if block.gate == gate]
        names = " ".join(block.name for block in blocks)
        rows.append((gate or "(none)", names, Mathematics(of_blocks(blocks))))
    return Table("parameters by line", ("line", "blocks", "parameters"), rows)


def data(cell: Cell) -> dict[str, Any]:
    """The equations as they were written, and what follows from them."""
    return {
        "cell": cell.name,
        "title": cell.title,
        "equations": cell.text,
        "formula": written(of_blocks(cell.blocks)),
        "sizes": cell.size_names,
        "states": cell.states,
        "blocks": [
            {
                "name": block.name,
                "gate": block.gate,
                "shape": block.shape,
                "is_bias": block.is_bias,
                "structure": f"{block.structure}({block.parts})" if block.structure else None,
            }
            for block in cell.blocks
        ],
        "stored_by": storing(cell),
        "also": cell.also,
        "source": cell.source,
        "years": years(cell),
        "tags": tags(cell),
    }


def rows(*cells: Cell) -> Iterator[tuple[Any, ...]]:
    """One row per block of weights."""
    yield ("cell", "block", "gate", "shape", "is_bias", "structure", "parts")
    for cell in cells:
        for block in cell.blocks:
            shape = " x ".join(block.shape)
            bias = "yes" if block.is_bias else "no"
            yield (cell.name, block.name, block.gate, shape, bias, block.structure, block.parts)


def picture(cell: Cell) -> Picture:
    """The data flow of the cell."""
    from lstminspect.figures.figure import picture

    return picture(cell)
