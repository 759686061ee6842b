"""What type checkers say of code that uses the package: to mistakes, and to nothing that is right.

`tests/typing/` has both: `accepted.py`, and `mistakes.py`, whose wrong lines are marked.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from mypy import api

import lstminspect as li
from lstminspect import cells, conventions, names
from lstminspect.analysis.curves import AGAINST
from lstminspect.analysis.fit import RUNTIMES
from lstminspect.costs.cost import DTYPES
from lstminspect.exports.export import LANGUAGES
from lstminspect.figures.figure import WHATS
from lstminspect.layer import MERGE_MODES, OPTIONS
from lstminspect.runtime.arguments import EMPTY_STATES, MASKED_OUTPUTS
from lstminspect.synonyms import WORDS
from lstminspect.teaching.quiz.worksheet import DIFFICULTIES, TOPICS
from lstminspect.validation.cases import FRAMEWORKS
from lstminspect.views.render import FORMATS, TESTS
from lstminspect.weights.starts import STARTS

FOLDER = Path(__file__).parent / "typing"
ACCEPTED, MISTAKES = FOLDER / "accepted.py", FOLDER / "mistakes.py"
FILES = [str(ACCEPTED), str(MISTAKES)]
WRONG = {
    (MISTAKES.name, number)
    for number, line in enumerate(MISTAKES.read_text("utf-8").splitlines(), 1)
    if line.endswith("# wrong")
}


def of_pyright() -> set[tuple[str, int]]:
    """The file and the line of each thing that pyright objects to."""
    config = ["-p", str(FOLDER / "basedpyrightconfig.json"), "--outputjson"]
    words = [sys.executable, "-m", "basedpyright", *config, *FILES]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1)
        for each in json.loads(done.stdout)["generalDiagnostics"]
        if each["severity"] == "error"
    }


def of_mypy(folder: Path) -> set[tuple[str, int]]:
    """The file and the line of each thing that mypy objects to."""
    options = ["--strict", "--ignore-missing-imports", f"--cache-dir={folder}", "--config-file="]
    out, error, _ = api.run([*options, *FILES])
    assert not error
    found = re.findall(r"^(.*?):(\d+): error", out, flags=re.MULTILINE)
    return {(Path(file).name, int(line)) for file, line in found}


def test_pyright_finds_every_mistake_and_accepts_what_is_right() -> None:
    assert len(WRONG) >= 25
    assert of_pyright() == WRONG


def test_mypy_finds_every_mistake_and_accepts_what_is_right(tmp_path: Path) -> None:
    assert of_mypy(tmp_path) == WRONG


def test_what_is_accepted_runs() -> None:
    subprocess.run([sys.executable, str(ACCEPTED)], check=True)


LISTS = {
    "AxisName": AGAINST,
    "CellName": cells.names(),
    "ConventionName": conventions.EVERY,
    "FrameworkName": FRAMEWORKS,
    "TermsName": conventions.FRAMEWORKS,
    "DtypeName": DTYPES,
    "FormatName": (*FORMATS, *TESTS),
    "LanguageName": tuple(LANGUAGES),
    "MergeMode": [mode for mode in MERGE_MODES if mode],
    "PictureName": WHATS,
    "MaskedOutput": MASKED_OUTPUTS,
    "EmptyState": EMPTY_STATES,
    "StartName": STARTS,
    "QuizTopic": TOPICS,
    "RuntimeName": RUNTIMES,
    "Difficulty": DIFFICULTIES,
}


@pytest.mark.parametrize("name", LISTS)
def test_a_type_has_the_names_of_its_table(name: str) -> None:
    assert sorted(get_args(getattr(names, name))) == sorted(LISTS[name])


def test_the_options_of_a_layer_are_those_of_its_table() -> None:
    own = {size for name in cells.names() for size in cells.get(name).own_sizes}
    assert set(names.SizesAndWords.__annotations__) == own | {word.name for word in WORDS}
    options = {option.name for option in OPTIONS}
    known = set(names.SizedOptions.__annotations__) - set(names.SizesAndWords.__annotations__)
    assert known == options
    explicit = set(inspect.signature(li.Layer).parameters) - {"cell", "extra", "more"}
    assert explicit == options


def signatures() -> Iterator[tuple[str, inspect.Signature]]:
    for name in li.__all__:
        thing = getattr(li, name)
        if inspect.isfunction(thing):
            yield name, inspect.signature(thing)
        elif inspect.isclass(thing) and not issubclass(thing, Exception):
            for method, value in vars(thing).items():
                public = method in ("__init__", "__call__") or not method.startswith("_")
                written = inspect.isfunction(value) and value.__code__.co_filename != "<string>"
                if public and written:
                    yield f"{name}.{method}", inspect.signature(value)


def test_no_public_parameter_may_be_anything() -> None:
    loose = [
        f"{name}({parameter.name}: {parameter.annotation})"
        for name, signature in signatures()
        for parameter in signature.parameters.values()
        if re.search(r"\b(Any|Quantity)\b", str(parameter.annotation))
    ]
    assert loose == []
    assert len(list(signatures())) > 40


def test_nothing_of_the_types_is_loaded_for_a_count() -> None:
    code = "import sys, lstminspect as li; li.Layer('lstm', 4, 3); assert not {} & set(sys.modules)"
    loaded = "{'lstminspect.names', 'typing_extensions', 'numpy'}"
    subprocess.run([sys.executable, "-c", code.replace("{}", loaded)], check=True)
