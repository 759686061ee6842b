"""A model file against code: the options that differ, the lines to write, the tensors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.answer import Document, Part, Sentence, Table, Verbatim
from lstminspect.files.difference import FileDifference, OptionDifference
from lstminspect.views.model_file import visible

__all__ = ["data", "document", "rows"]

#: Options that are named in the title; the table has all.
MOST = 4
#: The longest line to write, and the longest sentence.
WHOLE = 1000


def document(answer: FileDifference) -> Document:
    """The options that differ in the words of the code, what to write, and the tensors."""
    names = f"{visible(answer.file)} fits {visible(answer.code)}"
    parts: list[Part] = [Sentence(visible(text, WHOLE)) for text in answer.notes]
    if answer.fits:
        count = f"{answer.fitting} tensors have the name and shape that the code wants."
        layers = "Its recurrent layers are those that the code makes."
        return Document(names, [Sentence(count if answer.fitting else layers), *parts])
    sentences = list(dict.fromkeys(map(_named, answer.options)))
    parts.insert(0, Sentence(_said(answer, sentences)))
    if answer.options:
        table = [
            (visible(each.layer), each.option, _value(each.code), _value(each.file))
            for each in answer.options
        ]
        headers = ("layer", "option", f"in the {answer.what}", "in the file")
        parts.append(Table("options that differ", headers, table, (), missing="-"))
    if answer.lines:
        text = "\n".join(visible(each, WHOLE) for each in answer.lines)
        write = "To write, so that the code loads the file"
        if answer.options:  # batch_first, dropout and return_sequences have no tensors.
            write += " (the options that no tensor shows stay as they are)"
        parts += [Sentence(f"{write}:"), Verbatim(text)]
    if answer.tensors:
        tensors = [
            (visible(each.name), each.code, each.file, each.verdict) for each in answer.tensors
        ]
        headers = ("tensor", f"in the {answer.what}", "in the file", "verdict")
        parts.append(Table("tensors that do not fit", headers, tensors, (), missing="-"))
        parts.append(Sentence(f"{answer.fitting} other tensors fit."))
    return Document(names.replace(" fits ", " does not fit "), parts)


def _named(each: OptionDifference) -> str:
    """The sentence of an option, behind the name of its layer."""
    return f"{visible(each.layer)}: {each.sentence}" if each.layer else each.sentence


def _said(answer: FileDifference, sentences: list[str]) -> str:
    texts = sentences[:MOST]
    texts += [visible(each.reason("file", answer.what), WHOLE) for each in answer.renames]
    if not texts:
        counts: dict[str, int] = {}
        for each in answer.tensors:
            counts[each.verdict] = counts.get(each.verdict, 0) + 1
        texts = [f"{count} tensors: {verdict}" for verdict, count in counts.items()]
    more = f"; and {len(sentences) - MOST} more" if len(sentences) > MOST else ""
    text = f"{'; '.join(texts)}{more}."
    return f"{text[:1].upper()}{text[1:]}" if text.startswith("the ") else text


def _value(value: object) -> str | None:
    return None if value is None else str(value)


def data(answer: FileDifference) -> dict[str, Any]:
    """Every option and tensor that differs."""
    return {
        "file": answer.file,
        "code": answer.code,
        "fits": answer.fits,
        "options": [
            {
                "layer": each.layer,
                "option": each.option,
                "code": each.code,
                "file": each.file,
                "sentence": each.sentence,
                "line": each.line,
            }
            for each in answer.options
        ],
        "renames": [{"file": each.saved, "code": each.built} for each in answer.renames],
        "lines": list(answer.lines),
        "tensors": [
            {"name": each.name, "code": each.code, "file": each.file, "verdict": each.verdict}
            for each in answer.tensors
        ],
        "fitting": answer.fitting,
        "notes": list(answer.notes),
    }


def rows(answer: FileDifference) -> Iterator[tuple[Any, ...]]:
    """One row per option and per tensor that differs."""
    yield ("name", "what", "code", "file", "meaning")
    for option in answer.options:
        values = (_value(option.code), _value(option.file))
        yield (visible(option.layer), option.option, *values, option.sentence)
    for rename in answer.renames:
        values = (visible(rename.built), visible(rename.saved))
        yield ("", "prefix", *values, visible(rename.reason("file", answer.what)))
    for tensor in answer.tensors:
        yield (visible(tensor.name), "tensor", tensor.code, tensor.file, tensor.verdict)
