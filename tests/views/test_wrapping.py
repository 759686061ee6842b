"""Lines and tables broken by hand-made examples, each of one rule."""

from __future__ import annotations

import re

import pytest

from lstminspect import quiz, render
from lstminspect.answer import Annotated, Detail, Document, Part, Sentence, Sketch, Table
from lstminspect.views.formats.text import MOST_ROWS, Page, written
from lstminspect.views.formats.wrapping import code, fitted, formula_lines, pieces, prose, wrapped


def text(part: Part, width: int, brief: bool = False) -> str:
    return written(Document("title", [part]), Page(width, brief)).partition("\n\n")[2]


@pytest.mark.parametrize(
    "piece",
    [
        "(None, 30, 64)",
        "(2·u + f, 4)",
        "kernel(3, 256),",
        "75.0 %",
        "(75.0 %)",
        "16 left",
        "--units 64",
        "`lstminspect cells lstm`",
        "+ features)",
        "= 17,408",
    ],
)
def test_a_value_is_one_piece(piece: str) -> None:
    assert pieces(f"a {piece} b") == ["a", piece, "b"]


@pytest.mark.parametrize("line", ["before one", "(for example a, b)", "--no-key --key-only"])
def test_words_are_pieces_of_their_own(line: str) -> None:
    assert pieces(line) == line.split()


def test_a_line_keeps_its_margin_and_its_columns() -> None:
    line = "  fits      does a layer fit the flash"
    assert wrapped(line, 28, "    ") == ["  fits      does a layer fit", "      the flash"]


def test_a_piece_wider_than_the_page_is_broken_between_its_words() -> None:
    assert wrapped("see `lstminspect cells lstm`", 18) == ["see `lstminspect", "cells lstm`"]


def test_each_step_of_a_derivation_has_its_line() -> None:
    assert formula_lines("2·(u + f) = 2·(4 + 3) = 14", 20) == [
        "2·(u + f)",
        "  = 2·(4 + 3)",
        "  = 14",
    ]


def test_a_command_at_the_end_of_a_sentence_can_be_copied() -> None:
    assert prose("To check it: lstminspect --units 64 --features 3", 30) == [
        "To check it:",
        "  lstminspect --units 64 \\",
        "      --features 3",
    ]


def test_python_goes_on_in_the_next_line_inside_brackets_alone() -> None:
    assert code(">>> total = first + second + third", 20) == [">>> total = first + second + third"]
    assert code(">>> total = sum(first, second)", 24) == [
        ">>> total = sum(first,",
        "...     second)",
    ]


def test_what_is_quoted_in_a_command_stays_one_word() -> None:
    assert code('$ lstminspect model "LSTM(5), Dense(1)"', 30) == [
        "$ lstminspect model \\",
        '      "LSTM(5), Dense(1)"',
    ]


def test_notes_stay_below_their_words_where_a_line_is_broken() -> None:
    lines = [("h = W_h @ x + U_h @ h + b_h", "u   u×f   f   u×u   u   u")]
    assert text(Annotated(lines), 200) == "\n".join(lines[0])
    assert text(Annotated(lines), 16).split("\n") == [
        "h = W_h @ x",
        "u   u×f   f",
        "    + U_h @ h",
        "      u×u   u",
        "    + b_h",
        "      u",
    ]


def test_a_sketch_without_room_is_said_in_words() -> None:
    sketch = Sketch("■" * 30, "30 squares.")
    assert text(sketch, 30) == f"{'■' * 30}\n\n30 squares."
    assert text(sketch, 29) == "30 squares."


def test_a_table_without_room_is_a_list_of_its_values() -> None:
    table = fitted(("name", "shape"), [("kernel", "(3, 256)"), ("bias", "")], (), 15, ())
    assert table == ("name   kernel\nshape  (3, 256)\n\nname   bias", [])


TABLE = Table("sizes", ("id", "of", "why", "number"), [("a", "b", "because it is so", 1)])


def test_a_text_is_left_out_before_a_number_and_is_named() -> None:
    brief = text(TABLE, 17, brief=True)
    assert "number" in brief
    assert "because" not in brief
    assert "Left out: the column why of sizes. A greater" in " ".join(brief.split())
    assert "because" in text(TABLE, 17)


def test_the_columns_that_a_table_names_are_left_out_first() -> None:
    brief = text(TABLE._replace(least=(3,)), 17, brief=True)
    assert "because" in brief
    assert "the column number of sizes" in " ".join(brief.split())


def test_columns_left_out_of_one_table_are_named_together() -> None:
    headers = ("id", "of", "why", "where", "number")
    table = Table("sizes", headers, [("a", "b", "because it is so", "everywhere", 1)])
    words = " ".join(text(table, 17, brief=True).split())
    assert "Left out: the columns where and why of sizes." in words


def test_a_long_table_is_cut_and_keeps_its_total() -> None:
    rows = [(f"row {number}", number) for number in range(100)]
    table = Table("counts", ("name", "number"), rows, total=("total", 4950))
    brief = text(table, 80, brief=True).split("\n")
    assert brief[-3].startswith("total")
    assert brief[-1] == "Left out: 85 rows of counts. A greater width shows it."
    assert sum(line.startswith("row ") for line in brief) == MOST_ROWS
    assert text(table, 80).count("row ") == 100


def test_a_detail_is_left_out_only_where_the_answer_is_long() -> None:
    inner = [Sentence(f"sentence {number}") for number in range(30)]
    detail = Detail("thirty sentences", inner, [Sentence("in short")])
    assert text(detail, 80, brief=True).split("\n\n") == [
        "in short",
        "Left out: thirty sentences. A greater width shows it.",
    ]
    assert text(detail, 80).count("sentence") == 30
    assert text(Detail("two", inner[:2]), 80, brief=True) == "sentence 0\n\nsentence 1"


@pytest.mark.parametrize("width", [None, 60, 80, 200])
def test_a_shape_and_the_points_of_a_question_are_not_broken(width: int | None) -> None:
    for seed in range(20):
        for line in render(quiz(seed=seed), width=width).splitlines():
            assert not re.search(r"(?:^|\s)\((?:None|[0-9]+),?(?: [0-9]+,)*$", line), line
