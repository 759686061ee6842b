"""The count as a formula, grouped the way a person writes it.

The LSTM's is `4·(units·(units + features) + units)`. A formula is a sum, a product, the name of a
size, or a whole number. It is built from the blocks that are stored, so it is right for every cell
and convention, and needs no algebra system.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from lstminspect.display import Answer
from lstminspect.equations.block import Block
from lstminspect.equations.shapes import FEATURES

__all__ = [
    "Formula",
    "FormulaNode",
    "Product",
    "Quotient",
    "Sum",
    "multiplied",
    "names_in",
    "of_blocks",
    "replaced",
    "terms_of",
    "total",
    "written",
]


class FormulaNode(Answer):
    """A formula that is more than one name or number."""

    def __str__(self) -> str:
        return written(cast("Formula", self))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


@dataclass(frozen=True, repr=False)
class Sum(FormulaNode):
    """The sum of `terms`."""

    terms: tuple[Formula, ...]


@dataclass(frozen=True, repr=False)
class Product(FormulaNode):
    """The product of `factors`."""

    factors: tuple[Formula, ...]


@dataclass(frozen=True, repr=False)
class Quotient(FormulaNode):
    """`over` divided by `under`, without a rest."""

    over: Formula
    under: Formula


Formula: TypeAlias = Sum | Product | Quotient | str | int


def total(terms: Iterable[Formula]) -> Formula:
    """The sum of `terms`; of one term, that term; of none, 0."""
    kept = tuple(terms)
    return Sum(kept) if len(kept) > 1 else kept[0] if kept else 0


def multiplied(*factors: Formula) -> Formula:
    """The product of `factors`, with ones left out and inner products opened."""
    kept: list[Formula] = []
    for factor in factors:
        if isinstance(factor, Product):
            kept.extend(factor.factors)
        elif factor != 1:
            kept.append(factor)
    return Product(tuple(kept)) if len(kept) > 1 else kept[0] if kept else 1


def of_blocks(
    blocks: Iterable[Block], widths: Mapping[str, tuple[Formula, ...]] | None = None
) -> Formula:
    """The number of entries of `blocks`, repeats counted, as a formula.

    `widths` are those of parts that are not equal, by the name of the size.

    Matrices that come in equal numbers (the gates) form one group, matrices with the same rows are
    put together, and vectors join the group if their number is a multiple of it.

    >>> from lstminspect import cells
    >>> written(of_blocks(cells.get("lstm").blocks))
    '4·(units·(units + features) + units)'
    >>> written(of_blocks(cells.get("gru").blocks))
    '3·units·(units + features) + 4·units'
    """
    return total(term for term, _ in terms_of(blocks, widths))


def terms_of(
    blocks: Iterable[Block], widths: Mapping[str, tuple[Formula, ...]] | None = None
) -> list[tuple[Formula, list[Block]]]:
    """Each term of `of_blocks`, with the blocks that it counts.

    >>> from lstminspect import cells
    >>> for term, counted in terms_of(cells.get("peephole").blocks):
    ...     print(written(term), "counts", len(counted), "blocks")
    4·(units·(units + features) + units) counts 12 blocks
    3·units counts 3 blocks
    """
    matrices: defaultdict[tuple[str, tuple[str, ...]], list[Block]] = defaultdict(list)
    vectors: defaultdict[tuple[str, tuple[str, ...]], list[Block]] = defaultdict(list)
    cut: defaultdict[Formula, list[Block]] = defaultdict(list)
    for block in blocks:
        if block.structure:
            cut[_of_cut(block, (widths or {}).get(block.parts))].append(block)
            continue
        kinds = matrices if len(block.shape) == 2 else vectors
        # Biases are one kind whatever their letters: a GRU's b_n and d_n stand in for each other.
        kinds["bias" if block.is_bias else block.letter, block.shape].append(block)
    terms: list[tuple[Formula, list[Block]]] = []
    for times in sorted({len(each) for each in matrices.values()}, reverse=True):
        group = {kind: each for kind, each in matrices.items() if len(each) == times}
        inside = _by_rows(shape for _, shape in group)
        counted = [block for each in group.values() for block in each]
        for kind, each in list(vectors.items()):
            if len(each) % times == 0:
                inside.append(multiplied(len(each) // times, *kind[1]))
                counted += vectors.pop(kind)
        terms.append((multiplied(times, total(_merged(inside))), counted))
    terms.extend((multiplied(len(each), entries), each) for entries, each in cut.items())
    rest: defaultdict[tuple[str, ...], list[Block]] = defaultdict(list)
    for (_, shape), each in vectors.items():
        rest[shape] += each
    terms.extend((multiplied(len(each), *shape), each) for shape, each in rest.items())
    return terms


def _of_cut(block: Block, widths: tuple[Formula, ...] | None) -> Formula:
    """The entries of a matrix in blocks: those on the diagonal, or on it and above."""
    if widths and block.structure == "blocks":
        return total(Product((width, width)) for width in widths)
    if widths:
        return total(
            Product((width, total(widths[number:]))) for number, width in enumerate(widths)
        )
    rows, columns = block.shape
    if block.structure == "blocks":
        return Quotient(Product((rows, columns)), block.parts)
    side = Sum((columns, Quotient(columns, block.parts)))
    return Quotient(Product((rows, side)), 2)


def replaced(formula: Formula, name: str, by: Formula) -> Formula:
    """`formula` with the size called `name` replaced.

    >>> written(replaced(Product(("units", "features")), "features", Product((2, "units"))))
    'units·2·units'
    """
    match formula:
        case Sum(terms):
            return Sum(tuple(replaced(term, name, by) for term in terms))
        case Product(factors):
            return Product(tuple(replaced(factor, name, by) for factor in factors))
        case Quotient(over, under):
            return Quotient(replaced(over, name, by), replaced(under, name, by))
        case _:
            return by if formula == name else formula


def names_in(formula: Formula) -> set[str]:
    """The names of the sizes in `formula`."""
    match formula:
        case Sum(parts) | Product(parts):
            return set().union(*(names_in(part) for part in parts))
        case Quotient(over, under):
            return names_in(over) | names_in(under)
        case str(name):
            return {name}
        case _:
            return set()


def written(formula: Formula, sizes: Mapping[str, str] | None = None, times: str = "·") -> str:
    """`formula` as text, with each name replaced by its text in `sizes`.

    >>> written(Product((4, "units", Sum(("units", 1)))), {"units": "64"})
    '4·64·(64 + 1)'
    """
    match formula:
        case Sum(terms):
            return " + ".join(written(term, sizes, times) for term in terms)
        case Product(factors):
            return times.join(_factor(factor, sizes, times) for factor in factors)
        case Quotient(over, under):
            return f"{_factor(over, sizes, times)}/{_factor(under, sizes, times)}"
        case _:
            return (sizes or {}).get(str(formula), str(formula))


def _factor(factor: Formula, sizes: Mapping[str, str] | None, times: str) -> str:
    text = written(factor, sizes, times)
    return f"({text})" if isinstance(factor, Sum) else text


def _merged(terms: Iterable[Formula]) -> list[Formula]:
    """`terms` with equal ones written once, times their number."""
    return [multiplied(number, term) for term, number in Counter(terms).items()]


def _by_rows(shapes: Iterable[tuple[str, ...]]) -> list[Formula]:
    columns: dict[str, list[str]] = {}
    for row, column in shapes:
        columns.setdefault(row, []).append(column)
    # The state before the input, as in units + features.
    return [
        multiplied(row, total(_merged(sorted(found, key=lambda name: name == FEATURES))))
        for row, found in columns.items()
    ]
