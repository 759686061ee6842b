"""Files of Keras code: letters, functions that nobody calls, classes, settings, open branches."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import lstminspect as li
from lstminspect.cli.main import main

CHAIN = "Sequential([LSTM(8, input_shape=(5, 2)), Dense(1)])"
COUNT = 361
PARTIAL = CHAIN.replace("LSTM(8, ", "L(")
WITH_SELF = CHAIN.replace("8", "self.units")

SAME = {
    "a scope": f"with strategy.scope():\n    model = {CHAIN}",
    "imports that are tried": (
        f"try:\n    from keras.layers import LSTM\nexcept ImportError:\n    pass\nm = {CHAIN}"
    ),
    "a builder with a default of None": (
        "def build(n_out=None):\n    if n_out is None:\n        n_out = 1\n"
        "    return Sequential([LSTM(8, input_shape=(5, 2)), Dense(n_out or 1)])\nm = build()"
    ),
    "a model that may be loaded": f"if exists(p):\n    m = load_model(p)\nelse:\n    m = {CHAIN}",
    "a layer by its name": CHAIN.replace("LSTM", "getattr(keras.layers, 'LSTM')"),
    "settings as attributes": (
        "class A:\n    def __init__(self, **more):\n        self.__dict__.update(more)\n"
        f"    def make(self):\n        return {WITH_SELF}\nm = A(units=8).make()"
    ),
    "a property": (
        "class A:\n    @property\n    def units(self):\n        return 8\n"
        f"    def make(self):\n        return {WITH_SELF}"
    ),
    "a base class of the file": (
        "class Base:\n    units = 8\n    def head(self, m):\n        m.add(Dense(1))\n"
        "class A(Base):\n"
        "    def make(self):\n        m = Sequential([LSTM(self.units, input_shape=(5, 2))])\n"
        "        self.head(m)"
    ),
    "a partial": f"from functools import partial\nL = partial(LSTM, 8)\nm = {PARTIAL}",
    "a generator": (
        "def parts():\n    yield LSTM(8, input_shape=(5, 2))\n    yield Dense(1)\n"
        "m = Sequential(list(parts()))"
    ),
    "flags": (
        "flags.DEFINE_integer('units', 8, 'size')\ndef main(_):\n"
        f"    m = {CHAIN.replace('8', 'flags.FLAGS.units')}\napp.run(main)"
    ),
    "a subclass of Sequential": (
        "class A(keras.Sequential):\n    def __init__(self):\n        super().__init__()\n"
        "        self.add(LSTM(8))\n        self.add(Dense(1))\nm = A()\nm.build((None, 5, 2))"
    ),
    "a functional model in a class": (
        "class A(keras.Model):\n    def __init__(self):\n        x = Input((5, 2))\n"
        "        super().__init__(inputs=x, outputs=Dense(1)(LSTM(8)(x)))\nm = A()"
    ),
    "a choice that Python 2 prints": f"m = {CHAIN}\nprint 'units: %d' % (\n    8)\nprint",
    "a line that is not Python": f"x = 3\ny = 4\nm = {CHAIN}\nz = = 3\nw = 4",
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_one_model_is_read_from_many_styles(name: str) -> None:
    found = li.model(SAME[name])
    assert (found.parameters, found.complete) == (COUNT, True)


def test_a_letter_is_named_and_its_line_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = "frame = load()\nn = len(frame.columns)\nm = Sequential([LSTM(8, input_shape=(5, n))])"
    assert main(["model", text]) == 0
    out = capsys.readouterr().out
    assert "32·n + 288" in out
    assert "len(frame.columns), line 2" in out
    assert "--set n=7" in out
    assert main(["model", text, "--set", "n=2"]) == 0
    assert "352 parameters" in capsys.readouterr().out


def test_an_expression_of_letters_stands_in_parentheses_in_a_formula() -> None:
    found = li.model("Sequential([Embedding(len(words) + 1, 8), LSTM(4)])")
    shown = li.render(found.summary(formulas=True))
    assert "vocabulary·width = (len(words) + 1)·8 = 8·len(words) + 8" in shown


def test_two_values_of_one_name_are_two_letters() -> None:
    text = "n = f()\na = LSTM(n, input_shape=(5, 2))\nn = g()\nm = Sequential([a, Dense(n)])"
    assert [each.name for each in li.model(text).letters] == ["n", "n@3"]


def test_a_number_for_what_is_not_open_is_refused() -> None:
    with pytest.raises(li.ModelError, match=r"named 'm'\. Did you mean 'n'|leaves open n"):
        li.model("Sequential([LSTM(n, input_shape=(5, 2))])", sizes={"m": 3})
    with pytest.raises(li.OptionError, match="n must be a whole number from 1, got 0"):
        li.model("Sequential([LSTM(n, input_shape=(5, 2))])", sizes={"n": 0})
    with pytest.raises(li.ModelError, match="sizes are for code"):
        li.model('{"class_name": "Sequential", "config": []}', sizes={"n": 3})


def test_a_fault_is_found_without_the_sizes() -> None:
    two = "Sequential([LSTM(n, input_shape=(x.shape[1], k)), LSTM(5)])"
    with pytest.raises(li.ModelError, match="expected ndim=3, found ndim=2"):
        li.model(two)
    maybe = "x = Input((5, 3))\nh = Input((k,))\nm = Model([x, h], GRU(n)(x, initial_state=[h]))"
    assert li.model(maybe).complete


def test_every_model_of_a_file_is_shown_by_its_name() -> None:
    text = (
        "def encoder(n):\n    return Sequential([LSTM(n, input_shape=(5, 2))])\n"
        "def decoder(n):\n    return Sequential([GRU(n, input_shape=(5, 2))])\n"
        f"class T:\n    def make(self):\n        self.net = {CHAIN}\n"
    )
    found = li.model(text)
    labels = {each.label for each in (found, *found.others)}
    assert labels == {"encoder", "decoder", "T.make"}
    shown = li.render(found)
    assert all(label in shown for label in labels)
    assert {each["label"] for each in json.loads(li.render(found, "json"))["others"]} < labels


def test_models_that_one_function_makes_again_are_shown_once() -> None:
    text = (
        "def make(n):\n    return Sequential([LSTM(n, input_shape=(5, 2))])\n"
        "a = [make(3) for i in range(4)]\nb = make(4)"
    )
    found = li.model(text)
    assert sorted([found.parameters, *(each.parameters for each in found.others)]) == [72, 112]


def test_a_loop_of_unknown_length_says_what_each_time_adds() -> None:
    text = (
        "m = Sequential([Input((5, 8))])\nfor i in range(n):\n"
        "    m.add(LSTM(8, return_sequences=True))"
    )
    found = li.model(text)
    assert (found.parameters, found.complete) == (544, False)
    assert "each further time adds 544 parameters" in found.doubts[0]
    assert li.model(text, sizes={"n": 3}).parameters == 3 * 544


def test_an_argument_that_is_open_is_a_choice() -> None:
    text = "m = Sequential([LSTM(8, use_bias=biased, input_shape=(5, 2))])"
    found = li.model(text)
    assert found.parameters == 352
    assert found.doubts == (
        "line 1: 'biased' is taken as True, which the text does not say; as False there are "
        "320 parameters",
    )


def test_a_class_of_ones_own_is_a_row_with_its_weights() -> None:
    text = (
        "class Att(keras.layers.Layer):\n    def build(self, shape):\n"
        "        self.w = self.add_weight(name='w', shape=(shape[-1], 1))\n"
        "    def call(self, x):\n        a = K.softmax(K.tanh(K.dot(x, self.w)), axis=1)\n"
        "        return K.sum(x * a, axis=1)\n"
        "m = Sequential([LSTM(8, return_sequences=True, input_shape=(5, 2)), Att(), Dense(1)])"
    )
    found = li.model(text)
    assert [row.part.parameters for row in found.rows] == [0, 352, 8, 9]
    assert found.outputs == ((None, 1),)


def test_a_name_is_the_one_that_is_imported() -> None:
    theirs = f"from mylib import LSTM\nm = {CHAIN}"
    assert [row.layer_type for row in li.model(theirs).opaque] == ["LSTM", "Dense"]
    assert li.model(f"from keras.layers import LSTM\nm = {CHAIN}").complete


def test_a_lambda_is_followed_where_its_functions_are_known() -> None:
    text = (
        "x = Input((5, 3))\ny = Lambda(lambda t: K.mean(t, axis=1))(x)\nm = Model(x, Dense(2)(y))"
    )
    assert (li.model(text).parameters, li.model(text).outputs) == (8, ((None, 2),))


def test_cells_of_tensorflow_1_are_stored_as_it_stores_them() -> None:
    text = (
        "x = tf.placeholder(tf.float32, [None, 20, 6])\n"
        "cell = tf.nn.rnn_cell.LSTMCell(16, use_peepholes=True, num_proj=5)\n"
        "y, (c, h) = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)\n"
        "w = tf.get_variable('w', [5, 3])\nb = tf.Variable(tf.constant(0.1, shape=[3]))\n"
        "z = tf.nn.xw_plus_b(h, w, b)"
    )
    found = li.model(text)
    assert found.source == "TensorFlow 1"
    assert found.parameters == 4 * 16 * (6 + 5 + 1) + 3 * 16 + 16 * 5 + 5 * 3 + 3
    assert found.outputs[-1] == (None, 3)


def test_another_framework_is_named() -> None:
    with pytest.raises(li.ModelError, match="the text is Haiku source"):
        li.model("import haiku as hk\nlayer = hk.LSTM(65)")


def test_a_notebook_says_the_cell_of_a_fault() -> None:
    cells = [
        {"cell_type": "code", "source": "import keras"},
        {"cell_type": "code", "source": ["x = 1\n", "Sequential([LSTM(3, unit=4)])"]},
    ]
    with pytest.raises(li.ModelError, match="cell 2, line 2: LSTM has no argument 'unit'"):
        li.model(json.dumps({"cells": cells, "nbformat": 4}))


def test_sympy_is_loaded_for_a_letter_alone() -> None:
    code = (
        "import sys, lstminspect as li\n"
        "li.model('Sequential([LSTM({}, input_shape=(5, 2))])').parameters\n"
        "print('sympy' in sys.modules)"
    )
    loads = [
        subprocess.run(
            [sys.executable, "-c", code.format(units)], capture_output=True, text=True, check=True
        ).stdout.strip()
        for units in ("8", "n")
    ]
    assert loads == ["False", "True"]


def test_states_that_are_one_open_value_can_be_a_list_of_them() -> None:
    text = """
class Encoder(keras.Model):
    def __init__(self, units=5):
        super().__init__()
        self.words = keras.layers.Embedding(9, 4)
        self.both = keras.layers.Bidirectional(keras.layers.GRU(units, return_state=True))
    def call(self, x, hidden):
        states = tf.split(hidden, num_or_size_splits=2, axis=1)
        return self.both(self.words(x), initial_state=states)
"""
    assert li.model("import keras\nimport tensorflow as tf\n" + text).parameters == 366


def test_the_shape_of_an_open_input_on_a_layer_that_is_called_is_no_obstacle() -> None:
    text = """
def build(n):
    if isinstance(n, int):
        x = keras.layers.Input((n, 1))
    else:
        x = keras.layers.Input((*n, 1))
    y = keras.layers.SimpleRNN(6, input_shape=x.shape, use_bias=False)(x)
    return keras.Model(x, y)
"""
    assert li.model("import keras\n" + text).parameters == 42
