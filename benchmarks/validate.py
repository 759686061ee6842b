"""The speed of `validate`: configurations a second, now and as it was once done.

    python benchmarks/validate.py [--cases N] [framework ...]

- a second: configurations compared in a second, with the same cases in both ways
- share of: where the time of a comparison goes: building the real layers, measuring them, running
  them with the weights of the case, and the rest
- keras over collecting: the rate over the rate with a garbage collection before each case, which is
  what Keras does by default when it forgets its names
- flax over eager: the rate over the rate of cells that are run operation by operation, where every
  operation is compiled of its own

The two sides take turns on the same cases. Needs Keras and Flax:

    pip install 'lstminspect[keras,flax]'
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy

from lstminspect.validation import flax
from lstminspect.validation.cases import FRAMEWORKS, CallOptions, module_of, random_cases
from lstminspect.validation.validate import validate

Configuration = tuple[Any, CallOptions, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=20, help="configurations of a framework")
    parser.add_argument("frameworks", nargs="*", default=["keras", "flax"], metavar="framework")
    options = parser.parse_args()
    for framework in options.frameworks:
        if framework not in FRAMEWORKS:
            parser.error(f"no framework named {framework!r}: {', '.join(FRAMEWORKS)}")
        for name, figure in measured(framework, options.cases).items():
            print(f"{framework + ' ' + name:36} {figure:>10,.3g}")


def measured(framework: str, number: int) -> dict[str, float]:
    """The figures of one framework."""
    module_of(framework).version()
    cases = list(random_cases(number + 1, 7, framework))
    once(framework, cases.pop())  # The first comparison pays for what is loaded once.
    before = {"keras": collecting, "flax": eager, "nnx": eager}.get(framework)
    phases = dict.fromkeys(("build", "measure", "run"), 0.0)
    now, then = 0.0, 0.0
    for case in cases:
        start = time.perf_counter()
        comparison = once(framework, case)
        now += time.perf_counter() - start
        for phase in phases:
            phases[phase] += comparison.seconds[phase]
        if before is not None:
            then += before(framework, case)
    figures = {"a second": number / now}
    figures |= {f"share of {phase}": seconds / now for phase, seconds in phases.items()}
    if before is not None:
        figures[f"over {before.__name__}"] = then / now
    return figures


def once(framework: str, case: Configuration) -> Any:
    """One comparison, which must agree."""
    layer, calling, seed = case
    comparison = validate(layer, framework, seed, calling)
    assert comparison.agrees, comparison.command
    return comparison


def collecting(framework: str, case: Configuration) -> float:
    """Seconds of a comparison that forgets everything before it."""
    import keras

    start = time.perf_counter()
    keras.utils.clear_session()
    once(framework, case)
    return time.perf_counter() - start


def eager(framework: str, case: Configuration) -> float:
    """Seconds of a comparison in which nothing is compiled as a whole."""
    import jax

    whole: Callable[..., Any] = flax.values

    def values(case: Any, cells: list[Any]) -> list[Any]:
        jax.clear_caches()
        inputs = (case.weights, jax.numpy.asarray(case.x), list(case.initial_state or []))
        return [numpy.asarray(each) for each in flax._run(case, cells, *inputs)]

    flax.values = values  # type: ignore[assignment]
    try:
        start = time.perf_counter()
        once(framework, case)
        return time.perf_counter() - start
    finally:
        flax.values = whole  # type: ignore[assignment]


if __name__ == "__main__":
    main()
