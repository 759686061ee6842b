"""LaTeX: every answer compiled by pdflatex, in one run, and nothing off the page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from answers import ANSWERS, answer

import lstminspect as li
from lstminspect import Cell, Layer, render, report

OWN = Cell("keep_all = sigmoid(W_keep_all @ x)\nh = keep_all * h", name="<b>&|_^~\\Σü中└\"'`")
#: More that has to compile: the whole catalogue, every cell, signs that TeX does not know.
MORE = {
    "catalogue": lambda: [li.cells.get(name) for name in li.cells.names()],
    **{f"cell {name}": lambda name=name: li.cells.get(name) for name in li.cells.names()},
    "own cell": lambda: OWN,
    "own layer": lambda: report(Layer(OWN, units="β", features="ü")),
    "key": lambda: li.quiz(seed=3, questions=40).key_only(),
    "stack": lambda: report(Layer("gru", "u", "f", bidirectional=True, layers=3), "pytorch"),
    "error": lambda: li.explain('expected ndim=3, found ndim=2. Got <"≥ 中">'),
}
EVERY = {**{name: lambda name=name: answer(name) for name in ANSWERS}, **MORE}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pdflatex says of one document with every answer; a page of its own for each."""
    if shutil.which("pdflatex") is None and not os.environ.get("CI"):
        pytest.skip("no pdflatex")
    folder = tmp_path_factory.mktemp("latex")
    texts = []
    for name, make in EVERY.items():
        # `\write` waits for the page that it stands on.
        text = re.sub(
            r"(\\subsection\*\{.*\}\n\n\\noindent)",
            r"\1\\write16{TABLE \\thepage}",
            render(make(), "latex"),
        )
        texts += [rf"\typeout{{ANSWER {name}.}}\write16{{PAGE \thepage}}", text, r"\clearpage"]
    body = "\n".join(texts)
    document = f"\\documentclass{{article}}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (folder / "all.tex").write_text(document, "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "all.tex"]
    environment = {**os.environ, "max_print_line": "1000"}
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return (folder / "all.log").read_text("utf-8", "replace")


def by_answer(log: str) -> dict[str, str]:
    """The lines of the log that belong to each answer."""
    _, *pieces = re.split(r"^ANSWER (.*)\.$", log, flags=re.M)
    return dict(zip(pieces[::2], pieces[1::2], strict=True))


def test_every_answer_compiles(log: str) -> None:
    assert set(by_answer(log)) == set(EVERY)
    for name, lines in by_answer(log).items():
        assert re.findall(r"^! .*\n.*\n.*", lines, re.M) == [], name
        assert re.findall("Missing character.*", lines) == [], name
    assert "Output written on all.pdf" in log


def test_nothing_is_off_the_page(log: str) -> None:
    wide = {
        name: found
        for name, lines in by_answer(log).items()
        if (found := [each for each in re.findall(r"Overfull .*", lines) if points(each) > 10])
    }
    assert wide == {}


def points(line: str) -> float:
    """How far something stands out, in points."""
    found = re.search(r"\(([0-9.]+)pt", line)
    assert found, line
    return float(found[1])


def test_the_first_table_of_the_catalogue_begins_on_the_first_page(log: str) -> None:
    lines = by_answer(log)["catalogue"]
    (page,) = re.findall(r"PAGE (\d+)", lines)
    assert re.findall(r"TABLE (\d+)", lines) == [page]


def test_a_long_table_is_split_and_keeps_every_row() -> None:
    text = render(MORE["catalogue"](), "latex")
    assert text.count(r"\begin{tabular}") > 1
    assert text.count(r"\begin{tabular}") * 3 == text.count(r"\hline")
    for name in li.cells.names():
        assert name.replace("_", r"\_") in text
