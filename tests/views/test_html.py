"""HTML: every answer as a page and a fragment, by a strict parser; its headings in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import html5lib
import pytest
from answers import ANSWERS, answer
from html5lib.html5parser import ParseError

from lstminspect import Cell, Layer, fits, quiz, render, report
from lstminspect.views.render import shown

SIGNS = "<b>&|_\"'`Σ中"
MORE = {
    "signs": lambda: report(Layer(Cell("a = tanh(W_a @ x)\nh = a", name=SIGNS), "β", "ü")),
    "sections": lambda: quiz(seed=3, questions=20),
    "a picture": lambda: report(Layer("lstm", 8, 3, bidirectional=True)),
}


def page(name: str) -> str:
    return render(MORE[name]() if name in MORE else answer(name), "html")


def headings(text: str) -> Iterator[int]:
    for element in html5lib.parse(text, namespaceHTMLElements=False).iter():
        if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            yield int(element.tag[1])


def test_the_parser_is_strict() -> None:
    with pytest.raises(ParseError):
        html5lib.HTMLParser(strict=True).parse(page("cell").replace("</main>", ""))


@pytest.mark.parametrize("name", [*ANSWERS, *MORE])
def test_a_page_has_no_error(name: str) -> None:
    html5lib.HTMLParser(strict=True).parse(page(name))


@pytest.mark.parametrize("name", [*ANSWERS, *MORE])
def test_a_fragment_has_no_error(name: str) -> None:
    thing = MORE[name]() if name in MORE else answer(name)
    html5lib.HTMLParser(strict=True).parseFragment(shown(thing))


@pytest.mark.parametrize("name", [*ANSWERS, *MORE])
def test_the_headings_of_a_page_descend_one_by_one(name: str) -> None:
    levels = list(headings(page(name)))
    assert levels.count(1) == levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_is_wide_is_scrolled_with_the_keyboard() -> None:
    text = page("cell")
    assert (
        text.count('class="wide"')
        == text.count('class="wide" style="overflow-x: auto; margin: 1em 0" tabindex="0"')
        > 0
    )
    assert text.count("<pre") == text.count('<pre tabindex="0"') > 0


def test_a_table_and_typed_lines_look_the_same_in_a_notebook_that_has_a_style_of_its_own() -> None:
    text = render(Layer("lstm", 4, 3), "html")
    assert re.search(r"<td style=\"text-align: left\">kernel *</td>", text)
    assert re.search(r"<td style=\"text-align: right\"> *48</td>", text)
    assert '<pre tabindex="0" style="font-family: monospace">' in render(quiz(seed=7), "html")


def test_a_command_line_in_a_text_is_code() -> None:
    text = render(fits(Layer("lstm", 4, 3), flash=65_536), "html")
    assert "(<code>lstminspect --units 124 --features 3 --cost</code>)" in text
