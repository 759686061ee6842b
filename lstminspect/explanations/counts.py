"""From a count to the configurations that have it.

The units divide the count of a recurrent layer (see `forms`): its divisors are tried, and the
features follow. No float is involved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import nsmallest
from math import isqrt

from lstminspect import conventions
from lstminspect.errors import OptionError
from lstminspect.explanations.explanation import Explanation, Finding
from lstminspect.explanations.forms import Configuration, Form, forms
from lstminspect.explanations.plausible import oddness, rarity
from lstminspect.explanations.totals import totals
from lstminspect.formula import written
from lstminspect.layer import Layer
from lstminspect.terms.keras import written as written_in_keras
from lstminspect.wording import options_of, title

__all__ = ["explain_count", "layers_of", "plausible"]

MOST = 10**18
# Up to here divisors are found by trial division at once; above, SymPy factors the number.
SMALL = 10**10
MOST_STACKED = 4
MOST_WIDE = 2048


def explain_count(count: int, most: int, framework: str | None = None) -> Explanation:
    """The layers and small models with `count` parameters, the plausible first.

    With a `framework`, those that it stores so.
    """
    if not 1 <= count <= MOST:
        raise OptionError(f"a count is from 1 to {MOST:,}. Give a smaller one.")
    layers = list(_in(framework, layers_of(count)))
    models = list(_in(framework, totals(count)))
    first = nsmallest(most, [*layers, *models], key=lambda each: each.rank)
    findings = tuple(_finding(each) for each in first)
    number = len(layers) + len(models)
    have = f"{number:,} configurations have" if number != 1 else "1 configuration has"
    listed = f" The {most} most plausible come first." if number > most else ""
    others = (
        " A total may include other layers: with a Dense after it or an Embedding before it, a row "
        "is a small whole model."
    )
    where = "" if framework is None else f" in {conventions.get(framework).title}"
    answer = f"{have} {count:,} parameters{where}.{listed}{others}"
    return Explanation(f"{count:,} parameters", answer, findings, number)


def _in(framework: str | None, configurations: Iterable[Configuration]) -> Iterator[Configuration]:
    """Those of the configurations that `framework` stores so, as its own; all of them if None."""
    for each in configurations:
        if framework is None:
            yield each
        elif framework in each.form.conventions:
            yield replace(each, form=replace(each.form, conventions=(framework,)))


def plausible(count: int, most: int = 2) -> list[tuple[int, Finding]]:
    """The most plausible recurrent layers with `count` parameters, with and without bias.

    Each comes with its rank.
    """
    if not 1 <= count <= SMALL:
        return []
    layers = list(layers_of(count))
    return [
        (each.rank, _finding(each))
        for use_bias in (True, False)
        for each in nsmallest(
            most,
            (each for each in layers if each.form.use_bias == use_bias),
            key=lambda each: each.rank,
        )
    ]


def layers_of(count: int) -> Iterator[Configuration]:
    """Every recurrent layer with `count` parameters, a projection of a usual size."""
    divisors = _divisors(count)
    for form in forms():
        for directions in (1, 2):
            if form.projections:
                yield from _projected(count, form, directions, divisors)
                continue
            for layers in range(1, MOST_STACKED + 1):
                squares, products, rest = form.terms(directions, layers)
                for units in divisors:
                    left = count // units - squares * units - rest
                    if left < products:
                        break
                    if left % products == 0:
                        sizes = (units, left // products, directions, layers)
                        yield Configuration(_rank(form, *sizes), form, *sizes)


def _projected(
    count: int, form: Form, directions: int, divisors: list[int]
) -> Iterator[Configuration]:
    products = directions * form.products
    for units in divisors:
        for projection in (2**power for power in range(min(units, MOST_WIDE).bit_length())):
            left = count // units - directions * (form.projections * projection + form.units)
            if left < products or projection >= units:
                break
            if left % products == 0:
                sizes = (units, left // products, directions, 1)
                yield Configuration(_rank(form, *sizes), form, *sizes, projection)


def _divisors(count: int) -> list[int]:
    """The divisors of `count`, ascending."""
    if count > SMALL:
        from sympy import divisors

        return [int(each) for each in divisors(count)]
    low = [each for each in range(1, isqrt(count) + 1) if count % each == 0]
    high = [count // each for each in reversed(low)]
    return low + (high[1:] if low[-1] == high[0] else high)


def _rank(form: Form, units: int, features: int, directions: int, layers: int) -> int:
    """Smaller is more plausible: round sizes, few layers, a common cell in a common form."""
    rank = rarity(form.cell) + (0 if "keras" in form.conventions else 1)
    rank += 0 if form.use_bias else 4
    rank += (directions - 1) + 2 * (layers - 1)
    rank += (
        3 * (units < 8) + 3 * (units > 4096) + 2 * (features > 4 * units) + 3 * (features > 1000)
    )
    return rank + oddness(units) + oddness(features, small=True)


def _finding(configuration: Configuration) -> Finding:
    layer, form = configuration.layer, configuration.form
    name = title(layer) + (
        f", projection {configuration.projection}" if configuration.projection else ""
    )
    sizes = {size: str(value) for size, value in layer.sizes.items()}
    sums = [f"{written(layer.stored(form.conventions[0]).formula, sizes)} in {_named(form)}"]
    if configuration.vocabulary:
        name = f"Embedding({configuration.vocabulary}, {configuration.features}), {name}"
        rows = configuration.vocabulary * configuration.features
        sums.append(f"{configuration.vocabulary}·{configuration.features} = {rows:,} in Embedding")
    if configuration.dense:
        name = f"{name}, Dense({configuration.dense})"
        weights = configuration.dense * (layer.width + 1)
        sums.append(f"{configuration.dense}·({layer.width} + 1) = {weights:,} in Dense")
    if len(sums) == 1:
        return Finding(name, sums[0], _check(layer, form))
    return Finding(name, "; ".join(sums), _check_model(configuration))


def _named(form: Form) -> str:
    return ", ".join(conventions.get(name).title for name in form.conventions)


def _check(layer: Layer, form: Form) -> str:
    options = [f"--cell {layer.cell.name}", *options_of(layer)]
    if form.conventions[0] != layer.convention:
        options.append(f"--convention {form.conventions[0]}")
    return f"lstminspect {' '.join(options)}"


def _check_model(configuration: Configuration) -> str:
    """A command that counts a whole model, whose layers are written as in Keras."""
    one = replace(configuration.layer, layers=1)
    last = written_in_keras(one)
    below = written_in_keras(replace(one, return_sequences=True))
    first = f"Input((None, {configuration.features}))"
    if configuration.vocabulary:
        first = f"Input((None,)), Embedding({configuration.vocabulary}, {configuration.features})"
    words = [first, *[below] * (configuration.layers - 1), last]
    words += [f"Dense({configuration.dense})"] * (configuration.dense > 0)
    code = ", ".join(words).replace("keras.layers.", "")
    convention = configuration.form.conventions[0]
    return f'lstminspect model "{code}"' + f" --convention {convention}" * (convention != "keras")
