"""Every answer fits the page that it is written for, and what a page leaves out is named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import pytest
from answers import ANSWERS, answer

from lstminspect.answer import Detail, Document, Part, Sketch, Table
from lstminspect.views.formats.text import Page, cells, written
from lstminspect.views.formats.wrapping import words as typed_words
from lstminspect.views.render import view_of

WIDTHS = (60, 80, 120, 200)
SHAPE = re.compile(r"\((?:None|\d[\d,]*)(?:, (?:None|\d[\d,]*))*,?\)")

every_answer = pytest.mark.parametrize("name", ANSWERS)
every_width = pytest.mark.parametrize("width", WIDTHS)


def document(name: str) -> Document:
    view, thing = view_of(answer(name))
    made = view.document(thing)
    assert isinstance(made, Document)
    return made


def words(text: str) -> Counter[str]:
    """The words of a text, without the rules of its tables and what a line is broken with."""
    return Counter(each for each in text.split() if not re.fullmatch(r"[-=]{2,}|\\|\.\.\.", each))


def too_wide(text: str, width: int) -> Iterator[str]:
    for line in text.split("\n"):
        if len(line) > width and len(typed_words(line.removesuffix(" \\"))) > 1:
            yield line


@every_width
@every_answer
def test_no_line_is_wider_than_the_page(name: str, width: int) -> None:
    for brief in (False, True):
        assert list(too_wide(written(document(name), Page(width, brief)), width)) == []


@every_width
@every_answer
def test_no_word_and_no_shape_is_broken_or_lost_where_nothing_is_left_out(
    name: str, width: int
) -> None:
    whole, text = written(document(name)), written(document(name), Page(width))
    for sketch in (part for part in parts(document(name).parts, "") if isinstance(part, Sketch)):
        if width < 78 and sketch.text not in text:
            whole = whole.replace(sketch.text, "")
    assert words(whole) - words(text) == Counter()
    assert Counter(SHAPE.findall(whole)) - Counter(SHAPE.findall(text)) == Counter()
    assert "Left out" not in text


@every_width
@every_answer
def test_what_a_brief_answer_has_no_room_for_is_named(name: str, width: int) -> None:
    text = written(document(name), Page(width, brief=True))
    _, _, left_out = text.partition("Left out: ")
    left_out = " ".join(left_out.split())
    for part in parts(document(name).parts, left_out):
        if not isinstance(part, Table) or f"rows of {part.title}" in left_out:
            continue
        named = re.findall(rf"the columns? ([^,]+) of {re.escape(part.title)}\b", left_out)
        gone = [header for names in named for header in names.split(" and ")]
        for header, column in zip(part.headers, zip(*cells(part), strict=True), strict=True):
            if header not in gone:
                missing = Counter(w for cell in column for w in cell.split()) - words(text)
                assert missing == Counter()


def parts(of: Iterable[Part], left_out: str) -> Iterator[Part]:
    """The parts that are not named as left out."""
    for part in of:
        if not isinstance(part, Detail):
            yield part
        elif part.what not in left_out:
            yield from parts(part.parts, left_out)


@every_answer
def test_on_a_page_of_200_columns_no_column_is_left_out(name: str) -> None:
    assert "the column" not in written(document(name), Page(200, brief=True))
