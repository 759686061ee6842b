"""The lesson in a notebook: the state of its controls, and the page in a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from lstminspect import cells, conventions
from lstminspect.cell import Cell
from lstminspect.errors import OptionError, choice, flag, quoted
from lstminspect.layer import MERGE_MODES, Layer
from lstminspect.optional import present
from lstminspect.pages.assembly import Page
from lstminspect.pages.calls import CHOICES
from lstminspect.pages.lesson import lesson
from lstminspect.pages.start import (
    LIMITS,
    MOVED,
    OWN_LIMITS,
    OWN_SIZE,
    cells_of,
    check_size,
    start_of,
    started,
)
from lstminspect.sizes import size

if TYPE_CHECKING:
    from lstminspect.names import MergeMode

__all__ = ["CONTROLS", "Explorer", "framed", "read_control"]

#: The controls that the page has for every cell; `sizes` are those of one cell.
CONTROLS = ("cell", "convention", *MOVED)
#: The page may run, save a picture and print; the rest of the notebook is out of its reach.
SANDBOX = "allow-scripts allow-downloads allow-modals"
STYLE = "display:block;width:100%;height:720px;border:0"


class Explorer:
    """The lesson in a notebook, and the state of its controls.

    `cell`, `convention`, `units`, `features`, `timesteps`, `batch`, `use_bias`, `bidirectional`,
    `return_sequences`, `return_state`, `merge_mode` and the `sizes` that the cell has of its own
    are the controls of the page; `layer` is the Layer that they make. With anywidget they follow
    what the reader moves, can be set, and are traits, so that `observe` calls a function when one
    changes.

    Raises MissingFramework where one is set or observed without anywidget.

    >>> explorer = Explorer(Layer("projected", units=64, features=3, projection=16))
    >>> explorer.units, explorer.use_bias, explorer.convention, explorer.sizes
    (64, True, 'equations', {'projection': 16})
    """

    cell: str
    convention: str
    units: int
    features: int
    timesteps: int
    batch: int
    use_bias: bool
    bidirectional: bool
    return_sequences: bool
    return_state: bool
    merge_mode: MergeMode | None
    sizes: dict[str, int]
    _first: Layer
    _cells: dict[str, Cell]

    def __init__(self, layer: Layer | None = None) -> None:
        first = started(layer)
        values = {"_first": first, "_cells": cells_of(first), **_controls_of(first)}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def layer(self) -> Layer:
        """The layer that the page shows now.

        Raises SizeError or UnknownConvention if what was set from Python does not go together.
        """
        cell = self._cells[self.cell]
        options = {name: getattr(self, name) for name in MOVED}
        if not self.bidirectional:
            del options["merge_mode"]  # There is one direction.
        if cell.ties_features:
            del options["features"]  # They are as many as the units.
        options |= {name: self.sizes.get(name, OWN_SIZE) for name in cell.own_sizes}
        framework = self.convention if self.convention in conventions.FRAMEWORKS else None
        if self.convention == self._first.convention:
            framework = self._first.framework
        return Layer(cell, framework=framework, **options)

    @property
    def page(self) -> Page:
        """The page as a file of its own, which begins with `layer`."""
        return lesson(self.layer)

    def observe(
        self,
        handler: Callable[..., object],  # noqa: ARG002  # Those of traitlets.
        names: str | Iterable[str] = (),
        type: str = "change",  # noqa: ARG002
    ) -> None:
        """Call `handler` when one of the controls `names` changes, as traitlets does.

        The argument of `handler` has the attributes `name`, `old` and `new`. Raises
        MissingFramework without anywidget.
        """
        _refuse(f"observing {' and '.join([names] if isinstance(names, str) else names)}")

    def __setattr__(self, name: str, value: object) -> None:
        _refuse(f"setting {name}")

    def __repr__(self) -> str:
        return f"Explorer({self.layer!r})"

    def __str__(self) -> str:
        hint = "A notebook shows the lesson on it, and explorer.page.save('lesson.html') writes it."
        return f"{self.layer}\n\n{hint}"

    def _repr_html_(self) -> str:
        return framed(self.layer)


@lru_cache(maxsize=8)
def framed(layer: Layer) -> str:
    """The page that begins with `layer`, in a frame inside another page."""
    shown = lesson(layer)
    text = shown.html.replace("&", "&amp;").replace("'", "&#39;")
    attributes = f'title="{escape(shown.title)}" sandbox="{SANDBOX}" style="{STYLE}"'
    return f"<iframe {attributes} srcdoc='{text}'></iframe>"


def _controls_of(layer: Layer) -> dict[str, Any]:
    """The value of each control where the page begins with `layer`."""
    state = start_of(layer)
    return {name: state[name] for name in CONTROLS} | {"sizes": dict(layer.extra)}


def read_control(explorer: Explorer, name: str, value: Any) -> Any:
    """The value that a control takes. Raises OptionError or SizeError for one that it cannot."""
    if name in CHOICES:
        return flag(name, value)
    if name == "merge_mode":
        return choice(name, value, MERGE_MODES)
    if name == "convention":
        return conventions.named(value)
    if name == "cell":
        return value if value in explorer._cells else cells.get(value).name
    if name != "sizes":
        return _size(name, value, LIMITS[name])
    if not isinstance(value, dict):
        hint = "Give them by their names, for example {'projection': 2}."
        raise OptionError(f"sizes must be a dict, got {quoted(value)}. {hint}")
    return {own: _size(own, number, OWN_LIMITS) for own, number in value.items()}


def _size(name: str, value: Any, limits: tuple[int, int, int]) -> Any:
    number = size(name, value)
    check_size(name, number, limits)
    return number


def _refuse(what: str) -> None:
    present("anywidget", "widget", "anywidget", purpose=f"{what} of a page in a notebook")
    hint = "Make it again by explore(layer)."
    raise OptionError(f"{what} needs a page that was made with anywidget. {hint}")
