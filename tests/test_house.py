"""The house: what imports what, what is public, and what stays unloaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import house
import pytest

import lstminspect

ROOMS = 34

#: Arrows that may close a circle, each from a file to a file, with the reason. There is none.
LATE: dict[tuple[str, str], str] = {}


def on_time() -> house.Arrows:
    return {
        module: {target for target in targets if (module, target) not in LATE}
        for module, targets in house.arrows().items()
    }


def test_there_is_no_circle_of_files_or_rooms() -> None:
    assert house.circles(on_time()) == []
    assert house.circles(house.of_rooms(on_time())) == []


def test_every_room_stands_above_what_it_imports() -> None:
    rooms = house.of_rooms(on_time())
    floors = house.floors(rooms)
    assert len(rooms) <= ROOMS
    assert (floors["synonyms"], floors["errors"]) == (1, 2)
    assert floors["__main__"] == max(floors.values())
    # The flow of the house, written down once as a person reads it; the floors are derived.
    flow = ["sizes", "equations", "cell", "cells", "conventions", "stored", "layer"]
    flow += ["runtime", "models"]
    assert [floors[room] for room in flow] == sorted({floors[room] for room in flow})


def test_the_house_sees_an_import_inside_a_function_and_a_circle(tmp_path: Path) -> None:
    package = tmp_path / "lodge"
    package.mkdir()
    (package / "__init__.py").write_text("", "utf-8")
    (package / "one.py").write_text("def f():\n    from lodge.two import g\n", "utf-8")
    (package / "two.py").write_text("import lodge.three\n", "utf-8")
    (package / "three.py").write_text(
        "from importlib import import_module\nT = {'a': 'one'}\n"
        "def h(n):\n    import_module(f'{__package__}.{T[n]}')\n",
        "utf-8",
    )
    found = house.arrows(package)
    assert found["one"] == {"two"}
    assert house.circles(house.arrows(package, inside=False)) == []
    assert house.circles(found) == [["one", "three", "two"]]
    with pytest.raises(ValueError, match="a circle: one three two"):
        house.floors(found)


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
        "assert li.validate.__module__ == 'lstminspect.validation.validate'\n"
        "from lstminspect.validation.validate import Validation\n"
        "assert Validation is li.Validation\n"
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


def test_every_public_name_is_there_without_any_framework() -> None:
    code = (
        "import sys\n"
        "for name in ('keras', 'tensorflow', 'torch', 'jax', 'onnx'): sys.modules[name] = None\n"
        "from lstminspect import *\n"
        "try: keras_cell('lstm', 4)\n"
        "except LstmInspectError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == (
        "keras_cell, which makes a layer of Keras, needs Keras: pip install 'lstminspect[keras]'\n"
    )
