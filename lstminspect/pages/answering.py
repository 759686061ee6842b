"""The one door of the laboratory: a question as JSON, its answer as JSON.

Whoever answers, the Python inside the page or the one of `lstminspect page --serve`, calls it. A
question can name no file and no address: what it holds is read as text, and never run.
"""

from __future__ import annotations

import json
import shlex
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any, NamedTuple

import lstminspect
from lstminspect.errors import (
    EquationError,
    LstmInspectError,
    ModelError,
    OptionError,
    did_you_mean,
    quoted,
)
from lstminspect.models.summary import Model
from lstminspect.pages.inputs import UNSET, as_words, read
from lstminspect.pages.questions import QUESTIONS, Input, Question

__all__ = ["MOST_CHARACTERS", "answer", "table"]

#: Of all texts of a question together.
MOST_CHARACTERS = 1_000_000
#: What a page without a Python of its own does not have, by the name of the package.
ABSENT = {"numpy": "NumPy", "sympy": "SymPy"}
#: Of code that leaves both open, where there are no letters.
USUAL = {"batch": 8, "timesteps": 30}
#: Warnings are those of the whole process, not of a thread.
_ONE_AT_A_TIME = Lock()
#: The name that a cell of the reader's own has, and its file.
OWN = "mycell"


class Asked(NamedTuple):
    """A question that has been read: its entry in the table, and the values that are not unset."""

    question: Question
    values: dict[Input, Any]

    def of(self, part: str) -> dict[str, Any]:
        """The values of one part by their names."""
        return {each.name: value for each, value in self.values.items() if each.part == part}

    def input(self, name: str) -> Input | None:
        """The input called `name`, if the question has one."""
        return next((each for each in self.question.inputs if each.name == name), None)

    def default(self, name: str) -> Any:
        """The default of an input; None where there is no such input."""
        found = self.input(name)
        return found and found.default

    def takes(self, name: str) -> str:
        """The sort of value that an input takes."""
        found = self.input(name)
        return found.takes if found else ""


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

    thing, python = _called(asked)
    return {
        "html": _fragment(thing),
        "text": render(thing),
        "json": json.loads(render(thing, "json")),
        **_drawn(thing, asked.of("picture").get("picture", asked.default("picture"))),
        "command": _command(asked),
        "python": python,
    }


class Made(NamedTuple):
    """A value, and the Python that makes it."""

    value: Any
    text: str


def _called(asked: Asked) -> tuple[Any, str]:
    """The answer, and the lines of Python that give it."""
    call = asked.of("call")
    layer = _layer(asked) if "layer" in asked.question.placed else None
    own = call.pop("size", {})
    placed: list[Made] = []
    for name in asked.question.placed:
        if name == "layer":
            placed += [layer] if layer else []
        elif name in call or asked.default(name) is not None:
            value = call.pop(name, asked.default(name))
            several = value if asked.takes(name) == "words" else [value]
            placed += [Made(each, _literal(each)) for each in several]
    made = _call(asked.question.function, placed, {**call, **own})
    then = asked.of("then")
    methods = {asked.question.then: then} if then else {}
    methods |= {name: {} for name in asked.of("answer")}
    thing, text = made
    for name, options in methods.items():
        thing = getattr(thing, name)(**options)
        text += f".{name}({_keywords(options)})"
    lines = ["import lstminspect as li", ""]
    if "equations" in asked.of("layer"):
        lines.append(f"cell = li.Cell({_literal(asked.of('layer')['equations'])}, name={OWN!r})")
    return thing, "\n".join([*lines, f"print({text})"])


def _layer(asked: Asked) -> Made | None:
    """The layer that is asked about; None where none has to be."""
    values = asked.of("layer")
    if asked.question.alone and not values:
        return None
    equations, cell = values.pop("equations", None), values.pop("cell", None)
    if equations is not None and cell is not None:
        raise OptionError("equations bring their own cell. Leave the name of a cell out.")
    name = "lstm" if cell is None else cell
    own = values.pop("size", {})
    first = Made(name, repr(name))
    if equations is not None:
        first = Made(lstminspect.Cell(equations, name=OWN), "cell")
    return _call("Layer", [first], {**values, **own})


def _call(function: str, placed: Sequence[Made], named: Mapping[str, Any]) -> Made:
    """A call of a public function."""
    called: Any = lstminspect
    for name in function.split("."):
        called = getattr(called, name)
    texts = [*(each.text for each in placed), *([_keywords(named)] if named else [])]
    value = called(*(each.value for each in placed), **named)
    return Made(value, f"li.{function}({', '.join(texts)})")


def _keywords(named: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_literal(value)}" for name, value in named.items())


def _literal(value: Any) -> str:
    """A value as Python writes it, a text of several lines between three quotes."""
    if not isinstance(value, str) or "\n" not in value or '"""' in value or "\\" in value:
        return repr(value)
    if value.endswith('"') or not all(each.isprintable() or each == "\n" for each in value):
        return repr(value)
    return f'"""\\\n{value}"""'


def _command(asked: Asked) -> str:
    """The same as a command line of a shell; a text of several lines is its pipe, or a file."""
    words, options, before, pipe = ["lstminspect", *asked.question.words], [], "", ""
    for each, value in asked.values.items():
        if each.part == "picture":
            continue
        if each.name == "equations":
            before = f"cat > {OWN}.txt {_here(value)}\n"
            options += ["--equations", f"{OWN}.txt"]
            continue
        found = as_words(each, value)
        if each.option == "":
            words += found
        else:
            options += found
        if found[-1] == "-":
            pipe = f" {_here(value)}"
    return f"{before}{shlex.join([*words, *options])}{pipe}"


def _here(text: str) -> str:
    """A text as a here-document, which ends at a line that the text does not have."""
    lines = text.removesuffix("\n").split("\n")
    end = "END"
    while end in lines:
        end += "_"
    return "\n".join([f"<<'{end}'", *lines, end])


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
