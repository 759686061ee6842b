"""A layer in the terms of a framework, beside the framework itself."""

from __future__ import annotations

import contextlib
import io
import random
from html import unescape
from typing import Any

import pytest

from lstminspect import Layer, OptionError, UnknownConvention, compare, picture, render, report
from lstminspect.conventions import FRAMEWORKS
from lstminspect.layer import OPTIONS
from lstminspect.terms import get, in_terms
from lstminspect.terms.catalogue import why_not
from lstminspect.views.formats.text import Page, written
from lstminspect.views.render import view_of

#: The cells that each framework has, and how many random layers of them are built.
CELLS = {
    "pytorch": ("lstm", "lstm", "gru", "rnn", "projected"),
    "keras": ("lstm", "gru", "gru_reset_before", "rnn"),
    "onnx": ("lstm", "peephole", "cifg", "gru", "gru_reset_before", "rnn"),
    "flax": ("lstm", "gru", "rnn", "mgu_reset_after"),
    "nnx": ("lstm", "gru", "rnn"),
}
NUMBER = {"pytorch": 200, "keras": 10, "onnx": 30, "flax": 4, "nnx": 4}


PACKAGES = {"pytorch": "torch", "keras": "keras", "onnx": "onnxruntime"}
PACKAGES |= {"flax": "flax", "nnx": "flax"}


def random_layer(sampler: random.Random, framework: str) -> Layer:
    """A layer that `framework` has, over all of its options."""
    while True:
        cell = sampler.choice(CELLS[framework])
        units = sampler.randint(2, 9)
        options: dict[str, Any] = {
            "timesteps": sampler.choice((None, sampler.randint(1, 7))),
            "batch": sampler.choice((None, sampler.randint(1, 6))),
            "layers": sampler.choice((1, 1, 2, 3)),
            "batch_first": sampler.choice((None, True, False)),
        }
        for name in ("use_bias", "bidirectional", "return_sequences", "return_state"):
            options[name] = sampler.random() < 0.5
        if options["bidirectional"]:
            options["merge_mode"] = sampler.choice(("concat", "concat", "sum", "ave", None))
        if options["layers"] > 1 and options.get("merge_mode", "concat") is None:
            continue
        options["go_backwards"] = sampler.random() < 0.2
        if cell != "projected":
            options["activation"] = sampler.choice((None, None, "relu", "tanh", "hard_tanh"))
        else:
            options["projection"] = sampler.randint(1, units - 1)
        layer = Layer(cell, units, sampler.randint(1, 9), **options)
        if not why_not(layer, framework):
            return layer


def random_layers(framework: str) -> list[Layer]:
    sampler = random.Random(f"terms of {framework}")
    return [random_layer(sampler, framework) for _ in range(NUMBER[framework])]


