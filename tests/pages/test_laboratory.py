"""The laboratory as a file: what stands in it, what it is made from, and what is refused."""

from __future__ import annotations

import base64
import gzip
import json
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from test_answering import ASKED

import lstminspect as li
from lstminspect.cli.main import main
from lstminspect.pages.answering import answer, table
from lstminspect.pages.assembly import ASSETS
from lstminspect.pages.laboratory import SCRIPTS, asked_over_http
from lstminspect.pages.pyodide import FILES, engine

TEXTS = json.loads((ASSETS / "lab_en.json").read_text("utf-8"))
TORCH = """
import torch.nn as nn

class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(32, 64, batch_first=True)
        self.out = nn.Linear(64, 12)

    def forward(self, x):
        return self.out(self.lstm(x)[0])
"""
#: As the page: the standard library alone, and the files that it carries.
ALONE = """
import json, sys
sys.path.insert(0, sys.argv[1])
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "sympy"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from lstminspect.pages.answering import answer
print(json.dumps([answer(each) for each in json.load(sys.stdin)]))
"""


@pytest.fixture
def pyodide(tmp_path: Path) -> Path:
    """A folder of files that look like those of Pyodide, as `tar` unpacks them."""
    folder = tmp_path / "package"
    folder.mkdir()
    library = BytesIO()
    with zipfile.ZipFile(library, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("os.py", "name = 'posix'\n" * 100)
    contents = {
        "package.json": b'{"name": "pyodide", "version": "9.8.7"}',
        "pyodide-lock.json": b'{"info": {"python": "3.99.1"}, "packages": {"numpy": {}}}',
        "pyodide.mjs": b"export const loadPyodide = null",
        "pyodide.asm.mjs": b"export default null",
        "pyodide.asm.wasm": b"\0asm and more",
        "python_stdlib.zip": library.getvalue(),
    }
    assert set(contents) == set(FILES)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return folder


def part(html: str, name: str) -> bytes:
    (text,) = re.findall(f'<script type="text/plain" id="part-{name}">([^<]*)</script>', html)
    return gzip.decompress(base64.b64decode(text))


def data_of(html: str) -> Any:
    (text,) = re.findall('<script type="application/json" id="data">([^<]*)</script>', html)
    return json.loads(text)


def test_the_files_of_pyodide_stand_in_the_page(pyodide: Path) -> None:
    html = li.page(lab=True, pyodide=pyodide).html
    assert part(html, "loader") == (pyodide / "pyodide.mjs").read_bytes()
    assert part(html, "glue") == (pyodide / "pyodide.asm.mjs").read_bytes()
    assert part(html, "wasm") == (pyodide / "pyodide.asm.wasm").read_bytes()
    with zipfile.ZipFile(BytesIO(part(html, "library"))) as archive:
        (member,) = archive.infolist()
        assert (member.filename, member.compress_type) == ("os.py", zipfile.ZIP_STORED)
    assert json.loads(part(html, "engine")) == engine()
    assert data_of(html)["answers"]["lock"] == {"info": {"python": "3.99.1"}, "packages": {}}


def test_the_page_names_the_versions_and_the_licence_of_what_is_inside(pyodide: Path) -> None:
    html = li.page(lab=True, pyodide=pyodide).html
    footer = html.partition("<footer>")[2].partition("</footer>")[0]
    for text in (li.__version__, "Pyodide 9.8.7", "CPython 3.99.1", "Mozilla Public License 2.0"):
        assert text in footer


def test_the_same_files_give_the_same_page(pyodide: Path) -> None:
    assert li.page(lab=True, pyodide=pyodide) == li.page(lab=True, pyodide=str(pyodide.parent))


def test_a_page_of_a_server_has_no_python_inside() -> None:
    html = asked_over_http("/answer").html
    assert len(html) < 150_000
    assert data_of(html)["answers"] == {"by": "server", "address": "/answer"}
    assert "(needs NumPy)" not in html
    assert "connect-src 'self'" in html


def test_questions_that_the_page_cannot_answer_are_marked(pyodide: Path) -> None:
    html = li.page(lab=True, pyodide=pyodide).html
    marked = re.findall(r'data-about="(\w+)">[^<]* <span class="note">\(needs', html)
    assert marked == [name for name, each in table().items() if each["needs"]]


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named_with_the_command_that_gets_it(pyodide: Path, name: str) -> None:
    (pyodide / name).unlink()
    message = rf"(?s)not whole in .*{re.escape(name)} missing.*npm pack pyodide && tar xf"
    with pytest.raises(li.OptionError, match=message):
        li.page(lab=True, pyodide=pyodide)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("package.json", b'{"name": "numpy", "version": "2"}'),
        ("package.json", b"[]"),
        ("package.json", b"\xff"),
        ("pyodide-lock.json", b"{}"),
        ("pyodide.asm.wasm", b"MZ"),
        ("python_stdlib.zip", b"PK nothing"),
    ],
)
def test_files_of_something_else_are_refused(pyodide: Path, name: str, content: bytes) -> None:
    (pyodide / name).write_bytes(content)
    with pytest.raises(li.OptionError, match="are not those of Pyodide"):
        li.page(lab=True, pyodide=pyodide)


