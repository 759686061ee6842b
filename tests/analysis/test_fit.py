"""Fits: layers and models within bounds, several of them sorted."""

from __future__ import annotations

import json
from typing import Any

import pytest

import lstminspect as li
from lstminspect import Layer, OptionError, fits
from lstminspect.cli.main import main

BOUNDS = {"flash": 256 * 1024, "ram": 64 * 1024}
MODEL = "Input((49, 40)), LSTM(64), Dense(12)"


def test_a_model_fits_as_the_sum_of_its_parts() -> None:
    fit = fits(li.model(MODEL), **BOUNDS)
    assert fit.does
    assert fit.needs_flash == 27792 + (64 * 12 + 4 * 12 + 24)
    assert fit.flash_left == 256 * 1024 - fit.needs_flash
    assert fit.macs == 49 * 26624 + 64 * 12
    assert (fit.layer, fit.largest) == (None, None)
    assert fit.at_largest() is fit


def test_the_layers_of_a_model_add_up_to_its_flash_and_one_has_its_ram() -> None:
    fit = fits(li.model(MODEL), **BOUNDS)
    assert sum(call.flash for call in fit.calls) == fit.needs_flash
    assert max(call.ram for call in fit.calls) + fit.needs.states == fit.needs_ram
    assert [call.name for call in fit.calls] == ["input_layer", "lstm", "dense"]
    assert fits(Layer("lstm", 4, 3), flash=1000).calls == ()


def test_a_model_that_is_too_large_does_not_fit() -> None:
    fit = fits(li.model(MODEL), flash=1024)
    assert not fit.does
    assert fit.flash_left == 1024 - fit.needs_flash < 0
    assert fit.ram_left is None


@pytest.mark.parametrize("bound", ["flash", "ram"])
def test_one_bound_alone_decides(bound: str) -> None:
    needed = getattr(fits(Layer("lstm", 64, 40), flash=1), f"needs_{bound}")
    assert fits(Layer("lstm", 64, 40), **{bound: needed}).does
    assert not fits(Layer("lstm", 64, 40), **{bound: needed - 1}).does


def test_several_are_sorted_by_the_most_units() -> None:
    # The one that could grow most leaves least now.
    layers = [Layer("lstm", 8, 40), Layer("min_gru", 900, 40), Layer("gru", 32, 40)]
    found = fits(layers, **BOUNDS)
    assert [fit.flash_left for fit in found] == sorted(fit.flash_left or 0 for fit in found)
    assert [fit.name for fit in found] == ["min_gru", "gru", "lstm"]
    assert [fit.largest for fit in found] == [2978, 272, 234]


def test_what_does_not_fit_stands_last() -> None:
    layers = [Layer("min_gru", 5000, 40), Layer("lstm", 8, 40)]
    assert [fit.name for fit in fits(layers, **BOUNDS)] == ["lstm", "min_gru"]


def test_of_equal_units_what_leaves_more_stands_first() -> None:
    layers = [Layer("lstm", units, 40) for units in (64, 16, 32)]
    assert [fit.layer.units for fit in fits(layers, **BOUNDS) if fit.layer] == [16, 32, 64]


def test_the_layer_at_its_largest_fits_and_needs_what_a_layer_of_that_size_needs() -> None:
    fit = fits(Layer("gru", 1, 40, timesteps=49), **BOUNDS).at_largest()
    assert fit.layer == Layer("gru", fit.largest, 40, timesteps=49)
    assert fit.does
    assert fit.needs == fits(fit.layer, **BOUNDS).needs


def test_another_type_is_the_same_question() -> None:
    fit = fits(Layer("lstm", 64, 40), **BOUNDS)
    assert fit.as_type("float32") == fits(Layer("lstm", 64, 40), **BOUNDS, dtype="float32")


def test_what_is_no_layer_and_no_model_is_refused() -> None:
    for subject in ("lstm", 3, None, ["lstm"]):
        with pytest.raises(OptionError, match=r"Layer"):
            fits(subject, flash=1000)  # type: ignore[call-overload]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8"])
@pytest.mark.parametrize("name", ["lstm", "gru", "gru_reset_before", "projected", "slstm"])
def test_in_c_the_bytes_are_those_of_the_export(name: str, dtype: Any) -> None:
    own = {"projected": {"projection": 5}, "slstm": {"heads": 2}}.get(name, {})
    layer = Layer(name, units=8, features=6, **own)  # type: ignore[arg-type]
    needs = fits(layer, flash=4096, dtype=dtype, runtime="c").needs
    code = li.export(layer, "c", dtype=dtype)
    assert (needs.flash, needs.states, needs.step) == (code.weights, code.states, code.stack)
    assert needs.buffers == (6 + (5 if own.get("projection") else 8)) * (
        8 if dtype == "float64" else 4
    )


def test_in_c_one_unit_more_than_the_largest_does_not_fit() -> None:
    fit = fits(Layer("gru", 1, 40), flash=64 * 1024, runtime="c")
    assert fit.largest is not None
    over = li.export(Layer("gru", fit.largest + 1, 40), "c", dtype="int8").weights
    assert fit.at_largest().needs_flash <= 64 * 1024 < (over or 0)
    assert fit.at_largest().as_type("float32").runtime == "c"


