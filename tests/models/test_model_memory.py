"""The bytes of a whole model on a small machine, counted by hand."""

from __future__ import annotations

import pytest

import lstminspect as li
from lstminspect.models.memory import calls


def buffers(text: str, dtype: str = "int8") -> list[int]:
    return [call.buffers for call in calls(li.model(text).rows, dtype)]


def test_a_tensor_is_there_until_it_is_read_the_last_time() -> None:
    assert buffers("Input((10,)), Dense(20), Dense(5), Dense(1)") == [10, 30, 25, 6]


def test_a_branch_keeps_its_tensor() -> None:
    text = """
x = Input((10,))
a = Dense(20)(x)
b = Dense(7)(a)
c = Add()([a, Dense(20)(b)])
model = Model(x, c)
"""
    assert buffers(text) == [10, 30, 27, 47, 60]


def test_an_output_that_nothing_reads_stays_to_the_end() -> None:
    text = """
x = Input((10,))
a = Dense(20)(x)
b = Dense(7)(x)
model = Model(x, [a, b])
"""
    assert buffers(text)[-1] == 10 + 20 + 7


def test_dropout_and_reshape_take_no_bytes() -> None:
    assert buffers("Input((10,)), Dropout(0.5), Reshape((5, 2)), Flatten(), Dense(3)") == [
        10, 10, 10, 10, 13,
    ]  # fmt: skip


def test_a_recurrent_layer_writes_every_step() -> None:
    returned = buffers("Input((30, 8)), LSTM(64, return_sequences=True)")
    last = buffers("Input((30, 8)), LSTM(64)")
    assert returned == [240, 240 + 30 * 64]
    assert last == returned


def test_a_bidirectional_layer_writes_both_directions_and_joins_them() -> None:
    assert buffers("Input((30, 8)), Bidirectional(LSTM(64))") == [240, 240 + 128 + 2 * 30 * 64]


def test_an_index_is_four_bytes_in_int8_too() -> None:
    assert buffers("Input((7,)), Embedding(50, 12)") == [28, 28 + 84]


def test_the_most_that_is_there_is_the_ram() -> None:
    model = li.model("Input((49, 40)), LSTM(64, return_sequences=True), GRU(8), Dense(12)")
    needs = model.needs("int8")
    assert needs.states == 3 * 64 + 8
    assert (needs.step, needs.buffers) == (512, 49 * (40 + 64))
    assert needs.ram == 3 * 64 + 8 + 512 + 49 * 104


def test_weights_and_scales_are_those_of_every_layer_once() -> None:
    text = """
x, y = Input((5, 3)), Input((5, 3))
lstm = LSTM(4)
model = Model([x, y], Add()([lstm(x), lstm(y)]))
"""
    needs = li.model(text).needs("int8")
    assert (needs.weights, needs.scales) == (4 * 4 * 7 + 4 * 16, 144)
    assert sum(call.flash for call in calls(li.model(text).rows, "int8")) == needs.flash


def test_flash_is_the_bytes_of_the_weights() -> None:
    model = li.model("Embedding(50, 12, input_shape=(7,)), Bidirectional(LSTM(16)), Dense(1)")
    assert model.needs("float32").flash == 4 * model.parameters == model.weight_bytes("float32")
    assert model.needs("int8").scales == 12 * (1 + 24 + 2)


def test_the_recurrent_layers_are_named_also_inside_others() -> None:
    model = li.model("Input((7, 3)), Bidirectional(LSTM(4), name='both'), Dense(1)")
    names = [name for name, _ in model.recurrent]
    assert names == ["both/forward_lstm", "both/backward_lstm"]
    assert [layer.go_backwards for _, layer in model.recurrent] == [False, True]


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(li.OptionError, match=r"nothing is known of the layer\. Put a layer of Ker"):
        li.model("LSTM(4, input_shape=(5, 3)), Mine(3)").needs("int8")
    with pytest.raises(li.OptionError, match=r"need every size, and .* Give the time steps: "):
        li.model("LSTM(4, input_shape=(None, 3)), Dense(3)").needs("int8")
