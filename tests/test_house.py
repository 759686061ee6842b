"""The house: what imports what, what is public, and what stays unloaded."""

from __future__ import annotations

import subprocess
import sys

import house
import pytest

import lstminspect


def test_no_two_files_import_each_other() -> None:
    assert house.circles(house.arrows(inside=False)) == []


def test_every_public_name_is_there_and_nothing_else() -> None:
    assert dir(lstminspect) == sorted(set(lstminspect.__all__)) == lstminspect.__all__
    assert len(lstminspect.__all__) > 45
    for name in lstminspect.__all__:
        assert getattr(lstminspect, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'lstm'"):
        lstminspect.lstm  # noqa: B018


def test_a_function_is_not_hidden_by_the_module_of_its_name() -> None:
    code = (
        "import lstminspect.costs.cost, lstminspect.explanations.explain\n"
        "import lstminspect as li\n"
        "layer = li.Layer('lstm', units=64, features=3)\n"
        "assert li.render(li.report(layer)).startswith('lstm, 64 units')\n"
        "assert li.compare.__module__ == 'lstminspect.validation.compare'\n"
        "from lstminspect.validation.compare import Comparison\n"
        "assert Comparison is li.Comparison\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


HEAVY = {"numpy", "sympy", "tensorflow", "keras", "torch", "jax", "flax", "onnx", "onnxruntime"}
ANSWER = (
    "import lstminspect as li\n"
    "layer = li.Layer('gru', units=64, features=3, timesteps=5, bidirectional=True, layers=2)\n"
    "layer.parameters, layer.weights, layer.output_shapes\n"
    "for format in ('text', 'json', 'markdown', 'latex', 'html', 'csv', 'svg'):\n"
    "    li.render(li.report(layer, 'pytorch'), format)\n"
    "from lstminspect.cli.main import main\n"
    "main(['--units', '64', '--features', '3'])\n"
    "main(['model', 'LSTM(25, input_shape=(5, 10)), Dense(10)', '--cost', '--formulas'])\n"
    "main(['--units', '64', '--features', '3', '--timesteps', '7', '--batch', '2', '--cost'])\n"
)


def loaded_by(code: str) -> set[str]:
    """The heavy packages that `code` loads in an interpreter of its own."""
    report = "\nimport sys; print('LOADED', *{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code + report], check=True, capture_output=True, text=True
    )
    return HEAVY & set(done.stdout.splitlines()[-1].split())


def test_answering_with_ints_loads_no_heavy_package() -> None:
    assert loaded_by("import lstminspect") == set()
    assert loaded_by(ANSWER) == set()


@pytest.mark.parametrize("package", ["numpy", "sympy"])
def test_the_test_for_heavy_packages_sees_one(package: str) -> None:
    assert package in loaded_by(f"{ANSWER}\nimport {package}")


def test_a_letter_loads_sympy_and_an_array_is_the_users_own_numpy() -> None:
    letter = "import lstminspect as li; li.Layer('lstm', units='u', features=3).parameters"
    assert loaded_by(letter) == {"sympy"}
