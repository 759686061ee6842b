"""Against real Keras: a course, a sample of random layers, and that a difference is seen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lstminspect import Layer, OptionError, UnknownConvention, cells, conventions, render, validate
from lstminspect.cli.main import main
from lstminspect.conventions.convention import Convention, packed
from lstminspect.validation.cases import random_cases
from lstminspect.validation.validate import Check, course, validate_course

pytest.importorskip("keras")


def test_the_course_is_confirmed_by_keras() -> None:
    comparisons = list(validate_course())
    assert [each.differences for each in comparisons] == [()] * (len(list(course())) + 1)
    printed = {c.theirs for each in comparisons for c in each.checks if "printed" in c.what}
    assert {3600, 17408, 3860, 9600, 9408} <= printed
    model = {check.what: check.theirs for check in comparisons[-1].checks}
    assert model["parameters of Dense"] == 260


def test_random_layers_agree_with_keras() -> None:
    for layer, calling, seed in random_cases(50, seed=20, framework="keras"):
        assert validate(layer, "keras", seed, calling).differences == ()


def test_random_layers_cover_every_option() -> None:
    cases = list(random_cases(400, seed=0, framework="keras"))
    layers = [layer for layer, _, _ in cases]
    assert {layer.cell.name for layer in layers} == set(conventions.get("keras").cells)
    for flag in ("use_bias", "return_sequences", "return_state", "go_backwards", "stateful"):
        assert {getattr(layer, flag) for layer in layers} == {True, False}
    modes = {layer.merge_mode for layer in layers if layer.bidirectional}
    assert modes == {"concat", "sum", "mul", "ave", None}
    assert {layer.layers for layer in layers} == {1, 2, 3}
    assert None in {layer.timesteps for layer in layers}
    assert None in {layer.batch for layer in layers}
    for option in ("mask", "initial_state"):
        assert {getattr(calling, option) for _, calling, _ in cases} == {True, False}
    assert {calling.dtype for _, calling, _ in cases} == {"float32", "float64"}
    assert {layer.activation for layer in layers} > {"relu", "sparsemax", "threshold(0.1, 0.2)"}
    assert cases == list(random_cases(400, seed=0, framework="keras"))
    assert cases != list(random_cases(400, seed=1, framework="keras"))


def test_what_is_compared_has_a_name() -> None:
    layer = Layer("lstm", 5, 3, timesteps=4, batch=2, return_state=True, bidirectional=True)
    names = [check.what for check in validate(layer).checks]
    assert names[:3] == ["parameters", "weight forward/kernel", "weight forward/recurrent_kernel"]
    assert {"state backward/c", "output 5", "returned 5"} <= set(names)
    checks = {check.what: check for check in validate(layer).checks}
    assert checks["returned 1"].theirs == (2, 10)


@pytest.fixture
def broken() -> Iterator[dict[str, Convention]]:
    """The table of Keras' layouts, to be broken for one test."""
    from lstminspect.conventions import keras

    whole = keras.TABLES["keras"]
    yield keras.TABLES
    keras.TABLES["keras"] = whole


def test_a_wrong_table_is_seen(broken: dict[str, Convention]) -> None:
    whole = broken["keras"]
    wrong = (*whole.cells["lstm"][:2], packed("bias", "b_i b_f b_g b_o b_i b_f b_g b_o"))
    broken["keras"] = replace(whole, cells={**whole.cells, "lstm": wrong})
    found = validate(Layer("lstm", units=64, features=3))
    assert {
        Check("parameters", 17664, 17408),
        Check("weight bias", (512,), (256,)),
    } <= set(found.differences)
    text = render((found,))
    assert "1 differ" in text
    assert "lstminspect validate --cell lstm --units 64 --features 3" in text


def test_a_difference_is_exit_code_1(
    broken: dict[str, Convention], capsys: pytest.CaptureFixture[str]
) -> None:
    broken["keras"] = replace(broken["keras"], transposed=False)
    assert main(["validate", "--units", "4", "--features", "3", "--format", "json"]) == 1
    content = json.loads(capsys.readouterr().out)
    assert not content["agrees"]
    assert content["comparisons"][0]["command"] == (
        "lstminspect validate --cell lstm --units 4 --features 3"
    )


def test_a_layer_that_keras_fails_on_is_a_difference_with_its_words() -> None:
    # Keras 3.15.1: Bidirectional.compute_mask multiplies a generator when it keeps its states.
    layer = Layer("gru", 4, 3, batch=2, stateful=True, bidirectional=True, return_state=True)
    found = validate(layer)
    assert not found.agrees
    assert "TypeError" in found.differences[0].theirs


def test_validate_prints_a_table_and_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate"]) == 0
    out, err = capsys.readouterr()
    assert "none differs" in out
    assert "(None, 30, 64) (None, 64) (None, 64)" in out
    assert err == ""
    assert main(["validate", "--random", "30", "--seed", "3"]) == 0
    out, _ = capsys.readouterr()
    assert "30 configurations against Keras 3" in out
    assert "gru_reset_before" in out
    phases = "starting, .* s building, .* s measuring, .* s running Keras 3"
    assert re.search(rf"^[0-9.]+ s: [0-9.]+ s {phases}.* a second\.$", out, re.MULTILINE)


def test_a_comparison_keeps_the_seconds_of_each_phase() -> None:
    comparison = validate(Layer("rnn", units=4, features=3))
    assert list(comparison.seconds) == ["start", "build", "measure", "run"]
    assert all(0 <= seconds < 60 for seconds in comparison.seconds.values())
    assert comparison == replace(comparison, seconds={})


@pytest.mark.parametrize("format", ["text", "json", "markdown", "latex", "html", "csv"])
def test_a_comparison_comes_in_every_format(format: str) -> None:
    found = validate(Layer("rnn", units=4, features=3))
    assert "kernel" in render((found,), format) or format not in ("json", "csv")


def test_what_cannot_be_built_is_refused() -> None:
    with pytest.raises(OptionError, match="needs numbers"):
        validate(Layer("lstm", units="u", features=3))
    with pytest.raises(OptionError, match="layer must be a Layer, got 'lstm'"):
        validate("lstm")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="no framework called 'tff'"):
        validate(Layer("lstm", units=4, features=3), "tff")
    own = Layer(cells.get("lstm").without_bias(), units=4, features=3)
    with pytest.raises(UnknownConvention, match="Keras does not store these equations, so there"):
        validate(own)


def test_the_log_of_tensorflow_does_not_reach_the_user(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lstminspect", "validate", "--units", "4", "--features", "3"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("1 configuration against Keras")
