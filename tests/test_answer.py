"""The plain table, beside tabulate's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabulate import tabulate

from lstminspect.answer import Table, padded, table
from lstminspect.views.formats import html, latex_table, markdown

# No sign that a format escapes, and no white space at the ends, which tabulate strips.
CELLS = st.text("abc1,(", max_size=9)
TABLES = st.integers(1, 5).flatmap(
    lambda width: st.tuples(
        st.lists(CELLS, min_size=width, max_size=width),
        st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=5),
        st.sets(st.integers(0, width - 1)),
    )
)
WRITERS = {
    "pipe": markdown._table,
    # A notebook sets text on the right where nothing says left; tabulate says right alone.
    "html": lambda part: re.sub(
        r' scope="col"| style="text-align: left"', "", html._table(part)
    ).replace('right"', 'right;"'),
    "latex_booktabs": lambda part: latex_table._pieces(part)[0],
    "simple": lambda part: table(part.headers, part.rows, part.right),
}


@pytest.mark.parametrize("style", WRITERS)
@given(TABLES)
def test_a_table_is_as_tabulate_prints_it(
    style: str, found: tuple[list[str], list[list[str]], set[int]]
) -> None:
    headers, rows, right = found
    sides = ["right" if at in right else "left" for at in range(len(headers))]
    wanted = tabulate(rows, headers, style, disable_numparse=True, colalign=sides)
    assert WRITERS[style](Table("", tuple(headers), rows, tuple(right))) == wanted


def test_every_line_of_a_column_is_as_wide() -> None:
    lines = padded(("a", "number"), [("long text", "1"), ("", "22")], right=(1,))
    assert [[len(cell) for cell in line] for line in lines] == [[9, 8]] * 3
    assert lines[1] == ["long text", "       1"]
