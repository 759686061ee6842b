"""The tables of the page on frameworks: synonyms, and what a framework does not have."""

from __future__ import annotations

from lstminspect import conventions
from lstminspect.synonyms import CELLS, FRAMEWORKS, WORDS
from lstminspect.terms import get

__all__ = ["lacks", "words"]


def words() -> str:
    """Options, frameworks and cells with what else they are called."""
    options: dict[str, list[str]] = {}
    for word in WORDS:
        titles = [conventions.get(name).title for name in word.frameworks]
        whose = f" ({', '.join(titles)})" if titles else ""
        options.setdefault(word.option, []).append(f"`{word.name}`{whose}")
    parts = [_table("option", options)]
    for kind, table in (("framework", FRAMEWORKS), ("cell", CELLS)):
        meant: dict[str, list[str]] = {}
        for name, known in table.items():
            meant.setdefault(known, []).append(f"`{name}`")
        parts.append(_table(kind, meant))
    return "\n\n".join(parts)


def _table(kind: str, rows: dict[str, list[str]]) -> str:
    lines = [f"| {kind} | also understood |", "| --- | --- |"]
    lines += [f"| `{name}` | {', '.join(others)} |" for name, others in rows.items()]
    return "\n".join(lines)


def lacks() -> str:
    """For each framework the options that it does not have, and why."""
    lines = ["| framework | option | what it says |", "| --- | --- | --- |"]
    for name in conventions.FRAMEWORKS:
        terms = get(name)
        for lack in terms.lacks:
            lines.append(f"| {terms.title} | `{lack.option}` | {lack.why} |")
        if terms.one_way:
            lines.append(f"| {terms.title} | both directions, backwards | {terms.one_way} |")
    return "\n".join(lines)
