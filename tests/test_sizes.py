"""Sizes: three forms, one code path, exact always."""

from __future__ import annotations

import re
from fractions import Fraction

import numpy
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from lstminspect import Layer, SizeError
from lstminspect.sizes import (
    divided,
    evaluate,
    halved,
    is_array,
    is_letter,
    product,
    size,
    widths,
)

LETTER = "A letter, such as u, is allowed too."
INTS = "Make it one of ints, or of dtype=object beyond 64 bits."
TOO_LARGE = "units is too large: a size has at most 1,000 digits. Use a letter, such as u."

#: What is no size, each with the end of its sentence.
NUMBERS = [
    (0, "got 0. At least 1."),
    (-3, "got -3. Did you mean 3?"),
    (2.5, "got 2.5. Nearest: 2 or 3."),
    (0.2, "got 0.2. Nearest: 1."),
    (64.0, "got 64.0. Write 64."),
    (float("nan"), "got nan."),
    (float("inf"), "got inf."),
    (-1.5, "got -1.5."),
    (True, "got True."),
    (False, "got False."),
    ("64", "got '64'. Write 64."),
    ("1,000", "got '1,000'. Write 1000."),
    ("", f"got ''. {LETTER}"),
    ("true", f"got 'true'. {LETTER}"),
    ("NaN", f"got 'NaN'. {LETTER}"),
    ("2*u", f"got '2*u'. {LETTER}"),
    (b"3", "got b'3'."),
    ({3}, "got {3}."),
    (Fraction(3), "got Fraction(3, 1)."),
    (3j, "got 3j."),
    (range(3), "got range(0, 3)."),
    (numpy.bool_(True), "got True."),
    (numpy.float64(2.5), "got 2.5. Nearest: 2 or 3."),
    (numpy.float32(2.5), "got 2.5. Nearest: 2 or 3."),
    (numpy.int64(0), "got 0. At least 1."),
    (numpy.longdouble(3), "got 3.0. Write 3."),
    (numpy.timedelta64(5, "Y"), "got 5."),
    (2.5 * sympy.Symbol("u"), "got 2.5*u."),
    ("lambda", f"got 'lambda'. {LETTER}"),
    ("1e23", "got '1e23'. Write 100000000000000000000000."),
    ("64.0", "got '64.0'. Write 64."),
    ("0.0", "got '0.0'. At least 1."),
    ("\u0663", f"got '٣'. {LETTER}"),
    (sympy.Integer(0), "got 0. At least 1."),
    (sympy.Float(2.5), "got 2.50000000000000. Nearest: 2 or 3."),
    (sympy.Rational(5, 2), "got 5/2."),
    (sympy.nan, "got nan."),
    (sympy.oo, "got oo."),
    (sympy.pi, "got pi."),
    (sympy.Symbol("u", negative=True), "got u."),
    (sympy.Symbol("u", integer=False), "got u."),
    (sympy.true, "got True."),
    (
        "9" * 1000 + "x",
        f"got '99999999999999999999999999999999999999999999999999999999.... {LETTER}",
    ),
    ("+7", "got '+7'. Write 7."),
    (".5e1", "got '.5e1'. Write 5."),
    ("1.5e3", "got '1.5e3'. Write 1500."),
    ("1e1000", f"got '1e1000'. {LETTER}"),
    ("+.e1", f"got '+.e1'. {LETTER}"),
    ("0007.10e1", "got '0007.10e1'. Write 71."),
    ("1_000", "got '1_000'. Write 1000."),
    ("1.25e1", f"got '1.25e1'. {LETTER}"),
    ("2e", f"got '2e'. {LETTER}"),
    (numpy.array(2.5), "got 2.5. Nearest: 2 or 3."),
    (numpy.array("u", dtype=object), "got 'u'."),
    (-0.0, "got -0.0. Nearest: 1."),
    (1.5, "got 1.5. Nearest: 1 or 2."),
    (
        "x y" * 19 + "z",
        f"got 'x yx yx yx yx yx yx yx yx yx yx yx yx yx yx yx yx yx yx yz'. {LETTER}",
    ),
    ("x y" * 19 + "zz", f"got {repr('x y' * 19)[:57]}.... {LETTER}"),
    ("x y" * 20, f"got 'x yx yx yx yx yx yx yx yx yx yx yx yx yx yx yx yx yx yx .... {LETTER}"),
    (sympy.Float(-2.5), "got -2.50000000000000."),
    (sympy.Symbol("u") + 0.5, "got u + 0.5."),
    (numpy.complex64(2), "got (2+0j)."),
    ("false", f"got 'false'. {LETTER}"),
    ("inf", f"got 'inf'. {LETTER}"),
    ("infinity", f"got 'infinity'. {LETTER}"),
    ("no", f"got 'no'. {LETTER}"),
    ("none", f"got 'none'. {LETTER}"),
    ("null", f"got 'null'. {LETTER}"),
    ("yes", f"got 'yes'. {LETTER}"),
]
ARRAYS = [
    (numpy.array([]), "got an empty one."),
    (numpy.array([], dtype=int), "got an empty one."),
    (numpy.array([1.0, 2.0]), f"got dtype float64. {INTS}"),
    (numpy.array([True, False]), f"got dtype bool. {INTS}"),
    (numpy.array([3, 0]), "got 0 in it. At least 1."),
    (numpy.array([3, -2]), "got -2 in it. At least 1."),
    (numpy.array([1.0, float("nan")]), f"got dtype float64. {INTS}"),
    (numpy.array([3, True], dtype=object), f"got dtype object. {INTS}"),
    (numpy.array(["u"]), f"got dtype <U1. {INTS}"),
    (numpy.array([10**1000, 3], dtype=object), "got one of more than 1000 digits."),
    (numpy.array([1.5, 2], dtype=object), f"got dtype object. {INTS}"),
    (numpy.array([numpy.int8(-1)], dtype=object), "got -1 in it. At least 1."),
    (numpy.array([0, 10**20], dtype=object), "got 0 in it. At least 1."),
]
OTHERS = [
    (10**1000, TOO_LARGE),
    (numpy.ma.array([3, 4], mask=[0, 1]), "units has masked values. Take them out first."),
    (-(10**5000), TOO_LARGE),
    ("9" * 1001, TOO_LARGE),
]
REFUSED = [
    *((value, f"units must be a positive whole number, {end}") for value, end in NUMBERS),
    *((value, f"units must be an array of positive whole numbers, {end}") for value, end in ARRAYS),
    *OTHERS,
]


