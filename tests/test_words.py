"""Retired words stay out of docstrings, messages, help and documents, and out of names."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import house
import pytest

ROOT = Path(__file__).parent.parent

OPENING = r"\A(?:What|Whether|How)\b"
EXAMPLE = r"[`(-]|[\w.]+ = |\w+ @|\w+ \* |$"
VALUE = r"\d|\w+=|256K\b|64K\b|relu\b|hard_sigmoid\b"
MANY = "networks|bias|biases|row|column|rule|arrays|activations|operations|box|one"
EACH = "step|time step|gate|unit|kind|direction|layer|cell|item|configuration|line|sequence|entry"

#: Each idiom, and what to write in its place: English for those who learned it later.
IDIOMS = {
    OPENING: "a noun or an imperative verb first",
    r"\banew\b": "again",
    r"\bcalled so\b|\bso called\b": "of that name",
    r"(?<![Tt]here )\b(?:is|are) no (?!longer\b|more\b|less\b|fewer\b)": "is not a",
    rf", as in (?={EXAMPLE})|, as (?={VALUE})": "for example",
    r"\b[Ll]ectur(?:e|es|er)\b": "a published course",
    r"\bturned over\b": "transposed",
    rf"\b(?:{MANY}) a (?:{EACH})\b": "per",
    r"\btold\b(?! otherwise)": "say, show, count or list",
    r"\b[Rr]efusals?\b": "why it is unsupported",
    r"\b[Oo]utlines?\b": "document or view",
    r"\b(?:[Aa]|[Tt]he) layouts?\b|\blayouts\.": "convention",
    r"\bkin\b|\bto and fro\b|\bfor good\b|\bby no means\b|\bin no way\b": "plain words",
    r"\b(?:thus|hence|whence|thereby|albeit|lest|nought|aught|whilst|amongst|wherein)\b": "so",
    r"\bhands? (?:\w+ ){0,3}back\b": "return",
}

#: Names of classes, functions and files that had another meaning, or none for a newcomer.
NAMES = {
    *(
        "Described",
        "Given",
        "Part",
        "Maker",
        "Meaning",
        "Reading",
        "Called",
        "Ref",
        "Stack",
        "Place",
    ),
    *("Told", "Said", "told", "said", "found", "refusal", "outline", "outlines", "kinds", "flow"),
    *("strip", "looks", "ranks", "places", "chance", "beliefs", "layouts"),
}


class Text(NamedTuple):
    """A text that somebody reads: the room it is in, the file, and whether it is a docstring."""

    room: str
    path: str
    text: str
    is_docstring: bool = False


def texts_of_python(source: str, room: str, path: str) -> Iterator[Text]:
    """The docstrings and the other texts of a file that have at least two words."""
    tree = ast.parse(source)
    docstrings = set()
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module(body=[ast.Expr(value=ast.Constant(value=str())) as first, *_])
                | ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str())) as first, *_])
                | ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str())) as first, *_])
            ):
                docstrings.add(first.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            text = " ".join(node.value.split())
            ends = (" " * node.value.startswith(" "), " " * node.value.endswith(" "))
            yield Text(room, path, text.join(ends), node in docstrings)


def texts_of_document(path: Path) -> Iterator[Text]:
    """The prose of a page or of a notebook; what a console prints is in the rooms."""
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        text = "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    text = re.sub(r"^```console\n.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    yield Text(name, name, " ".join(text.split()))


def texts() -> Iterator[Text]:
    for module, path in house.files().items():
        name = path.relative_to(ROOT).as_posix()
        yield from texts_of_python(path.read_text("utf-8"), house.room(module), name)
    for folder in ("examples", "benchmarks"):
        for path in sorted(ROOT.joinpath(folder).glob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            yield from texts_of_python(path.read_text("utf-8"), name, name)
    pages = ["*.md", "docs/**/*.md", "examples/notebooks/*.ipynb"]
    for path in sorted(path for pattern in pages for path in ROOT.glob(pattern)):
        yield from texts_of_document(path)


def idioms(text: Text) -> Iterator[str]:
    """Each idiom in `text`, with its place and what to write."""
    for pattern, instead in IDIOMS.items():
        if pattern == OPENING and not text.is_docstring:
            continue
        for match in re.finditer(pattern, text.text):
            around = text.text[max(0, match.start() - 30) : match.end() + 30]
            yield f"{text.path}: ...{around}... Write: {instead}."


def retired_names(source: str, path: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in NAMES:
            yield f"{path}: {node.name}"


def test_no_retired_idiom_is_read_anywhere() -> None:
    hits = [hit for text in texts() for hit in idioms(text)]
    assert not hits, "\n".join(hits)


def test_nothing_has_a_retired_name() -> None:
    hits = []
    for path in house.files().values():
        name = path.relative_to(ROOT).as_posix()
        assert path.stem not in NAMES, name
        hits += retired_names(path.read_text("utf-8"), name)
    assert not hits


RETIRED = [
    "Write the model anew.",
    "a cell called `name`, or one called so",
    " is no mapping. Give a mapping.",
    "-o needs a file, as in -o answer.svg.",
    "as one equation a line, as in h = tanh(x)",
    "a size of its own, as projection=16",
    "the budget, as 17408 or 1e6",
    "The figures of the lecture.",
    "the matrices are turned over",
    "4 networks a step: i, f, g, o.",
    "Arrays are told by their range.",
    "Every refusal has a place.",
    "The outline of a cell.",
    "The layout of the convention",
    "softmax and its kin",
    "and hence a count",
    "hands its output layer back",
]
PLAIN = [
    "there is no bound", "is no longer known", "batch first, as in Keras", "(as in the paper)",
    "how many numbers a time step holds", "layout must be 0 or 1", "unless told otherwise",
    "ONNX refuses layout=1", "a published course", "the matrix is transposed", "as one of them",
    "What it costs",
]  # fmt: skip


@pytest.mark.parametrize("text", RETIRED)
def test_an_idiom_is_seen(text: str) -> None:
    assert list(idioms(Text("", "", text)))


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_are_no_false_alarm(text: str) -> None:
    assert not list(idioms(Text("", "", text)))


@pytest.mark.parametrize("first", ["What", "Whether", "How"])
def test_the_first_word_of_a_docstring_is_seen(first: str) -> None:
    source = f'def f():\n    """{first} it is."""\n    return "{first} it is."\n'
    hits = [hit for text in texts_of_python(source, "", "f.py") for hit in idioms(text)]
    assert len(hits) == 1


def test_every_idiom_has_an_example_and_a_name_is_seen() -> None:
    for pattern in IDIOMS:
        assert pattern == OPENING or any(re.search(pattern, text) for text in RETIRED)
    assert list(retired_names("class Maker:\n    def told(self): ...\n", ""))
