"""The tables of the JSON schema: for each answer its fields, their types and meanings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["fields_of_answers"]

FILE = Path(__file__).parents[1] / "schema" / "answer-1.json"


def fields_of_answers() -> str:
    """A section for each type of answer, after those of the types that several share."""
    parts = json.loads(FILE.read_text("utf-8"))["$defs"]
    return "\n\n".join("\n\n".join(_section(name, part)) for name, part in parts.items())


def _section(name: str, part: dict[str, Any]) -> Iterator[str]:
    yield f"## {name}"
    if text := part.get("description"):
        yield text
    rows = list(_rows(part, ""))
    if rows:
        yield "\n".join(["| field | type | meaning |", "| --- | --- | --- |", *rows])
    elif "description" not in part:
        yield _type(part)


def _rows(part: dict[str, Any], above: str) -> Iterator[str]:
    needed = part.get("required", ())
    for name, field in part.get("properties", {}).items():
        meaning = field.get("description", "")
        often = "" if name in needed else " May be left out."
        yield f"| `{above}{name}` | {_type(field)} | {meaning}{often} |"
        yield from _rows(field, f"{above}{name}.")
        for several, mark in (("items", "[]"), ("additionalProperties", "{}")):
            if isinstance(inner := field.get(several), dict):
                yield from _rows(inner, f"{above}{name}{mark}.")


def _type(field: dict[str, Any]) -> str:
    """The type in words, with links to the types that have a section."""
    if reference := field.get("$ref"):
        name = reference.rpartition("/")[2]
        return f"[{name}](#{name})"
    if "const" in field:
        return f"`{json.dumps(field['const'])}`"
    if values := field.get("enum"):
        return " or ".join(f"`{json.dumps(value)}`" for value in values)
    for several in ("oneOf", "anyOf"):
        if several in field:
            return " or ".join(map(_type, field[several]))
    match field.get("type"):
        case "array" if isinstance(items := field.get("items"), dict):
            return f"array of {_type(items)}"
        case "object" if isinstance(values := field.get("additionalProperties"), dict):
            return f"object of {_type(values)} by name"
        case list() as types:
            return " or ".join(types)
        case str() as one:
            return one
    return "anything"
