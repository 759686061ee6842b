"""A question of the laboratory as a call: its value, and the same as Python and as a command."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import lstminspect
from lstminspect.errors import OptionError
from lstminspect.pages.inputs import as_words
from lstminspect.pages.questions import Input, Question

__all__ = ["Asked", "called", "command_of"]

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


class Made(NamedTuple):
    """A value, and the Python that makes it."""

    value: Any
    text: str


def called(asked: Asked) -> tuple[Any, str]:
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


def command_of(asked: Asked) -> str:
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
