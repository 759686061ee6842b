"""Read the docstrings of the package as Markdown: examples as blocks, public names as links."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import Any

import griffe

STUB = Path(__file__).parents[2] / "lstminspect" / "__init__.pyi"
PUBLIC = frozenset(re.findall(r"^from \S+ import (\w+) as", STUB.read_text("utf-8"), re.MULTILINE))
#: A public class in running text, for example SizeError: not in code, not a part of a name.
CLASS = re.compile(r"(?<![\w`.\[])([A-Z][a-z]\w*)(?![\w`\]]|\.\w)")
#: A public name in code, for example `lstminspect.run`.
CODE = re.compile(r"`(?:lstminspect|li)\.(\w+)(\(\))?`")


class Markdown(griffe.Extension):
    """Turn each docstring of the package to Markdown before it is rendered."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Rewrite the docstring of `obj`."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value, obj.name)


def as_markdown(text: str, name: str = "") -> str:
    """The docstring `text` of `name`, its examples in fences and its names linked."""
    paragraphs = re.split(r"\n{2,}", text)
    return "\n\n".join(
        "\n\n".join(f"```pycon\n{each}\n```" for each in [*group])
        if example
        else "\n\n".join(_linked(each, name) for each in group)
        for example, group in groupby(paragraphs, lambda each: each.startswith(">>> "))
    )


def _linked(paragraph: str, own: str) -> str:
    if paragraph.startswith("    "):
        return paragraph  # A block of code.

    def link(match: re.Match[str]) -> str:
        name = match[1]
        if name not in PUBLIC or name == own:
            return match[0]
        return f"[{match[0]}][lstminspect.{name}]"

    parts = re.split(r"(`[^`]*`)", paragraph)
    return "".join(
        CODE.sub(link, part) if part.startswith("`") else CLASS.sub(link, part) for part in parts
    )
