"""Code in C: every cell compiled with every warning on, and equal to NumPy in float64."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from boards import STRICT

import lstminspect as li
from lstminspect import cells
from lstminspect.equations.functions import FUNCTIONS
from lstminspect.exports.source import Source
from lstminspect.weights.pack import blocks_of
from lstminspect.weights.structured import compact

GCC = shutil.which("gcc")
STEPS = 100
REAL = {"float32": "float", "float64": "double", "int8": "float"}
BOUND = {"float32": 1e-5, "float64": 1e-12, "int8": 1e-5}
#: Cells beside the catalogue: what no cell of it has, and names that C knows in another sense.
MORE = {
    "whole": "e = softmax(W_e @ x)\na = log_softmax(U_a @ h)\nh = e * a / norm(e, a, x)",
    "names": "e_ = W_e_ @ x\nsize = tanh(e_)\nk = sigmoid(U_k @ h)\nj = k * size\nh = j + h",
    "nested": "x: units\nh = tanh(W_h @ tanh(U_h @ (h * 2)) + x - (1 - (2 - b_h)) / -3 * -x)",
    "input": "m: input(context)\nh = tanh(W_h @ x + V_h @ m + U_h @ h)",
    "bare": "x: units\nh = tanh(0.5 * h + 0.25 * x)",
    "integers": "h = tanh(elu(W_h @ x, 2) + threshold(U_h @ h, 0.1, -2))",
    "constants": "k: wide = tanh(b_k)\nh = tanh(A_h @ k + transpose(B_h) @ exp(-k) + U_h @ h)",
    "number": "s_o: scalar\nv = W_v @ x + U_v @ o\no: wide = tanh(s_o)\nh = tanh(v - h)",
    "clipped": "h = hard_tanh(relu(W_h @ x + U_h @ h))",
    "many": "a = W_a @ x\nh = max(tanh(a), -0.5, U_h @ h) - min(a, 0.25, b_h) / 4",
}


def layer_of(cell: li.Cell, **options: Any) -> li.Layer:
    own = dict.fromkeys(cell.own_sizes, 2) | {"projection": 3, "context": 5}
    own = {name: own[name] for name in cell.own_sizes}
    probe = {"units": 4, "features": 3}
    try:
        return li.Layer(cell, **probe, **own, **options, return_sequences=True)  # type: ignore[arg-type]
    except li.SizeError:
        probe["features"] = 4
        return li.Layer(cell, **probe, **own, **options, return_sequences=True)  # type: ignore[arg-type]


def functions_cell() -> li.Cell:
    """A cell with every function that goes element by element, each at work on both signs."""
    numbers = {"clip": "-0.5, 0.75", "threshold": "0.1, 0.2", "power": "2"}
    special = {"log": "abs(a) + 0.1", "sqrt": "abs(a)", "log1p": "abs(a)"}
    lines = ["a = W_a @ x + U_a @ h"]
    skipped = {"norm", "transpose", "softmax", "log_softmax", "sparsemax", "max", "min"}
    names = [name for name in FUNCTIONS if name not in skipped]
    for place, name in enumerate(names):
        more = f", {numbers[name]}" if name in numbers else ""
        lines.append(f"v{place} = {name}({special.get(name, 'a')}{more})")
    total = " + ".join(f"v{place}" for place in range(len(names)))
    lines.append(f"h = tanh({total})")
    return li.Cell("\n".join(lines), name="functions")


def every_cell() -> list[li.Cell]:
    own = [li.Cell(text, name=name) for name, text in MORE.items()]
    return [*map(cells.get, cells.names()), *own, functions_cell()]


CELLS = {cell.name: cell for cell in every_cell()} if GCC else {}


def in_int8(layer: li.Layer, weights: Any) -> dict[str, Any]:
    """The weights with every row of a matrix rounded to 127 steps on both sides of zero."""
    (held,) = blocks_of(layer, weights, "equations")
    found: dict[str, Any] = {}
    for block in layer.running_cell.blocks:
        array = held[block.name].astype(np.float64)
        if array.ndim == 2:
            step = (np.abs(array).max(axis=1, keepdims=True) / 127).astype(np.float32)
            array = np.round(array / np.where(step == 0, 1, step)) * step
        found[block.name] = compact(block, array, layer.sizes)
    return found


@pytest.fixture(scope="module", params=list(REAL))
def compiled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, ctypes.CDLL, dict[str, tuple[li.Layer, dict[str, Any]]]]:
    """Every cell with random weights in one library: the header of each, and a call of its run."""
    dtype: str = request.param
    folder, real = tmp_path_factory.mktemp("c"), REAL[dtype]
    text, layers = ["#include <stddef.h>"], {}
    for name, cell in CELLS.items():
        layer = layer_of(cell)
        number = "float64" if dtype == "float64" else "float32"
        weights = li.random_weights(layer, "equations", dtype=number)
        code = li.export(layer, "c", weights, "equations", dtype)
        (folder / f"{name}.h").write_text(code.text)
        inputs = list(Source(layer, name, None, dtype).inputs)
        layers[name] = (layer, in_int8(layer, weights) if dtype == "int8" else weights)
        takes = ", ".join(f"const {real} *{each}" for each in inputs)
        head = f"void go_{name}({takes}, int steps, {real} *h)"
        known = [f"&{name}_trained"] if cell.blocks else []
        known += ["&state"] if cell.states else []
        start = f"{name}_state state; {name}_reset(&state);" if cell.states else ""
        call = f"{name}_run({', '.join([*known, *inputs])}, steps, h);"
        text.append(f'#include "{name}.h"\n{head};\n{head} {{ {start} {call} }}')
    (folder / "all.c").write_text("\n".join(text))
    target = folder / "all.so"
    line = [str(GCC), *STRICT, "-O1", "-shared", "-fPIC", "-o", str(target), "all.c", "-lm"]
    subprocess.run(line, check=True, cwd=folder)
    return dtype, ctypes.CDLL(str(target)), layers


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_in_c_is_that_of_the_equations(name: str, compiled: Any) -> None:
    dtype, library, layers = compiled
    layer, weights = layers[name]
    random, number = np.random.default_rng(1), {"double": "float64"}.get(REAL[dtype], "float32")
    inputs = {
        each: random.normal(size=(1, STEPS, layer.sizes[length])).astype(number)
        for each, length in Source(layer, name, None, dtype).inputs.items()
    }
    exact = {each: array.astype(np.float64) for each, array in inputs.items()}
    wide = {each: array.astype(np.float64) for each, array in weights.items()}
    expected = li.run(layer, wide, exact, convention="equations", dtype="float64")[0]
    output = np.full(expected.shape, np.nan, number)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in inputs.values()]
    out = output.ctypes.data_as(ctypes.c_void_p)
    getattr(library, f"go_{name}")(*pointers, STEPS, out)
    np.testing.assert_allclose(output, expected, atol=BOUND[dtype], rtol=BOUND[dtype])


def build(folder: Path, code: li.Export, compiler: str | None, *flags: str) -> Path:
    (folder / f"{code.name}.h").write_text(code.text)
    (folder / "check.c").write_text(code.check)
    line = [str(compiler), *STRICT, *flags, "-o", "check", "check.c", "-lm"]
    subprocess.run(line, check=True, cwd=folder)
    return folder / "check"


@pytest.mark.parametrize("dtype", list(REAL) if GCC else [])
@pytest.mark.parametrize("values", [False, True])
def test_the_check_passes_and_fails_where_a_weight_is_another(
    dtype: str, values: bool, tmp_path: Path
) -> None:
    layer = li.Layer("gru_reset_before", units=5, features=3)
    weights = li.random_weights(layer, dtype="float64") if values else None
    code = li.export(layer, "c", weights, dtype=dtype)
    program = build(tmp_path, code, GCC)
    assert subprocess.run([program], check=False).returncode == 0
    other = re.sub(r"(\.b_z = \{\s*)[-0-9.]+", r"\g<1>0.125", code.text)
    check = re.sub(r"(\.b_z = \{\s*)[-0-9.]+", r"\g<1>0.125", code.check)
    (tmp_path / f"{code.name}.h").write_text(other)
    (tmp_path / "check.c").write_text(check)
    subprocess.run(
        [str(GCC), "-std=c99", "-o", "check", "check.c", "-lm"], check=True, cwd=tmp_path
    )
    assert subprocess.run([program], check=False).returncode == 1


@pytest.mark.parametrize("dtype", REAL)
@pytest.mark.parametrize("name", CELLS)
def test_the_bytes_are_those_of_the_compiler(name: str, dtype: str, tmp_path: Path) -> None:
    code = li.export(layer_of(CELLS[name]), "c", dtype=dtype, name="cell")
    (tmp_path / "cell.h").write_text(code.text)
    (tmp_path / "check.c").write_text(code.check)
    # The check has a type that does not compile where a struct has other bytes.
    line = [str(GCC), "-std=c99", "-fsyntax-only", "check.c"]
    subprocess.run(line, check=True, cwd=tmp_path)
    stated = [code.weights or 0, code.states or 0]
    assert [bool(each) for each in stated] == [
        f"{kind}_has_the_bytes" in code.check for kind in ("weights", "state")
    ]


def test_an_lstm_of_64_units_needs_112_kilobytes_of_flash_and_1_of_ram() -> None:
    code = li.export(li.Layer("lstm", units=64, features=40), "c")
    assert (code.weights, code.states, code.stack) == (4 * 26880, 2 * 64 * 4, 0)


def test_the_stack_has_the_vectors_that_a_product_reads() -> None:
    code = li.export(li.Layer("gru_reset_before", units=8, features=3), "c")
    # r * h for its product, and z until the line of h.
    assert code.stack == 2 * 8 * 4


def test_a_size_that_is_a_letter_is_a_macro_to_define() -> None:
    code = li.export(li.Layer("rnn", units="u", features=3), "c")
    assert "#error Define RNN_UNITS before this file." in code.text
    assert (code.weights, code.check) == (None, "")


@pytest.mark.parametrize("compiler", [GCC] if GCC else [])
def test_open_sizes_compile_once_they_are_defined(compiler: str, tmp_path: Path) -> None:
    (tmp_path / "cell.h").write_text(li.export(li.Layer("lstm", "u", "f"), "c", name="cell").text)
    text = '#include "cell.h"\nint main(void) { return sizeof(cell_state) != 4 * 2 * 5; }\n'
    (tmp_path / "main.c").write_text(text)
    defined = ["-DCELL_UNITS=5", "-DCELL_FEATURES=3"]
    line = [compiler, *STRICT, *defined, "-o", "main", "main.c", "-lm"]
    subprocess.run(line, check=True, cwd=tmp_path)
    assert subprocess.run([tmp_path / "main"], check=False).returncode == 0


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a keyword": (
        lambda: li.export(li.Layer(li.Cell("int = W_int @ x\nh = tanh(int)"), 4, 3), "c"),
        "^int is a word of C, .* Give it another name",
    ),
    "a name that is a keyword": (
        lambda: li.export(li.Layer("lstm", 4, 3), "c", name="double"),
        "^double is a word of C",
    ),
    "a function of libm": (
        lambda: li.export(li.Layer(li.Cell("expf = W_expf @ x\nh = softmax(expf)"), 4, 3), "c"),
        "^expf is a word of C",
    ),
    "a name that the code has": (
        lambda: li.export(li.Layer(li.Cell("cell_a = W_cell_a @ x\nh = tanh(cell_a)"), 4, 3), "c"),
        "^cell_a begins with cell_, as the functions of the code do",
    ),
    "a name with a blank": (
        lambda: li.export(li.Layer("lstm", 4, 3), "c", name="my lstm"),
        "^name takes a letter, then .* got 'my lstm'",
    ),
    "a function": (
        lambda: li.export(li.Layer("rnn", 4, 3, activation="sparsemax"), "c"),
        "^sparsemax, in the line h of rnn, cannot be written in C",
    ),
    "two directions": (
        lambda: li.export(li.Layer("lstm", 4, 3, bidirectional=True), "c"),
        "has 2 directions",
    ),
    "two layers": (lambda: li.export(li.Layer("lstm", 4, 3, layers=2), "c"), "has 2 layers"),
    "backwards": (
        lambda: li.export(li.Layer("lstm", 4, 3, go_backwards=True), "c"),
        "this layer goes backwards",
    ),
    "open sizes": (
        lambda: li.export(li.Layer("lstm", "u", 3), "c", li.random_weights(li.Layer("lstm", 4, 3))),
        "^weights have sizes, and units is u here",
    ),
    "weights of another size": (
        lambda: li.export(li.Layer("lstm", 5, 3), "c", li.random_weights(li.Layer("lstm", 4, 3))),
        "^kernel ",
    ),
    "not finite": (
        lambda: li.export(li.Layer("rnn", 1, 1), "c", [[[np.inf]], [[0.0]], [0.0]]),
        "^W_h has values that are not finite in float32",
    ),
    "int8 in another language": (
        lambda: li.export(li.Layer("lstm", 4, 3), "pytorch", dtype="int8"),
        "^int8 is written in C alone, and this is PyTorch",
    ),
    "another type": (
        lambda: li.export(li.Layer("lstm", 4, 3), "c", dtype="float16"),
        "^dtype must be 'float32', 'float64' or 'int8', got 'float16'",
    ),
    "a language": (lambda: li.export(li.Layer("rnn", 1, 1), "cobol"), "^to must be "),  # type: ignore[arg-type]
}


@pytest.mark.filterwarnings("ignore::lstminspect.NotFiniteWarning")
@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_written_is_one_sentence(what: str) -> None:
    call, message = REFUSED[what]
    with pytest.raises(li.LstmInspectError, match=message):
        call()


def test_int8_says_its_scales_and_how_far_its_outputs_are_off() -> None:
    layer = li.Layer("lstm", units=4, features=3)
    weights = li.random_weights(layer, dtype="float64")
    text = li.export(layer, "c", weights, dtype="int8").text
    assert "row k is W_i[k] * W_i_scale[k]" in text
    stated = re.search(r"Outputs differ by at most (\S+) from those of the float weights", text)
    assert stated is not None
    (floats,) = blocks_of(layer, weights)
    rounded = in_int8(layer, blocks_of(layer, weights)[0])
    records = [Source(layer, "a", [each], "float64").record.output for each in (floats, rounded)]
    assert np.abs(records[0] - records[1]).max() == pytest.approx(float(stated[1]), rel=0.05)
    assert "Outputs differ" not in li.export(layer, "c", dtype="int8").text


CXX = shutil.which("g++")


@pytest.mark.parametrize("dtype", list(REAL) if CXX else [])
def test_the_header_is_one_of_cpp_too(dtype: str, tmp_path: Path) -> None:
    layer = li.Layer("gru_reset_before", units=5, features=3)
    code = li.export(layer, "c", li.random_weights(layer, dtype="float64"), dtype=dtype)
    (tmp_path / f"{code.name}.h").write_text(code.text)
    (tmp_path / "check.cpp").write_text(code.check)
    line = [str(CXX), "-std=c++20", "-Wall", "-Wextra", "-Werror", "-o", "check", "check.cpp"]
    subprocess.run(line, check=True, cwd=tmp_path)
    assert subprocess.run([tmp_path / "check"], check=False).returncode == 0


def test_a_title_cannot_end_the_comment() -> None:
    cell = li.Cell("h = tanh(W_h @ x)", title="*/ int main(void) { return 7; } /*")
    code = li.export(li.Layer(cell, 2, 3), "c")
    head = code.text.partition("#ifndef")[0].splitlines()
    assert {line[:2] for line in head} == {"//", ""}


@pytest.mark.parametrize("compiler", [GCC] if GCC else [])
def test_a_source_is_no_trigraph(compiler: str, tmp_path: Path) -> None:
    # In C99 `??/` is a backslash, which at the end of a line joins the next one to the comment.
    cell = li.Cell("h = tanh(W_h @ x + U_h @ h)", name="asked", source="Who knows???/")
    assert build(tmp_path, li.export(li.Layer(cell, 4, 3), "c"), compiler)
