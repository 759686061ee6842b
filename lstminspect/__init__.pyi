"""The public names of lstminspect: the one list, for type checkers and for Python itself.

`__init__.py` reads it: each name is imported from the module given here when it is first used.
"""

from lstminspect import cells as cells
from lstminspect.analysis.algebra import Algebra as Algebra
from lstminspect.analysis.algebra import algebra as algebra
from lstminspect.analysis.fit import Fit as Fit
from lstminspect.analysis.fit import fits as fits
from lstminspect.analysis.report import Report as Report
from lstminspect.analysis.report import report as report
from lstminspect.analysis.solve import Solution as Solution
from lstminspect.analysis.solve import solve as solve
from lstminspect.analysis.sweep import sweep as sweep
from lstminspect.analysis.sweep import windows as windows
from lstminspect.cell import Cell as Cell
from lstminspect.costs.cost import Cost as Cost
from lstminspect.costs.cost import cost as cost
from lstminspect.errors import EquationError as EquationError
from lstminspect.errors import InputError as InputError
from lstminspect.errors import LstmInspectError as LstmInspectError
from lstminspect.errors import MissingFramework as MissingFramework
from lstminspect.errors import ModelError as ModelError
from lstminspect.errors import NotFiniteWarning as NotFiniteWarning
from lstminspect.errors import OptionError as OptionError
from lstminspect.errors import ShapeError as ShapeError
from lstminspect.errors import SizeError as SizeError
from lstminspect.errors import UnknownCell as UnknownCell
from lstminspect.errors import UnknownConvention as UnknownConvention
from lstminspect.errors import WeightError as WeightError
from lstminspect.explanations.explain import explain as explain
from lstminspect.explanations.explanation import Explanation as Explanation
from lstminspect.figures.figure import Picture as Picture
from lstminspect.figures.figure import picture as picture
from lstminspect.layer import Layer as Layer
from lstminspect.models.reading.read import model as model
from lstminspect.models.summary import Model as Model
from lstminspect.runtime.codegen import numpy_source as numpy_source
from lstminspect.runtime.keras_cell import keras_cell as keras_cell
from lstminspect.runtime.onnx_node import run_node as run_node
from lstminspect.runtime.run import Runner as Runner
from lstminspect.runtime.run import run as run
from lstminspect.runtime.trace import Trace as Trace
from lstminspect.runtime.trace import trace as trace
from lstminspect.teaching.lesson import Lesson as Lesson
from lstminspect.teaching.quiz.worksheet import Worksheet as Worksheet
from lstminspect.teaching.quiz.worksheet import quiz as quiz
from lstminspect.validation.compare import Comparison as Comparison
from lstminspect.validation.compare import compare as compare
from lstminspect.version import __version__ as __version__
from lstminspect.views.render import render as render
from lstminspect.weights.convert import Conversion as Conversion
from lstminspect.weights.convert import convert as convert
from lstminspect.weights.initial import initial_weights as initial_weights
from lstminspect.weights.initial import random_weights as random_weights
