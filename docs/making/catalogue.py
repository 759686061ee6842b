"""The catalogue of cells, the published counts, and the tensors of every convention."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from lstminspect import Layer, cells, conventions
from lstminspect.cell import Cell
from lstminspect.formula import of_blocks, written

__all__ = ["catalogue", "published", "tensors"]

#: The cells whose tensors are shown, in this order; of the others a convention has the names.
SHOWN = ("lstm", "gru", "gru_reset_before", "rnn")
PUBLISHED = Path(__file__).parents[2] / "tests" / "cases" / "published.json"


def catalogue(picture: Callable[[str], str]) -> str:
    """A section for each cell, in alphabetical order; `picture` draws what a command draws."""
    return "\n\n".join("\n\n".join(_section(cells.get(name), picture)) for name in cells.names())


def _section(cell: Cell, picture: Callable[[str], str]) -> Iterator[str]:
    yield f"## {cell.name}"
    yield f"**{cell.title}.** {cell.source}."
    yield f"```text\n{cell.text.strip()}\n```"
    able = [f"`{name}`" for name in conventions.storing(cell)]
    states = ", ".join(f"`{name}`" for name in cell.states) or "none"
    rows = [f"- parameters: {written(of_blocks(cell.blocks))}", f"- states: {states}"]
    if cell.own_sizes:
        sizes = ", ".join(f"`{name}`" for name in cell.own_sizes)
        rows.append(f"- sizes of its own: {sizes}")
    if cell.also:
        rows.append(f"- elsewhere: {', '.join(cell.also)}")
    rows.append(f"- stored by: {', '.join(able) or 'no framework here'}")
    yield "\n".join(rows)
    drawn = picture(f"lstminspect cells {cell.name} --format svg")
    yield f"<details><summary>Data flow of {cell.name}</summary>\n{drawn}\n</details>"


def published() -> str:
    """The totals that others printed, with the layers that have them and the address."""
    cases = json.loads(PUBLISHED.read_text("utf-8"))["cases"]
    rows = ["| layers | parameters | stored as | printed in |", "| --- | ---: | --- | --- |"]
    for case in cases:
        layers = ", ".join(map(_in_words, case["components"]))
        address = case["url"].split()[0]
        link = f"[{address.split('/')[2]}]({address})"
        rows.append(f"| {layers} | {case['published']:,} | {case['convention']} | {link} |")
    return "\n".join(rows)


def _in_words(part: dict[str, Any]) -> str:
    match part["type"]:
        case "embedding":
            return f"Embedding({part['vocab']:,}, {part['dim']})"
        case "dense":
            return f"Dense({part['out']}) on {part['in']}"
        case "params":
            return f"{part['n']} of the {part['what']}"
    name = f"{part['type'].upper()}({part['units']})"
    both = "bidirectional " if part["directions"] == 2 else ""
    several = f"{part['layers']} layers of " if part["layers"] > 1 else ""
    return f"{several}{both}{name} on {part['input']:,}"


def tensors() -> str:
    """A section for each convention: its source, and what its tensors hold."""
    names = [name for name in conventions.EVERY if name != conventions.EQUATIONS]
    return "\n\n".join("\n\n".join(_tensors(conventions.get(name))) for name in names)


def _tensors(convention: conventions.Convention) -> Iterator[str]:
    yield f"### {convention.name}"
    yield f"{convention.title}. Source: {convention.source}."
    rows = ["| cell | tensor | shape | holds |", "| --- | --- | --- | --- |"]
    for name in SHOWN:
        if name not in convention.cells:
            continue
        layer = Layer(name, units="u", features="f")
        for weight in layer.weights_in(convention.name):
            shape = ", ".join(map(str, weight.shape)) + "," * (len(weight.shape) == 1)
            width = len(weight.blocks) // weight.rows
            rows_of = range(0, len(weight.blocks), width)
            holds = " / ".join(" ".join(weight.blocks[at : at + width]) for at in rows_of)
            rows.append(f"| `{name}` | `{weight.name}` | `({shape})` | {holds} |")
    if len(rows) > 2:
        yield "\n".join(rows)
    if others := [f"`{name}`" for name in convention.cells if name not in SHOWN]:
        yield f"It stores {', '.join(others)} too." if len(rows) > 2 else f"{', '.join(others)}."
