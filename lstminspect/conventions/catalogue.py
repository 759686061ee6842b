"""The conventions by name: one file per framework, found by the name of the convention."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from lstminspect.cell import Cell
from lstminspect.conventions.convention import EQUATIONS, Convention
from lstminspect.errors import UnknownConvention, did_you_mean

__all__ = ["CONVENTIONS", "EQUATIONS", "EVERY", "get", "storing"]

# Every convention with the file that holds it, in the order of a report.
_FILES = {
    "keras": "keras",
    "flax": "flax",
    "nnx": "flax",
    "pytorch": "pytorch",
    "onnx": "onnx",
}
CONVENTIONS = (*_FILES, EQUATIONS)
#: Tables beside them, for weights that come from there; a report names them when it is asked to.
_OTHERS = ("cudnn", "coreml", "tf1", "haiku", "openvino", "equinox", "torchrecurrent")
_TABLES = {name: name for name in _OTHERS}
EVERY = (*CONVENTIONS, *_TABLES)


@cache
def get(name: str) -> Convention:
    """The layout of the convention called `name`. Raises UnknownConvention if there is none.

    >>> get("pytorch").stacks(__import__("lstminspect").cells.get("rnn"))[0]
    PackedTensor(name='weight_ih_l{index}', blocks=('W_h',), rows=1)
    """
    if name == EQUATIONS:
        return Convention(EQUATIONS, "the equations", "the cell itself", {}, transposed=False)
    files = _FILES | _TABLES
    if name not in files:
        near = did_you_mean(str(name), EVERY)
        known = ", ".join(EVERY)
        raise UnknownConvention(f"no convention called {name!r}.{near} There are {known}.")
    layouts: Mapping[str, Convention] = import_module(f"{__package__}.{files[name]}").TABLES
    return layouts[name]


def storing(cell: Cell, use_bias: bool = True) -> tuple[str, ...]:
    """The frameworks that store `cell`, by the names of their conventions.

    >>> storing(__import__("lstminspect").cells.get("peephole"))
    ('onnx',)
    """
    return tuple(name for name in _FILES if not get(name).why_unsupported(cell, use_bias))
