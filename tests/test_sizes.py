"""Sizes: three forms, one code path, exact always."""

from __future__ import annotations

from fractions import Fraction

import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from lstminspect import Layer, SizeError
from lstminspect.sizes import evaluate, size

REFUSED = [
    (0, r"got 0\. At least 1"),
    (-3, r"got -3\. Did you mean 3"),
    (2.5, r"got 2\.5\. Nearest: 2 or 3"),
    (0.2, r"got 0\.2\. Nearest: 1"),
    (64.0, r"got 64\.0\. Write 64"),
    (float("nan"), r"got nan"),
    (float("inf"), r"got inf"),
    (-1.5, r"got -1\.5"),
    (True, r"got True"),
    (False, r"got False"),
    ("64", r"got '64'\. Write 64"),
    ("1,000", r"Write 1000"),
    ("", r"got ''"),
    ("true", r"got 'true'"),
    ("NaN", r"got 'NaN'"),
    ("2*u", r"A letter, such as u"),
    (b"3", r"got b'3'"),
    ([3], r"got \[3\]"),
    (Fraction(3), r"got Fraction"),
    (3j, r"got 3j"),
    (object(), r"got <object"),
    (10**1000, r"units is too large"),
    (numpy.bool_(True), r"got True"),
    (numpy.float64(2.5), r"Nearest: 2 or 3"),
    (numpy.float32(2.5), r"Nearest: 2 or 3"),
    (numpy.int64(0), r"got 0"),
    (numpy.longdouble(3), r"got 3\.0\. Write 3"),
    (numpy.timedelta64(5, "Y"), r"got 5"),
    (numpy.ma.array([3, 4], mask=[0, 1]), r"has masked values"),
    (-(10**5000), r"units is too large"),
    (2.5 * sympy.Symbol("u"), r"got 2\.5\*u"),
    ("lambda", r"A letter, such as u"),
    ("1e23", r"Write 100000000000000000000000\."),
    ("64.0", r"Write 64\."),
    ("0.0", r"At least 1"),
    ("\u0663", r"A letter, such as u"),
    (numpy.array([]), r"got an empty one"),
    (numpy.array([], dtype=int), r"got an empty one"),
    (numpy.array([1.0, 2.0]), r"got dtype float64"),
    (numpy.array([True, False]), r"got dtype bool"),
    (numpy.array([3, 0]), r"got 0 in it"),
    (numpy.array([3, -2]), r"got -2 in it"),
    (numpy.array([1.0, float("nan")]), r"got dtype float64"),
    (numpy.array([3, True], dtype=object), r"got dtype object"),
    (numpy.array(["u"]), r"got dtype <U1"),
    (sympy.Integer(0), r"got 0"),
    (sympy.Float(2.5), r"Nearest: 2 or 3"),
    (sympy.Rational(5, 2), r"got 5/2"),
    (sympy.nan, r"got nan"),
    (sympy.oo, r"got oo"),
    (sympy.pi, r"got pi"),
    (sympy.Symbol("u", negative=True), r"got u"),
    (sympy.Symbol("u", integer=False), r"got u"),
    (sympy.true, r"got True"),
]


@pytest.mark.parametrize(("value", "match"), REFUSED, ids=[match for _, match in REFUSED])
def test_what_is_no_size_is_refused_with_a_sentence(value: object, match: str) -> None:
    with pytest.raises(SizeError, match=match) as caught:
        size("units", value)
    assert str(caught.value).startswith("units ")
    with pytest.raises(SizeError, match=match):
        Layer("lstm", units=value, features=3)


def test_every_kind_of_whole_number_becomes_an_int() -> None:
    assert Layer("lstm", numpy.array([numpy.int8(4)], dtype=object), 3).parameters.tolist() == [128]
    for value in (64, numpy.int8(64), numpy.uint64(64), numpy.array(64), sympy.Integer(64)):
        checked = size("units", value)
        assert type(checked) is int
        assert checked == 64


def test_a_letter_is_a_plain_symbol_and_can_be_substituted_by_its_name() -> None:
    layer = Layer("lstm", units="u", features="f")
    assert layer.parameters.subs({"u": 64, "f": 3}) == 17408
    assert layer.parameters.free_symbols == set(sympy.symbols("u f"))


def test_letters_and_numbers_mix() -> None:
    layer = Layer("lstm", units=64, features=sympy.Symbol("f", positive=True, integer=True))
    assert sympy.expand(layer.parameters - (256 * layer.features + 16640)) == 0


def test_small_integer_types_do_not_wrap() -> None:
    units = numpy.array([200, 255], dtype=numpy.uint8)
    expected = [4 * (u * (u + 3) + u) for u in (200, 255)]
    assert Layer("lstm", units=units, features=3).parameters.tolist() == expected


@pytest.mark.parametrize("units", [2**31, 2**62, 2**63 - 1, 2**63, 2**64 + 1, 10**30])
def test_overflow_of_64_bits_is_met_with_exact_numbers(units: int) -> None:
    array = numpy.array([3, units], dtype=object if units >= 2**63 else numpy.int64)
    layer = Layer("lstm", units=array, features=7, bidirectional=True, layers=3)
    exact = Layer("lstm", units=units, features=7, bidirectional=True, layers=3)
    assert layer.parameters[1] == exact.parameters
    assert [w.parameters[1] for w in layer.weights] == [w.parameters for w in exact.weights]
    widths = [weight.shape[-1][1] for weight in layer.weights]
    assert widths == [weight.shape[-1] for weight in exact.weights] == [4 * units] * 18
    assert layer.output_shapes[0][-1][1] == 2 * units
    small = Layer("lstm", units=3, features=7, bidirectional=True, layers=3)
    assert layer.parameters[0] == small.parameters


def test_counts_that_fit_stay_machine_integers() -> None:
    assert Layer("gru", units=numpy.arange(1, 9), features=3).parameters.dtype == numpy.int64


def test_arrays_broadcast_or_are_refused() -> None:
    units, features = numpy.array([4, 8, 16]), numpy.array([3, 5])
    grid = Layer("gru", units=units[:, None], features=features[None, :]).parameters
    assert grid.shape == (3, 2)
    assert grid[2, 1] == Layer("gru", units=16, features=5).parameters
    with pytest.raises(SizeError, match=r"units of shape \(3,\) and features of shape \(2,\)"):
        Layer("gru", units=units, features=features)
    with pytest.raises(SizeError, match="letters and arrays do not mix"):
        Layer("gru", units=units, features="f")


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=5), st.integers(1, 10**12))
def test_an_array_is_the_ints_it_holds(units: list[int], features: int) -> None:
    layer = Layer("gru", units=numpy.array(units), features=features)
    for convention in ("keras", "pytorch", "onnx", "flax", "nnx", "equations"):
        one_by_one = [Layer("gru", u, features).parameters_in(convention) for u in units]
        assert layer.parameters_in(convention).tolist() == one_by_one


def test_the_guard_is_what_keeps_an_array_exact() -> None:
    huge = numpy.array([2**40])
    with numpy.errstate(all="ignore"):
        assert int((huge * huge)[0]) != 2**80
    assert evaluate(lambda units: units * units, {"units": huge})[0] == 2**80


def test_an_array_is_not_changed() -> None:
    units = numpy.array([4, 8])
    Layer("lstm", units=units, features=3, layers=2).parameters  # noqa: B018
    assert units.tolist() == [4, 8]
