"""Data, targets and losses against a model: what Keras refuses, and what it runs."""

from __future__ import annotations

import pytest

import lstminspect as li

HEAD = """\
import numpy as np
from keras import Input, Model, Sequential
from keras.layers import LSTM, Dense, Flatten, concatenate
"""
MODEL = """\
model = Sequential([Input((5, 3)), LSTM(4), Dense({units})])
model.compile(loss='{loss}', optimizer='adam')
"""


def program(lines: str, units: int = 1, loss: str = "mse") -> str:
    return f"{HEAD}{MODEL.format(units=units, loss=loss)}{lines}\n"


def fault(text: str) -> str:
    with pytest.raises(li.ModelError, match="line ") as caught:
        li.model(text)
    return str(caught.value)


#: Programs that Keras 3.15 stops at: what stands in the sentence about each.
STOPS = {
    "rank": (program("model.fit(np.zeros((8, 5)), np.zeros((8, 1)))"),
             "Expected shape (None, 5, 3), but input has incompatible shape (None, 5)"),
    "features": (program("model.fit(np.zeros((8, 5, 4)), np.zeros((8, 1)))"),
                 "expected axis -1 of input shape to have value 3"),
    "samples": (program("X = np.zeros((8, 5, 3))\nmodel.fit(X, np.zeros((7, 1)))"),
                "Data cardinality is ambiguous"),
    "one sample": (program("X = np.zeros((8, 5, 3))\nmodel.predict(X[0])"),
                   "write X[0][np.newaxis]"),
    "called": (program("x = np.zeros((5, 3))\nmodel(x)"), "x[np.newaxis]"),
    "sparse": (program("X, y = np.zeros((8, 5, 3)), np.zeros((8, 4))\nmodel.fit(X, y)", 4,
                       "sparse_categorical_crossentropy"), "loss='categorical_crossentropy'"),
    "one-hot": (program("X, y = np.zeros((8, 5, 3)), np.zeros(8)\nmodel.fit(X, y)", 4,
                        "categorical_crossentropy"), "loss='sparse_categorical_crossentropy' in "
                "line 5"),
    "binary": (program("X, y = np.zeros((8, 5, 3)), np.zeros((8, 1))\nmodel.fit(X, y)", 2,
                       "binary_crossentropy"), "Dense(1, activation='sigmoid')"),
    "width": (program("X, y = np.zeros((8, 5, 3)), np.zeros((8, 2))\nmodel.fit(X, y)", 3),
              "Write Dense(2) as the last layer"),
    "list": (program("X, y = np.zeros((3, 5, 3)), [0, 1, 0]\nmodel.fit(X, y)"), "np.array(y)"),
    "outputs": (program("X, y = np.zeros((8, 5, 3)), np.zeros(8)\nmodel.fit(X, [y, y])"),
                "y_true and y_pred have different structures"),
    "validation": (program("X, y = np.zeros((8, 5, 3)), np.zeros(8)\n"
                           "model.fit(X, y, validation_data=(X[..., 0], y))"),
                   "incompatible shape (None, 5)"),
    "train_on_batch": (program("model.train_on_batch(np.zeros((8, 5)), np.zeros((8, 1)))"),
                       "model.train_on_batch"),
    "unbuilt": (f"{HEAD}model = Sequential([LSTM(4), Dense(1)])\nmodel.compile('sgd', 'mse')\n"
                "model.fit(np.zeros((8, 5)), np.zeros((8, 1)))", "expected ndim=3, found ndim=2"),
    "flatten": (f"{HEAD}model = Sequential([Input((5, 3)), Flatten(), Dense(1)])\n"
                "model.predict(np.zeros((8, 6, 3)))", "to have value 15"),
    "functional": (f"{HEAD}x = Input((5, 3))\nmodel = Model(x, Dense(1)(LSTM(2)(x)))\n"
                   "model.predict(np.zeros((8, 6, 3)))",
                   "expected shape=(None, 5, 3), found shape=(None, 6, 3)"),
    "inputs": (f"{HEAD}a, b = Input((5, 3)), Input((2,))\n"
               "model = Model([a, b], Dense(1)(concatenate([LSTM(2)(a), b])))\n"
               "model.predict(np.zeros((8, 5, 3)))", "expects 2 input(s), but it received 1"),
    "stateful": (f"{HEAD}model = Sequential([Input(batch_shape=(4, 5, 3)), LSTM(2, stateful=True)])"
                 "\nmodel.predict(np.zeros((1, 5, 3)))", "Expected batch size: 4"),
    "last batch": (f"{HEAD}model = Sequential([Input(batch_shape=(4, 5, 3)), "
                   "LSTM(2, stateful=True)])\nX = np.zeros((10, 5, 3))\n"
                   "model.predict(X, batch_size=4)", "Write X[:8]"),
    "steps of the output": (f"{HEAD}model = Sequential([Input((5, 3)), "
                            "LSTM(4, return_sequences=True), Dense(2)])\n"
                            "model.compile('sgd', 'mse')\n"
                            "model.fit(np.zeros((8, 5, 3)), np.zeros((8, 2)))",
                            "leave return_sequences=True out of lstm (line 4)"),
    "loss object": (f"{HEAD}import keras\nmodel = Sequential([Input((5, 3)), LSTM(4), Dense(4)])\n"
                    "loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)\n"
                    "model.compile('sgd', loss)\n"
                    "model.fit(np.zeros((8, 5, 3)), np.zeros((8, 4)))",
                    "must have rank (ndim) `target.ndim - 1`"),
    "windows": (f"{HEAD}model = Sequential([Input((60, 1)), LSTM(4), Dense(1)])\n"
                "data, X = np.zeros((5000, 3)), []\n"
                "for i in range(60, len(data)):\n    X.append(data[i-60:i])\n"
                "model.predict(np.array(X))", "but received input with shape (None, 60, 3)"),
    "tf.data": (f"{HEAD}import tensorflow as tf\nmodel = Sequential([Input((5, 3)), LSTM(4)])\n"
                "model.compile('sgd', 'mse')\n"
                "data = tf.data.Dataset.from_tensor_slices((np.zeros((8, 5, 3)), np.zeros(8)))\n"
                "model.fit(data)", "incompatible shape (None, 3)"),
    "series": (f"{HEAD}from keras.preprocessing.sequence import TimeseriesGenerator\n"
               "model = Sequential([Input((5, 3)), LSTM(4)])\nx = np.zeros((90, 2))\n"
               "model.predict(TimeseriesGenerator(x, x, length=5))",
               "but received input with shape (None, 5, 2)"),
    "reshape": (program("model.predict(np.zeros((8, 14)).reshape(8, 5, 3))"),
                "cannot reshape array of size 112 into shape (8,5,3)"),
    "no loss": (f"{HEAD}model = Sequential([Input((5, 3)), LSTM(4)])\n"
                "model.fit(np.zeros((8, 5, 3)), np.zeros((8, 4)))", "You must call `compile()`"),
    "no targets": (program("model.fit(np.zeros((8, 5, 3)))"), "is given no targets"),
    "metric": (program("X, y = np.zeros((8, 5, 3)), np.zeros(8)\nmodel.compile('sgd', "
                       "'sparse_categorical_crossentropy', metrics=['mae'])\nmodel.fit(X, y)", 4),
               "Write metrics=['accuracy']"),
    "label": (program("y = np.random.randint(0, 10, 64)\nmodel.fit(np.zeros((64, 5, 3)), y)", 4,
                      "sparse_categorical_crossentropy"), "a label value of 9 which is outside"),
    "word": (f"{HEAD}from keras.layers import Embedding\nx = np.random.randint(0, 500, (64, 9))\n"
             "model = Sequential([Embedding(50, 2), LSTM(4)])\nmodel.predict(x)",
             "Write Embedding(500, ...)"),
}  # fmt: skip
RUNS = {
    "a last axis of 1 is added": f"{HEAD}model = Sequential([Input((5, 1)), LSTM(4), Dense(1)])\n"
    "model.predict(np.zeros((8, 5)))",
    "a last axis of 1 is taken away": program("model.predict(np.zeros((8, 5, 3, 1)))"),
    "a Sequential takes other time steps": program("model.predict(np.zeros((8, 6, 3)))"),
    "a column and a row are the same target": program(
        "model.fit(np.zeros((8, 5, 3)), np.zeros(8))"
    ),
    "an array that nobody knows": program("X, y = np.load('x.npy'), np.load('y.npy')\n"
                                          "model.fit(X, y)"),
    "rows that a loop gathers as long as it likes": program(
        "rows = []\nwhile len(rows) < 500:\n    if np.random.rand() > 0.5:\n        continue\n"
        "    rows.append(np.zeros((5, 3)))\nmodel.fit(np.array(rows), np.zeros(500))"
    ),
    "a loss of one's own": program("model.compile('sgd', loss=lambda a, b: 0)\n"
                                   "model.fit(np.zeros((8, 5, 3)), np.zeros((8, 9)))"),
}  # fmt: skip


