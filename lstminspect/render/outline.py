"""The common ground of the media that a person reads: titles, sentences, formulas and tables.

An outline is a list of parts. How a part looks is up to the medium; what it says is decided here,
once: thousands have commas, a shape is written as Python writes a tuple, letters as formulas.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from lstminspect.cell import Cell
from lstminspect.explain import Explanation
from lstminspect.formula import Formula, of_blocks, written
from lstminspect.layer import FLAGS, Layer, Shape, Weight
from lstminspect.layouts import CONVENTIONS, EQUATIONS, get
from lstminspect.quantity import Quantity, is_array, is_letter
from lstminspect.report import DTYPE, Report
from lstminspect.solve import Solution
from lstminspect.tree import text_of

if TYPE_CHECKING:
    from lstminspect.compare import Comparison

__all__ = [
    "Derivation",
    "Outline",
    "Part",
    "Sentence",
    "Table",
    "Thing",
    "Verbatim",
    "cells_in",
    "number",
    "outline",
    "shape",
    "size_texts",
    "solutions_in",
]

# A run of more comparisons than this is summed up by cell, with every difference in full.
MOST_ROWS = 25


class Sentence(NamedTuple):
    """A paragraph."""

    text: str


class Derivation(NamedTuple):
    """A count: its formula, the same with sizes in place of names, the result if it is one."""

    formula: Formula
    sizes: Mapping[str, str]
    result: str


class Table(NamedTuple):
    """A table; `right` are the columns that are aligned on the right."""

    title: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[int, ...] = ()


class Verbatim(NamedTuple):
    """Lines whose columns stand below each other."""

    text: str


Part: TypeAlias = Sentence | Derivation | Table | Verbatim
Thing: TypeAlias = (
    "Report | Cell | Explanation | tuple[Cell, ...] | tuple[Solution, ...] | tuple[Comparison, ...]"
)


class Outline(NamedTuple):
    """A title and parts."""

    title: str
    parts: list[Part]


def outline(thing: Thing) -> Outline:
    """What `thing` says, part by part."""
    if isinstance(thing, Report):
        return of_report(thing)
    if isinstance(thing, Cell):
        return of_cell(thing)
    if isinstance(thing, Explanation):
        return of_explanation(thing)
    if solutions := solutions_in(thing):
        return of_solutions(solutions)
    found = cells_in(thing)
    return of_cells(found) if found else of_comparisons(cast("tuple[Comparison, ...]", thing))


def cells_in(things: tuple[object, ...]) -> tuple[Cell, ...]:
    """The cells in `things`, which are all cells or none."""
    return tuple(each for each in things if isinstance(each, Cell))


def of_explanation(found: Explanation) -> Outline:
    """The answer, then one row a finding."""
    parts: list[Part] = [Sentence(found.answer)]
    if found.findings:
        rows = [(each.what, each.why) for each in found.findings]
        parts.append(Table("what it can be", ("what", "why"), rows))
    if checks := [each.check for each in found.findings if each.check]:
        parts.append(Sentence(f"To check the first: {checks[0]}"))
    return Outline(found.subject, parts)


def solutions_in(things: tuple[object, ...]) -> tuple[Solution, ...]:
    """The solutions in `things`, which are all solutions or none."""
    return tuple(each for each in things if isinstance(each, Solution))


def of_solutions(found: tuple[Solution, ...]) -> Outline:
    """One row an answer: what fits, and what comes next."""
    budgets = sorted({each.budget for each in found})
    title = f"{found[0].find} for {' or '.join(map(number, budgets))} parameters"
    headers = ("cell", "convention", found[0].find, "parameters", "", "next", "parameters")
    rows = [
        (
            each.cell,
            each.convention,
            _or_dash(each.value),
            _or_dash(each.parameters),
            "exact" if each.exact else _left(each),
            _or_dash(each.above),
            _or_dash(each.parameters_above),
        )
        for each in found
    ]
    return Outline(title, [Table("the largest that fits", headers, rows, right=(2, 3, 4, 5, 6))])


def _or_dash(value: int | None) -> str:
    return "-" if value is None else number(value)


def _left(found: Solution) -> str:
    if found.parameters is None:
        return "none fits"
    return f"{number(found.budget - found.parameters)} left"


def of_cells(found: tuple[Cell, ...]) -> Outline:
    """The catalogue: one row a cell, its count by its equations."""
    rows = [(cell.name, cell.title, written(of_blocks(cell.blocks))) for cell in found]
    title = f"{len(found)} cells (`lstminspect cells NAME` shows one)"
    return Outline(title, [Table("the catalogue", ("name", "what it is", "parameters"), rows)])


def of_cell(cell: Cell) -> Outline:
    """A cell whole: equations with lengths below every name, parameters by gate, source."""
    title = f"{cell.name}: {cell.title}"
    parts: list[Part] = [Verbatim(_measured(cell)), _by_gate(cell)]
    parts.append(Derivation(of_blocks(cell.blocks), {}, ""))
    states = ", ".join(f"{name} of {length}" for name, length in cell.states.items())
    parts.append(Sentence(f"States: {states or 'none'}. Output: h of {cell.width}."))
    if biases := [block.name for block in cell.blocks if block.is_bias]:
        parts.append(Sentence(f"Biases, which --no-use-bias drops: {', '.join(biases)}."))
    able = [get(name).title for name in CONVENTIONS[:-1] if not get(name).refusal(cell)]
    parts.append(Sentence(f"Stored by: {', '.join(able) or 'no framework here'}."))
    if cell.also:
        parts.append(Sentence(f"Elsewhere: {', '.join(cell.also)}."))
    if cell.source:
        parts.append(Sentence(f"Source: {cell.source}."))
    return Outline(title, parts)


def _measured(cell: Cell) -> str:
    """The equations, with the size of everything below its name: u for units, f for features."""
    signs = _signs(cell.size_names)
    rows = [each for each in cell.text.strip("\n").split("\n") if ":" in each and "=" not in each]
    for line in cell.lines:
        length = f": {line.length}" if line.length else ""
        text = f"{line.name}{length} = {text_of(line.expression)}"
        rows += [text, _below(text, cell, signs)]
    rows += ["", ", ".join(f"{sign} = {name}" for name, sign in signs.items())]
    return "\n".join(rows)


def _signs(names: tuple[str, ...]) -> dict[str, str]:
    """A sign for each size: its first letter, or its whole name if another has that letter."""
    first = Counter(name[0] for name in names)
    return {name: name[0] if first[name[0]] == 1 else name for name in names}


def _below(text: str, cell: Cell, signs: Mapping[str, str]) -> str:
    row = ""
    for found in re.finditer(r"[A-Za-z]\w*", text):
        shape = cell.lengths.get(found[0])
        if shape is None:
            continue
        sizes = "×".join(signs[name] for name in shape) or "1"
        row = row.ljust(found.start()) + sizes + " "
    return row.rstrip()


def _by_gate(cell: Cell) -> Table:
    rows = []
    for gate in dict.fromkeys(block.gate for block in cell.blocks):
        blocks = [block for block in cell.blocks if block.gate == gate]
        names = " ".join(block.name for block in blocks)
        rows.append((gate or "(none)", names, written(of_blocks(blocks))))
    return Table("parameters by line", ("line", "blocks", "parameters"), rows)


def number(value: Quantity) -> str:
    """A count or a size: commas between thousands, `·` between letters, a range for an array.

    >>> number(17408)
    '17,408'
    """
    if is_array(value):
        return f"{value.min():,} to {value.max():,} ({value.size:,} values)"
    if is_letter(value):
        return str(value).replace("**", "^").replace("*", "·")
    return "None" if value is None else f"{value:,}"


def shape(sizes: Shape) -> str:
    """A shape as Python writes a tuple, without commas inside numbers.

    >>> shape((None, 30, 64)), shape((256,))
    ('(None, 30, 64)', '(256,)')
    """
    texts = [number(each).replace(",", "") for each in sizes]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def of_report(report: Report) -> Outline:
    """The parts of a report: count and derivation, weights, shapes, other conventions."""
    layer = report.layer
    sizes = size_texts(layer)
    lettered = any(is_letter(size) for size in layer.sizes.values())
    count = written(report.formula, sizes) if lettered else number(report.parameters)
    title = f"{describe(layer)}: {count} parameters ({get(report.convention).title} convention)"
    arrays = any(is_array(size) for size in layer.sizes.values())
    derivation = Derivation(report.formula, sizes, "" if lettered or arrays else count)
    return Outline(
        title,
        [
            derivation,
            Sentence(factors(layer)),
            _weights(report),
            _shapes(report),
            _bytes(report),
            *_elsewhere(report),
        ],
    )


def describe(layer: Layer) -> str:
    """The configuration in a few words.

    >>> describe(Layer("gru", units=32, features=16, bidirectional=True))
    'gru, 32 units on 16 features, bidirectional (concat)'
    """
    words = [layer.cell.name, f"{number(layer.units)} units on {number(layer.features)} features"]
    if layer.layers > 1:
        words.append(f"{layer.layers} layers")
    words.extend(
        name.replace("_", " ")
        for name in FLAGS
        if getattr(layer, name) and name not in ("use_bias", "bidirectional")
    )
    if layer.bidirectional:
        words.append(f"bidirectional ({layer.merge_mode or 'not merged'})")
    if not layer.use_bias:
        words.append("no bias")
    return ", ".join(words)


def factors(layer: Layer) -> str:
    """What the whole numbers of the formula count: gates, directions, layers.

    >>> factors(Layer("gru", units=32, features=16, bidirectional=True, layers=3))
    '3 networks a step: z, r, n. 2 directions. Layers 2 to 3 read 64 features from below.'
    """
    gates = layer.cell.gates
    noun = "network" if len(gates) == 1 else "networks"
    sentences = [f"{len(gates)} {noun} a step: {', '.join(gates)}."]
    if layer.bidirectional:
        sentences.append("2 directions.")
    if layer.layers > 1:
        below = "Layer 2 reads" if layer.layers == 2 else f"Layers 2 to {layer.layers} read"
        sentences.append(f"{below} {number(layer.width)} features from below.")
    return " ".join(sentences)


def size_texts(layer: Layer) -> dict[str, str]:
    """The text of every size in a formula; an expression of several terms in parentheses.

    An array has no text of its own there: its name stays.
    """
    plain = {name: value for name, value in layer.sizes.items() if not is_array(value)}
    texts = {name: number(value).replace(",", "") for name, value in plain.items()}
    return {name: f"({text})" if " " in text else text for name, text in texts.items()}


def _weights(report: Report) -> Table:
    rows = [
        (weight.name, shape(weight.shape), number(weight.parameters), _stacked(weight))
        for weight in report.weights
    ]
    rows.append(("total", "", number(report.parameters), ""))
    return Table("weights", ("name", "shape", "parameters", "stacks"), rows, right=(2,))


def _stacked(weight: Weight) -> str:
    """The blocks of a tensor, row by row: `b_z b_r b_n / b_z b_r d_n`."""
    length = len(weight.blocks) // weight.rows
    rows = [weight.blocks[start : start + length] for start in range(0, len(weight.blocks), length)]
    return " / ".join(" ".join(row) for row in rows)


def _shapes(report: Report) -> Table:
    rows = [("input", shape(report.layer.input_shape))]
    rows += [("output", shape(sizes)) for sizes in report.output_shapes]
    rows += [(f"state {name}", shape(sizes)) for name, sizes in report.state_shapes.items()]
    return Table("shapes (batch first, as in Keras)", ("tensor", "shape"), rows)


def _bytes(report: Report) -> Sentence:
    return Sentence(f"The weights take {number(report.bytes)} bytes as {DTYPE}.")


def _elsewhere(report: Report) -> list[Part]:
    rows = []
    for name, other in report.conventions.items():
        if is_letter(other.parameters):
            count = written(other.formula, size_texts(report.layer))
        else:
            count = number(other.parameters)
        reason = "this report" if name == report.convention else _reason(report, name)
        rows.append((name, count, reason))
    title = "the same layer, as others store it"
    parts: list[Part] = [Table(title, ("convention", "parameters", "why"), rows, right=(1,))]
    if len(report.conventions) == 1 and report.convention == EQUATIONS:
        parts.append(Sentence(f"None of {', '.join(report.refusals)} stores these equations."))
    elif report.refusals:
        parts.append(Sentence(f"{'; '.join(report.refusals.values())}."))
    return parts


def _reason(report: Report, name: str) -> str:
    """`+256: b_i b_f b_g b_o twice`, or `equal`."""
    other = report.conventions[name]
    if not other.differs:
        return "equal"
    words = {0: "not stored", 1: "once", 2: "twice"}
    by_times: dict[int, list[str]] = {}
    for block, times in other.differs.items():
        by_times.setdefault(times, []).append(block)
    reasons = [
        f"{' '.join(blocks)} {words.get(times, f'{times} times')}"
        for times, blocks in by_times.items()
    ]
    difference = other.parameters - report.parameters
    if is_array(difference):
        return ", ".join(reasons)
    sign = "" if is_letter(difference) or difference < 0 else "+"
    return f"{sign}{number(difference)}: {', '.join(reasons)}"


def of_comparisons(comparisons: tuple[Comparison, ...]) -> Outline:
    """One row a configuration, or one row a cell for a long run, then every difference in full."""
    wrong = [comparison for comparison in comparisons if not comparison.agrees]
    checks = sum(len(comparison.checks) for comparison in comparisons)
    versions = sorted({comparison.framework for comparison in comparisons})
    verdict = f"{number(len(wrong))} differ" if wrong else "none differs"
    noun = "configuration" if len(comparisons) == 1 else "configurations"
    title = (
        f"{number(len(comparisons))} {noun} against {', '.join(versions)}, "
        f"{number(checks)} checks: {verdict}"
    )
    many = len(comparisons) > MOST_ROWS
    parts: list[Part] = [_by_cell(comparisons) if many else _by_configuration(comparisons)]
    for comparison in wrong:
        rows = [
            (check.what, str(check.ours), str(check.theirs)) for check in comparison.differences
        ]
        parts.append(Table(comparison.subject, ("what", "lstminspect", comparison.framework), rows))
        parts.append(Sentence(f"To see it again: {comparison.command}"))
    return Outline(title, parts)


def _by_configuration(comparisons: tuple[Comparison, ...]) -> Table:
    headers = ("configuration", "parameters", "returns", "checks", "verdict")
    rows = [
        (each.subject, each.parameters, each.returns, number(len(each.checks)), _verdict(each))
        for each in comparisons
    ]
    return Table("configurations", headers, rows, right=(1, 3))


def _verdict(comparison: Comparison) -> str:
    return "agrees" if comparison.agrees else f"{len(comparison.differences)} DIFFER"


def _by_cell(comparisons: tuple[Comparison, ...]) -> Table:
    seen, wrong, checks = Counter[str](), Counter[str](), Counter[str]()
    for comparison in comparisons:
        seen[comparison.cell] += 1
        wrong[comparison.cell] += not comparison.agrees
        checks[comparison.cell] += len(comparison.checks)
    headers = ("cell", "configurations", "checks", "differ")
    rows = [(cell, number(seen[cell]), number(checks[cell]), number(wrong[cell])) for cell in seen]
    return Table("by cell", headers, sorted(rows), right=(1, 2, 3))
