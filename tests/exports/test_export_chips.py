"""Code in C on Cortex-M cores: compiled, linked with a map, and run on a board in QEMU."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from boards import ARM, CORES, RUN, compiled, linked, placed, ran
from test_export_c import every_cell, layer_of

import lstminspect as li
from lstminspect.exports.c import texts
from lstminspect.exports.source import Source
from lstminspect.weights.pack import blocks_of

CELLS = {cell.name: cell for cell in every_cell()}
DTYPES = ["float32", "float64", "int8"]
#: Functions of libm, and those that the compiler calls for what a core has no instructions for.
LIBM = {"exp", "tanh", "log", "sqrt", "fabs", "expm1", "log1p", "erf", "pow"}
COMPILER = re.compile(r"__aeabi_\w+|__\w+[sd]f\d?|memcpy|memset")

#: A program with the states of a layer as a variable, which takes one step.
ONE_STEP = """\
#include "{name}.h"
static const float x[{features}];
static float h[{units}];
static {name}_state state;
int main(void)
{{
    {name}_step(&{name}_trained, &state, x, h);
    return h[0] > 1;
}}
"""


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("core", CORES)
def test_every_cell_compiles_without_a_warning_and_calls_libm_alone(
    core: str, dtype: str, tmp_path: Path
) -> None:
    text = []
    for name, cell in CELLS.items():
        layer = layer_of(cell)
        code = li.export(layer, "c", li.random_weights(layer, dtype="float64"), dtype=dtype)
        (tmp_path / f"{name}.h").write_text(code.text)
        text.append(f'#include "{name}.h"')
        # The address of a function that is static keeps it in the object.
        text.append(f"void *run_of_{name}(void);\nvoid *run_of_{name}(void)")
        text.append(f"{{\n    return (void *)(unsigned long)&{name}_run;\n}}")
    (tmp_path / "all.c").write_text("\n".join(text) + "\n")
    compiled(core, "-Os", "-c", "all.c", folder=tmp_path)
    line = [str(ARM).removesuffix("gcc") + "nm", "-u", "all.o"]
    printed = subprocess.run(line, check=True, cwd=tmp_path, capture_output=True, text=True).stdout
    outside = {name for name in re.findall(r"U (\w+)", printed) if not COMPILER.fullmatch(name)}
    assert "expf" in outside or "exp" in outside
    assert {name.removesuffix("f") if name != "erf" else name for name in outside} <= LIBM


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("name", ["lstm", "gru_reset_before", "peephole"])
@pytest.mark.parametrize("core", CORES)
def test_the_map_has_the_bytes_that_were_predicted(
    core: str, name: str, dtype: str, tmp_path: Path
) -> None:
    layer = li.Layer(name, units=13, features=7)
    code = li.export(layer, "c", li.random_weights(layer), dtype=dtype)
    (tmp_path / f"{name}.h").write_text(code.text)
    (tmp_path / "step.c").write_text(ONE_STEP.format(name=name, units=13, features=7))
    parts = placed(linked(core, "step.c", tmp_path))
    found = {part.name: part.size for part in parts}
    assert found[f".rodata.{name}_trained"] == code.weights
    assert found[".bss.state"] == code.states


@pytest.mark.parametrize("core", CORES)
def test_the_stack_grows_by_the_vectors_that_were_predicted(core: str, tmp_path: Path) -> None:
    def used(units: int) -> tuple[int, int]:
        layer = li.Layer("gru_reset_before", units=units, features=3)
        code = li.export(layer, "c", li.random_weights(layer), name="gru")
        (tmp_path / "gru.h").write_text(code.text)
        (tmp_path / "step.c").write_text(ONE_STEP.format(name="gru", units=units, features=3))
        compiled(core, "-Os", "-fstack-usage", "-c", "step.c", folder=tmp_path)
        frames = re.findall(r"\t(\d+)\tstatic", (tmp_path / "step.su").read_text())
        return sum(map(int, frames)), code.stack or 0

    (frames, predicted), (more_frames, more) = used(8), used(16)
    assert more_frames - frames == more - predicted == 2 * 8 * 4


@pytest.mark.parametrize("core", RUN)
def test_an_lstm_of_64_units_on_40_features_fits_112_kilobytes_and_1(
    core: str, tmp_path: Path
) -> None:
    layer = li.Layer("lstm", units=64, features=40)
    code = li.export(layer, "c", li.random_weights(layer))
    (tmp_path / "lstm.h").write_text(code.text)
    (tmp_path / "step.c").write_text(ONE_STEP.format(name="lstm", units=64, features=40))
    program = linked(core, "step.c", tmp_path)
    parts = placed(program)
    flash = sum(part.size for part in parts if not part.is_ram)
    ram = sum(part.size for part in parts if part.is_ram)
    end = ran(core, program)
    assert end.code == 0
    assert (code.weights or 0) < flash <= 112 * 1024
    # The states and the output are variables; the stack is what was used of it.
    assert 512 + 256 < ram + end.stack <= 1024


RECORDED = [(name, dtype) for name in ("lstm", "slstm", "gru_reset_before") for dtype in DTYPES]


@pytest.mark.parametrize(("name", "dtype"), RECORDED)
@pytest.mark.parametrize("core", RUN)
def test_a_core_computes_100_steps_as_numpy_does(
    core: str, name: str, dtype: str, tmp_path: Path
) -> None:
    layer = layer_of(CELLS[name])
    weights = blocks_of(layer, li.random_weights(layer, dtype="float64"))
    made = texts(Source(layer, name, weights, dtype, steps=100))
    (tmp_path / f"{name}.h").write_text(made.text)
    (tmp_path / "check.c").write_text(made.check)
    assert ran(core, linked(core, "check.c", tmp_path)).code == 0


@pytest.mark.parametrize("core", RUN)
def test_a_core_ends_with_1_where_an_output_is_another(core: str, tmp_path: Path) -> None:
    layer = li.Layer("gru", units=4, features=3)
    code = li.export(layer, "c", li.random_weights(layer))
    (tmp_path / "gru.h").write_text(code.text.replace("tanhf(v)", "v"))
    (tmp_path / "check.c").write_text(code.check)
    assert ran(core, linked(core, "check.c", tmp_path)).code == 1
