"""From a total to small whole models that have it: an Embedding, a recurrent layer, a Dense.

Most totals that people ask about are those of whole models. The recurrent part is chosen from usual
sizes, the outputs of the Dense layer too; the width of the input or the vocabulary follows.
"""

from __future__ import annotations

from collections.abc import Iterator

from lstminspect import conventions
from lstminspect.explanations.forms import Configuration, Form, forms
from lstminspect.explanations.plausible import oddness, rarity

__all__ = ["totals"]

#: Sizes that whole models are looked for with.
UNITS = tuple(u for u in range(1, 2049) if u <= 32 or oddness(u) <= 2)
USUAL_UNITS = tuple(u for u in UNITS if oddness(u) <= 1)
WIDTHS = tuple(d for d in range(4, 513) if oddness(d) <= 1 or d in (12, 24, 25))
OUTPUTS = (*range(1, 31), *range(32, 101, 2), 128, 150, 200, 256, 500, 512, 1000)
FEW_OUTPUTS = (1, 2, 3, 4, 5, 6, 8, 9, 10, 20, 46)
LEAST_WORDS = 10
MOST_FEATURES = 4096
#: Below, a count is rather that of a layer alone.
SMALL = 300
MOST_LAYERS = 4
#: The farthest from usual that a whole model may be to be listed.
MOST_RANK = 12


def totals(count: int) -> Iterator[Configuration]:
    """Whole models with `count` parameters of which one part at least is not recurrent."""
    for form in forms():
        if not form.use_bias or form.projections or not {"keras", "pytorch"} & {*form.conventions}:
            continue
        if form.cell not in conventions.get("keras").cells:
            continue
        for directions in (1, 2):
            for layers in range(1, MOST_LAYERS + 1):
                base = rarity(form.cell) + ("keras" not in form.conventions)
                base += (directions - 1) + 2 * (layers - 1) + 1 + 3 * (count < SMALL)
                for each in _models(count, form, directions, layers, base):
                    if each.rank <= MOST_RANK:
                        yield each


def _models(
    count: int, form: Form, directions: int, layers: int, base: int
) -> Iterator[Configuration]:
    squares, products, rest = form.terms(directions, layers)
    for units in UNITS:
        left = count - units * (squares * units + rest)
        step, row = units * products, directions * units + 1
        if left < step:
            return
        rank = base + oddness(units) + 3 * (units < 8)
        for features, dense in _after(left, step, row):
            more = oddness(features, small=True) + 3 * (features > 1000) + _unusual(dense)
            more -= 2 * (dense == features > 1)
            yield Configuration(rank + more, form, units, features, directions, layers, dense=dense)
        if units not in USUAL_UNITS:
            continue
        for width, words, dense in _before(left, step, row):
            more = _unusual_width(width) + _unusual_words(words)
            more += 2 * (words > 200) if dense == words else _unusual(dense) if dense else 1
            yield Configuration(
                rank + more, form, units, width, directions, layers, 0, dense, words
            )


def _after(left: int, step: int, row: int) -> Iterator[tuple[int, int]]:
    """The features and the outputs of a Dense layer of `row` parameters an output."""
    for outputs in OUTPUTS:
        features, over = divmod(left - outputs * row, step)
        if features < 1:
            break
        if not over and features <= MOST_FEATURES:
            yield features, outputs
    features, over = divmod(left, step + row)
    if not over and 0 < features <= MOST_FEATURES and features not in OUTPUTS:
        yield features, features


def _before(left: int, step: int, row: int) -> Iterator[tuple[int, int, int]]:
    """The width of an Embedding, its words, and the outputs of a Dense layer, 0 for none."""
    for width in WIDTHS:
        rest = left - step * width
        if rest < LEAST_WORDS * width:
            break
        for outputs in (0, *FEW_OUTPUTS):
            words, over = divmod(rest - outputs * row, width)
            if not over and words >= LEAST_WORDS:
                yield width, words, outputs
        words, over = divmod(rest, width + row)
        if not over and words >= LEAST_WORDS and words not in FEW_OUTPUTS:
            yield width, words, words


def _unusual(outputs: int) -> int:
    """The oddness of a number of outputs: one value, or one of ten classes, is not."""
    if outputs in (1, 2, 10):
        return 0 if outputs == 1 else 1
    return 2 if outputs <= 10 else 3 + oddness(outputs) // 2


def _unusual_width(width: int) -> int:
    """The oddness of the width of an Embedding: powers of two from 16 on are not."""
    if width < 16:
        return 1 if width == 8 else 3
    return 0 if oddness(width) == 0 else 1 if width in (50, 100, 200, 300) else 2


def _unusual_words(words: int) -> int:
    """The oddness of a vocabulary: 10,000 is not, nor are the letters of a text."""
    digits = min(len(str(near).rstrip("0")) for near in (words, words - 1))
    if words >= 500 and digits <= 2:
        return 2 * (digits - 1) + (words % 10 == 1)
    if words < 130:
        return 2 + (oddness(words) > 1)
    return 6
