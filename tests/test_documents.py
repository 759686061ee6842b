"""README, docs, examples and benchmarks say and do what is true.

`pytest tests/test_documents.py --write-golden` writes the consoles and the pictures again.
"""

from __future__ import annotations

import doctest
import json
import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answers import model_file

import lstminspect
from lstminspect.cli.main import main
from lstminspect.conventions import EQUATIONS, EVERY
from lstminspect.equations.functions import FUNCTIONS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
SITE = ROOT.joinpath("mkdocs.yml").read_text("utf-8")
EXAMPLES = sorted(ROOT.joinpath("examples").glob("*.py"))
FENCE = re.compile(
    r"""^```(\w*)(?: title="([\w.]+)")?\n(.*?)^```$""", flags=re.MULTILINE | re.DOTALL
)
#: Files that the command lines of the pages read, in the folder where a test runs them. A page has
#: files of its own in blocks with a title.
FILES = {
    "mycell.txt": "f = sigmoid(W_f @ x + U_f @ h + b_f)\nh = f * h + (1 - f) * (W_h @ x)\n",
    "model.py": "model = Sequential([Input((5, 10)), LSTM(25), Dense(10)])\n",
}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of one language; a file, which has a title, is none of them."""
    fences = FENCE.findall(page.read_text("utf-8"))
    return [text for name, title, text in fences if name == language and not title]


@pytest.fixture
def folder_of_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, page: Path) -> Path:
    """The folder where the commands of `page` run, with the files that they read."""
    own = {title: text for _, title, text in FENCE.findall(page.read_text("utf-8")) if title}
    for name, text in (FILES | own).items():
        tmp_path.joinpath(name).write_text(text, "utf-8")
    weights = Path(model_file().place).read_bytes()
    tmp_path.joinpath("checkpoint.safetensors").write_bytes(weights)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command_lines(page: Path) -> Iterator[list[str]]:
    """The words of every line of a page that begins with the name of the command."""
    for block in [*blocks(page, ""), *blocks(page, "picture")]:
        for line in block.splitlines():
            command = re.split(r"   +", line)[0]
            if command.startswith("lstminspect "):
                yield shlex.split(command)[1:]


@each_page
@pytest.mark.usefixtures("folder_of_files")
def test_a_console_shows_what_is_printed(
    page: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    write_golden: bool,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")  # A terminal as wide as a page.

    def printed(match: re.Match[str]) -> str:
        language, _, block = match.groups()
        if language != "console":
            return match.group()
        command = block.partition("\n")[0]
        code = main(shlex.split(command.removeprefix("$ lstminspect ")))
        answer, error = capsys.readouterr()
        assert code != 2 or "lstminspect: " in error, command
        return f"```console\n{command}\n{answer}{error if code else ''}```"

    text = page.read_text("utf-8")
    expected = FENCE.sub(printed, text)
    if write_golden:
        page.write_text(expected, "utf-8")
    assert page.read_text("utf-8") == expected


@each_page
def test_the_python_of_a_page_runs(page: Path) -> None:
    code = "\n".join(blocks(page, "python"))
    if "import keras" in code:
        pytest.importorskip("keras")
    if "import torch" in code:
        pytest.importorskip("torch")
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    assert runner.run(parser.get_doctest(code, {}, page.stem, str(page), 0)).failed == 0


@each_page
def test_the_cells_of_a_notebook_show_something(page: Path) -> None:
    names: dict[str, Any] = {}
    for code in blocks(page, "notebook"):
        assert "<table" in making("tables.py")["notebook"](code, names)


@each_page
def test_the_command_lines_of_a_page_work(
    page: Path, capsys: pytest.CaptureFixture[str], folder_of_files: Path, write_golden: bool
) -> None:
    folder_of_files.joinpath("docs/pictures").mkdir(parents=True)
    for words in command_lines(page):
        command, file = words, None
        if ">" in words:
            command, file = words[: words.index(">")], words[-1]
        if words[0] == "validate":
            continue  # They have a test of their own.
        assert main(command) == 0, words
        assert capsys.readouterr().out or "-o" in words or file, words
    for picture in folder_of_files.joinpath("docs/pictures").iterdir():
        stored = ROOT / picture.relative_to(folder_of_files)
        if write_golden:
            stored.parent.mkdir(exist_ok=True)
            stored.write_bytes(picture.read_bytes())
        assert stored.read_text("utf-8") == picture.read_text("utf-8"), picture.name


def test_the_validations_of_the_pages_agree(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("keras")
    lines = [words for page in PAGES for words in command_lines(page) if words[0] == "validate"]
    assert len(lines) >= 3
    for words in lines:
        if "--framework" in words:
            pytest.importorskip("torch")
        few = ["2" if before == "--random" else word for before, word in pairs(words)]
        assert main(few) == 0, words
        assert capsys.readouterr().out


def pairs(words: list[str]) -> list[tuple[str, str]]:
    """Each word with the word before it."""
    return list(zip(["", *words], words, strict=False))


def test_the_pages_have_code_of_every_sort() -> None:
    lines = [words for page in PAGES for words in command_lines(page)]
    assert len(lines) >= 40
    assert len([block for page in PAGES for block in blocks(page, "console")]) >= 3
    assert len([block for page in PAGES for block in blocks(page, "python")]) >= 15


def test_every_picture_is_made_by_a_line_of_a_page() -> None:
    made = {words[-1] for page in PAGES for words in command_lines(page) if "-o" in words}
    stored = {f"docs/pictures/{path.name}" for path in ROOT.joinpath("docs/pictures").iterdir()}
    assert stored
    assert stored <= made


@each_page
def test_a_link_of_a_page_leads_to_something(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
        if re.match(r"https?://", target):
            continue
        name, _, heading = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), flags=re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
            assert heading in slugs, target


def test_the_readme_is_short_and_begins_with_a_picture() -> None:
    lines = README.read_text("utf-8").splitlines()
    assert len(lines) <= 120
    assert lines[2].startswith("![")
    assert lines[2].endswith("(docs/pictures/lstm.svg)")


def test_the_two_commands_stand_in_the_readme() -> None:
    text = README.read_text("utf-8")
    assert "\npip install . && lstminspect --units 64 --features 3\n" in text
    assert "\npip install -e '.[test]' && pytest\n" in text
    assert "\npip install -e '.[test]' && pytest\n" in ROOT.joinpath(".ci/run").read_text("utf-8")


def making(file: str) -> dict[str, Any]:
    """The names of a file that makes the site."""
    sys.path.insert(0, str(DOCS / "making"))
    try:
        return runpy.run_path(str(DOCS / "making" / file))
    finally:
        sys.path.pop(0)


def test_the_table_of_functions_has_every_function_as_it_is_written() -> None:
    rows = re.findall(r"^\| `(.*)` \| (.*) \|$", making("tables.py")["functions"](), re.MULTILINE)
    assert len(rows) == len(FUNCTIONS)
    for (call, meaning), (name, function) in zip(rows, FUNCTIONS.items(), strict=True):
        written, _, numbers = call.removesuffix(")").partition("(v")
        defaults = [number.partition("=")[2] for number in numbers.split(", ")[1:]]
        values = [eval(value) if value else None for value in defaults]
        assert written == name
        assert tuple(values[-len(function.numbers) or len(values) :]) == function.numbers, name
        assert bool(function.meaning) != bool(function.definition), name
        assert meaning.strip("`") == function.definition or meaning == function.meaning


def test_the_table_of_conventions_has_the_order_that_each_framework_documents() -> None:
    rows = making("tables.py")["order_of_gates"]().splitlines()[2:]
    order = {row.split(" | ")[0].strip("|` "): row.split(" | ")[1] for row in rows}
    assert set(order) == set(EVERY) - {EQUATIONS}
    assert order["keras"] == order["pytorch"] == "i, f, g, o"
    assert order["onnx"] == "i, o, f, g"
    assert order["tf1"] == order["haiku"] == "i, g, f, o"
    assert order["openvino"] == "f, i, g, o"
    assert order["flax"] == "one tensor for each"


def test_every_page_has_its_place_in_the_site_and_every_name_is_made() -> None:
    places = re.findall(r"^ +- .*?: (\S+\.md)$", SITE, flags=re.MULTILINE)
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(places) == sorted(pages | {"CONTRIBUTING.md", "CHANGELOG.md"})
    made = {
        name for page in PAGES for name in re.findall(r"<!-- made: (\w+) -->", page.read_text())
    }
    assert made == set(making("tables.py")["MADE"])


def test_every_public_name_has_its_place_in_the_reference() -> None:
    text = "\n".join(path.read_text("utf-8") for path in DOCS.joinpath("api").glob("*.md"))
    assert sorted(re.findall(r"^::: lstminspect\.(\w+)$", text, re.MULTILINE)) == (
        lstminspect.__all__
    )


def test_a_docstring_becomes_markdown_with_blocks_and_links() -> None:
    griffe = pytest.importorskip("griffe")
    as_markdown = making("docstrings.py")["as_markdown"]
    assert griffe
    text = "A layer.\n\nRaises SizeError, see `lstminspect.run` and `Layer`.\n\n>>> 1 + 1\n2"
    assert as_markdown(text) == (
        "A layer.\n\nRaises [SizeError][lstminspect.SizeError], see "
        "[`lstminspect.run`][lstminspect.run] and `Layer`.\n\n```pycon\n>>> 1 + 1\n2\n```"
    )


@pytest.mark.parametrize("page", sorted(DOCS.glob("tasks/*.md")), ids=lambda page: page.stem)
def test_a_task_says_what_is_needed_and_what_can_go_wrong(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.match(r"# .+\n\n\*\*The task\.\*\* (.+\n)+\n\*\*You need\*\* ", text)
    headings = re.findall(r"^## (.*)$", text, flags=re.MULTILINE)
    assert headings[-3:] == ["What you see", "What can go wrong", "Next"]
    assert [title[:2] for title in headings[:-3]] == [
        f"{number}." for number in range(1, len(headings) - 2)
    ]


FETCHED = (
    '<script src="https://unpkg.com/mermaid"></script>',
    "<link rel=stylesheet href=//fonts.example/css>",
    '<img alt="" src="http://a.example/b.png">',
    "@import 'https://a.example/b.css';",
    "src: url(https://a.example/b.woff2)",
)
OWN = (
    '<script src="assets/bundle.js"></script>',
    '<a href="https://arxiv.org/abs/1406.1078">the paper</a>',
    '<link rel="canonical" href="https://a.example/b.html">',
    "background: url(data:image/svg+xml;charset=utf-8,a)",
)


@pytest.mark.parametrize("text", FETCHED + OWN)
def test_the_build_sees_what_a_page_fetches_from_another_site(text: str) -> None:
    pytest.importorskip("mkdocs")
    assert bool(making("hooks.py")["FETCHED"].search(text)) == (text in FETCHED)


def test_the_site_is_built_where_everything_is_tested() -> None:
    assert "mkdocs build --strict" in ROOT.joinpath(".ci/run").read_text("utf-8")


def page_of(name: str) -> str:
    return ROOT.joinpath("docs", f"{name}.md").read_text("utf-8")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = path.read_text("utf-8")
    for package in ("keras", "torch"):
        if re.search(rf"'lstminspect\[.*{package}.*\]'", text):
            pytest.importorskip(package)
    monkeypatch.setattr("sys.argv", [str(path)])
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


def test_the_changelog_and_the_citation_know_this_version() -> None:
    changes = ROOT.joinpath("CHANGELOG.md").read_text("utf-8")
    citation = ROOT.joinpath("CITATION.cff").read_text("utf-8")
    assert (day := re.search(r"^date-released: (.*)$", citation, flags=re.MULTILINE))
    assert f"\nversion: {lstminspect.__version__}\n" in citation
    assert f"\n## {lstminspect.__version__} ({day[1]})\n" in changes


def test_the_benchmark_counts_and_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = runpy.run_path(str(ROOT / "benchmarks" / "answer.py"))
    names = module["main"].__globals__
    names["SIDES"] = (30, 20)
    assert module["count_grid"]() == 600
    figures = dict.fromkeys(module["BARS"], 1.0)
    names["processes"], names["grid"] = lambda _: figures, dict
    monkeypatch.setattr(sys, "argv", ["answer.py", "--json"])
    module["main"]()
    assert set(json.loads(capsys.readouterr().out)["bars"]) == set(module["BARS"])


def test_the_page_of_costs_has_the_counts_of_the_benchmark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The columns of this package; those of other counters need them (see the benchmark)."""
    monkeypatch.setattr(sys, "argv", ["other_counters.py", "--only-here"])
    runpy.run_path(str(ROOT / "benchmarks" / "other_counters.py"), run_name="__main__")
    printed = capsys.readouterr().out.splitlines()
    rows = [line.removesuffix(" |") for line in printed if line.startswith("| `")]
    assert len(rows) == 14
    page = page_of("costs")
    for row in rows:
        assert f"\n{row} |" in page
