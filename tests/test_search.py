"""Cells found by words, tags and years: all from what the files of the cells say."""

from __future__ import annotations

from typing import Any

import pytest

from lstminspect import Cell, OptionError, cells
from lstminspect.cells import TAGS, search, tags, years
from lstminspect.cli.main import main


def names(*words: str, **options: Any) -> list[str]:
    return [cell.name for cell in search(*words, **options)]


def test_every_cell_of_the_catalogue_has_a_year() -> None:
    for name in cells.names():
        found = years(cells.get(name))
        # A paper that reads another one has the year of that too.
        assert found or not cells.get(name).source, name
        assert all(1985 <= year <= 2030 for year in found), name


def test_every_tag_is_known_and_used() -> None:
    for name in cells.names():
        assert set(tags(cells.get(name))) <= set(TAGS), name
    for tag in TAGS:
        assert len(search(tag=tag)) > 1
        assert {*names(tag=tag)} <= {*names(tag)}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cho", ["gru", "gru_reset_before"]),
        ("CHO 2014 before", ["gru_reset_before"]),
        ("arxiv", None),
        ("greff", ["fgr", "nfg", "niaf", "nig", "noaf", "nog", "np", "cifg", "cifg_peephole"]),
        ("ind", ["indrnn"]),
        ("LSTMP", ["projected", "projected_peephole"]),
        ("xlstm", ["slstm"]),
        ("mingru", ["min_gru"]),
    ],
)
def test_words_are_the_beginnings_of_words(words: str, expected: list[str] | None) -> None:
    if expected is None:
        with pytest.raises(OptionError, match="no cell of the catalogue is like that"):
            search(words)
        return
    assert sorted(names(words)) == sorted(expected)


def test_an_arxiv_number_is_not_a_year() -> None:
    # arXiv:2010.00951 was written in 2020, arXiv:1902.09689 in 2019.
    assert years(cells.get("cornn")) == (2020,)
    with pytest.raises(OptionError, match="no cell of the catalogue is like that"):
        search("2010")
    assert years(cells.get("antisymmetric_rnn")) == (2019,)


def test_a_range_of_years_has_both_its_ends() -> None:
    assert names(year="2014:2014") == names(year=2014) == names(year="2014")
    assert names(year="2014:2015") == sorted({*names(year=2014), *names(year=2015)})
    assert names(year=range(2014, 2016)) == names(year="2014:2015")
    everything = sorted({*names(year=":2014"), *names(year="2015:")})
    assert everything == [name for name in cells.names() if years(cells.get(name))]


def test_all_that_is_asked_has_to_be_there() -> None:
    assert names("lstm", tag="ablation", year=2015) == names(tag="ablation", year="2015:2015")
    with pytest.raises(OptionError, match="no cell of the catalogue is like that"):
        search("cho", year=1997)


def test_elementwise_is_read_from_the_equations() -> None:
    assert tags(Cell("h = tanh(U_h @ h)")) == tags(Cell("a = W @ x + h\nh = U @ a")) == ()
    assert tags(Cell("h = tanh(W_h @ x + u_h * h)")) == ("elementwise",)
    for name in names(tag="elementwise"):
        # Without a matrix between states, a count grows with the units as they do, or by the input.
        assert all(
            block.shape != ("units", "units") or "x" in cells.get(name).declared
            for block in cells.get(name).blocks
        ), name
    assert {"lstm", "gru", "rnn", "projected", "clockwork"}.isdisjoint(names(tag="elementwise"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": 3}, r"searched for words, got 3"),
        ({"tag": "minimall"}, r"no tag called 'minimall'. Did you mean 'minimal'"),
        ({"tag": 3}, r"no tag called 3"),
        *(
            ({"year": year}, r"year must be a year or a range of years, got .* 2010:2020")
            for year in ("14", ":", "2010-2020", "20142015", 2.5, True, [2014], range(0))
        ),
    ],
)
def test_what_cannot_be_searched_for_is_refused(options: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        search(**options)


def test_the_command_searches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cells", "--search", "cho", "--year", "2014", "--format", "csv"]) == 0
    out = capsys.readouterr().out
    assert {line.split(",")[0] for line in out.splitlines()[1:]} == {"gru", "gru_reset_before"}
    for words in (["lstm", "--tag", "minimal"], ["--numpy", "--year", "2014"]):
        assert main(["cells", *words]) == 2
        assert "is for the catalogue. Leave it out, or the cell." in capsys.readouterr().err
