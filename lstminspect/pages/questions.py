"""The questions of the laboratory: one table, from which it makes its forms, calls and commands.

A question is a public function, and what is asked for it. Its texts stand in `assets/lab_en.json`.
"""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

from lstminspect import cells, conventions
from lstminspect.costs.cost import DTYPES
from lstminspect.layer import MERGE_MODES, OPTIONS
from lstminspect.models.patterns import PATTERNS
from lstminspect.names import LanguageName, StartName
from lstminspect.teaching.quiz.worksheet import CELLS, DIFFICULTIES, TOPICS
from lstminspect.views.report import PICTURES

__all__ = ["FORMS", "QUESTIONS", "Input", "Question"]

#: The languages of a layer's code, and the weights to start from: their tables need NumPy.
LANGUAGES, STARTS = get_args(LanguageName), get_args(StartName)

#: What an input can take, and what a form shows for it.
FORMS = {
    "text": "lines",  # Lines of text, which the command line takes as a file or a pipe.
    "word": "line",
    "whole": "line",  # A whole number.
    "size": "line",  # A whole number, or a letter.
    "number": "line",
    "bytes": "line",  # Bytes, such as 256K.
    "range": "line",  # Whole numbers, such as 1,5 or 1:10 or 16:256:16.
    "shape": "line",  # Sizes, such as 30,8 or None,8.
    "sizes": "line",  # Names and whole numbers, such as projection=16.
    "words": "line",  # Words with commas between them, each an argument.
    "flag": "box",
    "choice": "list",
    "mode": "list",  # A choice in which "none" is Python's None.
    "choices": "boxes",
}


class Input(NamedTuple):
    """One thing that is asked for: a keyword of the function, what it takes, and its default.

    `part` says whose keyword it is: of the "layer" that is passed first, of the "call", of the
    method that is called "then", or of the "picture"; of the "answer" it is such a method itself.
    `option` is its name on the command line, if that is another; an empty one is a word there
    without an option.
    """

    name: str
    takes: str
    default: Any = None
    choices: tuple[str, ...] = ()
    part: str = "call"
    option: str | None = None
    #: True if nothing can be answered without it.
    needed: bool = False
    #: Shown at once; the others on demand.
    first: bool = False


class Question(NamedTuple):
    """A question: the public function that answers it, its inputs, and the words of its command.

    The inputs in `placed` are passed without their names, in this order; "layer" is the Layer that
    the inputs of that part make; `alone` says that there is none if none of these is given. `then`
    is a method of the answer that is called at last; `needs` are the packages that it cannot be
    answered without.
    """

    function: str
    inputs: tuple[Input, ...]
    example: dict[str, Any]
    words: tuple[str, ...] = ()
    placed: tuple[str, ...] = ()
    then: str = ""
    needs: tuple[str, ...] = ()
    alone: bool = False


CELL = Input("cell", "choice", "lstm", cells.names(), "layer", first=True)
NAMED = CELL._replace(part="call", option="", default=None, needed=True)
EQUATIONS = Input("equations", "text", None, (), "layer", first=True)
PICTURE = Input("picture", "choice", None, PICTURES, "picture")
#: What the options of a layer take, where a form has something of its own for it.
TAKES = {"mode": "mode", "framework": "choice", "function": "word", "bound": "number"}
TAKES |= {"size": "size", "number": "whole", "flag": "flag"}
MODES = tuple(str(mode).lower() for mode in MERGE_MODES)
ONCE = ("units", "features", "timesteps", "bidirectional", "return_sequences", "return_state")


def _options(part: str, *without: str) -> tuple[Input, ...]:
    """The options of a layer as inputs, and the sizes that a cell has of its own."""
    choices = {"mode": MODES, "framework": conventions.FRAMEWORKS}
    options = [
        Input(
            option.name, TAKES[option.takes], option.default, choices.get(option.takes, ()), part,
            first=option.name in ONCE,
        )
        for option in OPTIONS
    ]  # fmt: skip
    inputs = [*options, Input("size", "sizes", None, (), part)]
    return tuple(each for each in inputs if each.name not in without)


CONVENTION = Input("convention", "choice", None, conventions.EVERY)
DTYPE = Input("dtype", "choice", "float32", tuple(DTYPES))
#: Options of a layer that change no count.
UNCOUNTED = (
    "timesteps", "batch", "return_sequences", "return_state", "go_backwards", "stateful",
    "activation", "recurrent_activation", "batch_first",
)  # fmt: skip
LAYER = _options("layer")
OWN_EQUATIONS = """\
r = sigmoid(W_r @ x + U_r @ h + b_r)
u = tanh(W_u @ x + U_u @ (r * h) + b_u)
h = h + r * (u - h)
"""
CODE = """\
model = keras.Sequential([
    keras.Input((30, 8)),
    keras.layers.LSTM(64, return_sequences=True),
    keras.layers.GRU(32),
    keras.layers.Dense(1),
])
"""

