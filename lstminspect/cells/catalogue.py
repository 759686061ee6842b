"""The catalogue: one file per variant, found by its file name.

Each file holds `cell`: the equations, where they come from, and one published number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from lstminspect.cell import Cell
from lstminspect.display import Answers
from lstminspect.equations.syntax import Binary, Expression, Value, walk
from lstminspect.errors import OptionError, UnknownCell, did_you_mean, quoted
from lstminspect.synonyms import CELLS, plain

__all__ = ["RESET_FORMS", "TAGS", "get", "named", "names", "reset_form", "search", "tags", "years"]

#: What a cell is for, by the words of its paper; the files of the cells say which have a tag. The
#: last one is read from the equations.
TAGS = {
    "minimal": "fewer gates or matrices than the LSTM and the GRU, which is the paper's aim",
    "ablation": "the LSTM with one part changed or left out, to measure what the part does",
    "continuous": "the steps of an equation in continuous time",
    "searched": "found by a search over architectures",
    "elementwise": "no matrix is multiplied with a state: the units do not see each other's states",
}

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


def search(
    text: str = "", *, tag: str | None = None, year: int | str | range | None = None
) -> Answers[Cell]:
    """The cells with every word of `text`, with `tag`, of `year`.

    A word is the beginning of a word in the name, the title, the source (authors, paper, year), the
    other names or the tags of a cell, in any case. `year` is a number, a range, or a text such as
    "2010:2020", both ends in it; a cell has the years of all its sources. Raises OptionError for
    an unknown tag, for what is not a year, and if there is no such cell.

    >>> [cell.name for cell in search("cho")]
    ['gru', 'gru_reset_before']
    >>> [cell.name for cell in search("LSTM", year="2017:2020")]
    ['mclstm', 'residual_lstm']
    >>> [cell.name for cell in search(tag="searched")]
    ['mut1', 'mut2', 'mut3', 'nas']
    """
    if not isinstance(text, str):
        raise OptionError(f"cells are searched for words, got {quoted(text)}. Give a text.")
    if tag is not None and (not isinstance(tag, str) or tag not in TAGS):
        near = did_you_mean(tag, TAGS) if isinstance(tag, str) else ""
        raise OptionError(f"no tag called {quoted(tag)}.{near} There are {', '.join(TAGS)}.")
    first, last = _between(year)
    words = _words(text)
    matching = [
        cell
        for cell in map(get, names())
        if all(any(each.startswith(word) for each in _words(_about(cell))) for word in words)
        and (tag is None or tag in tags(cell))
        and any(first <= each <= last for each in (years(cell) or (0,)))
    ]
    if not matching:
        hint = "Use fewer words; lstminspect.cells.names() lists all cells."
        raise OptionError(f"no cell of the catalogue is like that. {hint}")
    return Answers(matching)


def _words(text: str) -> list[str]:
    """The words of `text` in small letters, without those of an arXiv number."""
    return re.findall(r"[^\W_]+", re.sub(r"arXiv:[0-9.v]+", " ", text).lower())


def _about(cell: Cell) -> str:
    return " ".join([cell.name, cell.title, cell.source, *cell.also, *tags(cell)])


def years(cell: Cell) -> tuple[int, ...]:
    """The years of the sources of a cell, the first one first.

    >>> years(get("lstm")), years(get("min_gru"))
    ((1997, 2000), (2024,))
    """
    source = re.sub(r"arXiv:[0-9.v]+", " ", cell.source)
    return tuple(sorted({int(each) for each in re.findall(r"\b(?:19|20)[0-9]{2}\b", source)}))


def tags(cell: Cell) -> tuple[str, ...]:
    """The tags of a cell: those of its file, and "elementwise" if its equations are.

    >>> tags(get("min_gru")), tags(get("lstm"))
    (('minimal', 'elementwise'), ())
    """
    return (*cell.tags, *(["elementwise"] if not any(_mixing(cell)) else []))


def _mixing(cell: Cell) -> Iterator[Expression]:
    """The products of a matrix with what depends on a state."""
    stateful = set(cell.states)
    for line in cell.lines:
        for node in walk(line.expression):
            match node:
                case Binary("@", _, right) if any(_depends(each, stateful) for each in walk(right)):
                    yield node
        if any(_depends(each, stateful) for each in walk(line.expression)):
            stateful.add(line.name)


def _depends(node: Expression, stateful: set[str]) -> bool:
    return isinstance(node, Value) and (node.previous or node.name in stateful)


def _between(year: object) -> tuple[int, int]:
    """The first and the last year that `year` says; every year if it is None."""
    if year is None:
        return 0, 9999
    if isinstance(year, range) and len(year):
        return year[0], year[-1]
    if isinstance(year, int) and not isinstance(year, bool):
        return year, year
    match = re.fullmatch(r"([0-9]{4})?(:?)([0-9]{4})?", year) if isinstance(year, str) else None
    if match is None or not (match[1] or match[3]) or (match[1] and match[3] and not match[2]):
        hint = "Give 2014, 2010:2020, 2010: or :2020."
        raise OptionError(f"year must be a year or a range of years, got {quoted(year)}. {hint}")
    first = int(match[1] or 0)
    return first, int(match[3] or (9999 if match[2] else first))
