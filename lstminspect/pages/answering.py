"""The one door of the laboratory: a question as JSON, its answer as JSON.

Whoever answers, the Python inside the page or the one of `lstminspect page --serve`, calls it. A
question can name no file and no address: what it holds is read as text, and never run.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

from lstminspect.errors import (
    EquationError,
    LstmInspectError,
    ModelError,
    OptionError,
    did_you_mean,
    quoted,
)
from lstminspect.models.summary import Model
from lstminspect.pages.calling import Asked, called, command_of
from lstminspect.pages.inputs import UNSET, read
from lstminspect.pages.questions import QUESTIONS

__all__ = ["MOST_CHARACTERS", "answer", "table"]

#: Of all texts of a question together.
MOST_CHARACTERS = 1_000_000
#: What a page without a Python of its own does not have, by the name of the package.
ABSENT = {"numpy": "NumPy", "sympy": "SymPy"}
#: Of code that leaves both open, where there are no letters.
USUAL = {"batch": 8, "timesteps": 30}
#: Warnings are those of the whole process, not of a thread.
_ONE_AT_A_TIME = Lock()


def answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a question of the laboratory, as names and values that JSON can hold.

    `question` has an entry `about`, the name of a question in the table, and one for each input
    that is not left at its default; numbers may be texts, as a form has them. The answer has
    `html` (elements for a page), `text`, `json`, `svg` and its `picture` in words where
    there is one, `warnings`, and the same as a `command` and as `python`. For a question that
    cannot be answered it has `error`: the `message`, and, where the fault has a place in a text,
    `line`, `column`, and the lines `shown` with the caret.

    >>> found = answer({"about": "layer", "cell": "gru", "units": "32", "features": "16"})
    >>> found["command"], found["json"]["parameters"]
    ('lstminspect --cell gru --units 32 --features 16', 4800)
    >>> answer({"about": "equations", "equations": "h = tanh(W_h @ y)"})["error"]["column"]
    16
    """
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        try:
            found = _answered(_asked(question))
        except LstmInspectError as error:
            found = _refused(error)
        except ModuleNotFoundError as error:
            if error.name not in ABSENT:
                raise
            found = _without(error.name, question)
        except RecursionError:
            message = "the text is nested too deeply to be read. Give a simpler one."
            found = {"error": {"message": message}}
    return {**found, "warnings": [str(each.message) for each in caught]}


def table() -> dict[str, Any]:
    """The questions with their inputs, from which the page makes its forms, as JSON holds them."""
    return {
        name: {
            "inputs": [each._asdict() for each in question.inputs],
            "example": question.example,
            "needs": question.needs,
        }
        for name, question in QUESTIONS.items()
    }


def _asked(question: Mapping[str, Any]) -> Asked:
    """The question, its values checked. Raises OptionError for a name that is not in the table."""
    if not isinstance(question, Mapping):
        raise OptionError(f"a question is an object with names, got {quoted(question)}.")
    if sum(len(text) for text in question.values() if isinstance(text, str)) > MOST_CHARACTERS:
        most = f"a question has at most {MOST_CHARACTERS:,} characters"
        raise OptionError(f"{most}. Give the part that matters.")
    given = {str(name): value for name, value in question.items() if name != "about"}
    about = question.get("about")
    if not isinstance(about, str) or about not in QUESTIONS:
        near = did_you_mean(about, QUESTIONS) if isinstance(about, str) else ""
        names = ", ".join(QUESTIONS)
        raise OptionError(f"no question about {quoted(about)}.{near} There are {names}.")
    known = {each.name: each for each in QUESTIONS[about].inputs}
    for name in given:
        if name not in known:
            near = did_you_mean(name, known)
            raise OptionError(f"a question about {about} has no {quoted(name)}.{near}")
    values = {each: read(each, given[name]) for name, each in known.items() if name in given}
    values = {each: value for each, value in values.items() if value is not UNSET}
    for name, each in known.items():
        if each.needed and each not in values:
            raise OptionError(f"{name} is missing. A question about {about} needs it.")
    return Asked(QUESTIONS[about], values)


def _answered(asked: Asked) -> dict[str, Any]:
    """The answer as it is shown, and the same as a command and as Python."""
    from lstminspect.views.render import render

    thing, python = called(asked)
    return {
        "html": _fragment(thing),
        "text": render(thing),
        "json": json.loads(render(thing, "json")),
        **_drawn(thing, asked.of("picture").get("picture", asked.default("picture"))),
        "command": command_of(asked),
        "python": python,
    }


def _drawn(thing: Any, what: str | None) -> dict[str, Any]:
    """The picture of an answer, and what it shows in words; nothing where there is none."""
    from lstminspect.views.render import picture_of

    try:
        found = picture_of(thing, what)
    except OptionError:
        if what is not None:
            raise
        return {"svg": None, "picture": None}
    return {"svg": found.svg, "picture": {"title": found.title, "description": found.description}}


def _refused(error: LstmInspectError) -> dict[str, Any]:
    """The error, with its place; of a model that shapes stop in, what stands above."""
    message, _, lines = str(error).partition("\n")
    found: dict[str, Any] = {"error": {"message": message}}
    if isinstance(error, EquationError):
        shown = {"message": error.message, "line": error.line, "column": error.column}
        found["error"] = {**shown, "shown": lines}
    elif isinstance(error, ModelError):
        above = [error.model if isinstance(error.model, Model) and error.model.rows else None]
        found["html"] = "\n".join(map(_fragment, filter(None, [*above, error.explanation])))
    return found


def _fragment(thing: Any) -> str:
    from lstminspect.views.formats.html import fragment
    from lstminspect.views.render import view_of

    view, inner = view_of(thing)
    return fragment(view.document(inner))


def _without(package: str, question: Mapping[str, Any]) -> dict[str, Any]:
    """The answer where a package is absent: with numbers for open axes, or the reason for none."""
    if package == "sympy" and question["about"] == "code" and not question.keys() & USUAL.keys():
        with suppress(ModuleNotFoundError, LstmInspectError):
            found = _answered(_asked({**question, **USUAL}))
            sizes = " and ".join(f"{name}={value}" for name, value in USUAL.items())
            warnings.warn(
                f"The code leaves its batch and its time steps open: {sizes} are taken here. "
                "Neither changes a count. Give your own among the options.",
                stacklevel=2,
            )
            return found
    needs = f"this answer needs {ABSENT[package]}"
    if package == "sympy" and question["about"] != "symbols":
        needs = (
            "a size is open, or a letter. Give a number for it, for code by input_shape or sizes. "
            "Letters need SymPy"
        )
    message = (
        f"{needs}, which the Python inside this page does not have. Run `lstminspect page "
        "--serve`, which opens the same page with the Python of your computer."
    )
    return {"error": {"message": message}}
