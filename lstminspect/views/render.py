"""From raw numbers to something to look at: one file per medium."""

from __future__ import annotations

from importlib import import_module

from lstminspect.analysis.report import Report, report
from lstminspect.errors import OptionError, did_you_mean
from lstminspect.layer import Layer
from lstminspect.views.view import Answer

__all__ = ["FORMATS", "check_format", "render"]

#: Every format, which is the name of the file that writes it.
FORMATS = ("text", "json", "markdown", "latex", "html", "csv", "svg")


def render(thing: Answer | Layer, format: str = "text") -> str:
    """`thing`, or the report of a Layer, as text, json, markdown, latex, html, csv or svg.

    Nothing is ever truncated. Arrays of sizes are told by their range, except in json and csv.
    Raises OptionError for another format.

    >>> from lstminspect import Layer
    >>> from lstminspect import Report, report
    >>> print(render(report(Layer("rnn", units=2, features=3)), "csv").splitlines()[1])
    weight,kernel,"(3, 2)",6,h,1,forward
    """
    check_format(format)
    if isinstance(thing, Layer):
        thing = report(thing)
    text: str = import_module(f"{__package__}.formats.{format}").document(thing)
    return text


def check_format(name: str) -> None:
    """Raise OptionError, with the nearest one, if there is no format called `name`."""
    if name not in FORMATS:
        near = did_you_mean(str(name), FORMATS)
        raise OptionError(f"no format called {name!r}.{near} There are {', '.join(FORMATS)}.")


def shown(thing: Answer | Layer) -> str:
    """`thing` as HTML for a notebook, with a picture if it has one."""
    from lstminspect.figures.figure import picture
    from lstminspect.views.formats.html import fragment

    found = report(thing) if isinstance(thing, Layer) else thing
    text = fragment(found)
    if isinstance(found, Report):
        text = f"{text}\n{picture(found.layer, convention=found.convention)._repr_html_()}"
    return text
