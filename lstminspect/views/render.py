"""From an answer to something to look at: one table from its type to a view, one file per medium.

A view is a file here that says what an answer of one type is: as `document`, a title and parts; as
`data`, names and raw values for JSON; as `rows` of one table for CSV, headings first; and as a
`picture`, where it has one. A new answer is one such file and a line of `VIEWS` or `SEVERAL`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lstminspect.errors import OptionError, did_you_mean, quoted
from lstminspect.sizes import whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lstminspect.display import Answer
    from lstminspect.figures.figure import Picture
    from lstminspect.names import FormatName, PictureName
    from lstminspect.views.formats.text import Page

__all__ = [
    "BINARY",
    "FORMATS",
    "TESTS",
    "as_bytes",
    "as_text",
    "check_format",
    "picture_of",
    "printed",
    "render",
    "view_of",
]

#: The view of one answer, by the name of its type.
VIEWS = {
    "Layer": "report",
    "Report": "report",
    "Cost": "cost",
    "Fit": "fit",
    "Cell": "cell",
    "Model": "model",
    "Summary": "model",
    "Explanation": "explanation",
    "Lesson": "lesson",
    "Worksheet": "worksheet",
    "Algebra": "algebra",
    "SideBySide": "layers",
    "Sweep": "sweep",
    "Stored": "stored",
    "FormulaNode": "formula",
    "Conversion": "conversion",
    "Export": "export",
    "Runner": "runner",
    "Gradients": "gradients",
    "Memory": "memory",
    "Trace": "trace",
    "Picture": "picture",
    "ModelFile": "model_file",
    "FileSummary": "model_file",
    "FileDifference": "file_difference",
}
#: The view of several answers of one type.
SEVERAL = {
    "Layer": "layers",
    "Cell": "cells",
    "Fit": "fits",
    "Solution": "solutions",
    "SweepRow": "sweep",
    "Window": "windows",
    "Validation": "validations",
    "Worksheet": "worksheet",
    "FileRow": "model_files",
    "Pattern": "patterns",
}
#: Names of the tables that nobody makes by hand.
INNER = ("Summary", "FormulaNode", "FileSummary", "FileDifference", "SweepRow", "FileRow")
#: Every format, which is the name of the file that writes it, and what it writes of a view.
WRITTEN = {
    "text": "document",
    "json": "data",
    "markdown": "document",
    "latex": "document",
    "html": "document",
    "csv": "rows",
    "svg": "picture",
}
FORMATS = tuple(WRITTEN)
#: The formats of pictures that are no text.
BINARY = ("png", "pdf")
#: The formats of systems that mark answers, for worksheets alone.
TESTS = ("moodle", "gift", "qti")


def render(
    answer: Answer | Sequence[Answer],
    format: FormatName = "text",
    *,
    width: int | None = None,
    fragment: bool = False,
    caption: str | None = None,
    label: str | None = None,
    picture: PictureName | None = None,
) -> str:
    """An answer, or several of one type, as text, json, markdown, latex, html, csv or svg.

    A Layer is shown as its report. Nothing is ever truncated; the lines of a text have at most
    `width` columns, if it is given. Arrays of sizes are shown by their range, except in json and
    csv. Worksheets can be moodle, gift and qti too, for systems that mark answers. Raises
    OptionError for another format, for what is not an answer, for an answer without a picture as
    svg, and for the width of another format than text.

    `picture` chooses the picture of svg and html where an answer has several: see `picture`.

    LaTeX alone has a `fragment` (tables and formulas, without headings and sentences), a `caption`,
    with which each table floats, and a `label`; further tables have the label with -2, -3, ...

    >>> from lstminspect import Layer
    >>> print(render(Layer("rnn", units=2, features=3), "csv").splitlines()[1])
    weight,kernel,"(3, 2)",6,h,1,forward,
    """
    check_format(format)
    view, thing = view_of(answer)
    content = getattr(view, WRITTEN.get(format, "exam"), None)
    if content is None and format in TESTS:
        raise OptionError(f"{format} is for worksheets alone, such as quiz(7). Choose text here.")
    if content is None:
        raise OptionError(_why_not(view, format))
    setting = {"fragment": fragment, "caption": caption, "label": label}
    setting = {
        name: value for name, value in setting.items() if not (value is None or value is False)
    }
    if setting and format != "latex":
        raise OptionError(f"{next(iter(setting))} is for latex, got {format}. Leave it out.")
    if picture is not None and format not in ("svg", "html"):
        raise OptionError(f"a picture is for svg and html, got {format}. Leave it out.")
    if width is not None:
        return _fitted(answer, format, width)
    made: Any = content(thing) if format != "svg" else picture_of(answer, picture)
    if format == "json":
        made = {"type": view.__name__.rpartition(".")[2], **made}
    more = (_picture(view, answer, picture),) if format == "html" else ()
    text: str = import_module(f"{__package__}.formats.{format}").written(made, *more, **setting)
    return text


def _fitted(answer: object, format: str, width: int) -> str:
    from lstminspect.views.formats.text import Page

    if format != "text":
        raise OptionError(f"the lines of a text have a width, not those of {format}. Leave it out.")
    return as_text(answer, Page(whole("width", width, least=20)))


def printed(answer: object) -> str:
    """An answer as text for `print`: with the width of the terminal, if it goes to one."""
    from lstminspect.views.formats.terminal import is_terminal, width_of
    from lstminspect.views.formats.text import Page

    return as_text(answer, Page(width_of(sys.stdout) if is_terminal(sys.stdout) else None))


def as_text(answer: object, page: Page) -> str:
    """An answer as text for a page: its width, and whether it is brief and has colours."""
    from lstminspect.views.formats.text import written

    view, answer = view_of(answer)
    return written(view.document(answer), page)


def as_dict(answer: Answer | Sequence[Answer]) -> dict[str, Any]:
    """The names and values that JSON has of an answer. Raises OptionError as `render` does."""
    from json import loads

    content: dict[str, Any] = loads(render(answer, "json"))
    return content


def as_dataframe(answer: object) -> Any:
    """The rows that CSV has of an answer, as a DataFrame. Raises OptionError as `render` does."""
    from lstminspect.views.formats.dataframe import written

    view, answer = view_of(answer)
    if not hasattr(view, "rows"):
        raise OptionError(_why_not(view, "dataframe"))
    return written(view.rows(answer))


def _why_not(view: Any, format: str) -> str:
    if format == "svg":
        return (
            "this answer has no picture. A layer has one, render(Layer('lstm', 64, 3), 'svg'), and "
            "so have a cell, render(cells.get('lstm'), 'svg'), a model, a comparison, a sweep, the "
            "lesson on a word and a pattern. Choose text."
        )
    able = [name for name, content in WRITTEN.items() if hasattr(view, content)]
    return f"this answer has no {format}. It has {', '.join(able)}: choose one of those."


def check_format(name: str) -> None:
    """Raise OptionError, with the nearest one, if there is no format called `name`."""
    if not isinstance(name, str) or name not in (*FORMATS, *TESTS):
        near = did_you_mean(name, FORMATS) if isinstance(name, str) else ""
        raise OptionError(f"no format called {quoted(name)}.{near} There are {', '.join(FORMATS)}.")


def view_of(answer: object) -> tuple[Any, object]:
    """The file that says what `answer` is, and what it takes: the answer, or a tuple of answers."""
    name = _name(answer)
    if name in VIEWS:
        return import_module(f"{__package__}.{VIEWS[name]}"), answer
    answers = (answer,) if name else tuple(answer) if isinstance(answer, list | tuple) else ()
    names = {_name(each) for each in answers}
    name = names.pop() if len(names) == 1 else None
    if name not in SEVERAL:
        raise OptionError(_why_no_view(answer))
    return import_module(f"{__package__}.{SEVERAL[name]}"), answers


def _name(answer: object) -> str | None:
    """The name of the type of `answer` in the tables, or of a type that it is made from."""
    package = __name__.partition(".")[0]
    for each in type(answer).__mro__:
        known = each.__name__ in VIEWS or each.__name__ in SEVERAL
        if known and each.__module__.partition(".")[0] == package:
            return each.__name__
    return None


def _why_no_view(answer: object) -> str:
    what = f"a value of type {type(answer).__name__}"
    if isinstance(answer, list | tuple):
        names = dict.fromkeys(type(each).__name__ for each in answer)
        what = f"a {type(answer).__name__} of {' and '.join(names) or 'nothing'}"
    one, several = (
        ", ".join(name for name in table if name not in INNER) for table in (VIEWS, SEVERAL)
    )
    return (
        f"render has no view of {what}. Give one answer ({one}), or several of one type "
        f"({several})."
    )


def shown(answer: object) -> str:
    """An answer as HTML for a notebook, with its picture where there is one."""
    from lstminspect.views.formats.html import fragment

    view, thing = view_of(answer)
    return fragment(view.document(thing), _picture(view, answer))


def picture_of(answer: object, what: str | None = None) -> Picture:
    """The picture of an answer, or the one that `what` names. Raises OptionError if it has none."""
    view, thing = view_of(answer)
    if not hasattr(view, "picture"):
        raise OptionError(_why_not(view, "svg"))
    choices = getattr(view, "PICTURES", ())
    if what not in (None, *choices):
        have = f"has the pictures {', '.join(choices)}" if choices else "has one picture"
        raise OptionError(f"this answer {have}, not {quoted(what)}. Leave it out for the first.")
    drawn: Picture = view.picture(thing) if what is None else view.picture(thing, what)
    return drawn


def as_bytes(answer: Answer | Sequence[Answer], format: str, what: str | None = None) -> bytes:
    """The picture of an answer as png or pdf. Raises as `picture_of` does, and MissingFramework."""
    from lstminspect.figures import raster

    drawn: bytes = getattr(raster, f"{format}_of")(picture_of(answer, what).svg)
    return drawn


def _picture(view: Any, answer: object, what: str | None = None) -> Picture | None:
    """The picture of an answer that has one, beside its document."""
    if what is not None:
        return picture_of(answer, what)
    try:
        return picture_of(answer) if hasattr(view, "picture") else None
    except OptionError:  # Too large, or without numbers: the document stands alone.
        return None