def test_options_that_do_not_go_together_are_refused(pyodide: Path) -> None:
    with pytest.raises(li.OptionError, match="Add lab=True"):
        li.page(pyodide=pyodide)
    with pytest.raises(li.OptionError, match="begins with no layer"):
        li.page(li.Layer("lstm", 4, 3), lab=True, pyodide=pyodide)
    with pytest.raises(li.OptionError, match="npm pack pyodide"):
        li.page(lab=True)
    with pytest.raises(li.OptionError, match="pyodide must be a folder"):
        li.page(lab=True, pyodide=7)  # type: ignore[arg-type]
    with pytest.raises(li.OptionError, match="lab must be True or False"):
        li.page(lab="yes")  # type: ignore[arg-type]


def test_the_command_says_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page", "--lab"]) == 2
    lines = capsys.readouterr().err.splitlines()[1:]
    assert lines == [
        "  npm pack pyodide",
        "  tar xf pyodide-*.tgz",
        "  lstminspect page --lab --pyodide package -o lab.html",
    ]
    assert main(["page", "--pyodide", "package"]) == 2
    assert "Add --lab" in capsys.readouterr().err


def test_the_command_writes_the_page_of_its_function(pyodide: Path, tmp_path: Path) -> None:
    path = tmp_path / "lab.html"
    assert main(["page", "--lab", "--pyodide", str(pyodide), "-o", str(path)]) == 0
    assert path.read_text("utf-8").rstrip("\n") == li.page(lab=True, pyodide=pyodide).html


def alone(place: Path, asked: list[dict[str, Any]]) -> list[Any]:
    """The answers of the files that the page carries, without NumPy and SymPy."""
    for name, text in engine().items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(place)],
        input=json.dumps(asked), capture_output=True, check=True, text=True, cwd=place,
    )  # fmt: skip
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_the_files_in_the_page_answer_as_the_whole_package_does(tmp_path: Path) -> None:
    words = [{"about": "explain", "what": each} for each in ("units", "half_life", "(None, 5, 3)")]
    asked = [*ASKED, *words]
    refused = 0
    for question, found in zip(asked, alone(tmp_path, asked), strict=True):
        if "lstminspect page --serve" in found.get("error", {}).get("message", ""):
            refused += 1
        else:
            assert found == answer(question), question
    assert refused == 5


def test_code_that_leaves_batch_and_time_open_is_read_without_letters(tmp_path: Path) -> None:
    code = {"about": "code", "source": TORCH}
    found, with_batch, with_letter = alone(
        tmp_path, [code, {**code, "batch": 2}, {"about": "layer", "units": "u", "features": 3}]
    )
    same = answer({**code, "batch": 8, "timesteps": 30})
    assert found == {**same, "warnings": found["warnings"]}
    assert "batch=8 and timesteps=30 are taken" in found["warnings"][0]
    for each in (with_batch, with_letter):
        assert "Give a number for it" in each["error"]["message"]


def test_every_question_and_every_input_has_its_text() -> None:
    assert list(TEXTS["questions"]) == list(table())
    used = set()
    for about, question in table().items():
        for each in question["inputs"]:
            own = f"{about}.{each['name']}"
            used.add(own if own in TEXTS["inputs"] else each["name"])
    assert set(TEXTS["inputs"]) == used
    assert set(TEXTS["needs"]) == {name for each in table().values() for name in each["needs"]}


def test_no_name_is_made_twice_in_the_script() -> None:
    # The modules stand in the page as one.
    names = [
        name
        for file in SCRIPTS
        for name in re.findall(
            r"^(?:export )?(?:async )?(?:const|function|let) (\w+)",
            (ASSETS / file).read_text("utf-8"), re.MULTILINE,
        )
    ]  # fmt: skip
    assert len(names) == len(set(names)) > 10
