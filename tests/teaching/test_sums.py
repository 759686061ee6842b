"""Every sum that a worksheet or a lesson prints is worked out again, those with letters too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sizes import fitting
from sums import sums, value

from lstminspect import Layer, cells
from lstminspect.answer import Derivation, Sketch, Snippet, Table
from lstminspect.formula import written
from lstminspect.teaching.quiz.differences import doubled
from lstminspect.teaching.quiz.question import Question
from lstminspect.teaching.quiz.worksheet import quiz
from lstminspect.teaching.topics.topics import TOPICS, example, lesson


def sizes_of(layer: Layer) -> dict[str, int]:
    return {name: size for name, size in layer.sizes.items() if isinstance(size, int)}


@pytest.mark.parametrize(
    ("text", "number"),
    [("4·units·(3·units + features + 1)", 80), ("2 + 3·4", 14), ("(2 + 3)·4 - 1", 19),
     ("units^2/2", 2), ("4 networks × 12 units", 48), ("1,234", 1234), ("units and", None),
     ("3 4", None), ("(3", None), ("units/3", None), ("", None)],
)  # fmt: skip
def test_a_sum_is_read_as_a_person_reads_it(text: str, number: int | None) -> None:
    assert value(text, {"units": 2, "features": 3}) == number


def test_a_chain_is_read_out_of_its_sentence() -> None:
    sizes = {"units": 2, "features": 3}
    line = "the count: units·features = 2·3 = 6, exactly"
    assert [sides for _, sides in sums(line, sizes)] == [[6, 6, 6]]
    assert [sides for _, sides in sums("For this LSTM: 56 - 48 = 8.", sizes)] == [[8, 8]]
    assert [sides for _, sides in sums("at once: 4·(features + 2) = 21", sizes)] == [[20, 21]]
    assert sums("reset_after=True", sizes) == []
    with pytest.raises(AssertionError, match="what is this"):
        sums("what is this = 3", sizes)


def said(question: Question) -> Iterator[tuple[str, dict[str, int]]]:
    """Each line of an answer, with the sizes that its letters stand for."""
    changed = question.topic == "change" and " unit" in question.text.partition(" with ")[2]
    seen = 0
    for line in question.steps:
        layer = question.layer
        seen += line.startswith("one network")
        if changed and seen == 2 and line.startswith("one network"):
            more = 1 if "1 unit more" in question.text else layer.units
            layer = replace(layer, units=layer.units + more)
        if question.text.endswith(" 1 feature more?") and seen == 2:
            layer = replace(layer, features=layer.features + 1)
        if line.startswith("units "):  # A size that is tried: `units 4: 4·(...) = 100, too few`.
            layer = replace(layer, units=int(line.split(":")[0].split()[1]))
        yield line, sizes_of(layer)
    yield question.answer, sizes_of(question.layer)


def test_every_sum_of_three_hundred_worksheets_adds_up() -> None:
    lines = letters = 0
    for seed in range(300):
        for question in quiz(seed).questions:
            for line, sizes in said(question):
                for chain, sides in sums(line, sizes):
                    assert len(set(sides)) == 1, (seed, question.text, chain, sides)
                    lines, letters = lines + 1, letters + ("units" in chain)
    assert lines > 5000
    assert letters > 1500


def chains_in(part: object, sizes: dict[str, int]) -> Iterator[list[object]]:
    """The sides of every sum in a part of a lesson: of a sentence, a count or a table."""
    match part:
        case str(text):
            yield from (sides for _, sides in sums(text, sizes))
        case Snippet() | Sketch(text=_):
            return
        case Derivation(formula, texts, result):
            sides = [value(written(formula), sizes), value(written(formula, texts), sizes)]
            yield [-1 if side is None else side for side in (*sides, result)]
        case Table(rows=rows):
            for row in rows:
                sums_of = [value(str(cell), sizes) for cell in row if re.search("[·+]", str(cell))]
                if sides := [side for side in sums_of if side is not None]:
                    yield sides if sides[0] in row else [*sides, *row[-1:]]
        case tuple(parts):
            for each in parts:
                yield from chains_in(each, sizes)


@pytest.mark.parametrize("name", cells.names())
def test_every_sum_of_every_lesson_adds_up(name: str) -> None:
    layers = [example(cell=name)[0], Layer(name, **fitting(cells.get(name)))]
    if "x" not in cells.get(name).declared:
        layers.append(replace(layers[1], bidirectional=True, use_bias=False, layers=2))
    for layer in layers:
        chains = []
        for topic in TOPICS:
            found = lesson(topic, layer)
            chains += [*chains_in((found.answer, *found.parts), sizes_of(layer))]
        assert [sides for sides in chains if len(set(sides)) > 1] == []
        assert len(chains) >= 3


@given(
    st.sampled_from([name for name in cells.names() if "x" not in cells.get(name).declared]),
    st.integers(1, 40),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_twice_the_units_of_any_cell_costs_what_the_formula_says(
    name: str, times: int, both: bool, use_bias: bool
) -> None:
    own = fitting(cells.get(name))
    layer = Layer(name, **own | {"units": own["units"] * times}, use_bias=use_bias)
    if any(isinstance(size, tuple) for size in layer.sizes.values()):
        return
    layer = replace(layer, bidirectional=both)
    more = replace(layer, units=2 * layer.units).parameters - layer.parameters
    assert value(written(doubled(layer)), sizes_of(layer)) == more
