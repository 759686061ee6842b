"""README, examples and benchmarks say and do what is true."""

from __future__ import annotations

import doctest
import json
import re
import runpy
import shlex
import sys
from pathlib import Path

import pytest

import lstminspect
from lstminspect.cli.main import main

ROOT = Path(__file__).parent.parent
README = ROOT.joinpath("README.md").read_text("utf-8")
EXAMPLES = sorted(ROOT.joinpath("examples").glob("*.py"))


def blocks(kind: str) -> list[str]:
    found = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    return [text for name, text in found if name == kind]


def test_the_console_of_the_readme_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    consoles = blocks("console")
    assert consoles
    for console in consoles:
        line, _, expected = console.partition("\n")
        assert main(shlex.split(line.removeprefix("$ lstminspect "))) == 0
        assert capsys.readouterr().out == expected


def test_the_python_of_the_readme_runs() -> None:
    text = "\n".join(blocks("python"))
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    test = parser.get_doctest(text, {}, "README", "README.md", 0)
    assert len(test.examples) >= 8
    assert runner.run(test).failed == 0


def test_the_command_lines_of_the_readme_work(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for block in blocks("") for line in block.splitlines()]
    lines = [re.split(r"   +", line)[0] for line in lines if line.startswith("lstminspect --units")]
    lines += ["lstminspect --cell gru --units 32 --features 16 --bidirectional --no-reset-after"]
    assert len(lines) >= 5
    for line in lines:
        assert main(shlex.split(line)[1:]) == 0
        assert capsys.readouterr().out


def test_the_two_commands_stand_in_the_readme() -> None:
    assert "pip install . && lstminspect --units 64 --features 3\n" in README
    assert "pip install -e '.[test]' && pytest\n" in README
    assert "pip install -e '.[test]' && pytest\n" in ROOT.joinpath(".ci/run").read_text("utf-8")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = path.read_text("utf-8")
    for package in ("keras", "torch"):
        if re.search(rf"'lstminspect\[.*{package}.*\]'", text):
            pytest.importorskip(package)
    runpy.run_path(str(path), run_name="__main__")
    assert capsys.readouterr().out


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5


def test_the_changelog_knows_this_version() -> None:
    assert f"## {lstminspect.__version__} (" in ROOT.joinpath("CHANGELOG.md").read_text("utf-8")


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
