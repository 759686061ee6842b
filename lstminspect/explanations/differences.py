"""Why a configuration was expected to have another number of parameters.

Each belief people hold is a way to count: another framework's storage, a forgotten bias, weights
for every time step. The number asked about is compared with what each of them gives; a difference
between two ways to store is then shown term by term, from the blocks that one has and the other has
not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from lstminspect import cells, conventions
from lstminspect.analysis.report import BYTES, DTYPE
from lstminspect.costs.cost import cost
from lstminspect.equations.block import Block, count_of
from lstminspect.equations.shapes import FEATURES
from lstminspect.errors import LstmInspectError, OptionError
from lstminspect.explanations.explanation import Explanation, Finding
from lstminspect.explanations.other_counters import other_counters
from lstminspect.layer import Layer
from lstminspect.sizes import product
from lstminspect.wording import NAMES, title

__all__ = ["explain_count"]


class WrongFormula(NamedTuple):
    """A way to count, the number it gives, and why that is another."""

    what: str
    number: int
    why: str


def explain_count(count: int, layer: Layer) -> Explanation:
    """Why `layer` could be thought to have `count` parameters."""
    own = layer.parameters
    if not isinstance(own, int):
        raise OptionError(
            "explaining a difference needs numbers. Give whole numbers for all sizes."
        )
    name, here = title(layer), layer.stored().title
    subject = f"{count:,} parameters, for {name}"
    if count == own:
        return Explanation(subject, f"{name} has exactly {count:,} parameters in {here}.", (), 0)
    found: dict[str, list[str]] = {}
    for belief in _beliefs(layer, own):
        if belief.number == count:
            found.setdefault(belief.why, []).append(belief.what)
    findings = tuple(Finding(", or ".join(what), why) for why, what in found.items())
    more = f"{abs(count - own):,} {'more' if count > own else 'fewer'}"
    answer = f"{name} has {own:,} parameters in {here}: {count:,} is {more}."
    if not findings:
        answer += " None of the usual reasons gives that number."
    return Explanation(subject, answer, findings, len(findings))


def _beliefs(layer: Layer, own: int) -> Iterator[WrongFormula]:
    yield from _other_reset(layer)
    yield from _stored_otherwise(layer)
    yield from _forgotten(layer, own)
    yield from _multiplied(layer, own)
    yield from _worked(layer)
    yield from _misread(layer)
    yield from _other_cells(layer)


def _other_reset(layer: Layer) -> Iterator[WrongFormula]:
    """The GRU with the other place of its reset gate."""
    forms = cells.RESET_FORMS
    if layer.cell.name in forms.values():
        after = layer.cell.name == forms[False]
        other = replace(layer, cell=cells.get(forms[after]), reset_after=None)
        for convention in conventions.CONVENTIONS[:-1]:
            if not other.why_unsupported(convention):
                where = conventions.get(convention).title
                yield _against(layer, f"reset_after={after} in {where}", other, convention)


def _stored_otherwise(layer: Layer) -> Iterator[WrongFormula]:
    """The same layer in another framework, with or without bias."""
    for convention in conventions.CONVENTIONS:
        if convention != layer.convention and not layer.why_unsupported(convention):
            what = f"counted as {conventions.get(convention).title} stores it"
            yield _against(layer, what, layer, convention)
    if layer.use_bias:
        yield _against(layer, "the bias left out", replace(layer, use_bias=False))
    else:
        yield _against(layer, "a bias counted that is not there", replace(layer, use_bias=True))


def _against(layer: Layer, what: str, other: Layer, convention: str | None = None) -> WrongFormula:
    """The count of what `other` stores, and the blocks in which it is not the same as `layer`."""
    there = other.stored(convention)
    mine, theirs = Counter(layer.stored().blocks), Counter(there.blocks)
    more, fewer = theirs - mine, mine - theirs
    parts = [_told(layer, blocks, sign) for blocks, sign in ((more, "more"), (fewer, "fewer"))]
    return WrongFormula(what, there.parameters, "; ".join(part for part in parts if part))


def _told(layer: Layer, blocks: Counter[Block], sign: str) -> str:
    """`192 more = 2 directions x 3 blocks x 32: b_z, b_r, d_n`."""
    if not blocks:
        return ""
    shapes = {block.shape for block in blocks}
    names = ", ".join(sorted(block.name for block in blocks.elements()))
    number = blocks.total()
    if len(shapes) > 1:
        return f"{sign}: {names}"
    entries = product(layer.sizes[name] for name in next(iter(shapes)))
    factors = [f"{layer.directions} directions"] * layer.bidirectional
    factors += [f"{layer.layers} layers"] * (layer.layers > 1)
    kind = "biases" if all(block.is_bias for block in blocks) else "blocks"
    factors.append(f"{number} {kind} of {entries}")
    total = number * entries * layer.directions * layer.layers
    return f"{total:,} {sign} = {' x '.join(factors)} ({names})"


def _forgotten(layer: Layer, own: int) -> Iterator[WrongFormula]:
    """Parts of the formula that are often left out."""
    if layer.layers > 1:
        return
    blocks = list(layer.stored().blocks)
    square = [block for block in blocks if len(block.shape) == 2 and FEATURES not in block.shape]
    inputs = [block for block in blocks if FEATURES in block.shape]
    for left_out, what in (
        (
            square,
            "the recurrent square forgotten: the state feeds back through a matrix of its own",
        ),
        (inputs, "the input weights forgotten"),
    ):
        entries = layer.directions * count_of(left_out, layer.sizes)
        names = ", ".join(block.name for block in left_out)
        yield WrongFormula(what, own - entries, f"{entries:,} fewer: {names}")
        bare = own - entries
        if layer.use_bias:
            biases = own - replace(layer, use_bias=False).parameters
            why = f"{entries:,} fewer for {names}, {biases:,} for the biases"
            yield WrongFormula(f"{what}, and the bias too", bare - biases, why)
    gates = len(layer.cell.gates)
    if gates > 1 and own % gates == 0:
        why = f"{own:,} / {gates}: the cell has {gates} networks ({', '.join(layer.cell.gates)})"
        yield WrongFormula("one network counted instead of all", own // gates, why)


def _multiplied(layer: Layer, own: int) -> Iterator[WrongFormula]:
    """Sizes that never multiply the count, and bytes."""
    for name, why in (
        ("timesteps", "every time step uses the same weights: time never changes the count"),
        ("batch", "every sequence uses the same weights: the batch never changes the count"),
    ):
        times = getattr(layer, name)
        if isinstance(times, int) and times > 1:
            yield WrongFormula(f"multiplied by {name} ({times})", own * times, why)
    yield WrongFormula("bytes, not parameters", own * BYTES, f"{BYTES} bytes each as {DTYPE}")


def _worked(layer: Layer) -> Iterator[WrongFormula]:
    """Work taken for parameters, as it is counted here and by others."""
    found = cost(layer)
    for work, what in ((found.step, "one step"), (found.sequence, "a sequence"),
                       (found.batch, "the batch")):  # fmt: skip
        if work is not None:
            why = "multiply-accumulates of matrix products, without bias and element-wise work"
            yield WrongFormula(f"MACs of {what}, not parameters", work.macs, why)
            yield WrongFormula(f"FLOPs of {what}", work.flops, "2 x MACs + everything else")
    for counter in other_counters(found):
        yield WrongFormula(f"what {counter.what} says of the batch", counter.number, counter.why)


def _misread(layer: Layer) -> Iterator[WrongFormula]:
    """Sizes taken for one another, directions and layers left out or read otherwise."""
    units, features, steps = layer.units, layer.features, layer.timesteps
    changes: list[tuple[str, dict[str, object]]] = []
    if layer.bidirectional:
        changes.append(
            ("one direction counted of two", {"bidirectional": False, "merge_mode": "concat"})
        )
    else:
        changes.append(("two directions counted of one", {"bidirectional": True}))
    if layer.layers > 1:
        changes.append(("the first layer alone", {"layers": 1}))
    changes.append(("units and features exchanged", {"units": features, "features": units}))
    if isinstance(steps, int):
        changes.append(("timesteps taken for features", {"features": steps}))
        changes.append(("timesteps taken for units", {"units": steps}))
        flat = steps * features
        changes.append(("the window laid out flat as features", {"features": flat}))
    for what, options in changes:
        try:
            other = replace(layer, **options)  # type: ignore[arg-type]
        except LstmInspectError:
            continue
        yield WrongFormula(what, other.parameters, f"that is {title(other)}")
    if layer.layers > 1:
        first = replace(layer, layers=1).parameters
        why = "a layer above takes the outputs of the one below, not the features again"
        yield WrongFormula("every layer counted as the first", first * layer.layers, why)


def _other_cells(layer: Layer) -> Iterator[WrongFormula]:
    """Another cell of the same sizes."""
    for name in sorted(cells.names(), key=lambda name: name not in NAMES):
        twins = {name, layer.cell.name} <= set(cells.RESET_FORMS.values())
        if twins or name == layer.cell.name or cells.get(name).own_sizes:
            continue
        try:
            other = replace(layer, cell=cells.get(name), reset_after=None, extra=())
        except LstmInspectError:
            continue
        for convention in conventions.CONVENTIONS:
            if not other.why_unsupported(convention):
                where = conventions.get(convention).title
                what = f"{NAMES.get(name, name)} instead, in {where}"
                count = other.stored(convention).parameters
                yield WrongFormula(what, count, f"that is {title(other)}: {cells.get(name).title}")
