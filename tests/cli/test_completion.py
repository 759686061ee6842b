"""The completion of every shell that is there, run in that shell."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from lstminspect.cli.catalogue import COMMANDS
from lstminspect.cli.commands import completion
from lstminspect.cli.main import main

#: What is typed before the tabulator, and what it completes to: all that begins so.
TYPED = {
    "lstminspect ce": ["cells"],
    "lstminspect com": ["compare", "completion"],
    "lstminspect cells peep": ["peephole", "peephole_full"],
    "lstminspect compare lstm cif": ["cifg", "cifg_peephole"],
    "lstminspect symbols lstm clock": ["clockwork"],
    "lstminspect --cell cif": ["cifg", "cifg_peephole"],
    "lstminspect --units 64 --features 3 --convention pyt": ["pytorch"],
    "lstminspect cells --format js": ["json"],
    "lstminspect sweep --format jsonl --bi": ["--bidirectional"],
    "lstminspect sweep --batc": [],
    "lstminspect explain return_st": ["return_state"],
    "lstminspect patterns many-to-o": ["many-to-one"],
    "lstminspect completion f": ["fish"],
}


def script(shell: str, folder: Path) -> Path:
    path = folder / f"completion.{shell}"
    assert main(["completion", shell, "-o", str(path)]) == 0
    return path


def in_bash(path: Path, typed: str) -> list[str]:
    words = shlex.join(typed.split(" "))
    code = (
        f"source {path}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
        '_shtab_lstminspect; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    return run(["bash", "--norc", "-c", code])


def in_fish(path: Path, typed: str) -> list[str]:
    lines = run(["fish", "--no-config", "-c", f"source {path}; complete -C {shlex.quote(typed)}"])
    return [line.partition("\t")[0] for line in lines]


def in_zsh(path: Path, typed: str) -> list[str]:
    """The last word of the line after the tabulator: zsh completes in its line editor alone."""
    import pty

    parent, child = pty.openpty()
    environment = {**os.environ, "TERM": "dumb"}
    with subprocess.Popen(
        ["zsh", "-f", "-i"], stdin=child, stdout=child, stderr=child, env=environment
    ) as process:
        os.close(child)
        lines = (
            f'autoload -Uz compinit; compinit -u -d {path}.dump; eval "$(<{path})"',
            'lstminspect() { print -r -- "<$*>" }; print -r -- re""ady',
        )
        os.write(parent, "".join(f"{line}\n" for line in lines).encode())
        until(parent, "ready")
        os.write(parent, f"{typed}\t\n".encode())
        answer = until(parent, ">\r")
        process.kill()
    os.close(parent)
    return [re.findall(r"<.*?([^ <]*) ?>", answer)[-1]]


def until(parent: int, mark: str) -> str:
    text = ""
    while mark not in text:
        text += os.read(parent, 4096).decode()
    return text


def run(command: list[str]) -> list[str]:
    environment = {**os.environ, "TERM": "dumb"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    return [line for line in done.stdout.splitlines() if line]


def shared(words: list[str]) -> str:
    """The beginning that all of `words` have."""
    letters = [set(each) for each in zip(*words, strict=False)]
    ends = [at for at, each in enumerate(letters) if len(each) > 1]
    return words[0][: min([*ends, len(letters)])] if words else ""


SHELLS = {"bash": in_bash, "zsh": in_zsh, "fish": in_fish}
THERE = [shell for shell in SHELLS if shutil.which(shell)]


@pytest.mark.parametrize("typed", TYPED)
@pytest.mark.parametrize("shell", THERE)
def test_the_tabulator_completes_what_is_typed(shell: str, typed: str, tmp_path: Path) -> None:
    found = SHELLS[shell](script(shell, tmp_path), typed)
    expected = TYPED[typed]
    if shell == "zsh":  # It completes as far as all of them agree.
        expected = [shared(expected) or typed.split(" ")[-1]]
    assert sorted(set(found)) == expected


def test_every_name_that_is_completed_is_an_argument_of_a_command() -> None:
    there = set()
    for command in ("count", *COMMANDS):
        for action in import_module(f"lstminspect.cli.commands.{command}").arguments()._actions:
            there |= {action.dest, f"{command} {action.dest}"}
    assert set(completion.VALUES) | set(completion.FILES) <= there


def test_every_option_that_names_something_has_its_names_completed() -> None:
    for command in ("count", *COMMANDS):
        for action in import_module(f"lstminspect.cli.commands.{command}").arguments()._actions:
            if action.metavar in ("NAME", "CELL", "MODE") and action.help != argparse.SUPPRESS:
                known = {action.dest, f"{command} {action.dest}"} & set(completion.VALUES)
                assert known or action.dest == "format", f"{command} {action.dest}"


def test_an_unknown_shell_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bsh"]) == 2
    assert "no completion for 'bsh'. Did you mean 'bash'?" in capsys.readouterr().err


def test_without_shtab_the_next_step_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = __import__("importlib.util").util.find_spec
    missing = lambda name, *more: None if name == "shtab" else real(name, *more)  # noqa: E731
    monkeypatch.setattr("lstminspect.optional.find_spec", missing)
    monkeypatch.delitem(sys.modules, "shtab", raising=False)
    assert main(["completion", "bash"]) == 2
    expected = "lstminspect: completion needs shtab: pip install 'lstminspect[completion]'\n"
    assert capsys.readouterr().err == expected
