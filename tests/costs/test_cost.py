"""Work, bytes and memory: published cases, a count by running, what PyTorch keeps."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy
import pytest
from sizes import fitting

import lstminspect as li
from lstminspect import cells
from lstminspect.analysis.fit import bytes_in, fits
from lstminspect.cli.main import main
from lstminspect.costs.cost import DTYPES, cost
from lstminspect.costs.training import kept
from lstminspect.costs.work import Work, step_work

CASES = json.loads(Path(__file__).parents[1].joinpath("cases", "costs.json").read_text("utf-8"))
LAYERS = {
    "01_lstm64_f3": "LSTM(64{})",
    "01b_optimized_lstm": "LSTM(64{})",
    "02_lstm25_dense10": "LSTM(25), Dense(10)",
    "03_lstm_nobias": "LSTM(64, use_bias=False)",
    "04_gru": "GRU(32{})",
    "04_gru_reset_after": "GRU(32)",
    "05_gru_reset_before": "GRU(32, reset_after=False)",
    "07_stack3": "LSTM(32, return_sequences=True), LSTM(16, return_sequences=True), LSTM(8)",
    **{
        f"06_bi_{str(mode).lower()}": "Bidirectional(LSTM(16, return_sequences=True), "
        f"merge_mode={mode!r})"
        for mode in ("concat", "sum", "mul", "ave", None)
    },
}


def agrees(model: li.Model, case: dict[str, Any]) -> None:
    assert model.parameters == case["true_params"]
    assert [list(shape or ()) for shape in model.outputs] == case["true_output_shapes"]
    assert model.work is not None
    assert model.work.macs == case["true_macs"]
    if "bias_adds" in case:
        assert model.work.bias_adds == case["bias_adds"]


def described(name: str, case: dict[str, Any]) -> str:
    """Keras lines of a case; Flax returns sequences where there is nothing above."""
    sequences = ", return_sequences=True" if case["framework"].startswith("flax") else ""
    shape = tuple(case["input_shapes"][0])
    return f"Sequential([Input(batch_shape={shape}), {LAYERS[name[1:]].format(sequences)}])"


KERAS = [name for name in CASES["cases"] if name[0] in "KF"]


@pytest.mark.parametrize("name", KERAS)
def test_a_published_case_is_exact_from_its_description(name: str) -> None:
    case = CASES["cases"][name]
    convention = "flax" if case["framework"].startswith("flax") else None
    agrees(li.model(described(name, case), convention=convention), case)


@pytest.mark.parametrize("name", [name for name in KERAS if name.startswith("K")])
def test_a_published_case_is_exact_from_the_live_model(name: str) -> None:
    keras = pytest.importorskip("keras")
    case = CASES["cases"][name]
    names = {"Input": keras.Input, "Sequential": keras.Sequential, **vars(keras.layers)}
    model = eval(described(name, case), names)
    agrees(li.model(model), case)
    agrees(li.model(model.to_json()), case)


def modules() -> dict[str, Any]:
    torch = pytest.importorskip("torch")
    nn = torch.nn

    class Last(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.dense = nn.LSTM(10, 25, batch_first=True), nn.Linear(25, 10)

        def forward(self, x: Any) -> Any:
            return self.dense(self.lstm(x)[0][:, -1])

    first = {"batch_first": True}
    return {
        "T01_lstm64_f3": nn.LSTM(3, 64, **first),
        "T02_lstm25_dense10": Last(),
        "T03_lstm_nobias": nn.LSTM(3, 64, bias=False, **first),
        "T04_gru": nn.GRU(8, 32, **first),
        "T05_bilstm": nn.LSTM(8, 16, bidirectional=True, **first),
        "T06_lstm_3layer": nn.LSTM(8, 32, num_layers=3, **first),
        "T07_lstm_proj": nn.LSTM(8, 32, proj_size=10, **first),
        "T08_gru_2l_bi": nn.GRU(8, 16, num_layers=2, bidirectional=True, **first),
    }


@pytest.mark.parametrize("name", [name for name in CASES["cases"] if name.startswith("T")])
def test_a_published_case_is_exact_from_the_module(name: str) -> None:
    case = CASES["cases"][name]
    agrees(li.model(modules()[name], tuple(case["input_shapes"][0])), case)


def test_no_published_case_is_left_out() -> None:
    assert len(KERAS) + 8 == len(CASES["cases"])


def test_a_layer_says_the_same_as_the_model_of_it() -> None:
    layer = li.Layer("gru", 32, 8, timesteps=7, batch=2, bidirectional=True, layers=2)
    found = cost(layer, "pytorch")
    torch = pytest.importorskip("torch")
    module = torch.nn.GRU(8, 32, num_layers=2, bidirectional=True, batch_first=True)
    assert li.model(module, (2, 7, 8)).work == found.batch


@pytest.mark.parametrize("name", cells.names())
def test_the_macs_of_a_cell_are_the_entries_of_its_matrices_each_time_they_are_used(
    name: str,
) -> None:
    """A second way: from the text, which matrix stands before which @."""
    import re

    cell = cells.get(name)
    sizes = fitting(cell)
    expected = 0
    for line in cell.text.split("\n"):
        for matrix in re.findall(r"(\w+)\)? @", line):
            expected += int(numpy.prod(cell.block_named[matrix].stored(sizes)))
    assert step_work(cell, sizes).macs == expected


def test_joining_products_costs_nothing_and_everything_else_is_one_an_entry() -> None:
    lstm = step_work(cells.get("lstm"), {"units": 10, "features": 3})
    assert lstm == Work(macs=4 * 10 * 13, elementwise=4 * 10, functions=5 * 10)
    sizes = {"units": 10, "features": 3}
    assert step_work(li.Cell("h = tanh(W_h @ x + U_h @ h + p_h * h)"), sizes).elementwise == 10
    assert step_work(li.Cell("h = tanh(W_h @ x) + tanh(U_h @ h)"), sizes).elementwise == 10
    assert step_work(li.Cell("h = -tanh(W_h @ x - b_h)"), sizes) == Work(30, 0, 10, 10)


def test_letters_and_arrays_cost_by_the_same_code() -> None:
    lettered = cost(li.Layer("lstm", "u", "f", timesteps="T", batch="B"))
    assert lettered.batch is not None
    expression = lettered.batch.macs
    assert expression.subs({"u": 64, "f": 3, "T": 7, "B": 2}) == 240128
    units = numpy.array([64, 2**31])
    found = cost(li.Layer("lstm", units, 3, timesteps=1000, batch=1000))
    assert found.batch is not None
    assert list(found.batch.macs) == [17152 * 10**6, 4 * 2**31 * (2**31 + 3) * 10**6]


def test_lengths_count_the_real_steps_alone() -> None:
    layer = li.Layer("lstm", 64, 3, timesteps=7, batch=2)
    found = cost(layer, lengths=[7, 3])
    assert found.packed == found.step * 10
    for lengths, message in (([8, 1], "at most 7"), ([7], "got 1"), ([7, -1], "from 0")):
        with pytest.raises(li.InputError, match=message):
            cost(layer, lengths=lengths)


def test_bytes_follow_the_type_and_int8_keeps_the_cell_state_in_16_bits() -> None:
    layer = li.Layer("lstm", 64, 3, timesteps=30)
    for name, width in (("float64", 8), ("float32", 4), ("float16", 2), ("bfloat16", 2)):
        found = cost(layer, dtype=name).bytes
        assert found.weights == 17408 * width
        assert found.states == 2 * 64 * width
        assert found.step == 4 * 64 * width
        assert found.sequences == (30 * 3 + 64) * width
    small = cost(layer, dtype="int8").bytes
    assert small.weights == 17152 + 4 * 256
    assert (small.states, small.step, small.sequences) == (64 + 2 * 64, 2 * 4 * 64, 30 * 3 + 64)
    with pytest.raises(li.OptionError, match=r"no dtype called 'float31'\. Did you mean 'float32'"):
        cost(layer, dtype="float31")


def kept_by_torch(module: Any, x: Any) -> int:
    """What the benchmark of memory measures with PyTorch's plain kernels."""
    path = Path(__file__).parents[2] / "benchmarks" / "memory.py"
    found: int = runpy.run_path(str(path))["numbers_saved"](module, x, onednn=False)
    return found


