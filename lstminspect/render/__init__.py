"""From raw numbers to something to look at: one file per medium."""

from __future__ import annotations

from importlib import import_module

from lstminspect.errors import OptionError, did_you_mean
from lstminspect.outlines import Thing

__all__ = ["FORMATS", "render"]

#: Every format, which is the name of the file that writes it.
FORMATS = ("text", "json", "markdown", "latex", "html", "csv")


def render(thing: Thing, format: str = "text") -> str:
    """`thing` in `format`: text, json, markdown, latex, html or csv. Nothing is ever truncated.

    Raises OptionError for another format.

    >>> from lstminspect import Layer, report
    >>> print(render(report(Layer("rnn", units=2, features=3)), "csv").splitlines()[1])
    weight,kernel,"(3, 2)",6,h,1,forward
    """
    if format not in FORMATS:
        near = did_you_mean(str(format), FORMATS)
        raise OptionError(f"no format called {format!r}.{near} There are {', '.join(FORMATS)}.")
    text: str = import_module(f"{__name__}.{format}").document(thing)
    return text
