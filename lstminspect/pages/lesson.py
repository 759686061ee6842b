"""The lesson as one HTML file: the engine's data, the script that draws them, and what reads alone.

The file needs no network. What stands in it before the script runs is written for one layer.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from lstminspect.errors import OptionError
from lstminspect.layer import Layer
from lstminspect.pages.before import parts_of
from lstminspect.pages.calls import CHOICES
from lstminspect.pages.export import catalogue
from lstminspect.version import __version__

__all__ = ["Page", "page"]

ASSETS = Path(__file__).parent / "assets"
#: The modules of the script, each after those that it imports from.
SCRIPTS = ("model.js", "draw.js", "state.js", "tables.js", "lesson.js")
#: A line of a module that is not needed where all modules stand in one.
IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
INDENT = re.compile(r"^ +", re.MULTILINE)
PLACE = re.compile(r"\{\{([a-z_:]+)\}\}")
#: The layer that the page begins with: small enough that every weight is seen.
START: dict[str, Any] = {"cell": "lstm", "units": 4, "features": 3, "timesteps": 5, "batch": 2}


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


def page() -> Page:
    """The lesson on what `units` means, as one HTML file for a browser.

    Sizes, cell and options are moved in the page; the weights to scale, the count in every
    convention and all shapes follow. It has no link to any other file.

    >>> page().title
    'What does units mean? A recurrent layer to scale'
    """
    texts = _texts()
    data = {**catalogue(), "start": _start()}
    parts = {
        "css": (ASSETS / "lesson.css").read_text("utf-8").strip(),
        "script": _script(),
        "data": _embedded(data),
        "texts": _embedded(texts),
        "made_by": escape(texts["made_by"].format(version=__version__)),
        **parts_of(Layer(**START), texts),
    }

    def part(match: re.Match[str]) -> str:
        kind, _, name = match.group(1).rpartition(":")
        return escape(texts[name]) if kind else parts[name]

    html = PLACE.sub(part, (ASSETS / "lesson.html").read_text("utf-8"))
    return Page(texts["title"], html.rstrip("\n"))


def _start() -> dict[str, Any]:
    layer = Layer(**START)
    options = {name: getattr(layer, name) for name in CHOICES}
    return {**START, **options, "convention": layer.convention}


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads((ASSETS / "en.json").read_text("utf-8"))
    return texts


def _script() -> str:
    """The modules as one, which a page that is opened from a disk can run."""
    modules = [IMPORT.sub("", (ASSETS / name).read_text("utf-8")) for name in SCRIPTS]
    text = "\n".join(modules).replace("\nexport ", "\n")
    text = INDENT.sub("", text)
    read = 'JSON.parse(document.getElementById("{}").textContent)'
    return f"{text}\nstart({read.format('data')}, {read.format('texts')});"


def _embedded(data: Any) -> str:
    """JSON for a script element, which `</script>` must not end."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