QUESTIONS = {
    "layer": Question(
        "report", (CELL, *LAYER, CONVENTION, PICTURE),
        {"cell": "lstm", "units": 64, "features": 3}, (), ("layer",),
    ),
    "equations": Question(
        "report",
        (EQUATIONS._replace(needed=True), *LAYER, CONVENTION, PICTURE._replace(default="cell")),
        {"equations": OWN_EQUATIONS, "units": 64, "features": 3}, (), ("layer",),
    ),
    "code": Question(
        "model",
        (
            Input("source", "text", option="", needed=True, first=True),
            Input("input_shape", "shape"),
            Input("batch", "whole"),
            Input("timesteps", "whole"),
            Input("sizes", "sizes", option="set"),
            CONVENTION,
            Input("weights", "flag", False, part="then"),
            Input("formulas", "flag", False, part="then"),
            Input("costs", "flag", False, part="then", option="cost"),
            DTYPE._replace(part="then"),
        ),
        {"source": CODE}, ("model",), ("source",), "summary",
    ),
    "explain": Question(
        "explain",
        (
            Input("what", "text", option="", needed=True, first=True),
            Input("most", "whole", 12),
            Input("framework", "choice", None, conventions.FRAMEWORKS),
            *(each._replace(first=False) for each in _options("layer", "framework")),
            CELL._replace(default=None, first=False),
        ),
        {"what": "9600"}, ("explain",), ("what", "layer"), alone=True,
    ),
    "compare": Question(
        "compare",
        (
            Input("cells", "words", option="", needed=True, first=True),
            Input("parameters", "whole", first=True),
            Input("nearest", "flag", False),
            CONVENTION, DTYPE,
            *_options("call", "go_backwards", "stateful", "activation", "recurrent_activation",
                      "batch_first"),
            PICTURE._replace(choices=("curves", "weights")),
        ),
        {"cells": "lstm,gru,min_gru", "units": 64, "features": 3}, ("compare",), ("cells",),
    ),
    "solve": Question(
        "solve",
        (
            Input("parameters", "whole", needed=True, first=True),
            CELL._replace(part="call"),
            CONVENTION,
            Input("find", "word", "units"),
            *_options("call", *UNCOUNTED),
        ),
        {"parameters": 17408, "features": 3}, ("solve",),
    ),
    "worksheet": Question(
        "quiz",
        (
            Input("seed", "whole", 0, first=True),
            Input("questions", "whole", 10, first=True),
            Input("topics", "choices", None, tuple(TOPICS)),
            Input("difficulty", "choice", "medium", tuple(DIFFICULTIES)),
            Input("cells", "choices", None, tuple(dict.fromkeys(CELLS))),
            Input("framework", "choice", None, ("keras", "pytorch")),
            Input("title", "word", ""),
            Input("version", "word"),
            Input("without_key", "flag", False, part="answer", option="no_answers"),
            Input("key_only", "flag", False, part="answer", option="key"),
        ),
        {"seed": 7, "questions": 5}, ("quiz",),
    ),
    "cell": Question(
        "cells.get", (NAMED._replace(name="name"),),
        {"name": "gru"}, ("cells",), ("name",),
    ),
    "cells": Question(
        "cells.search",
        (
            Input("text", "word", "", option="search", first=True),
            Input("tag", "choice", None, tuple(cells.TAGS), first=True),
            Input("year", "word", first=True),
        ),
        {"text": "cho"}, ("cells",), ("text",),
    ),
    "cost": Question(
        "cost",
        (CELL, EQUATIONS._replace(first=False), *LAYER, CONVENTION,
         Input("lengths", "range")),
        {"units": 64, "features": 3, "timesteps": 30, "batch": 8}, ("--cost",), ("layer",),
    ),
    "fits": Question(
        "fits",
        (
            Input("flash", "bytes", first=True),
            Input("ram", "bytes", first=True),
            DTYPE._replace(default="int8"),
            CELL, EQUATIONS._replace(first=False), *_options("layer", "batch_first"),
        ),
        {"flash": "256K", "ram": "64K", "units": 64, "features": 3}, ("fits",), ("layer",),
    ),
    "window": Question(
        "window",
        (
            Input("steps", "range", None, needed=True, first=True),
            CELL, EQUATIONS._replace(first=False),
            *_options("layer", *UNCOUNTED, "output_activation", "clip"),
        ),
        {"steps": "1,5,10,30,100", "units": 64, "features": 3}, ("window",), ("layer", "steps"),
    ),
    "patterns": Question(
        "patterns",
        (Input("name", "choice", None, tuple(each.name for each in PATTERNS), option="",
               first=True),),
        {"name": "many-to-one"}, ("patterns",), ("name",),
    ),
    "symbols": Question(
        "symbols",
        (
            NAMED,
            Input("other", "choice", None, cells.names(), option="", first=True),
            CONVENTION,
            *_options("call", *UNCOUNTED, "units", "features", "output_activation", "size"),
        ),
        {"cell": "lstm", "other": "gru"}, ("symbols",), ("cell", "other"), needs=("sympy",),
    ),
    "memory": Question(
        "memory",
        (
            CELL, EQUATIONS._replace(first=False),
            *_options("layer", "batch", "return_sequences", "return_state", "go_backwards",
                      "stateful", "bidirectional", "merge_mode", "layers", "batch_first"),
            Input("start", "choices", None, STARTS),
            Input("seeds", "whole", 5),
        ),
        {"units": 16, "features": 3, "timesteps": 30}, ("memory",), ("layer",), needs=("numpy",),
    ),
    "export": Question(
        "export",
        (
            Input("to", "choice", None, LANGUAGES, needed=True, first=True),
            CELL, EQUATIONS._replace(first=False),
            *_options("layer", "timesteps", "batch", "return_sequences", "return_state",
                      "stateful", "batch_first", "framework", "merge_mode", "bidirectional",
                      "layers", "go_backwards"),
            DTYPE._replace(choices=("float32", "float64")),
            Input("name", "word", option="called"),
        ),
        {"to": "c", "units": 16, "features": 3}, ("export",), ("layer", "to"), needs=("numpy",),
    ),
}  # fmt: skip
