"""Texts of several layers, of two directions, and of matrices that are mostly zero."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_export_python import LANGUAGES, checked, imported

import lstminspect as li
from lstminspect.exports.source import Source
from lstminspect.weights.pack import blocks_of
from lstminspect.weights.structured import allowed

STACKS: dict[str, dict[str, Any]] = {
    "backwards": {"go_backwards": True},
    "three layers": {"layers": 3},
    "both directions": {"bidirectional": True},
    "a stack added": {"layers": 2, "bidirectional": True, "merge_mode": "sum"},
    "a stack averaged": {"layers": 2, "bidirectional": True, "merge_mode": "ave"},
    "a projection": {
        "cell": "projected",
        "projection": 2,
        "layers": 2,
        "bidirectional": True,
        "merge_mode": "mul",
    },
    "an input of the units": {"cell": "star", "features": 4, "layers": 2},
    "blocks": {"cell": "slstm", "heads": 2, "layers": 2, "bidirectional": True},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    if "jax" in LANGUAGES:
        import_module("jax").config.update("jax_enable_x64", False)
    if "keras" in LANGUAGES:
        import_module("keras").config.set_dtype_policy("float32")


def stack(options: dict[str, Any]) -> li.Layer:
    every = {"cell": "gru", "units": 4, "features": 3, "return_sequences": True, **options}
    return li.Layer(**every)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", STACKS)
def test_a_stack_computes_what_the_equations_give(what: str, language: Any, folder: Path) -> None:
    layer = stack(STACKS[what])
    weights = li.random_weights(layer, dtype="float64")
    name = f"{language}_{what.replace(' ', '_')}"
    checked(folder, li.export(layer, language, weights, dtype="float64", name=name))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_check_of_a_stack_without_values_brings_its_own(language: Any, folder: Path) -> None:
    layer = li.Layer("rnn", 4, 3, layers=2, bidirectional=True)
    checked(folder, li.export(layer, language, dtype="float64", name=f"{language}_own"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_check_of_a_stack_fails_with_the_directions_exchanged(
    language: Any, folder: Path
) -> None:
    layer = li.Layer("gru", 4, 3, bidirectional=True)
    blocks = blocks_of(layer, li.random_weights(layer, dtype="float64"))
    both = [
        {
            f"{side}/{name}": array
            for side, held in zip(("forward", "backward"), order, strict=True)
            for name, array in held.items()
        }
        for order in (blocks, blocks[::-1])
    ]
    code, other = (
        li.export(layer, language, each, "equations", "float64", name=f"{language}_exchanged")
        for each in both
    )
    imported(folder, other)
    with pytest.raises(AssertionError, match="Mismatched"):
        exec(compile(code.check, "check", "exec"), {})


@pytest.mark.parametrize("options", [{}, {"bidirectional": True}] if "pytorch" in LANGUAGES else [])
def test_a_stack_of_pytorch_is_scripted_and_exported_and_takes_its_states(
    options: dict[str, Any], folder: Path
) -> None:
    torch = import_module("torch")
    layer = li.Layer("lstm", 4, 3, layers=2, return_sequences=True, return_state=True, **options)
    weights = li.random_weights(layer)
    name = f"deep_{len(options)}"
    module = imported(folder, li.export(layer, "pytorch", weights, name=name)).trained()
    random = torch.Generator().manual_seed(0)
    x = torch.randn(2, 5, 3, generator=random)
    number = len(layer.state_shapes)
    states = [torch.randn(2, 4, generator=random) for _ in range(number)]
    expected = li.run(layer, weights, x.numpy(), [each.numpy() for each in states])
    program = torch.export.export(module, (x, states)).module()
    for called in (module, torch.jit.script(module), program):
        with torch.no_grad():
            output, last = called(x, states)
        for one, other in zip((output, *last), expected, strict=True):
            np.testing.assert_allclose(one.numpy(), other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each == "jax"])
def test_a_stack_of_jax_has_weights_to_start_from(language: Any, folder: Path) -> None:
    jax = import_module("jax")
    layer = li.Layer("gru", 4, 3, layers=2, bidirectional=True)
    module = imported(folder, li.export(layer, language, name="deep_start"))
    weights = module.initial_layers(jax.random.PRNGKey(0))
    stored = layer.stored("equations")
    shapes = [tuple(array.shape) for each in weights for array in each.values()]
    assert shapes == [weight.shape for weight in stored.weights]
    assert module.run_layers(weights, np.zeros((2, 5, 3), "float32"))[0].shape == (2, 5, 8)


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each == "keras"])
def test_keras_has_no_two_directions_of_which_the_first_is_backwards(language: Any) -> None:
    layer = li.Layer("gru", 4, 3, bidirectional=True, go_backwards=True)
    with pytest.raises(li.OptionError, match=r"reads forward, then backward\. Leave go_backwards"):
        li.export(layer, language)


# Matrices that are mostly zero.

MASKED: dict[str, dict[str, Any]] = {
    "slstm": {"heads": 2},
    "clockwork": {"groups": 2},
    "clockwork in widths": {"groups": (1, 3)},
}


TRAINED = [each for each in LANGUAGES if each != "numpy"]


def pytorch_gradients(module: Any, inputs: list[Any]) -> dict[str, Any]:
    torch = import_module("torch")
    trained = module.trained()
    (trained(*map(torch.tensor, inputs))[0] ** 2).sum().backward()
    return {name: each.grad.numpy() for name, each in trained.named_parameters()}


def keras_gradients(module: Any, inputs: list[Any]) -> dict[str, Any]:
    tensorflow = import_module("tensorflow")
    trained = module.trained()
    with tensorflow.GradientTape() as tape:
        loss = tensorflow.reduce_sum(trained(np.concatenate(inputs, -1)) ** 2)
    weights = trained.cell.trainable_variables
    pairs = zip(weights, tape.gradient(loss, [each.value for each in weights]), strict=True)
    return {each.name: gradient.numpy() for each, gradient in pairs}


def jax_gradients(module: Any, inputs: list[Any]) -> dict[str, Any]:
    jax = import_module("jax")

    def loss(weights: Any) -> Any:
        return (module.run(weights, *inputs)[0] ** 2).sum()

    found = jax.jit(jax.grad(loss))(module.trained())
    return {name: np.asarray(each) for name, each in found.items()}


GRADIENTS = {"pytorch": pytorch_gradients, "keras": keras_gradients, "jax": jax_gradients}


@pytest.mark.parametrize("language", TRAINED)
@pytest.mark.parametrize("what", MASKED)
def test_training_keeps_the_zeros_and_moves_as_many_numbers_as_are_counted(
    what: str, language: Any, folder: Path
) -> None:
    layer = li.Layer(what.split()[0], 4, 3, **MASKED[what])  # type: ignore[arg-type]
    weights = li.random_weights(layer)
    name = f"{language}_masked_{what.replace(' ', '_')}"
    module = imported(folder, li.export(layer, language, weights, name=name))
    random = np.random.default_rng(0)
    lengths = Source(layer, "cell", None, "float32").inputs.values()
    inputs = [random.normal(size=(5, 7, layer.sizes[each])).astype("float32") for each in lengths]
    moved = GRADIENTS[language](module, inputs)
    for block in layer.cell.blocks:
        if block.structure:
            assert not moved[block.name][~allowed(block, layer.sizes)].any()
    assert sum(np.count_nonzero(each) for each in moved.values()) == layer.parameters


@pytest.mark.parametrize("language", TRAINED)
def test_a_text_says_how_many_numbers_of_a_masked_matrix_count(language: Any) -> None:
    text = li.export(li.Layer("slstm", 4, 3, heads=2), language).text
    assert "32 of their 64 numbers count" in text
    assert "mask" not in li.export(li.Layer("lstm", 4, 3), language).text


@pytest.mark.parametrize("options", [{}, {"layers": 2}, {"bidirectional": True}])
def test_an_answer_names_the_parameters_of_every_layer_and_direction(options: Any) -> None:
    layer = li.Layer("gru", 4, 3, **options)
    rows = li.export(layer, "pytorch").to_dict()["parameters"]
    stored = layer.stored("equations")
    expected = [(each.name, list(each.shape), each.parameters) for each in stored.weights]
    assert [(each["name"], list(each["shape"]), each["numbers"]) for each in rows] == expected