@pytest.mark.parametrize(("value", "sentence"), REFUSED, ids=[str(n) for n in range(len(REFUSED))])
def test_what_is_no_size_is_refused_with_a_sentence(value: object, sentence: str) -> None:
    with pytest.raises(SizeError, match=f"^{re.escape(sentence)}$"):
        size("units", value)
    with pytest.raises(SizeError, match=re.escape(sentence)):
        Layer("lstm", units=value, features=3)
    with pytest.raises(SizeError, match=r" \(from --units\)") as caught:
        size("units", value, "--units")
    assert str(caught.value).replace(" (from --units)", "") == sentence


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
    shapes = r"got units of shape \(3,\) and features of shape \(2,\)"
    hint = r"For every pair, use units\[:, None\] and features\[None, :\]"
    with pytest.raises(SizeError, match=rf"^arrays must broadcast, {shapes}\. {hint}\.$"):
        Layer("gru", units=units, features=features)
    mixed = r"^letters and arrays do not mix\. Use one or the other for all sizes\.$"
    with pytest.raises(SizeError, match=mixed):
        Layer("gru", units=units, features="f")


def test_an_array_that_is_the_largest_of_64_bits_stays_one_of_machine_integers() -> None:
    largest = numpy.array([1, 2**63 - 1])
    assert size("units", largest).dtype == numpy.int64
    assert size("units", numpy.array([1, 2**63], dtype=numpy.uint64)).dtype == object
    assert evaluate(lambda units: units, {"units": largest}).dtype == numpy.int64
    assert evaluate(lambda units: units + 1, {"units": largest}).tolist() == [2, 2**63]


def test_the_largest_size_has_a_thousand_digits() -> None:
    largest = 10**1000 - 1
    assert size("units", largest) == largest
    assert size("units", numpy.array([largest], dtype=object)).tolist() == [largest]
    assert size("units", "x" * 1001).name == "x" * 1001


def test_an_array_keeps_its_shape_and_is_a_copy() -> None:
    for array in (numpy.array([[1, 2, 3]]), numpy.array([[1, 2, 10**20]], dtype=object)):
        kept = size("units", array)
        assert kept.tolist() == array.tolist()
        assert not kept.flags.writeable
        assert array.flags.writeable
        assert not numpy.shares_memory(kept, array)


def test_a_letter_may_be_a_whole_or_positive_symbol_and_an_expression() -> None:
    letter = sympy.Symbol("u", integer=True, positive=True)
    assert size("units", letter) is letter
    assert size("units", 2 * letter + 1) == 2 * letter + 1


def test_what_is_divided_has_no_rest() -> None:
    assert divided(12, 3, "units", "heads") == 4
    assert divided(numpy.array([12, 6]), 3, "units", "heads").tolist() == [4, 2]
    letter = sympy.Symbol("u")
    assert divided(letter, 3, "units", "heads") == letter / 3
    assert divided(12, letter, "units", "heads") == 12 / letter
    rest = r"^units must be divisible by heads, got 13 and 3\. Choose a multiple\.$"
    with pytest.raises(SizeError, match=rest):
        divided(13, 3, "units", "heads")
    with pytest.raises(SizeError, match=r"got \[12 13\] and 3\. Choose a multiple\.$"):
        divided(numpy.array([12, 13]), 3, "units", "heads")
    one = r"^heads must be one number, not an array\. Ask once for each\.$"
    with pytest.raises(SizeError, match=one):
        divided(12, numpy.array([3, 4]), "units", "heads")


def test_half_of_a_letter_keeps_the_fraction() -> None:
    letter = sympy.Symbol("u")
    assert halved(3 * letter) == 3 * letter / 2
    assert halved(numpy.array([4, 6])).tolist() == [2, 3]
    assert type(halved(4)) is int


def test_widths_are_sizes_and_at_least_one() -> None:
    assert widths("groups", [8, "u"])[1] == sympy.Symbol("u")
    for value, shown in ([], r"\(\)"), ([numpy.array([1, 2]), 3], r"\(array\(\[1, 2\]\), 3\)"):
        match = rf"^groups must be widths such as 8,16,40, got {shown} \(from --groups\)\.$"
        with pytest.raises(SizeError, match=match):
            widths("groups", value, "--groups")
    with pytest.raises(
        SizeError, match=r"^groups must be a positive whole number, got 0 \(from -g"
    ):
        widths("groups", [8, 0], "-g")


def test_the_product_of_nothing_is_one() -> None:
    assert product(()) == 1
    assert product((2, 3, 7)) == 42


def test_what_is_no_letter_or_array_is_known_as_none() -> None:
    assert [is_array(each) for each in (numpy.array([1]), numpy.int64(1), [1])] == [
        True,
        False,
        False,
    ]
    assert [is_letter(each) for each in (sympy.Symbol("u"), "u", sympy.true)] == [
        True,
        False,
        False,
    ]


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
