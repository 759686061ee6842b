"""The C of every cell on Cortex-M cores: compiled, linked, run in QEMU, and its bytes in the map.

    python benchmarks/chips.py [--core cortex-m4] [--cell lstm] [--json]

For each core it prints the bytes of one step of an LSTM of 64 units on 40 features: those that
`export` predicts beside those of the linker's map, and what is not predicted (code, libm with the
functions of the compiler, stack). Then every cell of the catalogue takes 100 steps, in float32,
float64 and int8, and is held to the equations in NumPy in float64: within 1e-5, in float64 within
1e-12, relative to outputs above 1. Ends with 1 if anything differs. Needs Debian's packages:

    apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lstminspect as li
from lstminspect import cells as catalogue
from lstminspect.exports.c import texts
from lstminspect.exports.source import Source
from lstminspect.weights.pack import blocks_of

TESTS = Path(__file__).parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "exports")]

from boards import BOARDS, RUN, linked, placed, ran  # noqa: E402
from test_export_c import layer_of  # noqa: E402
from test_export_chips import ONE_STEP  # noqa: E402

DTYPES = ("float32", "float64", "int8")
UNITS, FEATURES, STEPS = 64, 40, 100
#: The bytes of an LSTM of 64 units on 40 features that a small machine has for it, in float32.
FLASH, RAM = 112 * 1024, 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--core", choices=list(BOARDS), help="one core alone")
    parser.add_argument("--cell", metavar="NAME", help="one cell alone")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    if not RUN:
        sys.exit("arm-none-eabi-gcc and qemu-system-arm are not here: see the top of this file")
    cores = [options.core] if options.core else RUN
    cells = [catalogue.get(name) for name in catalogue.names() if options.cell in (None, name)]
    with TemporaryDirectory() as folder:
        bytes_of = [step(core, dtype, Path(folder)) for core in cores for dtype in DTYPES]
        wrong = [
            f"{cell.name} in {dtype} on {core}"
            for core in cores
            for dtype in DTYPES
            for cell in cells
            if not agrees(core, cell, dtype, Path(folder))
        ]
    runs = len(cores) * len(DTYPES) * len(cells)
    if options.json:
        print(json.dumps({"bytes": bytes_of, "runs": runs, "wrong": wrong}, indent=2))
    else:
        show(bytes_of)
        print(f"\n{runs - len(wrong)} of {runs} runs of {STEPS} steps agree with NumPy", *wrong)
    small = [each for each in bytes_of if each["dtype"] == "float32"]
    fits = all(each["flash"] <= FLASH and each["RAM"] <= RAM for each in small)
    exact = all(each["weights"] == each["weights in map"] for each in bytes_of)
    exact &= all(each["states"] == each["states in map"] for each in bytes_of)
    sys.exit(0 if fits and exact and not wrong else 1)


def step(core: str, dtype: str, folder: Path) -> dict[str, Any]:
    """The bytes of a program that takes one step: predicted, in the map, and on the stack."""
    layer = li.Layer("lstm", units=UNITS, features=FEATURES)
    code = li.export(layer, "c", li.random_weights(layer), dtype=dtype)
    (folder / "lstm.h").write_text(code.text)
    program = ONE_STEP.format(name="lstm", units=UNITS, features=FEATURES)
    if dtype == "float64":
        program = program.replace("float", "double")
    (folder / "step.c").write_text(program)
    program_file = linked(core, "step.c", folder)
    parts = placed(program_file)
    stack = ran(core, program_file).stack
    size = {part.name: part.size for part in parts}
    library = sum(part.size for part in parts if not part.is_ram and ".a(" in part.origin)
    flash = sum(part.size for part in parts if not part.is_ram)
    weights, states = size[".rodata.lstm_trained"], size[".bss.state"]
    return {
        "core": core,
        "dtype": dtype,
        "weights": code.weights,
        "weights in map": weights,
        "code": flash - library - weights - size[".rodata.x"],
        "libraries": library,
        "flash": flash - size[".rodata.x"],
        "states": code.states,
        "states in map": states,
        "output": size[".bss.h"],
        "stack": stack,
        "RAM": sum(part.size for part in parts if part.is_ram) + stack,
    }


def show(figures: list[dict[str, Any]]) -> None:
    """Print the figures as a table of Markdown."""
    print(f"| {' | '.join(figures[0])} |\n|{' --- |' * 2}{' ---: |' * (len(figures[0]) - 2)}")
    for each in figures:
        texts = (f"{value:,}" if isinstance(value, int) else value for value in each.values())
        print(f"| {' | '.join(texts)} |")


def agrees(core: str, cell: li.Cell, dtype: str, folder: Path) -> bool:
    """Run a cell on a core, and tell whether it gives what NumPy gives."""
    layer = layer_of(cell)
    weights = blocks_of(layer, li.random_weights(layer, dtype="float64"))
    made = texts(Source(layer, "cell", weights, dtype, steps=STEPS))
    (folder / "cell.h").write_text(made.text)
    (folder / "check.c").write_text(made.check)
    return ran(core, linked(core, "check.c", folder)).code == 0


if __name__ == "__main__":
    main()