@pytest.mark.parametrize(
    ("cell", "options"),
    [
        ("lstm", {}),
        ("rnn", {}),
        ("lstm", {"layers": 3}),
        ("lstm", {"bidirectional": True}),
        ("projected", {"projection": 4}),
    ],
)
def test_training_keeps_exactly_what_pytorch_keeps(cell: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    layer = li.Layer(cell, 11, 7, timesteps=5, batch=3, **options)
    kind = {"lstm": torch.nn.LSTM, "rnn": torch.nn.RNN, "projected": torch.nn.LSTM}[cell]
    module = kind(
        7, 11,
        num_layers=layer.layers,
        bidirectional=layer.bidirectional,
        **({"proj_size": 4} if cell == "projected" else {}),
    )  # fmt: skip
    found = kept_by_torch(module, torch.randn(5, 3, 7))
    assert cost(layer, "pytorch").training.kept == found


def test_pytorch_keeps_one_vector_more_for_a_gru_than_it_needs() -> None:
    torch = pytest.importorskip("torch")
    layer = li.Layer("gru", 11, 7, timesteps=5, batch=3)
    ours = cost(layer, "pytorch").training.kept
    found = kept_by_torch(torch.nn.GRU(7, 11), torch.randn(5, 3, 7))
    assert found - ours == 5 * 3 * 11


def test_what_is_kept_follows_from_the_equations() -> None:
    found = kept(li.Cell("a = 0.5\nh = a * tanh(W_h @ x + U_h @ h) + 2 * h"))
    assert (list(found.inputs), list(found.own)) == (["x"], ["h", "tanh(W_h @ x + U_h @ h)"])
    assert list(kept(li.Cell("h = h / exp(h)")).own) == ["h", "exp(h)"]


def test_the_memory_of_training_adds_weights_gradients_and_the_optimizer() -> None:
    training = cost(li.Layer("lstm", 64, 3, timesteps=30, batch=8)).training
    assert training.kept == 30 * 8 * (3 + 7 * 64)
    assert training.bytes(optimizer=0) == 4 * (training.kept + 2 * 17408)
    assert training.bytes() == 4 * (training.kept + 4 * 17408)
    assert cost(li.Layer("lstm", 64, 3)).training.bytes() is None


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_largest_that_fits_fits_and_the_next_does_not(dtype: str) -> None:
    layer = li.Layer("gru", 8, 5, timesteps=20, return_sequences=True)
    bounds = {"flash": 100_000, "ram": 9_000, "dtype": dtype}
    found = fits(layer, **bounds)
    assert found.largest is not None
    for units, does in ((found.largest, True), (found.largest + 1, False)):
        other = li.Layer("gru", units, 5, timesteps=20, return_sequences=True)
        assert fits(other, **bounds).does is does


def test_fits_says_what_is_missing() -> None:
    with pytest.raises(li.OptionError, match="fits needs a bound"):
        fits(li.Layer("lstm", 4, 3))
    with pytest.raises(li.OptionError, match="whole numbers for all sizes"):
        fits(li.Layer("lstm", "u", 3), flash=1)
    assert fits(li.Layer("lstm", 4, 3), flash=10).largest is None
    assert [bytes_in("--ram", text) for text in ("7", "1k", "1.5M", "2 KiB")] == [
        7, 1024, 3 * 2**19, 2048,
    ]  # fmt: skip
    for text in ("", "-1K", "1.5.2K", "many", "0"):
        with pytest.raises(li.OptionError, match="--ram"):
            bytes_in("--ram", text)


def test_the_commands_print_work_and_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--units", "64", "--features", "3", "--timesteps", "7", "--batch", "2"]
    assert main([*words, "--cost", "--lengths", "7,3"]) == 0
    out = capsys.readouterr().out
    for number in ("17,152", "240,128", "171,520", "247,296", "69,632"):
        assert number in out
    assert main([*words, "--cost", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["batch"]["macs"] == 240128
    assert main([*words, "--lengths", "7,3"]) == 2
    assert "--lengths goes with --cost" in capsys.readouterr().err
    assert main(["fits", "--flash", "256K", "--ram", "64K", *words[:4]]) == 0
    assert "The largest that fits has 252 units" in capsys.readouterr().out
    assert main(["fits", "--flash", "1K", *words[:4]]) == 1
    assert main(["fits", "--flash", "1K", "--cell", "gru", "--features", "3", "--ram", "x"]) == 2


def test_other_counters_are_explained() -> None:
    layer = li.Layer("lstm", 64, 3, timesteps=7, batch=2)
    found = li.explain(247296, layer).findings[0]
    assert found.what == "what torchinfo says of the batch"
    assert "17,664 parameters x 14 steps" in found.why
    assert "MACs of the batch" in li.explain(240128, layer).findings[0].what
    torch = pytest.importorskip("torch")
    torchinfo = pytest.importorskip("torchinfo")
    module = torch.nn.LSTM(3, 64, batch_first=True)
    assert torchinfo.summary(module, (2, 7, 3), verbose=0).total_mult_adds == 247296


def test_flax_has_a_bias_in_each_convolution_of_its_convlstm() -> None:
    """Measured: linen.RNN(ConvLSTMCell(4, (3, 3))) on (7, 8, 8, 3) holds 1,040 numbers."""
    text = "ConvLSTM2D(4, 3, padding='same', input_shape=(7, 8, 8, 3))"
    assert li.model(text, convention="flax").parameters == 1040
    assert li.model(text).parameters == 1040 - 16
    work = li.model(text).work
    assert work is not None
    assert work.macs == 7 * 8 * 8 * 9 * (3 + 4) * 16
