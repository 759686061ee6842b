"""The catalogue as data for a page: blocks, stored tensors and counts, in names of sizes.

A script that has these data multiplies sizes and draws; no cell is written down in it. A formula is
a number, the name of a size, or a list of a sign and its parts: `["*", 4, ["+", "units", 1]]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lstminspect import conventions
from lstminspect.cell import Cell
from lstminspect.conventions.axes import axes_of
from lstminspect.equations.block import Block
from lstminspect.equations.mathml import equations
from lstminspect.figures.theme import GATES
from lstminspect.formula import (
    Formula,
    Product,
    Quotient,
    Sum,
    multiplied,
    of_blocks,
    terms_of,
    total,
)
from lstminspect.layer import MERGE_MODES, OPTIONS
from lstminspect.pages.calls import Calls, is_written
from lstminspect.pages.start import LIMITS, MOVED, OWN_LIMITS, OWN_SIZE
from lstminspect.pages.traces import STEPS, inputs, traces

__all__ = ["as_data", "catalogue"]


def catalogue(every: Mapping[str, Cell]) -> dict[str, Any]:
    """The cells and every convention, and what calls of the layers take and return."""
    calls = Calls()
    return {
        "cells": {name: _of_cell(cell, calls) for name, cell in every.items()},
        "conventions": {name: _of_convention(name) for name in conventions.EVERY},
        "merge_modes": MERGE_MODES,
        "shapes": calls.shapes.entries,
        "code": calls.code.entries,
        "options": [
            {"name": each.name, "spelling": each.spelling, "default": each.default}
            for each in OPTIONS
            if each.name in MOVED
        ],
        "trace": {"x": inputs(), "steps": STEPS},
        "colours": GATES,
        "own": OWN_SIZE,
        "limits": LIMITS,
        "own_limits": OWN_LIMITS,
    }


def as_data(formula: Formula) -> Any:
    """A formula as lists, names and numbers.

    >>> as_data(multiplied(4, "units", Sum(("units", 1))))
    ['*', 4, 'units', ['+', 'units', 1]]
    """
    match formula:
        case Sum(terms):
            return ["+", *map(as_data, terms)]
        case Product(factors):
            return ["*", *map(as_data, factors)]
        case Quotient(over, under):
            return ["/", as_data(over), as_data(under)]
        case _:
            return formula


def _of_convention(name: str) -> dict[str, Any]:
    table = conventions.get(name)
    both = [table.alone, table.forward, table.backward]
    return {"title": table.title, "names": both, "axis": int(table.direction_axis)}


def _of_cell(cell: Cell, calls: Calls) -> dict[str, Any]:
    stored = {name: _stored(cell, name) for name in conventions.EVERY}
    return {
        "title": cell.title,
        "sizes": cell.own_sizes,
        "step": next((block.parts for block in cell.blocks if block.structure), ""),
        "ties": int(cell.ties_features),
        "states": cell.states,
        "width": cell.width,
        "equations": equations(cell.lines),
        "blocks": list(_blocks(cell)),
        "stored": {name: data for name, data in stored.items() if data},
        "calls": calls.of_cell(cell),
        "command": int(is_written(cell, "command")),
        "traces": traces(cell),
    }


def _blocks(cell: Cell) -> Iterator[dict[str, Any]]:
    gates = list(dict.fromkeys(block.gate for block in cell.blocks))
    for block in cell.blocks:
        data = {
            "name": block.name,
            "gate": block.gate or "",
            "colour": gates.index(block.gate) % len(GATES),
            "shape": block.shape,
        }
        if block.is_bias:
            data["bias"] = 1
        if block.structure:
            data["kind"], data["parts"] = block.structure, block.parts
            data["axes"] = [as_data(axis) for axis in _axes(block)]
        yield data


def _axes(block: Block) -> tuple[Formula, ...]:
    """The axes of the array that holds a block and no zeros, as `Block.stored` has them."""
    if not block.structure:
        return block.shape
    parts = block.parts
    blocks: Formula = parts
    if block.structure == "triangular":
        blocks = Quotient(Product((parts, Sum((parts, 1)))), 2)
    return (blocks, *(Quotient(side, parts) for side in block.shape))


def _stored(cell: Cell, name: str) -> dict[str, Any]:
    """The tensors and the count with and without biases, and what is stored more than once."""
    table = conventions.get(name)
    if table.why_unsupported(cell):
        return {}
    itself = name == conventions.EQUATIONS
    data: dict[str, Any] = {"count": [], "gates": []}
    if not itself:
        data["tensors"] = [
            {
                "name": each.name,
                "blocks": each.blocks,
                "axes": [as_data(_summed(axis)) for axis in axes_of(table, cell, each)],
            }
            for each in table.stacks(cell)
        ]
    for use_bias in (False, True):
        if table.why_unsupported(cell, use_bias):
            data["count"].append(None)
            data["gates"].append(None)
            continue
        here = table.blocks(cell, use_bias)
        once = conventions.get(conventions.EQUATIONS).blocks(cell, use_bias)
        data["count"].append(_count(here))
        data["gates"].append(_gates(cell, here))
        for side, blocks in (
            ("more", Counter(here) - Counter(once)),
            ("fewer", Counter(once) - Counter(here)),
        ):
            if blocks:
                data.setdefault(side, {})[str(int(use_bias))] = _difference(blocks)
    if not itself:
        data["without"] = [each.name for each in table.stacks(cell, False)]
    return data


def _count(blocks: Iterable[Block]) -> Any:
    return as_data(multiplied("directions", of_blocks(blocks)))


def _gates(cell: Cell, blocks: Iterable[Block]) -> list[list[str]]:
    """The gates of each term of the count, in the order of the cell; a block without one alone."""
    every = {block.gate or block.name: None for block in cell.blocks}
    terms = [{each.gate or each.name for each in counted} for _, counted in terms_of(blocks)]
    return [[gate for gate in every if gate in term] for term in terms]


def _difference(blocks: Counter[Block]) -> dict[str, Any]:
    every = list(blocks.elements())
    return {"blocks": [block.name for block in every], "count": _count(every)}


def _summed(axis: Mapping[str, int]) -> Formula:
    return total(multiplied(times, name) if name else times for name, times in axis.items())