IN_C: dict[str, tuple[dict[str, Any], str]] = {
    "a model": ({"layer": None}, "code in C is written for one layer, and model is a model"),
    "a type": (
        {"dtype": "float16"},
        "numbers of float32, float64, int8, got float16",
    ),
    "a runtime": ({"runtime": "rust"}, "runtime must be 'tflite' or 'c', got 'rust'"),
    "directions": ({"layer": Layer("lstm", 4, 3, bidirectional=True)}, "has 2 directions"),
}


@pytest.mark.parametrize("what", IN_C)
def test_what_has_no_bytes_in_c_is_refused(what: str) -> None:
    options, message = IN_C[what]
    options = {"layer": Layer("lstm", 4, 3), "flash": 1000, "runtime": "c"} | options
    options["layer"] = options["layer"] or li.model(MODEL)
    with pytest.raises(OptionError, match=message):
        fits(**options)


def test_the_command_names_the_line_that_writes_the_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = "fits --cell gru --units 8 --features 3 --timesteps 9 --no-use-bias --flash 9K"
    assert main([*line.split(), "--runtime", "c"]) == 0
    out = capsys.readouterr().out
    written = "export gru --units 8 --features 3 --no-use-bias --dtype int8 --to c -o gru.h"
    assert f"`lstminspect {written}`" in " ".join(out.split())
    assert main(written.removesuffix(" -o gru.h").split()) == 0
    assert f"Memory: {8 * (8 + 3) * 3 + 6 * 8 * 4} bytes of weights" in capsys.readouterr().out


def test_the_command_sorts_cells_at_their_largest(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["lstm", "gru", "min_gru", "--features", "40", "--flash", "256K", "--format", "json"]
    assert main(["fits", *words]) == 0
    found = json.loads(capsys.readouterr().out)["fits"]
    assert [(each["cell"], each["units"]) for each in found] == [
        ("min_gru", 2978),
        ("gru", 272),
        ("lstm", 234),
    ]
    assert [each["kernels"][0]["runs"] for each in found] == ["a loop", "a loop", "one kernel"]


def test_a_cell_in_equal_parts_starts_at_units_that_can_be_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--cell", "slstm", "--size", "heads=6", "--features", "40", "--flash", "64K"]
    assert main(["fits", *words, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["units"] == found["largest"]
    assert found["units"] % 6 == 0


def test_the_command_says_by_its_code_whether_any_fits() -> None:
    words = ["fits", "lstm", "gru", "--features", "40", "--units", "64"]
    assert main([*words, "--flash", "22K"]) == 0
    assert main([*words, "--flash", "16K"]) == 1


def test_the_title_of_several_says_how_many_fit() -> None:
    layers = [Layer("lstm", 64, 40), Layer("gru", 64, 40)]
    titles = [str(fits(layers, flash=kilobytes * 1024)) for kilobytes in (16, 24, 32)]
    starts = [title.partition(" within ")[0] for title in titles]
    assert starts == ["0 of 2 layers", "1 of 2 layers", "2 layers"]


def test_the_command_takes_a_whole_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fits", "--model", MODEL, "--flash", "256K", "--ram", "64K"]) == 0
    assert "model, int8: fits" in capsys.readouterr().out
    assert main(["fits", "--model", MODEL, "--flash", "16K"]) == 1
    capsys.readouterr()
    open_steps = ["--model", "LSTM(4), Dense(1)", "--input-shape", "None,3", "--ram", "1K"]
    assert main(["fits", *open_steps]) == 2
    assert "Give the time steps: --timesteps 30." in capsys.readouterr().err
    assert main(["fits", *open_steps, "--timesteps", "5"]) == 0


def test_a_size_that_the_model_leaves_open_needs_a_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = "model = Sequential([Input((30, n)), LSTM(4), Dense(1)])"
    words = ["fits", "--model", text, "--flash", "1M"]
    assert main(words) == 2
    assert "Give a number: --set n=7." in capsys.readouterr().err
    assert main([*words, "--set", "n=3"]) == 0
    with pytest.raises(OptionError, match=r"Give one: model\(text, sizes=\{'n': 7\}\)\."):
        fits(li.model(text), flash=1000)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model", MODEL, "--units", "3"], "--model stands alone"),
        (["lstm", "--model", MODEL], "--model stands alone"),
        (["--input-shape", "30,8", "--units", "3"], "--input-shape is for a model"),
        (["--set", "n=3", "--units", "3"], "--set is for a model"),
        (["lstm", "--cell", "gru", "--features", "3"], "named without --cell"),
    ],
)
def test_words_that_do_not_go_together_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fits", *words, "--flash", "1M"]) == 2
    assert message in capsys.readouterr().err


def test_the_text_names_every_runtime_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fits", "--units", "64", "--features", "40", "--flash", "1M"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "TensorFlow Lite, from Keras 3 a loop Keras 3 does not mark its LSTM" in out
    assert "CMSIS-NN (Cortex-M) one kernel arm_lstm_unidirectional_s8" in out
