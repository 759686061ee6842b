"""The lesson as one HTML file: the engine's data, the script that draws them, and what reads alone.

The file needs no network. What stands in it before the script runs is written for one layer.
"""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lstminspect.errors import OptionError, choice
from lstminspect.layer import Layer
from lstminspect.pages.before import parts_of
from lstminspect.pages.export import catalogue
from lstminspect.pages.start import cells_of, start_of, started
from lstminspect.version import __version__

if TYPE_CHECKING:
    from lstminspect.names import PageLanguage

__all__ = ["LANGUAGES", "Page", "page"]

ASSETS = Path(__file__).parent / "assets"
#: The languages of the page, each of which is one file of texts.
LANGUAGES = ("en", "de", "zh")
#: The modules of the script, each after those that it imports from.
SCRIPTS = (
    "model.js",
    "draw.js",
    "place.js",
    "state.js",
    "tables.js",
    "controls.js",
    "teaching.js",
    "copying.js",
    "lesson.js",
)
#: A line of a module that is not needed where all modules stand in one.
IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
INDENT = re.compile(r"^ +", re.MULTILINE)
PLACE = re.compile(r"\{\{([a-z_:]+)\}\}")
#: A text that is all of an element: the script finds it there, and sets it in another language.
TEXT = re.compile(r">\{\{text:([a-z_]+)\}\}<")


@dataclass(frozen=True)
class Page:
    """A page: its title, and its HTML text, which works without a network."""

    title: str
    html: str = field(repr=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, in UTF-8. Raises OptionError if it cannot be written."""
        try:
            Path(path).write_text(self.html, "utf-8", newline="\n")
        except (OSError, ValueError) as error:
            hint = "Give a file in a folder that is there."
            raise OptionError(f"the page cannot be written: {error}. {hint}") from None


def page(layer: Layer | None = None, language: PageLanguage = "en") -> Page:
    """The lesson on what `units` means, as one HTML file for a browser.

    Sizes, cell and options are moved in the page; the weights to scale, the count in every
    convention and all shapes follow. It has no link to any other file. It begins with `layer`,
    whose cell may be one of your own, or else with four units, and in a `language`: "en", "de" or
    "zh", which its reader can change.

    Raises OptionError for an option that the page cannot move, such as `layers`, and SizeError for
    a size that is a letter or too large to be seen.

    >>> page().title
    'What does units mean? A recurrent layer to scale'
    >>> "Δ = 37 more" in page(Layer("gru", units=3, features=2)).html
    True
    """
    layer = started(layer)
    texts = _texts()[choice("language", language, LANGUAGES)]
    parts = {
        "css": (ASSETS / "lesson.css").read_text("utf-8").strip(),
        "script": _script(),
        "data": _data(layer),
        "start": _embedded({**start_of(layer), "language": language}),
        "made_by": escape(texts["made_by"].format(version=__version__)),
        **parts_of(layer, texts),
    }

    def part(match: re.Match[str]) -> str:
        kind, _, name = match.group(1).rpartition(":")
        return escape(texts[name]) if kind else parts[name]

    template = (ASSETS / "lesson.html").read_text("utf-8")
    html = PLACE.sub(part, TEXT.sub(r' data-text="\1">{{text:\1}}<', template))
    return Page(texts["title"], html.rstrip("\n"))


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


@cache
def _script() -> str:
    """The modules as one, which a page that is opened from a disk can run."""
    modules = [IMPORT.sub("", (ASSETS / name).read_text("utf-8")) for name in SCRIPTS]
    text = "\n".join(modules).replace("\nexport ", "\n")
    return INDENT.sub("", text).rstrip("\n")


def _embedded(data: Any) -> str:
    """JSON for a script element, which `</script>` must not end."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
