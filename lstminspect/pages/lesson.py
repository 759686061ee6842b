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
from lstminspect.pages.export import catalogue
from lstminspect.pages.start import cells_of, start_of, started
from lstminspect.version import __version__

__all__ = ["Page", "page"]

ASSETS = Path(__file__).parent / "assets"
#: The modules of the script, each after those that it imports from.
SCRIPTS = ("model.js", "draw.js", "state.js", "tables.js", "lesson.js")
#: A line of a module that is not needed where all modules stand in one.
IMPORT = re.compile(r"^import .*\n", re.MULTILINE)
INDENT = re.compile(r"^ +", re.MULTILINE)
PLACE = re.compile(r"\{\{([a-z_:]+)\}\}")


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


def page(layer: Layer | None = None) -> Page:
    """The lesson on what `units` means, as one HTML file for a browser.

    Sizes, cell and options are moved in the page; the weights to scale, the count in every
    convention and all shapes follow. It has no link to any other file. It begins with `layer`,
    whose cell may be one of your own, or else with four units.

    Raises OptionError for an option that the page cannot move, such as `layers`, and SizeError for
    a size that is a letter or too large to be seen.

    >>> page().title
    'What does units mean? A recurrent layer to scale'
    >>> "Δ = 37 more" in page(Layer("gru", units=3, features=2)).html
    True
    """
    layer = started(layer)
    texts = _texts()
    data = {**catalogue(cells_of(layer)), "start": start_of(layer)}
    parts = {
        "css": (ASSETS / "lesson.css").read_text("utf-8").strip(),
        "script": _script(),
        "data": _embedded(data),
        "texts": _embedded(texts),
        "made_by": escape(texts["made_by"].format(version=__version__)),
        **parts_of(layer, texts),
    }

    def part(match: re.Match[str]) -> str:
        kind, _, name = match.group(1).rpartition(":")
        return escape(texts[name]) if kind else parts[name]

    html = PLACE.sub(part, (ASSETS / "lesson.html").read_text("utf-8"))
    return Page(texts["title"], html.rstrip("\n"))


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
