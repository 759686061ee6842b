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
    from lstminspect.analysis.algebra import Algebra, algebra
    from lstminspect.analysis.fit import Fit, fits
    from lstminspect.analysis.report import Report, report
    from lstminspect.analysis.solve import Solution, solve
    from lstminspect.analysis.sweep import sweep, windows
    from lstminspect.cell import Cell
    from lstminspect.costs.cost import Cost, cost
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
    from lstminspect.explanations.explain import Explanation, explain
    from lstminspect.figures.figure import Picture, picture
    from lstminspect.layer import Layer
    from lstminspect.models.reading.read import model
    from lstminspect.models.summary import Model
    from lstminspect.runtime.codegen import numpy_source
    from lstminspect.runtime.keras_cell import keras_cell
    from lstminspect.runtime.onnx_node import run_node
    from lstminspect.runtime.run import Runner, run
    from lstminspect.runtime.trace import Trace, trace
    from lstminspect.teaching.lesson import Lesson
    from lstminspect.teaching.quiz.worksheet import Worksheet, quiz
    from lstminspect.validation.compare import Comparison, compare
    from lstminspect.views.render import render
    from lstminspect.weights.convert import Conversion, convert
    from lstminspect.weights.pack import initial_weights, random_weights

__version__ = "0.1.0"

_HOMES = {
    "Algebra": "analysis.algebra",
    "Cell": "cell",
    "Comparison": "validation.compare",
    "Conversion": "weights.convert",
    "Cost": "costs.cost",
    "EquationError": "errors",
    "Explanation": "explanations.explain",
    "Fit": "analysis.fit",
    "InputError": "errors",
    "Layer": "layer",
    "Lesson": "teaching.lesson",
    "LstmInspectError": "errors",
    "MissingFramework": "errors",
    "Model": "models.summary",
    "ModelError": "errors",
    "NotFiniteWarning": "errors",
    "OptionError": "errors",
    "Picture": "figures.figure",
    "Report": "analysis.report",
    "Runner": "runtime.run",
    "ShapeError": "errors",
    "SizeError": "errors",
    "Solution": "analysis.solve",
    "Trace": "runtime.trace",
    "UnknownCell": "errors",
    "UnknownConvention": "errors",
    "WeightError": "errors",
    "Worksheet": "teaching.quiz.worksheet",
    "algebra": "analysis.algebra",
    "cells": "",
    "compare": "validation.compare",
    "convert": "weights.convert",
    "cost": "costs.cost",
    "explain": "explanations.explain",
    "fits": "analysis.fit",
    "initial_weights": "weights.pack",
    "keras_cell": "runtime.keras_cell",
    "model": "models.reading.read",
    "numpy_source": "runtime.codegen",
    "picture": "figures.figure",
    "quiz": "teaching.quiz.worksheet",
    "random_weights": "weights.pack",
    "render": "views.render",
    "report": "analysis.report",
    "run": "runtime.run",
    "run_node": "runtime.onnx_node",
    "solve": "analysis.solve",
    "sweep": "analysis.sweep",
    "trace": "runtime.trace",
    "windows": "analysis.sweep",
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
