"""The one door to the pages: the lesson, or the laboratory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lstminspect.errors import OptionError, flag, quoted
from lstminspect.layer import Layer
from lstminspect.pages.assembly import Page
from lstminspect.pages.laboratory import laboratory
from lstminspect.pages.lesson import lesson

if TYPE_CHECKING:
    from lstminspect.names import PageLanguage

__all__ = ["page"]


def page(
    layer: Layer | None = None,
    language: PageLanguage = "en",
    *,
    lab: bool = False,
    pyodide: str | os.PathLike[str] | None = None,
) -> Page:
    """The lesson on what `units` means, or the laboratory, as one HTML file for a browser.

    In the lesson sizes, cell and options are moved in the page; the weights to scale, the count in
    every convention and all shapes follow. It has no link to any other file. It begins with
    `layer`, whose cell may be one of your own, or else with four units, and in a `language`: "en",
    "de" or "zh", which its reader can change.

    With `lab`, the page is a laboratory: forms for what lstminspect answers, and Python itself
    inside, so that it works where no Python is: equations of your own, code, counts, worksheets.
    `pyodide` is the folder of Pyodide, which `npm pack pyodide && tar xf pyodide-*.tgz` makes; the
    page has some 9 MB, and needs no network.

    Raises OptionError for an option that the lesson cannot move, such as `layers`, and for a folder
    without Pyodide; SizeError for a size that is a letter or too large to be seen.

    >>> page().title
    'What does units mean? A recurrent layer to scale'
    >>> "Δ = 33 more" in page(Layer("gru", units=3, features=2)).html
    True
    """
    if flag("lab", lab):
        if layer is not None:
            raise OptionError("the laboratory begins with no layer. Leave it out, or lab=True.")
        if language != "en":
            what = f"the laboratory is in English, got language={quoted(language)}"
            raise OptionError(f"{what}. Leave language out, or lab=True.")
        return laboratory(pyodide)
    if pyodide is not None:
        raise OptionError("pyodide is for the laboratory. Add lab=True, or leave pyodide out.")
    return lesson(layer, language)