@pytest.mark.parametrize("name", STOPS)
def test_a_fault_is_told_in_the_words_of_keras_with_its_line(name: str) -> None:
    text, words = STOPS[name]
    found = fault(text)
    assert words in found
    assert f"line {len(text.splitlines())}" in found


@pytest.mark.parametrize("name", RUNS)
def test_a_program_that_keras_runs_is_complete(name: str) -> None:
    assert li.model(RUNS[name]).complete


def test_a_target_that_is_stretched_is_a_note_and_no_fault() -> None:
    text = program("X, y = np.zeros((8, 5, 3)), np.zeros((8, 1))\nmodel.fit(X, y)", 4)
    found = li.model(text)
    assert found.complete
    assert any("stretched" in note for note in found.notes)


def test_a_fault_of_the_data_has_the_whole_model_above_it() -> None:
    with pytest.raises(li.ModelError) as caught:
        li.model(program("model.predict(np.zeros((8, 5)))"))
    assert caught.value.model.parameters == 4 * 4 * (4 + 3 + 1) + 5


@pytest.mark.parametrize("data", ["X, y", "np.load('x.npy'), y"])
def test_an_excerpt_that_leaves_compile_out_is_not_blamed(data: str) -> None:
    found = li.model(f"{HEAD}model = Sequential([Input((5, 3)), LSTM(4)])\nmodel.fit({data})")
    assert found.complete
    assert "needs model.compile(...) before it, which the text does not show" in found.notes[0]
