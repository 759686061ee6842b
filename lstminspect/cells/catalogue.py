"""The catalogue: one file per variant, found by its file name.

Each file holds `cell`: the equations, where they come from, and one published number.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from lstminspect.cell import Cell
from lstminspect.errors import OptionError, UnknownCell, did_you_mean, quoted

__all__ = ["RESET_FORMS", "get", "names", "reset_form"]

# Keras' option `reset_after` chooses between two sets of equations, which are two cells.
RESET_FORMS = {True: "gru", False: "gru_reset_before"}


@cache
def names() -> tuple[str, ...]:
    """The names of all cells, in alphabetical order.

    >>> "lstm" in names()
    True
    """
    folder = os.path.dirname(__file__)
    files = {module.name for module in iter_modules([folder])}
    return tuple(sorted(files - {"catalogue"}))


def get(name: str | Cell) -> Cell:
    """The cell called `name`; a Cell itself as it is.

    Raises UnknownCell, with the nearest name, if there is none.

    >>> get("rnn").text
    'h = tanh(W_h @ x + U_h @ h + b_h)'
    """
    if isinstance(name, Cell):
        return name
    if not isinstance(name, str) or name not in names():
        near = _elsewhere(name) or did_you_mean(name, names()) if isinstance(name, str) else ""
        hint = f"lstminspect.cells.names() lists all {len(names())}."
        raise UnknownCell(f"no cell called {quoted(name)}.{near} {hint}")
    cell: Cell = import_module(f"{__package__}.{name}").cell  # Python keeps the module: one Cell.
    return cell


# The classes of the frameworks, in small letters and without the module before them: nn.LSTM,
# keras.layers.LSTM, linen.OptimizedLSTMCell, nnx.GRUCell, tf.nn.rnn_cell.BasicLSTMCell.
_CLASSES = {
    "lstm": (
        "lstmcell",
        "optimizedlstmcell",
        "basiclstmcell",
        "cudnnlstm",
        "cudnncompatiblelstmcell",
    ),
    "gru": ("grucell", "cudnngru"),
    "rnn": ("rnncell", "simplernn", "simplernncell", "simplecell", "basicrnncell", "vanillarnn"),
    "mgu_reset_after": ("mgucell",),
}


def _elsewhere(name: str) -> str:
    """The suggestion for what the catalogue or a framework calls a cell by another name."""
    last = name.lower().rpartition(".")[2]
    for known, classes in _CLASSES.items():
        if last in classes or ("." in name and last == known):
            return f" Did you mean {known!r}?"
    for known in names():
        if name.lower() in (each.lower() for each in get(known).also):
            return f" Did you mean {known!r}?"
    return ""


def reset_form(cell: Cell, reset_after: bool) -> Cell:
    """The GRU whose reset gate acts after (True) or before (False) the recurrent product.

    Raises OptionError for a cell that is not one of the two.

    >>> reset_form(get("gru"), False).name
    'gru_reset_before'
    """
    if cell.name not in RESET_FORMS.values() or not get(cell.name).says_the_same(cell):
        forms = " and ".join(RESET_FORMS.values())
        raise OptionError(f"reset_after is an option of {forms}, not of {cell.name}. Leave it out.")
    return get(RESET_FORMS[reset_after])
