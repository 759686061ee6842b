"""Layers side by side: every one counted under one convention, which the title says."""

from __future__ import annotations

import json

import pytest

from lstminspect import Layer, UnknownConvention, compare, render
from lstminspect.cli.main import main


def layers(*names: str) -> list[Layer]:
    return [Layer(name, 64, 3) for name in names]


@pytest.mark.parametrize(
    ("names", "convention"),
    [
        (("lstm", "gru"), "keras"),
        (("lstm", "gru", "cifg"), "equations"),
        (("cifg", "mgu"), "equations"),
    ],
)
def test_all_are_counted_under_one_convention(names: tuple[str, ...], convention: str) -> None:
    compared = compare(*layers(*names))
    assert [each.name for each in compared.stored] == [convention] * len(names)
    data = json.loads(render(layers(*names), "json"))["layers"]
    assert {each["convention"] for each in data} == {convention}
    for each, layer in zip(data, layers(*names), strict=True):
        assert each["parameters"] == layer.parameters_in(convention)


def test_the_title_says_the_convention() -> None:
    title = "2 cells of 64 units on 3 features, as Keras stores them"
    assert render(layers("lstm", "gru")).splitlines()[0] == title
    title = "2 cells of 64 units on 3 features, counted by the equations"
    assert render(layers("gru", "cifg")).splitlines()[0] == title


def test_the_command_takes_a_convention(capsys: pytest.CaptureFixture[str]) -> None:
    line = "compare lstm gru --units 64 --features 3 --convention pytorch"
    assert main(line.split()) == 0
    out = capsys.readouterr().out
    assert "as PyTorch stores them" in out
    assert "17,664" in out
    assert "13,248" in out
    assert main(line.replace("gru", "cifg").split()) == 2
    assert "PyTorch has no cifg" in capsys.readouterr().err


def test_a_cell_that_it_does_not_store_is_refused() -> None:
    with pytest.raises(UnknownConvention, match="PyTorch has no cifg"):
        compare(*layers("lstm", "cifg"), convention="pytorch")
