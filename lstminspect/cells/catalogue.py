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
from lstminspect.synonyms import CELLS, plain

__all__ = ["RESET_FORMS", "get", "named", "names", "reset_form"]

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
    """The cell that `name` means: see `named`; a Cell itself as it is.

    Raises UnknownCell, with the nearest name, if there is none.

    >>> get("rnn").text
    'h = tanh(W_h @ x + U_h @ h + b_h)'
    """
    if isinstance(name, Cell):
        return name
    known = named(name) if isinstance(name, str) else None
    if known is None:
        near = did_you_mean(name, names()) if isinstance(name, str) else ""
        hint = f"lstminspect.cells.names() lists all {len(names())}."
        raise UnknownCell(f"no cell called {quoted(name)}.{near} {hint}")
    return _loaded(known)


def _loaded(name: str) -> Cell:
    cell: Cell = import_module(f"{__package__}.{name}").cell  # Python keeps the module: one Cell.
    return cell


def named(name: str) -> str | None:
    """The name of the cell that `name` means: its own in any case, or what others call it.

    A class of a framework may have its module before it. None if no cell is meant.

    >>> named("LSTM"), named("nn.GRU"), named("tf.keras.layers.SimpleRNN"), named("Li-GRU")
    ('lstm', 'gru', 'rnn', 'ligru')
    """
    if name in names():
        return name
    key = plain(name)
    parts = key.split(".") if key.replace(".", "").isidentifier() else [key]  # No path of a file.
    for each in (key, ".".join(parts[-2:]), parts[-1]):
        if (known := CELLS.get(each, each)) in names():
            return known
    for known in names():
        if key in map(plain, _loaded(known).also):
            return known
    return None


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