def printed(lines: tuple[str, ...]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec("\n".join(lines), {})
    return out.getvalue().rstrip("\n")


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
def test_pytorch_has_the_tensors_and_the_shapes_that_are_said() -> None:
    torch = pytest.importorskip("torch")
    for layer in random_layers("pytorch"):
        answer = report(layer, framework="pytorch")
        assert answer.terms is not None
        real = eval(answer.terms.written, {"nn": torch.nn})
        assert {w.name: w.shape for w in answer.weights} == {
            name: tuple(each.shape) for name, each in real.state_dict().items()
        }
        assert [weight.name for weight in answer.weights] == list(real.state_dict())
        assert answer.parameters == sum(each.numel() for each in real.parameters())
        letters = {"N": 6, "L": 7}

        def known(shape: tuple[Any, ...], letters: dict[str, int] = letters) -> tuple[int, ...]:
            return tuple(letters.get(size, size) for size in shape)

        output, states = real(torch.zeros(known(answer.input_shape)))
        assert known(answer.output_shapes[0]) == tuple(output.shape)
        held = states if isinstance(states, tuple) else (states,)
        assert [known(each) for each in answer.state_shapes.values()] == [
            tuple(each.shape) for each in held
        ]
        names = ["h_n", "c_n"] if layer.cell.name in ("lstm", "projected") else ["h_n"]
        assert list(answer.state_shapes) == names


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_code_of_a_framework_runs_and_prints_what_it_says(framework: str) -> None:
    pytest.importorskip(PACKAGES[framework])
    ran = 0
    for layer in random_layers(framework):
        answer = in_terms(layer, framework)
        if answer.check is not None:
            assert printed(answer.check.lines) == answer.check.gives, answer.check.session
            ran += 1
    assert ran >= NUMBER[framework] // 3


def test_batch_first_decides_the_order_of_the_axes() -> None:
    sizes: dict[str, Any] = {"units": 64, "features": 3, "timesteps": 30, "batch": 8}
    plain, first = (Layer("lstm", **sizes, batch_first=flag) for flag in (None, True))
    assert report(plain, framework="pytorch").output_shapes == ((30, 8, 64),)
    assert report(first, framework="pytorch").output_shapes == ((8, 30, 64),)
    assert report(first, framework="pytorch").state_shapes == {"h_n": (1, 8, 64), "c_n": (1, 8, 64)}
    assert report(plain, framework="onnx").output_shapes == ((30, 1, 8, 64),)
    assert report(plain, framework="onnx").state_shapes["Y_h"] == (1, 8, 64)
    assert "layout=1" in in_terms(first, "onnx").written
    last = Layer("lstm", **sizes, batch_first=False, return_sequences=True)
    assert (last.input_shape, last.output_shapes) == ((30, 8, 3), ((30, 8, 64),))
    assert "time_major=True" in in_terms(last, "flax").written
    with pytest.raises(UnknownConvention, match=r"Keras has the batch first, always\. This"):
        report(last, framework="keras")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_a_framework_does_not_have_is_said(framework: str) -> None:
    names = {option.name for option in OPTIONS}
    for lack in get(framework).lacks:
        assert lack.option in names
        options: dict[str, Any] = {
            "stateful": {"stateful": True, "batch": 2},
            "merge_mode": {"merge_mode": "sum", "bidirectional": True},
            "batch_first": {"batch_first": False},
            "go_backwards": {"go_backwards": True},
        }[lack.option]
        with pytest.raises(UnknownConvention, match=f"^{lack.why}[.] This layer is in "):
            report(Layer("lstm", 4, 3, **options), framework=framework)


def test_a_framework_without_terms_and_two_frameworks_are_refused() -> None:
    layer = Layer("lstm", 4, 3)
    with pytest.raises(UnknownConvention, match=r"no answers in the terms of Haiku\. Count"):
        report(layer, framework="haiku")
    with pytest.raises(
        OptionError, match="framework 'pytorch' counts as pytorch, and the convention"
    ):
        report(layer, "keras", framework="torch")
    assert report(layer, "pytorch", framework="torch").terms is not None
    with pytest.raises(UnknownConvention, match="PyTorch runs lstm with tanh, not with activation"):
        report(Layer("lstm", 4, 3, activation="relu"), framework="pytorch")


def test_a_layer_of_letters_has_shapes_and_no_code() -> None:
    answer = in_terms(Layer("lstm", "u", "f"), "pytorch")
    assert answer.written == "nn.LSTM(f, u)"
    assert str(answer.outputs[0].shape) == "('L', 'N', u)"
    assert answer.check is None


@pytest.mark.parametrize("format", ["text", "json", "markdown", "html", "latex", "csv", "svg"])
def test_every_format_has_the_names_of_the_framework(format: str) -> None:
    text = render(report(Layer("lstm", 4, 3, layers=2), framework="pytorch"), format)
    assert "weight" in text
    if format not in ("svg", "csv", "latex"):
        assert "h_n" in text


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_picture_has_the_tensors_and_the_shapes_of_its_framework(framework: str) -> None:
    layer = Layer("gru", 16, 3, timesteps=4, batch=8, layers=2, framework=framework)
    text = unescape(str(picture(layer).svg))
    for weight in layer.weights:  # Those of Flax linen are many, and drawn by their shapes.
        assert framework == "flax" or f"{weight.name} {weight.shape}" in text
    answer = report(layer)
    assert f"input: {answer.input_shape} = (" in text
    first = "timesteps, batch" if answer.input_shape[0] == 4 else "batch, timesteps"
    assert f"= ({first}, features)" in text
    assert str(answer.output_shapes[0]) in text


def test_cells_side_by_side_return_what_their_framework_returns() -> None:
    compared = compare("lstm", "gru", units=4, features=3, timesteps=7, batch=2, framework="torch")
    text = render(compared)
    assert "as PyTorch stores them" in text
    assert "(7, 2, 4) (1, 2, 4) (1, 2, 4)" in text


def test_code_for_onnx_fits_a_terminal_of_60_columns() -> None:
    layer = Layer("lstm", 64, 3, bidirectional=True, framework="onnx")
    view, thing = view_of(report(layer))
    lines = written(view.document(thing), Page(60)).split("\n")
    assert [line for line in lines if len(line) > 60] == []


def test_frameworks_that_lack_the_same_cell_are_named_in_one_sentence() -> None:
    text = str(report(Layer("projected", 4, 3, projection=2, framework="pytorch")))
    assert "Keras, Flax linen, Flax NNX and ONNX have no projected." in text
