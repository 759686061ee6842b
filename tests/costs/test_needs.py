"""The bytes of one layer on a small machine, counted by hand."""

from __future__ import annotations

import pytest

from lstminspect import Layer
from lstminspect.costs.needs import SCALE, Needs, needs_of, scales_of


def test_an_lstm_in_int8_by_hand() -> None:
    units, features, steps = 64, 40, 49
    matrices, biases = 4 * units * (features + units), 4 * units
    assert needs_of(Layer("lstm", units, features, timesteps=steps), "int8") == Needs(
        weights=matrices + 4 * biases,
        scales=12 * SCALE,
        states=units + 2 * units,
        step=2 * 4 * units,
        buffers=steps * (features + units),
    )


def test_floating_point_has_no_scales() -> None:
    needs = needs_of(Layer("lstm", 64, 40, timesteps=49), "float32")
    assert needs.scales == 0
    assert needs.flash == needs.weights == 4 * (4 * 64 * (40 + 64) + 4 * 64)
    assert needs.ram == 4 * (2 * 64 + 4 * 64 + 49 * (40 + 64))


def test_each_layer_and_direction_has_scales_of_its_own() -> None:
    assert scales_of(Layer("lstm", 8, 3, layers=3, bidirectional=True), "int8") == 6 * 12 * SCALE
    assert scales_of(Layer("lstm", 8, 3, use_bias=False), "int8") == 8 * SCALE


@pytest.mark.parametrize("option", ["return_sequences", "return_state"])
def test_what_is_returned_changes_no_bytes(option: str) -> None:
    layer, other = (Layer("lstm", 8, 3, timesteps=5, **each) for each in ({}, {option: True}))
    assert needs_of(layer, "int8") == needs_of(other, "int8")


def test_a_batch_is_counted_in_ram_and_not_in_flash() -> None:
    one, many = (needs_of(Layer("gru", 8, 3, timesteps=5, batch=n), "int8") for n in (1, 32))
    assert many.ram == 32 * one.ram
    assert many.flash == one.flash
    assert needs_of(Layer("gru", 8, 3, timesteps=5), "int8") == one


def test_without_time_steps_one_is_counted() -> None:
    assert needs_of(Layer("gru", 8, 3), "int8") == needs_of(Layer("gru", 8, 3, timesteps=1), "int8")
