"""Many model files: one row each, and the problems in full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table
from lstminspect.files.many import FileRow
from lstminspect.views.model_file import visible
from lstminspect.wording import number

__all__ = ["HEADINGS", "data", "document", "row", "rows"]

HEADINGS = ("path", "format", "layers", "parameters", "bytes", "problem")


def document(files: tuple[FileRow, ...]) -> Document:
    """A table of the files, then every problem and contradiction in full."""
    bad = sum(bool(each.problem) for each in files)
    count = "1 file" if len(files) == 1 else f"{number(len(files))} files"
    title = f"{count}: {number(bad)} cannot be read" if bad else f"{count}, all read"
    table = [
        (
            visible(each.path),
            each.format or None,
            "cannot be read" if each.problem else _layers(each) or "no recurrent layer",
            each.parameters,
            each.nbytes,
        )
        for each in files
    ]
    headers = ("path", "format", "recurrent layers", "values", "bytes")
    parts: list[Part] = [Table("files", headers, table, (3, 4), missing="-", least=(4, 1, 3))]
    for each in files:
        if each.problem:
            parts.append(Sentence(f"{visible(each.path)}: {visible(each.problem)}"))
        parts += [
            Sentence(f"{visible(each.path)}: CONTRADICTION: {visible(text)}")
            for text in each.contradictions
        ]
    return Document(title, parts)


def _layers(each: FileRow) -> str:
    return "; ".join(map(visible, each.layers))


def data(files: tuple[FileRow, ...]) -> dict[str, Any]:
    """Every file, in order."""
    return {
        "files": [
            {
                "path": each.path,
                "format": each.format,
                "layers": list(each.layers),
                "parameters": each.parameters,
                "bytes": each.nbytes,
                "problem": each.problem,
                "contradictions": list(each.contradictions),
            }
            for each in files
        ]
    }


def rows(files: tuple[FileRow, ...]) -> Iterator[tuple[Any, ...]]:
    """One row per file, in order."""
    yield HEADINGS
    yield from map(row, files)


def row(each: FileRow) -> tuple[Any, ...]:
    """The row of one file; a contradiction is a problem too."""
    problem = each.problem or " ".join(each.contradictions)
    words = (visible(each.path), each.format, _layers(each))
    return (*words, each.parameters, each.nbytes, visible(problem))
