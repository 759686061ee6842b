"""The grammar in docs/equations.md and the parser agree on what the language is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.lark import from_lark
from lark import Lark
from lark.exceptions import UnexpectedInput

from lstminspect import cells
from lstminspect.equations.parser import parse
from lstminspect.errors import EquationError

PAGE = Path(__file__).parents[2] / "docs" / "equations.md"
FENCE = re.search(r"^```lark\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
assert FENCE
GRAMMAR = Lark(FENCE[1], start="cell", parser="lalr")

#: What the parser says of a text that is not in the grammar; all else is about names and sizes.
NOT_IN_THE_GRAMMAR = re.compile(
    r"cannot be read|part of the language|a line is name = expression|this declares nothing"
    r"|takes its arguments in parentheses|is never closed|closes nothing|there is no equation"
)
NAMES = ("f", "h", "c", "x", "W_f", "U_h", "b_f", "P", "tanh", "clip", "units", "scalar")
TEXTS = sorted({cells.get(name).text.strip() for name in cells.names()})


def in_the_grammar(text: str) -> bool:
    try:
        GRAMMAR.parse(text)
    except UnexpectedInput:
        return False
    return True


def read_by_the_parser(text: str) -> bool:
    try:
        parse(text)
    except EquationError as error:
        return not NOT_IN_THE_GRAMMAR.search(str(error))
    return True


@pytest.mark.parametrize("name", cells.names())
def test_every_cell_of_the_catalogue_is_in_the_grammar(name: str) -> None:
    assert in_the_grammar(cells.get(name).text)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(from_lark(GRAMMAR, explicit={"NAME": st.sampled_from(NAMES), "COMMENT": st.just(" ")}))
def test_what_the_grammar_makes_is_read(text: str) -> None:
    rows = [row.strip() for row in text.splitlines()]
    if "=" in text:  # A declaration alone is no cell.
        assert read_by_the_parser("\n".join(rows)), text


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False))
def test_a_text_with_a_sign_too_few_is_read_by_both_or_by_neither(text: str, random) -> None:
    signs = [place for place, sign in enumerate(text) if not sign.isspace()]
    place = random.choice(signs)
    broken = text[:place] + text[place + 1 :]
    assert read_by_the_parser(broken) == in_the_grammar(broken), broken


BROKEN = (
    *("h =", "h = x @", "h = W_h x", "h == x", "h += x", "h = x if x else x", "h = [x]", "1 = x"),
    *("h = tanh(x", "h = tanh(v=x)", "h = tanh()", "h = x; c = x", "tanh(x)", "h = x // 2"),
    *("h = x % 2", "h = 'a'", "h = x.y", "h, c = x", "h = lambda: x", "h = x < 1", "h = not x"),
    *("h = x\nU_h: blocks(heads, 2)", "h = x\nU_h: rows(heads)", "h = x\ny: input(2)", "h = x[1]"),
    *("h = 1j", "h = 05", "h = x\nh: units", "h = (x, x)", "h = x ** ", "h = c = x", ""),
)  # fmt: skip


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_text_is_read_by_neither(text: str) -> None:
    assert not in_the_grammar(text)
    assert not read_by_the_parser(text)
