"""The parts of every page, put together: its text, its assets, its script as one module."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from lstminspect.errors import OptionError

__all__ = ["ASSETS", "Page", "embedded", "filled", "script"]

ASSETS = Path(__file__).parent / "assets"
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


def filled(name: str, parts: Mapping[str, str], texts: Mapping[str, Any]) -> str:
    """A page of the assets, each place in it filled by a part, or by a text."""

    def part(match: re.Match[str]) -> str:
        kind, _, name = match.group(1).rpartition(":")
        return escape(texts[name]) if kind else parts[name]

    template = (ASSETS / name).read_text("utf-8").rstrip("\n")
    return PLACE.sub(part, TEXT.sub(r' data-text="\1">{{text:\1}}<', template))


@cache
def script(names: tuple[str, ...]) -> str:
    """Modules as one, which a page that is opened from a disk can run."""
    modules = [IMPORT.sub("", (ASSETS / name).read_text("utf-8")) for name in names]
    text = "\n".join(modules).replace("\nexport ", "\n")
    return INDENT.sub("", text).rstrip("\n")


def embedded(data: Any) -> str:
    """JSON for a script element, which `</script>` must not end."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
