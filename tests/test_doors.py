"""Every argument has a door: an odd object is refused with an error of lstminspect's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy
import pytest

import lstminspect as li
from lstminspect.errors import choice, flag, quoted
from lstminspect.sizes import whole


class Hostile:
    """An object that raises when it is shown, compared or hashed."""

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise RuntimeError("it is not to be shown")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("it is not to be compared")


ODD: dict[str, Any] = {
    "an array": numpy.array([1, 2]),
    "an array without axes": numpy.array(3.5),
    "an array of texts": numpy.array(["a", "b"]),
    "an array of two axes": numpy.array([[1, 2], [3, 4]]),
    "an array of objects": numpy.array([None, {}], dtype=object),
    "an array of fields": numpy.array([(1, 2)], dtype=[("a", int), ("b", int)]),
    "an empty array": numpy.zeros(0),
    "nan of numpy": numpy.float64("nan"),
    "nan": float("nan"),
    "infinity": float("inf"),
    "a fraction": 2.5,
    "a negative": -1,
    "zero": 0,
    "5,000 digits": 10**5000,
    "5,000 digits in a text": "9" * 5000,
    "true": True,
    "none": None,
    "complex": 1j,
    "an empty text": "",
    "a lone surrogate": "\ud800",
    "a text with a zero": "x\x00y",
    "bytes": b"x",
    "an empty list": [],
    "a list": [1],
    "a tuple": (1, 2),
    "a range": range(3),
    "an empty mapping": {},
    "a mapping": {"a": 1},
    "a set": {1, "a"},
    "an object": object(),
    "a hostile object": Hostile(),
    "a function": lambda: 1,
    "a class": int,
    "an ellipsis": ...,
}

LAYER = li.Layer("lstm", 3, 2, timesteps=4, batch=2)
WEIGHTS = li.random_weights(LAYER)
X = numpy.zeros((2, 4, 2), numpy.float32)


def swept(chosen: Any, units: Any, features: Any, convention: Any = None) -> list[Any]:
    return list(li.sweep(chosen, units, features, convention))


def compared(one: Any, two: Any, units: Any, features: Any, convention: Any = None) -> Any:
    return li.compare(one, two, units=units, features=features, convention=convention)


def remembered(layer: Any, start: Any = None, seeds: Any = 1, weights: Any = None) -> Any:
    return li.memory(layer, start=start, seeds=seeds, weights=weights)


CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Layer": (li.Layer, {"cell": "lstm", "units": 3, "features": 2}),
    "Layer.stored": (LAYER.stored, {}),
    "Layer.formula": (LAYER.formula, {}),
    "Layer.parameters_in": (LAYER.parameters_in, {"convention": "keras"}),
    "Layer.why_unsupported": (LAYER.why_unsupported, {"convention": "keras"}),
    "cells.get": (li.cells.get, {"name": "lstm"}),
    "Cell": (li.Cell, {"text": "h = tanh(W_h @ x)"}),
    "report": (li.report, {"layer": LAYER}),
    "cost": (li.cost, {"layer": LAYER}),
    "fits": (li.fits, {"layer": LAYER, "ram": 10**6}),
    "solve": (li.solve, {"parameters": 1000, "features": 2}),
    "sweep": (swept, {"chosen": ["lstm"], "units": [1, 2], "features": [3]}),
    "compare": (compared, {"one": "rnn", "two": "gru", "units": 3, "features": 2}),
    "window": (li.window, {"layer": LAYER, "steps": [1, 2]}),
    "symbols": (li.symbols, {"cell": "rnn"}),
    "picture": (li.picture, {"thing": LAYER}),
    "render": (li.render, {"answer": LAYER}),
    "quiz": (li.quiz, {"questions": 1}),
    "run": (li.run, {"layer": LAYER, "weights": WEIGHTS, "x": X}),
    "trace": (li.trace, {"layer": LAYER, "weights": WEIGHTS, "x": X}),
    "Runner": (li.Runner, {"layer": LAYER, "weights": WEIGHTS}),
    "memory": (remembered, {"layer": LAYER, "seeds": 1}),
    "convert": (li.convert, {"weights": WEIGHTS, "source": "keras", "target": "pytorch"}),
    "export": (li.export, {"layer": li.Layer("rnn", 3, 2), "to": "c"}),
    "initial_weights": (li.initial_weights, {"layer": LAYER}),
    "random_weights": (li.random_weights, {"layer": LAYER}),
    "numpy_source": (li.numpy_source, {"cell": LAYER.cell}),
    "run_node": (li.run_node, {"node": "LSTM", "inputs": {}}),
}
ARGUMENTS = [
    (name, parameter)
    for name, (function, usual) in CALLS.items()
    for parameter in dict.fromkeys(
        [
            *(
                each.name
                for each in inspect.signature(function).parameters.values()
                if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
            ),
            *usual,
        ]
    )
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "parameter"), ARGUMENTS)
def test_an_odd_argument_is_taken_or_refused_in_our_own_words(name: str, parameter: str) -> None:
    function, usual = CALLS[name]
    leaks = {}
    for what, value in ODD.items():
        try:
            function(**{**usual, parameter: value})
        except li.LstmInspectError as error:
            assert str(error)
        except Exception as error:
            leaks[what] = type(error).__name__
    assert leaks == {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("what", ODD)
def test_an_odd_weight_is_refused_by_its_name(what: str) -> None:
    weights = {**WEIGHTS, "bias": ODD[what]}
    for ask in (lambda: li.run(LAYER, weights, X), lambda: li.convert(weights, "keras", "onnx")):
        with pytest.raises(li.WeightError, match=r"bias|these are not the weights of one layer"):
            ask()


def test_the_doors_say_the_name_what_came_and_what_is_allowed() -> None:
    with pytest.raises(li.OptionError, match=r"seed must be a whole number from 0, got '7'\."):
        li.random_weights(LAYER, seed="7")  # type: ignore[arg-type]
    with pytest.raises(li.OptionError, match=r"layer must be a Layer, got 3\. Make one, for exam"):
        li.report(3)  # type: ignore[arg-type]
    with pytest.raises(li.OptionError, match=r"merge_mode must be .*, got array\(\[1, 2\]\)\."):
        li.Layer("lstm", 4, 3, bidirectional=True, merge_mode=numpy.array([1, 2]))
    with pytest.raises(li.OptionError, match=r"reset_after must be True or False, got array"):
        li.Layer("gru", 4, 3, reset_after=numpy.array([True]))  # type: ignore[arg-type]
    with pytest.raises(li.OptionError, match=r"dtype must be float32 or float64, got 'sofa'\."):
        li.random_weights(LAYER, dtype="sofa")


def test_numpys_numbers_and_truths_are_taken() -> None:
    layer = li.Layer("lstm", numpy.int64(4), numpy.uint8(3), use_bias=numpy.bool_(False))
    assert (type(layer.units), type(layer.features), layer.use_bias) == (int, int, False)
    assert layer == li.Layer("lstm", 4, 3, use_bias=False)
    assert whole("seed", numpy.int32(7)) == 7
    assert flag("stateful", numpy.bool_(True)) is True


def test_whole_refuses_the_number_below_the_least() -> None:
    assert whole("seed", 0) == 0
    assert whole("questions", 1, least=1) == 1
    with pytest.raises(li.OptionError, match="questions must be a whole number from 1, got 0"):
        whole("questions", 0, least=1)
    for value in (True, 1.0, "1", numpy.array(1), None, 10**1000):
        with pytest.raises(li.OptionError, match="seed must be a whole number from 0, got"):
            whole("seed", value)


def test_a_choice_suggests_the_nearest() -> None:
    assert choice("merge_mode", None, ("sum", None)) is None
    with pytest.raises(li.OptionError, match=r"m must be 'sum' or 'ave', got 'sun'\. Did you mean"):
        choice("m", "sun", ("sum", "ave"))


def test_what_is_quoted_is_one_short_line() -> None:
    assert quoted("x") == "'x'"
    assert quoted(Hostile()) == "a Hostile"
    assert quoted(10**5000) == "a int"
    assert quoted(numpy.zeros((3, 2))) == "array([[0., 0.], [0., 0.], [0., 0.]])"
    assert len(quoted("y" * 100)) == 60
