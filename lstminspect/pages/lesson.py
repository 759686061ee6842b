"""The lesson as one HTML file: the engine's data, the script that draws them, and what reads alone.

The file needs no network. What stands in it before the script runs is written for one layer.
"""

from __future__ import annotations

import base64
import json
import zlib
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from lstminspect.errors import choice
from lstminspect.layer import Layer
from lstminspect.pages.assembly import ASSETS, Page, embedded, filled, script
from lstminspect.pages.before import parts_of
from lstminspect.pages.export import catalogue
from lstminspect.pages.start import cells_of, start_of, started
from lstminspect.version import __version__

if TYPE_CHECKING:
    from lstminspect.names import PageLanguage

__all__ = ["LANGUAGES", "SCRIPTS", "lesson"]

#: The languages of the page, each of which is one file of texts.
LANGUAGES = ("en", "de", "zh")
#: The modules of the script, each after those that it imports from.
SCRIPTS = (
    "words.js",
    "model.js",
    "draw.js",
    "place.js",
    "state.js",
    "tables.js",
    "controls.js",
    "teaching.js",
    "leaving.js",
    "copying.js",
    "lesson.js",
)


def lesson(layer: Layer | None = None, language: PageLanguage = "en") -> Page:
    """The lesson on what `units` means, beginning with `layer` in a `language`: see `page`."""
    layer = started(layer)
    texts = _texts()[choice("language", language, LANGUAGES)]
    parts = {
        "css": (ASSETS / "lesson.css").read_text("utf-8").strip(),
        "script": script(SCRIPTS),
        "data": _data(layer),
        "start": embedded({**start_of(layer), "language": language}),
        "made_by": escape(texts["made_by"].format(version=__version__)),
        **parts_of(layer, texts),
    }
    return Page(texts["title"], filled("lesson.html", parts, texts))


@cache
def _texts() -> dict[str, dict[str, Any]]:
    return {name: json.loads((ASSETS / f"{name}.json").read_text("utf-8")) for name in LANGUAGES}


def _data(layer: Layer) -> str:
    every = cells_of(layer)
    return _catalogue() if every == cells_of(started(None)) else _packed(catalogue(every))


@cache
def _catalogue() -> str:
    return _packed(catalogue(cells_of(started(None))))


def _packed(data: dict[str, Any]) -> str:
    """The catalogue and the texts: JSON, deflated, in the letters of base64."""
    text = json.dumps({**data, "languages": _texts()}, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()
