"""From a count to layers and small models: every one has it, the usual ones come first."""

from __future__ import annotations

import json
import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sums import value

from lstminspect import Layer, cells, explain
from lstminspect.cli.main import main
from lstminspect.explanations.counts import layers_of, plausible
from lstminspect.explanations.forms import Configuration, forms
from lstminspect.explanations.plausible import oddness, rarity
from lstminspect.explanations.totals import totals

SOME = [48, 3600, 9408, 17664, 99072, 361472, 3938304, 999_999_936, 10851, 30651, 5983, 2757761]


@pytest.mark.parametrize("count", SOME)
def test_every_line_that_checks_a_finding_gives_the_count(
    count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explain(count)
    assert found.found >= len(found.findings) > 0
    for finding in found.findings:
        assert main([*shlex.split(finding.check)[1:], "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["parameters"] == count


@pytest.mark.parametrize("count", SOME)
def test_the_sums_of_a_finding_come_to_the_count(count: int) -> None:
    for finding in explain(count, most=60).findings:
        total = 0
        for part in finding.why.split("; "):
            text, *shown = re.split(" = | in ", part)[:2]
            number = value(text, {})
            assert number is not None, part
            assert " = " not in part or f"{number:,}" == shown[0]
            total += number
        assert total == count, finding


@given(st.integers(1, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_layer_found_has_the_count(count: int) -> None:
    for each in list(layers_of(count))[::97]:
        assert {each.layer.parameters_in(name) for name in each.form.conventions} == {count}


def sizes_of(each: Configuration) -> tuple[str, int, int, int, int, bool]:
    form = each.form
    return (form.cell, each.units, each.features, each.directions, each.layers, form.use_bias)


@given(
    st.sampled_from(sorted({form.cell for form in forms() if not form.projections})),
    st.integers(1, 500),
    st.integers(1, 500),
    st.booleans(),
    st.integers(1, 4),
)
@settings(max_examples=40, deadline=None)
def test_a_layer_is_found_from_its_count(
    cell: str, units: int, features: int, both: bool, layers: int
) -> None:
    layer = Layer(cell, units, features, bidirectional=both, layers=layers)
    wanted = (cell, units, features, layer.directions, layers, True)
    assert wanted in [sizes_of(each) for each in layers_of(layer.parameters)]


@given(st.integers(1, 9), st.integers(1, 300), st.booleans(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_a_projected_layer_is_found_from_its_count(
    power: int, features: int, both: bool, use_bias: bool
) -> None:
    sizes = {"units": 3 * 2**power, "features": features, "projection": 2**power}
    layer = Layer("projected", **sizes, bidirectional=both, use_bias=use_bias)
    for convention in ("pytorch", "equations"):
        wanted = ("projected", 3 * 2**power, features, layer.directions, 1, use_bias, 2**power)
        found = layers_of(layer.parameters_in(convention))
        assert wanted in [(*sizes_of(each), each.projection) for each in found if each.projection]


def test_a_projected_layer_is_named_with_its_projection() -> None:
    count = Layer("projected", 64, 3, projection=16).parameters_in("pytorch")
    what = "projected(64) on 3 features, projection 16"
    found = {each.what: each for each in explain(count, most=500).findings}
    assert "--size projection=16" in found[what].check
    assert "--convention pytorch" in found[what].check


def test_a_large_number_is_explained_without_a_float() -> None:
    count = Layer("lstm", 2**27, 10**9).parameters
    assert count > 10**17
    assert any((each.units, each.features) == (2**27, 10**9) for each in layers_of(count))


#: Totals of whole models that people published or built, each of a model that is named with them.
WHOLE = {
    10_851: "LSTM(50) on 3 features, Dense(1)",
    2_757_761: "Embedding(20000, 128), bidirectional LSTM(64) on 128 features, 2 layers, Dense(1)",
    4_022_850: "Embedding(66, 256), GRU(1024) on 256 features, Dense(66)",
    3_784_580: "Embedding(20, 300), LSTM(512) on 300 features, 2 layers, Dense(20)",
    322_080: "Embedding(10000, 32), SimpleRNN(32) on 32 features",
    7_643: "LSTM(40) on 6 features, Dense(3)",
    30_651: "LSTM(50) on 1 feature, 2 layers, Dense(1)",
    2_042: "LSTM(20) on 4 features, Dense(2)",
    8_988: "Embedding(60, 24), GRU(32) on 24 features, Dense(60)",
    361: "LSTM(8) on 2 features, Dense(1)",
    5_281: "LSTM(32) on 8 features, Dense(1)",
    11_210: "SimpleRNN(100) on 1 feature, Dense(10)",
    2_713: "LSTM(24) on 3 features, Dense(1)",
}


@pytest.mark.parametrize("count", WHOLE)
def test_a_whole_model_is_among_the_first(count: int) -> None:
    found = explain(count)
    assert WHOLE[count] in [finding.what for finding in found.findings]
    assert "A total may include other layers" in found.answer


@given(st.integers(1, 40), st.integers(1, 20), st.integers(1, 30), st.sampled_from([1, 2]))
@settings(max_examples=30, deadline=None)
def test_a_model_with_a_dense_layer_is_found_from_its_total(
    units: int, features: int, outputs: int, directions: int
) -> None:
    layer = Layer("lstm", units, features, bidirectional=directions == 2)
    total = layer.parameters + outputs * (layer.width + 1)
    for each in list(totals(total))[::9]:
        dense = each.dense * (each.layer.width + 1)
        words = each.vocabulary * each.features
        stored = {each.layer.parameters_in(name) for name in each.form.conventions}
        assert stored == {total - dense - words}
        assert dense + words > 0
    usual = oddness(units) <= 2 and units >= 8 and oddness(features, small=True) == 0
    if usual and outputs <= 10 and total >= 300:
        wanted = ("lstm", units, features, directions, 1, True, outputs)
        assert wanted in [(*sizes_of(each), each.dense) for each in totals(total)]


def test_what_is_unusual_comes_later() -> None:
    assert [oddness(size) for size in (64, 50, 96, 24, 75, 67, 101)] == [0, 1, 1, 2, 2, 4, 6]
    assert oddness(7, small=True) == 0 < oddness(7)
    ranks = [rarity(name) for name in ("lstm", "gru", "rnn", "gru_reset_before", "projected")]
    assert ranks == sorted(set(ranks))
    assert rarity("mgu") > ranks[-1]
    assert {"lstm", "gru", "rnn", "gru_reset_before", "projected"} <= set(cells.names())


def test_few_units_are_less_plausible_than_eight() -> None:
    # Eight is a usual size, seven is not: 3 points apart, and what is round counts too.
    ranks = {each.units: each.rank for each in layers_of(Layer("lstm", 8, 2).parameters)
             if (each.form.cell, each.directions, each.layers) == ("lstm", 1, 1)
             and "keras" in each.form.conventions and each.form.use_bias}  # fmt: skip
    assert ranks[8] == 0
    assert ranks[4] == 3 + oddness(17, small=True) + 2


def test_a_large_count_has_its_divisors_from_sympy_and_a_small_one_not() -> None:
    for count in (10**10, 10**10 + 8, 352):
        for rank, finding in plausible(count):
            assert rank >= 0
            assert finding.check
    assert plausible(10**11) == []
    assert plausible(0) == []
