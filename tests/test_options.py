"""The one table of a layer's options, and the errors about options that a layer does not have."""

from __future__ import annotations

import inspect
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

import numpy
import pytest

import lstminspect as li
from lstminspect import Layer, MissingFramework, OptionError, SizeError
from lstminspect.layer.options import OPTIONS, SIZES, WITHOUT_COUNT
from lstminspect.wording import options_of

NAMES = [option.name for option in OPTIONS]
# A value of each option that is not its default.
OTHERS: dict[str, Any] = {
    "units": 5,
    "features": 4,
    "timesteps": 7,
    "batch": 2,
    "use_bias": False,
    "reset_after": False,
    "return_sequences": True,
    "return_state": True,
    "go_backwards": True,
    "stateful": True,
    "bidirectional": True,
    "merge_mode": "sum",
    "layers": 2,
    "activation": "relu",
    "recurrent_activation": "hard_sigmoid",
    "output_activation": "relu",
    "clip": 2.0,
    "batch_first": False,
    "framework": "pytorch",
}


def test_the_table_is_the_signature_and_the_fields() -> None:
    assert [each.name for each in fields(Layer)] == ["cell", *NAMES, "extra"]
    parameters = inspect.signature(Layer).parameters
    assert list(parameters) == ["cell", *NAMES, "extra", "more"]
    for option in OPTIONS:
        assert parameters[option.name].default == option.default
    assert SIZES == ("units", "features", "timesteps", "batch")
    assert list(OTHERS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_option_is_in_the_words_the_command_and_the_document(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from lstminspect.cli.main import main

    cell = "gru" if name == "reset_after" else "lstm"
    with_it = {"bidirectional": True} if name == "merge_mode" else {}
    with_it |= {"batch": 2} if name == "stateful" else {}
    layer = Layer(cell, **({"units": 4, "features": 3} | with_it | {name: OTHERS[name]}))
    with suppress(SystemExit):
        main(["--help"])
    assert f"--{name.replace('_', '-')}" in capsys.readouterr().out
    command = " ".join(options_of(layer)).split()
    if name != "reset_after":  # The name of the cell says it.
        assert f"--{'no-' * (OTHERS[name] is False)}{name.replace('_', '-')}" in command
    assert main(["--cell", layer.cell.name, *command, "--format", "json"]) == 0
    shown = capsys.readouterr().out
    assert shown.rstrip("\n") == li.render(replace(layer, reset_after=None), "json")


@pytest.mark.parametrize("name", WITHOUT_COUNT)
def test_an_option_without_a_count_is_refused_with_what_it_changes(name: str) -> None:
    match = f"^{name} changes no count and no shape, so a Layer has no such option. It changes "
    with pytest.raises(OptionError, match=match):
        Layer("lstm", 4, 3, **{name: 0.5})


def test_what_takes_two_layers_says_so() -> None:
    with pytest.raises(SizeError, match=r"units must be one whole number, got \(64, 32\)\. Layers"):
        Layer("lstm", (64, 32), 3)
    with pytest.raises(SizeError, match=r"features must be .* got 0\. A cell without an input has"):
        Layer("lstm", 4, 0)
    with pytest.raises(OptionError, match=r"got \('tanh', 'relu'\)\. For other functions in each"):
        Layer("lstm", 4, 3, activation=("tanh", "relu"))  # type: ignore[arg-type]
    assert Layer(li.Cell("h = tanh(U_h @ h + b_h)"), 4, 1).parameters == 20


def test_layers_of_arrays_compare_and_hash_by_their_numbers() -> None:
    one, same = (Layer("lstm", numpy.array([4, 5]), 3) for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    others = [
        Layer("lstm", numpy.array([4, 6]), 3),
        Layer("lstm", numpy.array([[4, 5]]), 3),
        Layer("lstm", 4, 3),
        Layer("gru", numpy.array([4, 5]), 3),
        Layer("lstm", numpy.array([4, 5]), 3, return_state=True),
    ]
    assert one not in others
    assert len({one, same, *others}) == 1 + len(others)
    assert one != "lstm"
    groups = Layer("clockwork", 64, 3, groups=(8, 16, 40))
    assert groups == Layer("clockwork", 64, 3, groups=(8, 16, 40))
    assert groups != Layer("clockwork", 64, 3, groups=(16, 8, 40))
    assert Layer("lstm", "u", "f") == Layer("lstm", "u", "f")


def test_a_missing_framework_is_an_import_error_too() -> None:
    assert issubclass(MissingFramework, ImportError)
    assert issubclass(MissingFramework, ValueError)
    with pytest.raises(ImportError, match="needs Keras"):
        raise MissingFramework("comparing needs Keras: pip install 'lstminspect[keras]'")


def test_the_extra_sizes_are_pairs() -> None:
    layer = Layer("projected", 4, 3, projection=2)
    assert replace(layer, units=5).extra == (("projection", 2),)
    with pytest.raises(OptionError, match="extra must be pairs of a name and a size"):
        Layer("projected", 4, 3, extra=5)  # type: ignore[arg-type]


def test_the_modes_of_merging_stand_in_one_order() -> None:
    match = r"^merge_mode must be 'concat', 'sum', 'mul', 'ave' or None, got 'add'\.$"
    with pytest.raises(OptionError, match=match):
        Layer("lstm", 4, 3, bidirectional=True, merge_mode="add")
