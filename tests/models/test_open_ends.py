"""Keras code of public files whose ends are open: inputs, sizes and variables that others make."""

from __future__ import annotations

import pytest

import lstminspect as li

HEAD = (
    "from tensorflow.keras.models import Model, Sequential\n"
    "from tensorflow.keras.layers import *\nimport tensorflow as tf\n"
)


def _read(*lines: str) -> li.models.summary.Model:
    return li.model(HEAD + "\n".join(lines))


def test_an_attribute_that_another_file_makes_is_an_input() -> None:
    found = _read(
        "class Tagger(Base):",
        "    def build_model(self):",
        "        inner = self.embedding.model",
        "        x = Bidirectional(LSTM(8))(inner.output)",
        "        self.net = Model(inner.inputs, Dense(3)(x))",
    )
    size = "self.embedding.model.output.shape[2]"
    assert (str(found.parameters), found.complete) == (f"64*{size} + 627", True)


def test_tensors_of_a_sequential_can_be_joined() -> None:
    found = _read(
        "a = Sequential([Dense(4, input_shape=(9,)), RepeatVector(5)])",
        "b = Sequential([Embedding(20, 6, input_length=5), LSTM(4, return_sequences=True)])",
        "x = LSTM(3)(Concatenate()([a.output, b.output]))",
        "model = Model([a.input, b.input], x)",
        "model.compile(loss='mse')",
    )
    lstms = 4 * 4 * (6 + 4 + 1) + 4 * 3 * (8 + 3 + 1)
    assert (found.parameters, found.outputs) == (40 + 120 + lstms, ((None, 3),))


def test_a_size_that_is_none_by_default_is_a_letter() -> None:
    found = _read(
        "def build(vocab=None, width=None):",
        "    x = Input(shape=(None, width))",
        "    return Model(x, Dense(vocab)(GRU(4)(x)))",
    )
    assert str(found.parameters) == "5*vocab + 12*width + 72"


def test_one_argument_stands_for_both_states_of_an_lstm() -> None:
    found = _read(
        "class Encoder(tf.keras.Model):",
        "    def __init__(self):",
        "        super().__init__()",
        "        self.e = Embedding(20, 6)",
        "        self.r = LSTM(4, return_sequences=True, return_state=True)",
        "    def call(self, x, states):",
        "        return self.r(self.e(x), initial_state=states)",
    )
    assert (found.parameters, found.complete) == (120 + 4 * 4 * 11, True)


def test_a_class_that_is_not_a_layer_can_build_in_its_call() -> None:
    found = _read(
        "class Net:",
        "    def __call__(self, x):",
        "        return Dense(2)(LSTM(4)(Embedding(20, 6)(x)))",
    )
    assert found.parameters == 120 + 4 * 4 * 11 + 10


def test_an_input_that_no_reader_decides_ends_the_shapes_and_not_the_reading() -> None:
    found = _read(
        "class Net(tf.keras.Model):",
        "    def __init__(self):",
        "        super().__init__()",
        "        self.d = Dense(3)",
        "    def call(self, x):",
        "        return self.d(tf.concat([x[..., 0], x[..., 1]], axis=-1))",
    )
    assert not found.complete
    assert found.opaque


def test_texts_become_words_without_weights() -> None:
    found = _read(
        "words = TextVectorization(max_tokens=1000)",
        "model = Sequential([words, Embedding(1000, 8), LSTM(4), Dense(1)])",
    )
    assert (found.parameters, found.complete) == (8000 + 4 * 4 * 13 + 5, True)


def test_layers_of_2015_take_what_they_are_given_first() -> None:
    found = _read("m = Sequential()", "m.add(LSTM(10, 25))", "m.add(Dense(25, 3))")
    assert found.parameters == 4 * 25 * 36 + 78


def test_a_variable_of_one_size_is_counted() -> None:
    found = _read(
        "def net(n, units):",
        "    x = tf.placeholder(tf.int32, [None, 7])",
        "    cell = tf.nn.rnn_cell.GRUCell(units)",
        "    y, h = tf.nn.dynamic_rnn(cell, tf.one_hot(x, n), dtype=tf.float32)",
        "    w = tf.Variable(tf.random_normal([units, n]))",
        "    return tf.matmul(h, w) + tf.Variable(tf.zeros(n))",
    )
    assert str(found.parameters) == "4*n*units + n + 3*units**2 + 3*units"
    assert [str(each) for each in found.outputs[-1]] == ["None", "n"]


