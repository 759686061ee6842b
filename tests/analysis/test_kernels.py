"""The table of kernels, against what the real converter makes of real layers."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import lstminspect as li
from lstminspect import Layer, cells
from lstminspect.analysis.kernels import CONDITIONS, LSTM_KERNEL, RUNTIMES, kernels
from lstminspect.costs.needs import needs_of

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kernels.py"
CONFIGURATIONS = runpy.run_path(str(SCRIPT))["LAYERS"]
CELLS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}
#: The places in RUNTIMES of what the benchmark converts.
KERAS_2, KERAS_3 = 0, 1


@cache
def measured(version: int) -> dict[tuple[str, str], dict[str, Any]]:
    """The figures of the benchmark by configuration and type, in a process of its own."""
    pytest.importorskip("tf_keras" if version == 2 else "tensorflow")
    command = [sys.executable, str(SCRIPT), "--keras", str(version), "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert said.returncode == 0, said.stderr[-2000:]
    figures = json.loads(said.stdout.splitlines()[-1])
    return {(each["configuration"], each["dtype"]): each for each in figures}


def layer_of(name: str) -> Layer:
    kind, arguments, both = CONFIGURATIONS[name]
    options = {"batch": 1} if "stateful" in arguments else {}
    return Layer(CELLS[kind], 4, 3, timesteps=5, bidirectional=both, **options, **arguments)


@pytest.mark.parametrize("name", CONFIGURATIONS)
@pytest.mark.parametrize("version", [2, 3])
def test_a_layer_is_a_kernel_where_the_converter_makes_one(name: str, version: int) -> None:
    operations = measured(version)[name, "float32"]["operations"]
    kernel = kernels(layer_of(name))[KERAS_2 if version == 2 else KERAS_3]
    words = {0: "a loop", 1: "one kernel", 2: "two kernels"}
    assert kernel.runs == words[operations.get(LSTM_KERNEL, 0)]
    assert ("WHILE" in operations) is (kernel.runs == "a loop")


def test_both_outcomes_are_among_the_configurations() -> None:
    assert {kernels(layer_of(name))[KERAS_2].runs for name in CONFIGURATIONS} == {
        "a loop",
        "one kernel",
        "two kernels",
    }


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("name", ["lstm", "return_sequences", "go_backwards", "bidirectional"])
def test_the_bytes_of_a_file_are_those_that_are_counted(name: str, dtype: str) -> None:
    figures, needs = measured(2)[name, dtype], needs_of(layer_of(name), dtype)
    assert (figures["weights"], figures["scales"]) == (needs.weights, needs.scales)


def test_every_fact_has_a_condition_and_a_source() -> None:
    for runtime in RUNTIMES:
        for fact in runtime.facts:
            assert fact.condition in CONDITIONS
            assert (
                fact.source.startswith("https://")
                or SCRIPT.parent.parent.joinpath(fact.source).exists()
            )
            assert fact.runs in ("one kernel", "two kernels", "a loop", "refused", "?")
        assert runtime.facts[-1].condition == "every layer"


def test_every_condition_is_asked_by_some_runtime() -> None:
    asked = {fact.condition for runtime in RUNTIMES for fact in runtime.facts}
    assert asked == set(CONDITIONS)


@pytest.mark.parametrize("name", cells.names())
def test_the_lstm_alone_is_a_kernel_of_tensorflow_lite(name: str) -> None:
    layer = Layer(name, 8, None if "x" in cells.get(name).declared else 3, **sizes(name))
    assert kernels(layer)[KERAS_2].is_fused is (name == "lstm")
    assert not kernels(layer)[KERAS_3].is_fused


def sizes(name: str) -> dict[str, Any]:
    own = [size for size in cells.get(name).size_names if size not in ("units", "features")]
    return dict.fromkeys(own, 4)


def test_a_peephole_is_refused_with_its_name() -> None:
    kernel = kernels(Layer("peephole", 8, 3))[KERAS_2]
    assert kernel.runs == "a loop"
    assert kernel.why.startswith("peepholes, projection, coupled gates or layer normalization: ")


def test_every_layer_of_a_stack_is_a_kernel() -> None:
    assert kernels(li.Layer("lstm", 8, 3, layers=3))[0].runs == "one kernel for each of 3 layers"


def test_a_gru_is_a_layer_of_st_alone() -> None:
    runs = {each.runtime: each.runs for each in kernels(Layer("gru", 8, 3))}
    assert {name for name, how in runs.items() if how == "one kernel"} == {"st"}
    assert kernels(Layer("lstm", 8, 3, return_state=True))[-1].runs == "refused"
