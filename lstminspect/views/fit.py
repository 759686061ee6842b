"""A fit: what a layer or a model needs, what there is, other types, and which kernels run it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from lstminspect import cells
from lstminspect.analysis.fit import Fit
from lstminspect.analysis.kernels import RUNTIMES, Kernel, kernels
from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.teaching.snippets import counted
from lstminspect.wording import describe, number, options_of

if TYPE_CHECKING:
    from lstminspect.names import DtypeName

__all__ = ["TYPES", "data", "document", "fused", "rows", "subject"]

#: The types of a number that a fit is shown for, beside its own.
TYPES: tuple[DtypeName, ...] = ("float32", "float16", "int8")
#: What is said of a type.
ABOUT = {
    "int8": (
        "int8 as TensorFlow Lite has it: weights, input and h in 8 bits, biases in 32, cell state "
        "and gates in 16; a scale and a zero point, 12 bytes, for each matrix and bias of each "
        "gate."
    ),
    "float16": (
        "float16 is a type of files in TensorFlow Lite: it computes in float32, and then RAM is "
        "that of float32 with the weights in it."
    ),
}
#: What is said of a type in C.
ABOUT_C = {
    "int8": (
        "int8 in C: matrices in 8 bits, with a scale of 4 bytes for each row; vectors, states and "
        "what is computed in float32."
    )
}
#: What the bytes are without.
NOT_COUNTED = {
    "tflite": (
        "The program, the structures of the runtime and the format of the file are not counted."
    ),
    "c": "The program and libm are not counted: a few kilobytes of flash, which the linker knows.",
}
TYPES_IN_C: tuple[DtypeName, ...] = ("float32", "int8")
RUNS = {"one kernel": "kernel", "two kernels": "2 kernels", "a loop": "loop"}


def document(fit: Fit) -> Document:
    """The bytes that are needed and that there are, other types, kernels."""
    verdict = "fits" if fit.does else "does not fit"
    about = ABOUT if fit.runtime == "tflite" else ABOUT_C
    headers = ("memory", "needed", "there is", "")
    parts: list[Part] = [
        Table("bytes", headers, list(_bounds(fit)), right=(1, 2), missing="-"),
        Table("what takes them", ("what", "memory", "bytes"), list(_shares(fit))),
        Sentence(f"{_counted(fit)} {NOT_COUNTED[fit.runtime]}"),
        *([_calls(fit)] if fit.layer is None else [Sentence(_largest(fit))]),
        _types(fit),
        *(Sentence(text) for name, text in about.items() if name == fit.dtype),
        *(_kernels(fit) if fit.runtime == "tflite" else _code(fit)),
    ]
    return Document(f"{subject(fit)}, {fit.dtype}{in_words(fit)}: {verdict}", parts)


def in_words(fit: Fit) -> str:
    """Words for what runs it, behind a type of number."""
    return " in C" if fit.runtime == "c" else ""


def subject(fit: Fit) -> str:
    """The layer in words, or the name of the model."""
    return fit.name if fit.layer is None else describe(fit.layer)


def _bounds(fit: Fit) -> Iterator[tuple[str, int, int | None, str]]:
    for name, needed, bound, left in (
        ("flash", fit.needs_flash, fit.flash, fit.flash_left),
        ("RAM", fit.needs_ram, fit.ram, fit.ram_left),
    ):
        verdict = ""
        if left is not None:
            verdict = f"{number(left)} left" if left >= 0 else f"{number(-left)} too many"
        yield name, needed, bound, verdict


def _shares(fit: Fit) -> Iterator[tuple[str, str, int]]:
    yield "weights", "flash", fit.needs.weights
    yield "scales", "flash", fit.needs.scales
    yield "states", "RAM", fit.needs.states
    step = "values of a step" if fit.runtime == "tflite" else "vectors of a step, on the stack"
    yield step, "RAM", fit.needs.step
    yield "input and output", "RAM", fit.needs.buffers


def _counted(fit: Fit) -> str:
    if fit.layer is None:
        return (
            "RAM is that of the layer at which most is there, and all states, for one sequence or "
            "the batch that the model names."
        )
    steps, batch = fit.layer.timesteps or 1, fit.layer.batch or 1
    span = f"{number(steps)} {'step' if steps == 1 else 'steps'}"
    if fit.runtime == "c":
        return (
            "RAM holds the states, the vectors that a step needs beside single numbers, and input "
            f"and output of {span}."
        )
    return (
        f"RAM holds {'one sequence' if batch == 1 else f'a batch of {number(batch)}'}: the states, "
        "one value of each line of the equations, input and output of "
        f"{span}."
    )


def _calls(fit: Fit) -> Table:
    table = [(call.name, call.flash, call.ram) for call in fit.calls]
    return Table("layer by layer, without the states", ("layer", "flash", "RAM"), table)


def _largest(fit: Fit) -> str:
    grown = fit.at_largest().layer
    if fit.largest is None or grown is None:
        return "Not even one unit fits."
    checks = counted(replace(grown, batch=None, stateful=False), "--cost")
    command = checks[0].lines[0] if checks else "lstminspect --equations FILE --cost"
    return f"The largest that fits has {number(fit.largest)} units (`{command}`)."


def _types_of(fit: Fit) -> tuple[DtypeName, ...]:
    return TYPES if fit.runtime == "tflite" else TYPES_IN_C


def _types(fit: Fit) -> Table:
    others = {name: fit.as_type(name) for name in (*_types_of(fit), fit.dtype)}
    headers = ("type", "flash", "RAM", "fits", "most units")
    table = [
        (name, each.needs_flash, each.needs_ram, "yes" if each.does else "no", each.largest)
        for name, each in others.items()
    ]
    if fit.layer is None:
        return Table("as each type of number", headers[:4], [row[:4] for row in table])
    return Table("as each type of number", headers, table, right=(1, 2, 4), missing="-")


def _kernels(fit: Fit) -> Iterator[Part]:
    """One row for each runtime of a layer, one for each layer of a model."""
    if fit.layer is not None:
        found = zip(RUNTIMES, kernels(fit.layer), strict=True)
        reasons = [(runtime.title, kernel.runs, kernel.why) for runtime, kernel in found]
        yield Table("what runs it", ("runtime", "runs as", "why"), reasons)
        yield Sentence(
            "These bytes are those of TensorFlow Lite. Code in C, which `lstminspect export` "
            "writes, needs no runtime: `--runtime c` has its bytes."
        )
    elif fit.recurrent:
        headers = ("layer", "one kernel in", "a loop in", "not in")
        table = [(name, *_sorted(kernels(layer))) for name, layer in fit.recurrent]
        yield Table("what runs the recurrent layers", headers, table)
        yield Sentence("`lstminspect fits` of one layer says why, for each of these runtimes.")


#: Options that the code of a layer does not depend on.
IDLE = ("--timesteps", "--batch", "--return", "--stateful", "--framework", "--merge")


def _code(fit: Fit) -> Iterator[Sentence]:
    """The line that writes the code of a layer of the catalogue."""
    layer = fit.layer
    if layer is None or layer.cell.name not in cells.names():
        return
    options = " ".join(each for each in options_of(layer) if not each.startswith(IDLE))
    options += "" if fit.dtype == "float32" else f" --dtype {fit.dtype}"
    words = f"{layer.cell.name} {options} --to c"
    yield Sentence(f"The code: `lstminspect export {words} -o {layer.cell.name}.h`.")


def _sorted(found: tuple[Kernel, ...]) -> list[str]:
    """The names of the runtimes with a kernel, those with a loop, the others."""
    kernel = [each.runtime for each in found if each.is_fused]
    loop = [each.runtime for each in found if "loop" in each.runs]
    others = [each.runtime for each in found if each.runtime not in (*kernel, *loop)]
    return [", ".join(names) or "-" for names in (kernel, loop, others)]


def _word(kernel: Kernel) -> str:
    """The way in which a kernel runs, in the width of a column."""
    return next((RUNS[each] for each in RUNS if kernel.runs.startswith(each)), kernel.runs)


def fused(fit: Fit, runtime: str) -> str:
    """The ways in which a runtime runs the recurrent layers, in the width of a column."""
    words = {
        _word(kernel)
        for _, layer in fit.recurrent
        for kernel in kernels(layer)
        if kernel.runtime == runtime
    }
    return ", ".join(sorted(words)) or "-"


def data(fit: Fit) -> dict[str, Any]:
    """The bytes that are needed and that there are, the verdict, the kernels."""
    return {
        **_head(fit),
        "needs": asdict(fit.needs),
        "macs": fit.macs,
        "layers": [{"name": call.name, "flash": call.flash, "ram": call.ram} for call in fit.calls],
        "types": {
            name: {"flash": each.needs_flash, "ram": each.needs_ram, "fits": each.does}
            for name, each in ((name, fit.as_type(name)) for name in _types_of(fit))
        },
        "kernels": [
            {"layer": name, **kernel._asdict()}
            for name, layer in fit.recurrent
            for kernel in kernels(layer)
        ],
    }


def _head(fit: Fit) -> dict[str, Any]:
    layer = fit.layer
    return {
        "cell": None if layer is None else layer.cell.name,
        "model": fit.name if layer is None else None,
        "dtype": fit.dtype,
        "runtime": fit.runtime,
        "flash": fit.flash,
        "ram": fit.ram,
        "needs_flash": fit.needs_flash,
        "needs_ram": fit.needs_ram,
        "largest": fit.largest,
        "units": None if layer is None else layer.units,
        "fits": fit.does,
    }


def rows(fit: Fit) -> Iterator[tuple[Any, ...]]:
    """One row."""
    head = _head(fit)
    yield tuple(head)
    yield tuple(head.values())
