"""LaTeX: every answer compiled by pdflatex, in one run, and nothing off the page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from answers import ANSWERS, answer

import lstminspect as li
from lstminspect import Cell, Layer, OptionError, render, report
from lstminspect.answer import Table
from lstminspect.views.formats.latex_table import Setting, set_table

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
#: Answers with tables, as they stand in a paper.
PAPER = (
    "equal_budgets",
    "side_by_side",
    "sweep",
    "solutions",
    "letters",
    "cell",
    "catalogue",
    "cost",
)
EVERY = {**{name: lambda name=name: answer(name) for name in ANSWERS}, **MORE}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pdflatex says of one document with every answer; a page of its own for each."""
    texts = []
    for name, make in EVERY.items():
        # `\write` waits for the page that it stands on.
        text = re.sub(
            r"(\\subsection\*\{.*\}\n\n\\noindent)",
            r"\1\\write16{TABLE \\thepage}",
            render(make(), "latex"),
        )
        texts += [rf"\typeout{{ANSWER {name}.}}\write16{{PAGE \thepage}}", text, r"\clearpage"]
    return compiled(texts, tmp_path_factory.mktemp("latex"))


@pytest.fixture(scope="module")
def log_of_a_paper(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same of the fragments with captions, and with booktabs."""
    texts = []
    for name in PAPER:
        text = render(
            EVERY[name](), "latex", fragment=True, caption="50 % & _", label=f"tab:{name}"
        )
        texts += [rf"\typeout{{ANSWER {name}.}}", text, r"\clearpage"]
    return compiled(texts, tmp_path_factory.mktemp("paper"), r"\usepackage{booktabs}")


def compiled(texts: list[str], folder: Path, preamble: str = "") -> str:
    """The log of pdflatex for a document of these texts."""
    if shutil.which("pdflatex") is None and not os.environ.get("CI"):
        pytest.skip("no pdflatex")
    body = "\n".join(texts)
    begin = f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}"
    document = f"{begin}\n{body}\n\\end{{document}}\n"
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
    text = render(MORE["catalogue"](), "latex").replace(r"\allowbreak{}", "")
    assert text.count(r"\begin{tabular}") > 1
    assert text.count(r"\begin{tabular}") == text.count("\n\\midrule\n")
    for name in li.cells.names():
        assert name.replace("_", r"\_") in text


def test_a_word_wider_than_its_column_may_be_broken_at_underscores() -> None:
    row = ("UNIDIRECTIONAL_SEQUENCE_LSTM in a_kernel", "is so " * 30, "why " * 30)
    table = Table("kernels", ("runtime", "what", "why"), [row])
    text = set_table(table, Setting(), 0)
    assert r"UNIDIRECTIONAL\_\allowbreak{}SEQUENCE\_\allowbreak{}LSTM in a\_kernel" in text


def test_the_fragments_of_a_paper_compile(log_of_a_paper: str) -> None:
    assert set(by_answer(log_of_a_paper)) == set(PAPER)
    assert re.findall(r"^! .*", log_of_a_paper, re.M) == []
    assert [each for each in re.findall(r"Overfull .*", log_of_a_paper) if points(each) > 10] == []
    assert "multiply defined" not in log_of_a_paper
    assert "Output written on all.pdf" in log_of_a_paper


def test_a_fragment_has_no_heading_and_no_sentence() -> None:
    whole = render(answer("equal_budgets"), "latex")
    part = render(answer("equal_budgets"), "latex", fragment=True)
    assert r"\section" in whole
    assert "The budget is" in whole
    assert r"\section" not in part
    assert r"\subsection" not in part
    assert "The budget is" not in part
    assert part.count(r"\begin{tabular}") == whole.count(r"\begin{tabular}") == 2


def test_each_table_below_a_caption_floats_with_a_label_of_its_own() -> None:
    text = answer("equal_budgets").to_latex(caption="50 % of x_1", label="tab:cells")
    assert re.findall(r"\\(?:caption|label)\{.*\}", text) == [
        r"\caption{50 \% of x\_1}",
        r"\label{tab:cells}",
        r"\caption{50 \% of x\_1: formulas}",
        r"\label{tab:cells-2}",
    ]
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 2


def test_a_table_that_is_split_goes_on_below_its_caption() -> None:
    text = render(MORE["catalogue"](), "latex", caption="All cells", label="cells")
    assert text.count(r"\caption{All cells}") == text.count(r"\label{cells}") == 1
    assert text.count(r"\caption{All cells (continued)}") == text.count(r"\begin{tabular}") - 1


def test_a_formula_and_a_count_in_letters_are_mathematics() -> None:
    text = render(li.compare("lstm", "cifg", units="u", features="f"), "latex")
    assert r"$4 \cdot (\mathit{units} \cdot (\mathit{units} + \mathit{features})" in text
    assert "$4 f u + 4 u^{2} + 4 u$" in text
    assert r"$-$0.60 \%" in render(answer("equal_budgets"), "latex")
    long = render(li.compare("lstm", "cifg", units="width", features="f"), "latex")
    assert r"\mathit{width}^{2}" in long


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"label": "x"}, r"label names a table with a caption"),
        ({"caption": ""}, r"caption must be a text, got ''"),
        ({"caption": 3}, r"caption must be a text, got 3"),
        ({"caption": "x", "label": "a b"}, r"label must be a name, got 'a b'"),
        ({"caption": "x", "label": 3}, r"label must be a name, got 3"),
        ({"fragment": "yes"}, r"fragment must be True or False"),
    ],
)
def test_what_is_no_setting_of_a_paper_is_refused(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        render(answer("equal_budgets"), "latex", **setting)


@pytest.mark.parametrize("setting", [{"fragment": True}, {"caption": "x"}, {"label": "x"}])
def test_only_latex_is_set_for_a_paper(setting: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"{next(iter(setting))} is for latex, got csv"):
        render(answer("equal_budgets"), "csv", **setting)


def test_what_has_no_table_has_no_caption_and_no_fragment() -> None:
    prose = li.quiz(seed=7, questions=5)
    with pytest.raises(OptionError, match="no table, so no caption"):
        render(prose, "latex", caption="x")
    with pytest.raises(OptionError, match="no table and no formula"):
        render(prose, "latex", fragment=True)
