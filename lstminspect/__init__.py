"""Parameter counts and shapes of recurrent layers, with the reason for every number.

>>> import lstminspect as li
>>> li.Layer("lstm", units=64, features=3).parameters
17408

Importing this package loads neither NumPy nor SymPy nor any framework: each public name is
imported when it is first used, and what it needs only when an answer needs it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lstminspect import cells
    from lstminspect.cell import Cell
    from lstminspect.compare import Comparison, compare
    from lstminspect.cost import Cost, cost
    from lstminspect.cost.fits import Fit, fits
    from lstminspect.errors import (
        EquationError,
        InputError,
        LstmInspectError,
        MissingFramework,
        ModelError,
        NotFiniteWarning,
        OptionError,
        ShapeError,
        SizeError,
        UnknownCell,
        UnknownConvention,
        WeightError,
    )
    from lstminspect.explain import Explanation, explain
    from lstminspect.explain.lesson import Lesson
    from lstminspect.frameworks.keras_cell import keras_cell
    from lstminspect.layer import Layer
    from lstminspect.model import Model
    from lstminspect.pictures import Picture, picture
    from lstminspect.quiz import Worksheet, quiz
    from lstminspect.readers import model
    from lstminspect.render import render
    from lstminspect.report import Report, report
    from lstminspect.runtime import Runner, run
    from lstminspect.runtime.node import run_node
    from lstminspect.runtime.source import numpy_source
    from lstminspect.solve import Solution, solve
    from lstminspect.sweep import sweep, windows
    from lstminspect.symbolic import Algebra, algebra
    from lstminspect.trace import Trace, trace
    from lstminspect.weights import initial_weights, random_weights
    from lstminspect.weights.convert import Conversion, convert

__version__ = "0.1.0"

_HOMES = {
    "Algebra": "symbolic",
    "Cell": "cell",
    "Comparison": "compare",
    "Conversion": "weights.convert",
    "Cost": "cost",
    "EquationError": "errors",
    "Explanation": "explain",
    "Fit": "cost.fits",
    "InputError": "errors",
    "Layer": "layer",
    "Lesson": "explain.lesson",
    "LstmInspectError": "errors",
    "MissingFramework": "errors",
    "Model": "model",
    "ModelError": "errors",
    "NotFiniteWarning": "errors",
    "OptionError": "errors",
    "Picture": "pictures",
    "Report": "report",
    "Runner": "runtime",
    "ShapeError": "errors",
    "SizeError": "errors",
    "Solution": "solve",
    "Trace": "trace",
    "UnknownCell": "errors",
    "UnknownConvention": "errors",
    "WeightError": "errors",
    "Worksheet": "quiz",
    "algebra": "symbolic",
    "cells": "",
    "compare": "compare",
    "convert": "weights.convert",
    "cost": "cost",
    "explain": "explain",
    "fits": "cost.fits",
    "initial_weights": "weights",
    "keras_cell": "frameworks.keras_cell",
    "model": "readers",
    "numpy_source": "runtime.source",
    "picture": "pictures",
    "quiz": "quiz",
    "random_weights": "weights",
    "render": "render",
    "report": "report",
    "run": "runtime",
    "run_node": "runtime.node",
    "solve": "solve",
    "sweep": "sweep",
    "trace": "trace",
    "windows": "sweep",
}

__all__ = [
    "Algebra",
    "Cell",
    "Comparison",
    "Conversion",
    "Cost",
    "EquationError",
    "Explanation",
    "Fit",
    "InputError",
    "Layer",
    "Lesson",
    "LstmInspectError",
    "MissingFramework",
    "Model",
    "ModelError",
    "NotFiniteWarning",
    "OptionError",
    "Picture",
    "Report",
    "Runner",
    "ShapeError",
    "SizeError",
    "Solution",
    "Trace",
    "UnknownCell",
    "UnknownConvention",
    "WeightError",
    "Worksheet",
    "algebra",
    "cells",
    "compare",
    "convert",
    "cost",
    "explain",
    "fits",
    "initial_weights",
    "keras_cell",
    "model",
    "numpy_source",
    "picture",
    "quiz",
    "random_weights",
    "render",
    "report",
    "run",
    "run_node",
    "solve",
    "sweep",
    "trace",
    "windows",
]


class _Package(ModuleType):
    def __setattr__(self, name: str, value: object) -> None:
        # Importing the submodule `compare` binds it here by its name, which is a function's too:
        # the function wins, as it does in a package that imports its names at once.
        if isinstance(value, ModuleType) and _HOMES.get(name):
            if _HOMES[name] != name:
                return  # `model` is the function of `readers`: found when it is asked for.
            value = getattr(value, name)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES[name]
    module = import_module(f"{__name__}.{home or name}")
    value = getattr(module, name) if home else module
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
