"""The one door to the lesson in a notebook."""

from __future__ import annotations

from importlib.util import find_spec

from lstminspect.layer import Layer
from lstminspect.pages.explorer import Explorer

__all__ = ["explore"]


def explore(layer: Layer | None = None) -> Explorer:
    """The lesson in a notebook, beginning with `layer`: move a size, and everything moves.

    It needs no other package, no network and no running Python, so it still moves in a notebook
    that was converted to HTML. With anywidget (`pip install 'lstminspect[widget]'`) Python reads
    what the reader moves, and sets it: see Explorer. Time steps and batch begin with 5 and 2 where
    the layer leaves them open.

    Raises OptionError for an option that the page cannot move, such as `layers`, and SizeError for
    a size that is a letter or too large to be seen.

    >>> explorer = explore(Layer("gru", units=4, features=3))
    >>> explorer.units, explorer.timesteps, explorer.layer.parameters
    (4, 5, 108)
    """
    if find_spec("anywidget"):
        from lstminspect.pages.live import LiveExplorer

        return LiveExplorer(layer)
    return Explorer(layer)
