"""A program in C that runs recorded inputs through the code of a layer, and compares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lstminspect.exports.c_values import array_text, comment, constant, type_of

if TYPE_CHECKING:
    from lstminspect.exports.source import Source
    from lstminspect.weights.arrays import Array

__all__ = ["program"]

MAIN = """\
int main(void)
{{
    static {real} output[{count}];
{start}    {name}_run({passed}, output);
    for (int j = 0; j < {count}; j++) {{
        const {real} off = fabs{f}(output[j] - expected[j]);
        const {real} size = fabs{f}(expected[j]);
        if (!(off <= {bound} * (size > 1 ? size : 1)))
            return 1;
    }}
    return 0;
}}"""


def program(source: Source, random: Mapping[str, Array], sizes: Mapping[str, int]) -> str:
    """The program: exit code 0 if every output is as recorded.

    It does not compile if a struct has not the bytes that `sizes` says. `random` are values of the
    weights for a layer without any, which stand here then.
    """
    name, record, cell = source.name, source.record, source.cell
    real, f = type_of(source.single)
    called = "random" if random else "trained"
    line = f"cc -std=c99 {name}_check.c -lm && ./a.out"
    what = f"A check of {name}.h on recorded inputs: exit code 0 if it computes what is recorded."
    parts = [comment(f"{what}\n\n    {line}"), f'#include "{name}.h"']
    if random:
        parts.append(constant(name, called, random, source.single))
    arrays = {f"in_{key}": each for key, each in record.inputs.items()}
    for key, array in (arrays | {"expected": record.output}).items():
        text = array_text(array.ravel(), source.single)
        parts.append(f"static const {real} {key}[] = {text};")
    for kind, size in sizes.items():
        if size:
            test = f"sizeof({name}_{kind}) == {size} ? 1 : -1"
            parts.append(f"typedef char {kind}_has_the_bytes_that_are_stated[{test}];")
    known = [f"&{name}_{called}"] if cell.blocks else []
    known += ["&state"] if cell.states else []
    start = f"    {name}_state state;\n    {name}_reset(&state);\n" if cell.states else ""
    main = MAIN.format(
        name=name,
        real=real,
        f=f,
        start=start,
        count=record.output.size,
        passed=", ".join([*known, *arrays, str(len(record.output))]),
        bound="1e-5f" if source.single else "1e-12",
    )
    return "\n\n".join([*parts, main])
