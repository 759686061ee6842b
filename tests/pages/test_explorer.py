"""The lesson in a notebook, with anywidget and without: its controls, its layer, its refusals."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import html5lib
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from test_notebooks import OwnKernels, own_settings

import lstminspect as li
from lstminspect import cells
from lstminspect.pages.explorer import CONTROLS, Explorer

__all__ = ["own_settings"]

LAYER = li.Layer("gru", units=6, features=2, timesteps=7, batch=3, bidirectional=True)


@pytest.fixture
def without_anywidget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)


@pytest.fixture(params=["with anywidget", "without"])
def explore(request: pytest.FixtureRequest) -> Callable[..., Any]:
    if request.param == "without":
        request.getfixturevalue("without_anywidget")
    return li.explore


def test_the_controls_are_those_of_the_layer(explore: Callable[..., Any]) -> None:
    explorer = explore(LAYER)
    values = {name: getattr(explorer, name) for name in (*CONTROLS, "sizes")}
    assert values == {
        "cell": "gru",
        "convention": "keras",
        "units": 6,
        "features": 2,
        "timesteps": 7,
        "batch": 3,
        "use_bias": True,
        "bidirectional": True,
        "return_sequences": False,
        "return_state": False,
        "merge_mode": "concat",
        "sizes": {},
    }


@pytest.mark.parametrize("name", cells.names())
def test_the_layer_of_the_controls_is_the_one_given(name: str) -> None:
    cell = cells.get(name)
    features = {} if "x" in cell.declared else {"features": 3}
    own = dict.fromkeys(cell.own_sizes, 2)
    layer = li.Layer(cell, units=4, timesteps=5, batch=2, **features, **own)
    assert Explorer(layer).layer == layer


@pytest.mark.parametrize("framework", ["keras", "pytorch", "onnx", "flax", "nnx"])
def test_a_layer_of_a_framework_stays_one(framework: Any) -> None:
    layer = li.Layer("lstm", 4, 3, timesteps=5, batch=2, framework=framework)
    assert li.explore(layer).layer == layer


def test_a_cell_of_ones_own_is_left_and_chosen_again() -> None:
    cell = li.Cell("h = tanh(W_h @ x + U_h @ h)", name="mine")
    layer = li.Layer(cell, 4, 3, timesteps=5, batch=2)
    explorer = li.explore(layer)
    explorer.cell = "gru"
    assert explorer.layer.cell.name == "gru"
    explorer.cell = "mine"
    assert explorer.layer == layer


def test_the_lesson_begins_with_its_own_layer_where_none_is_given(
    explore: Callable[..., Any],
) -> None:
    assert explore().layer == li.Layer("lstm", 4, 3, timesteps=5, batch=2)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (li.Layer("lstm", 4, 3, layers=2), "no control for layers"),
        (li.Layer("lstm", "u", 3), "units of a lesson must be a whole number"),
        (li.Layer("lstm", 5000, 3), "from 1 to 4,096, got 5000"),
    ],
)
def test_a_layer_that_the_lesson_cannot_move_is_refused(
    explore: Callable[..., Any], layer: li.Layer, message: str
) -> None:
    with pytest.raises(li.LstmInspectError, match=message):
        explore(layer)


def test_it_reads_as_text(explore: Callable[..., Any]) -> None:
    explorer = explore(LAYER)
    assert repr(explorer) == f"Explorer({LAYER!r})"
    first, *_, last = str(explorer).splitlines()
    assert first == str(LAYER).splitlines()[0]
    assert last.endswith("explorer.page.save('lesson.html') writes it.")


def test_it_is_a_frame_with_a_title_whose_page_is_the_lesson(explore: Callable[..., Any]) -> None:
    frame = html5lib.parseFragment(explore(LAYER)._repr_html_(), namespaceHTMLElements=False)[0]
    assert frame.tag == "iframe"
    assert frame.get("title") == "What does units mean? A recurrent layer to scale"
    assert frame.get("srcdoc") == li.page(LAYER).html
    assert "allow-same-origin" not in frame.get("sandbox").split()


def test_python_sets_a_control() -> None:
    explorer = li.explore(LAYER)
    explorer.units, explorer.use_bias, explorer.convention = 9, False, "pytorch"
    assert explorer.layer.units == 9
    assert explorer.layer.framework == "pytorch"
    assert explorer.layer.parameters == 2 * 3 * 9 * (9 + 2)
    explorer.cell, explorer.sizes = "projected", {"projection": 4}
    assert (
        explorer.layer.parameters
        == li.Layer(
            "projected", 9, 2, projection=4, use_bias=False, bidirectional=True, framework="pytorch"
        ).parameters
    )
    assert explorer._repr_html_().count("projection") > 0


def test_a_size_of_a_new_cell_begins_as_in_the_page() -> None:
    explorer = li.explore()
    explorer.cell = "projected"
    assert dict(explorer.layer.extra) == {"projection": 2}


def test_features_follow_units_where_the_input_is_added_to_the_state() -> None:
    explorer = li.explore()
    name = next(name for name in cells.names() if "x" in cells.get(name).declared)
    explorer.cell, explorer.units, explorer.convention = name, 6, "equations"
    assert explorer.layer.features == 6


def test_a_function_is_called_when_a_control_changes() -> None:
    explorer, seen = li.explore(LAYER), []
    explorer.observe(lambda change: seen.append((change.name, change.old, change.new)), "units")
    explorer.units, explorer.features = 7, 9
    assert seen == [("units", 6, 7)]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("units", 0, "units must be a positive whole number, got 0"),
        ("units", True, "units must be a positive whole number, got True"),
        ("units", 2.5, "units must be a positive whole number, got 2.5"),
        ("features", 4097, "features of a lesson must be a whole number from 1 to 4,096, got 4097"),
        ("cell", "lsmt", "Did you mean 'lstm'"),
        ("convention", "kears", "Did you mean 'keras'"),
        ("bidirectional", 1, "bidirectional must be True or False, got 1"),
        ("sizes", [2], "sizes must be a dict, got .2."),
        ("sizes", {"projection": 65}, "projection of a lesson must be .* from 1 to 64, got 65"),
    ],
)
def test_a_value_that_a_control_cannot_have_is_refused(name: str, value: Any, message: str) -> None:
    explorer = li.explore(LAYER)
    before = copy.copy(getattr(explorer, name))
    with pytest.raises(li.LstmInspectError, match=message):
        setattr(explorer, name, value)
    assert getattr(explorer, name) == before


@pytest.mark.usefixtures("without_anywidget")
def test_what_needs_anywidget_says_how_to_install_it() -> None:
    explorer = li.explore(LAYER)
    for act in (
        lambda: setattr(explorer, "units", 5),
        lambda: explorer.observe(print, "units"),
    ):
        with pytest.raises(li.MissingFramework, match=r"units of a page.*lstminspect\[widget\]"):
            act()
    assert explorer.units == 6


def test_a_page_made_without_anywidget_says_to_make_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as absent:
        absent.setitem(sys.modules, "anywidget", None)
        explorer = li.explore(LAYER)
    with pytest.raises(li.OptionError, match="Make it again by explore"):
        explorer.units = 5


def test_a_notebook_is_shown_the_controls_and_keeps_the_page() -> None:
    explorer: Any = li.explore(LAYER)
    bundle, _ = explorer._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer.model_id
    assert bundle["text/plain"] == repr(explorer)
    explorer.units = 7
    bundle, _ = explorer._repr_mimebundle_()
    assert bundle["text/html"] == li.explore(explorer.layer)._repr_html_()


def test_the_front_end_is_given_what_it_needs_as_json() -> None:
    explorer: Any = li.explore(LAYER)
    state = explorer.get_state(["_frame", "_names", *CONTROLS, "sizes"])
    assert json.loads(json.dumps(state)) == state
    assert "export default" in explorer.get_state("_esm")["_esm"]


def test_anywidget_is_loaded_by_explore_alone() -> None:
    code = "import sys, lstminspect as li; li.page(); li.explore; print('anywidget' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


@pytest.fixture
def kernel() -> Iterator[BlockingKernelClient]:
    manager = KernelManager(kernel_spec_manager=OwnKernels())
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


RUN = "import os, lstminspect as li; os.environ['SERVER_SOFTWARE'] = {!r}; li.explore()"


@pytest.mark.parametrize(
    ("software", "has_reader", "is_live"),
    [("", True, True), ("", False, False), ("voila/0.5", False, True)],
    ids=["a person", "a converter", "voila"],
)
def test_a_notebook_that_people_use_gets_the_controls_and_a_converted_one_the_page(
    kernel: BlockingKernelClient, software: str, has_reader: bool, is_live: bool
) -> None:
    seen: list[Any] = []
    kernel.execute_interactive(
        RUN.format(software), allow_stdin=has_reader, output_hook=seen.append, timeout=60
    )
    types = [message["msg_type"] for message in seen]
    (result,) = (each["content"]["data"] for each in seen if each["msg_type"] == "execute_result")
    assert ("comm_open" in types) == is_live
    assert ("application/vnd.jupyter.widget-view+json" in result) == is_live
    assert result["text/html"].startswith("<iframe ")
