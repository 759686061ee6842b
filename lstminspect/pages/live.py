"""The lesson in a notebook whose controls are traits. This module imports anywidget."""

from __future__ import annotations

import os
import sys
from typing import Any

import anywidget
import traitlets

from lstminspect.layer import Layer
from lstminspect.pages.assembly import ASSETS
from lstminspect.pages.explorer import CONTROLS, Explorer, framed, read_control
from lstminspect.pages.start import started

__all__ = ["LiveExplorer"]

#: Without a type, because it stands beside Explorer, whose controls become traits below.
Widget: Any = anywidget.AnyWidget


class Control(traitlets.TraitType[Any, Any]):
    """A control of the page as a trait: its own kind of value, or an error of this package."""

    def validate(self, explorer: Any, value: Any) -> Any:
        """`value` as the control takes it."""
        return read_control(explorer, str(self.name), value)


class _Live(Widget, Explorer):  # type: ignore[misc]
    """An Explorer that says each change to the page, and takes each change of the reader."""

    _esm = (ASSETS / "explorer.js").read_text("utf-8")
    _frame = traitlets.Unicode().tag(sync=True)
    _names = traitlets.List(list(CONTROLS)).tag(sync=True)

    def __init__(self, layer: Layer | None = None) -> None:
        # traitlets passes on what is not a trait, to Explorer, and would hide an error there.
        super().__init__(layer=started(layer))

    @traitlets.default("_frame")
    def _first_frame(self) -> str:
        return framed(self.layer)

    def open(self) -> None:
        """Open the way to the front end, unless no one will be at it."""
        if not _is_converted():
            super().open()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        # A file that is stored without the state of its widgets shows the page alone.
        still = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if self.comm is None:
            return still
        live, metadata = super()._repr_mimebundle_(**options)
        return {**live, **still}, metadata

    __setattr__ = object.__setattr__  # type: ignore[assignment]
    __repr__ = Explorer.__repr__


LiveExplorer: type[Explorer] = type(
    "LiveExplorer",
    (_Live,),
    {name: Control().tag(sync=True) for name in (*CONTROLS, "sizes")},
)


def _is_converted() -> bool:
    """Say whether a program runs the notebook for readers who will have no Python behind it.

    Such a program, nbconvert for example, says that nobody can answer `input()`. Voilà says so too,
    but keeps its Python running.
    """
    if "IPython" not in sys.modules or os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return False
    from IPython import get_ipython

    kernel: Any = getattr(get_ipython(), "kernel", None)
    if not hasattr(kernel, "get_parent"):
        return False
    content = kernel.get_parent("shell").get("content", {})
    return content.get("allow_stdin") is False
