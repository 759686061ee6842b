"""Every notebook runs from its first cell to its last, and is stored without what it printed."""

from __future__ import annotations

import copy
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

FOLDER = Path(__file__).parent.parent / "examples" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SECONDS_A_CELL = 300

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


class OwnKernels(KernelSpecManager):
    """The kernel of the interpreter that runs the tests, whatever kernels a machine has."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name=kernel_name, language="python")


class OwnManager(AsyncKernelManager):
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return OwnKernels()


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No start-up files and no history of the person who runs the tests."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.delenv("MPLBACKEND", raising=False)


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def executed(notebook: NotebookNode) -> NotebookNode:
    """A copy with outputs. Raises CellExecutionError if a cell raises."""
    place = {"metadata": {"path": str(FOLDER)}}
    options = {"kernel_manager_class": OwnManager, "kernel_name": "python3", "resources": place}
    found = copy.deepcopy(notebook)
    NotebookClient(found, timeout=SECONDS_A_CELL, **options).execute()
    return found


def shown(notebook: NotebookNode) -> set[str]:
    """The kinds of everything that a notebook shows."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return {kind for output in outputs for kind in output.get("data", {})}


def faults(notebook: NotebookNode) -> list[str]:
    """What a stored notebook has and should not have."""
    nbformat.validate(notebook)
    named = [(cell.id, cell) for cell in notebook.cells]
    found = [f"{name} has outputs" for name, cell in named if cell.get("outputs")]
    found += [f"{name} was run" for name, cell in named if cell.get("execution_count")]
    found += [f"{name} has metadata" for name, cell in named if cell.metadata]
    stem = named[0][0].rpartition("-")[0]
    expected = [f"{stem}-{number:02}" for number in range(1, len(named) + 1)]
    if [name for name, _ in named] != expected:
        found.append(f"the cells are not called {expected[0]}, {expected[1]} and so on")
    return found


def test_the_notebooks_are_there() -> None:
    names = {path.stem for path in NOTEBOOKS}
    assert names >= {"what_units_means", "counting_by_hand", "variants", "porting", "echo"}


@each_notebook
def test_a_notebook_runs_whole(path: Path) -> None:
    text = path.read_text("utf-8")
    for package in ("keras", "torch"):
        if re.search(rf"'lstminspect\[.*{package}.*\]'", text):
            pytest.importorskip(package)
    found = executed(read(path))
    counts = [cell.execution_count for cell in code_cells(found)]
    assert counts == list(range(1, len(counts) + 1))
    # What a notebook promises to draw is a picture there and not the name of an object.
    assert ("image/png" in shown(found)) == ("%matplotlib inline" in text)


@each_notebook
def test_a_notebook_is_stored_clean_and_small(path: Path) -> None:
    assert faults(read(path)) == []
    assert path.stat().st_size < 20_000


@each_notebook
def test_a_notebook_checks_a_live_layer(path: Path) -> None:
    code = "\n".join(cell.source for cell in code_cells(read(path)))
    assert re.search(r"^ *assert .*count_params\(\)", code, flags=re.MULTILINE)


def written(*sources: str) -> NotebookNode:
    cells: list[Any] = [nbformat.v4.new_code_cell(source) for source in sources]
    for number, cell in enumerate(cells, start=1):
        cell["id"] = f"new-{number:02}"
    return nbformat.v4.new_notebook(cells=cells)


def test_a_cell_that_raises_fails() -> None:
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        executed(written("1 + 1", "1 / 0"))


def test_a_notebook_runs_in_this_interpreter() -> None:
    found = executed(written("import sys, lstminspect", "sys.executable", "lstminspect.__file__"))
    import lstminspect

    texts = [cell.outputs[0].data["text/plain"] for cell in code_cells(found)[1:]]
    assert texts == [repr(sys.executable), repr(lstminspect.__file__)]


def test_what_is_stored_with_outputs_is_found() -> None:
    notebook = written("1 + 1", "2 + 2")
    assert faults(notebook) == []
    output = nbformat.v4.new_output("stream", text="2")
    notebook.cells[0].outputs, notebook.cells[1].execution_count = [output], 1
    assert faults(notebook) == ["new-01 has outputs", "new-02 was run"]
    notebook.cells[1].id = "other"
    assert faults(notebook)[-1] == "the cells are not called new-01, new-02 and so on"