def test_states_of_a_cell_of_the_text_are_not_known_and_no_error() -> None:
    found = _read(
        "class Cell(tf.nn.rnn_cell.RNNCell):",
        "    def __init__(self, n):",
        "        self.n = n",
        "x = tf.placeholder(tf.float32, [None, 7, 3])",
        "cell = Cell(4)",
        "zero = cell.zero_state(2, tf.float32)",
        "y, h = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), x, dtype=tf.float32)",
    )
    assert found.parameters == 3 * 4 * (3 + 4 + 1)


def test_a_cell_that_is_called_beside_its_rnn_has_its_weights_once() -> None:
    found = _read(
        "class FeedBack(tf.keras.Model):",
        "    def __init__(self, units):",
        "        super().__init__()",
        "        self.cell = LSTMCell(units)",
        "        self.rnn = RNN(self.cell, return_state=True)",
        "        self.dense = Dense(3)",
        "    def call(self, inputs):",
        "        x, *state = self.rnn(inputs)",
        "        for n in range(2):",
        "            x, state = self.cell(self.dense(x), states=state)",
        "        return self.dense(x)",
        "model = FeedBack(4)",
        "model.build((None, 5, 3))",
    )
    assert found.parameters == 4 * 4 * (3 + 4 + 1) + 4 * 3 + 3


def test_stateful_can_be_a_number_as_keras_takes_it() -> None:
    found = _read("m = Sequential([LSTM(4, stateful=-True, batch_input_shape=(2, 5, 3))])")
    assert (found.parameters, found.outputs) == (4 * 4 * 8, ((2, 4),))


def test_a_loop_of_unknown_length_is_a_doubt_also_where_two_passes_do_not_fit() -> None:
    found = _read(
        "def build(hp):",
        "    m = Sequential()",
        "    for i in range(hp.Int('layers', 1, 3)):",
        "        last = i == hp.get('layers') - 1",
        "        m.add(LSTM(4, return_sequences=False if last else True, input_shape=(5, 3)))",
        "        m.add(Flatten())",
        "    return m",
    )
    assert not found.complete
    assert any("how often this loop runs" in each for each in found.doubts)


def test_a_model_of_another_file_in_a_sequential_is_one_opaque_row() -> None:
    found = _read(
        "class Net(Base):",
        "    def build_model(self):",
        "        self.m = Sequential([self.embedding.model, LSTM(8), Dense(3)])",
    )
    assert not found.complete
    assert any(row.layer_type == "self.embedding.model" for row in found.opaque)


OPEN_LISTS = (
    "k = len(['a', 'b'] + list(extra))", "k = len([*extra, 'a'])", "k = len([0] * n + [1])",
    "c = ['a']\nc += extra\nk = len(c)", "c = ['a']\nc.extend(extra)\nk = len(c)",
    "k = max([1, 2] + sizes)", "k = len([f'{x}' for x in ['a'] + extra])",
    "k = ([None, 3] + list(x.shape[1:]))[2]", "k = len(list(enumerate(['a'] + extra)))",
    "k = len(dict(a=1, **more))",
)  # fmt: skip


@pytest.mark.parametrize("lines", OPEN_LISTS)
def test_a_list_that_an_open_one_is_a_part_of_has_an_open_length(lines: str) -> None:
    found = _read(lines, "model = Sequential([LSTM(4, input_shape=(3, k)), Dense(1)])")
    assert str(found.parameters) == "16*k + 85"


@pytest.mark.parametrize(
    "lines",
    [
        "c = ['a', 'b']\nc.remove('b')\nk = len(c)",
        "c = ['a', 'b']\ndel c[0]\nk = len(c)",
        "k = len((['a', 'b'] + extra)[:1])",
        "k = ([1, 2] + extra)[0]",
    ],
)
def test_a_list_is_as_long_as_what_is_left_of_it(lines: str) -> None:
    found = _read(lines, "model = Sequential([LSTM(4, input_shape=(3, k)), Dense(1)])")
    assert found.parameters == 101


def test_a_letter_is_named_as_the_line_that_uses_it() -> None:
    found = _read(
        "cols = ['a', 'b'] + list(extra)",
        "model = Sequential([LSTM(32, input_shape=(9, len(cols))), Dense(1)])",
    )
    assert [each.name for each in found.letters] == ["len(cols)"]
