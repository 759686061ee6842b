"""The map (docs/map.md) names every room and file of the package, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import house

ROOT = Path(__file__).parent.parent
MAP = ROOT.joinpath("docs", "map.md").read_text("utf-8")
CONTRIBUTING = ROOT.joinpath("CONTRIBUTING.md").read_text("utf-8")
PACKAGE = ROOT / "lstminspect"

ROOMS = MAP.partition("\n## How to add\n")[0]
BULLET = re.compile(r"^ *- `([^`]+)`:", flags=re.MULTILINE)


def named_files() -> Iterator[str]:
    """The files that the map names, each by its path in the package."""
    starts = [match.start() for match in BULLET.finditer(ROOMS)]
    for start, end in zip(starts, [*starts[1:], len(ROOMS)], strict=True):
        item = re.split(r"\n\n", ROOMS[start:end])[0]
        head, *names = re.findall(r"`([^`\s]+)`", item)
        if not head.endswith("/"):
            yield head
        for name in names if head.endswith("/") else ():
            if name.endswith(".py"):
                yield f"{head}{name}"


def files() -> set[str]:
    """The files of the package; those of a folder that only export are left out."""
    paths = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    return {path for path in paths if path == "__init__.py" or not path.endswith("/__init__.py")}


def test_the_map_names_every_file_and_nothing_else() -> None:
    names = list(named_files())
    # The cells are named by their rule: one file each, as its cell.
    cells = {path for path in files() if path.startswith("cells/")} - {"cells/catalogue.py"}
    missing = files() - cells - set(names)
    assert not missing, f"name these in docs/map.md, each in one line: {sorted(missing)}"
    gone = set(names) - files()
    assert not gone, f"docs/map.md names files that do not exist: {sorted(gone)}"
    assert len(names) == len(set(names))


def test_the_map_lists_the_rooms_from_the_ground_up() -> None:
    heads = [name for name in BULLET.findall(ROOMS) if "/" not in name.rstrip("/")]
    rooms = [name.removesuffix("/").removesuffix(".py") for name in heads]
    arrows = house.of_rooms(house.arrows())
    assert sorted(rooms) == sorted(arrows)
    for number, room in enumerate(rooms):
        late = arrows[room] - set(rooms[:number])
        assert not late, f"{room} imports {sorted(late)}: move it below them in docs/map.md"


def test_how_to_add_names_files_that_exist() -> None:
    table = MAP.partition("\n## How to add\n")[2]
    paths = re.findall(r"`((?:lstminspect|tests|docs)/[\w/.]*)`", table)
    assert len(paths) >= 25
    for path in paths:
        assert ROOT.joinpath(path.replace("NAME.py", "")).exists(), path


def test_the_map_answers_the_questions_of_a_stranger() -> None:
    rows = re.findall(r"^\| (.*\?) \| `lstminspect/(.*)` \|$", CONTRIBUTING, flags=re.MULTILINE)
    assert len(rows) == 20
    assert len({path for _, path in rows}) == 20
    cells = {path for path in files() if path.startswith("cells/")}
    for question, path in rows:
        assert path in files(), question
        assert path in {*named_files(), *cells}, question


def test_the_glossary_is_one_page_of_single_meanings() -> None:
    table = CONTRIBUTING.partition("\n## Glossary\n")[2].partition("\n## ")[0]
    terms = re.findall(r"^\| (.*?) \| .+ \|$", table, flags=re.MULTILINE)[2:]
    assert len(terms) >= 30
    assert len(set(terms)) == len(terms)
