"""Code that is easily misread: what Keras makes of it, lstminspect reads, or refuses."""

from __future__ import annotations

import math
import os
import warnings
from typing import Any

import pytest
from test_model import functional

import lstminspect as li
from lstminspect.analysis.fit import fits
from lstminspect.cli.main import main

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")

HEAD = "from keras import Sequential, Input, Model\nfrom keras.layers import *\n"
SAME = {
    "while": "n = 0\nm = [Input((5, 3))]\nwhile n < 3:\n    m.append(LSTM(4, return_sequences=True))"
    "\n    n += 1\nmodel = Sequential(m)",
    "break": "m = [Input((5, 3))]\nfor i in range(5):\n    if i == 2:\n        break\n"
    "    m.append(LSTM(4, return_sequences=True))\nmodel = Sequential(m)",
    "continue": "m = [Input((5, 3))]\nfor i in range(5):\n    if i % 2:\n        continue\n"
    "    m += [LSTM(i + 1, return_sequences=True)]\nmodel = Sequential(m)",
    "lists": "us = []\nfor k in range(3):\n    us.append(2 ** k)\nus[1] = 9\nus.insert(0, 4)\n"
    "model = Sequential([Input((5, 3)), *[GRU(u, return_sequences=True) for u in us if u > 1]])",
    "dicts": "cfg = {'units': 32}\ncfg['units'] = 6\ncfg.update(use_bias=False) if False else None\n"
    "model = Sequential([Input((5, 3)), LSTM(cfg['units'], **dict(use_bias=False))])",
    "classes": "class C:\n    UNITS = 7\n    OUT = UNITS + 1\nC.OUT = 3\n"
    "model = Sequential([Input((5, 3)), LSTM(C.UNITS), Dense(C.OUT)])",
    "kwargs": "def build(u, *more, out=2, **options):\n"
    "    return Sequential([Input((5, 3)), LSTM(u, **options), *more, Dense(out)])\n"
    "model = build(3, Dense(4), return_sequences=True)",
    "scope": "u = 3\ndef make():\n    return LSTM(u)\ndef caller():\n    u = 99\n    return make()\n"
    "model = Sequential([Input((5, 3)), caller()])",
    "global": "u = 3\ndef change():\n    global u\n    u = 5\nchange()\n"
    "model = Sequential([Input((5, 3)), LSTM(u)])",
    "frozen layer": "lstm = LSTM(4)\nlstm.trainable = False\n"
    "model = Sequential([Input((5, 3)), lstm, Dense(2)])",
    "frozen base": "base = Sequential([Input((5, 3)), LSTM(4)])\nbase.trainable = False\n"
    "model = Sequential([base, Dense(2)])",
    "frozen layers": "x = Input((5, 3))\nbase = Model(x, Dense(4)(LSTM(4)(x)))\n"
    "for layer in base.layers[:2]:\n    layer.trainable = False\n"
    "model = Model(base.input, Dense(2)(base.output))",
    "first is a model": "base = Sequential([Input((5, 3)), LSTM(4)])\n"
    "model = Sequential([base, Dense(2)])",
    "shape of a tensor": "x = Input((5, 3))\ny = LSTM(4, return_sequences=True)(x)\n"
    "model = Model(x, Dense(y.shape[-1] * x.shape[1])(y))",
    "one embedding in two models": "x = Input((5,))\nemb = Embedding(20, 4)\n"
    "enc = Model(x, LSTM(3)(emb(x)))\nz = Input((5,))\n"
    "model = Model(z, Concatenate()([enc(z), GRU(2)(emb(z))]))",
    "one layer in a wrapper and bare": "d = Dense(4)\nx = Input((5, 3))\ny = Input((3,))\n"
    "model = Model([x, y], [TimeDistributed(d)(x), d(y)])",
    "a model twice": "x = Input((5, 4))\nenc = Model(x, LSTM(3)(x))\nj, k = Input((5, 4)), Input((5, 4))"
    "\nmodel = Model([j, k], [Dense(7)(enc(j)), enc(k)])",
    "stacked states": "x = Input((5, 3))\nmodel = Model(x, "
    "RNN([LSTMCell(7), GRUCell(5)], return_sequences=True)(x))",
    "conditions": "n = 4\nmodel = Sequential([Input((5, 3)), LSTM(8 if 1 < n < 5 and n in (4, 6) "
    "or not n else 2)])",
    "lambda": "make = lambda u, seq=False: LSTM(u, return_sequences=seq)\n"
    "model = Sequential([Input((5, 3)), make(4, seq=True), make(2)])",
    "cropping": "model = Sequential([Input((6, 5, 2)), Cropping2D(), Conv2D(3, 2, padding='SAME'), "
    "PReLU(shared_axes=[1, 2]), Flatten(), Dense(2)])",
    "wrapped": "model = Sequential([Input((5, 3)), Bidirectional(LSTM(4), trainable=False), Dense(2)])",
    "heads": "x = Input((5, 4))\ny, s = Attention(score_mode='concat')([x, x], "
    "return_attention_scores=True)\nmodel = Model(x, [y, s])",
    "cells both ways": "model = Sequential([Input((5, 3)), Bidirectional(RNN(StackedRNNCells(["
    "LSTMCell(7), GRUCell(5)]), return_sequences=True)), LSTM(2)])",
    "the first of a chain": "model = Sequential([Input((5,)), Dense(4), Dense(3)])\n"
    "model.layers[0].trainable = False",
    "open and known": "x, y = Input((None, 5)), Input((7, 5))\nmodel = Model([x, y], Add()([x, y]))",
    "a cell on one step": "x, h, c = Input((5, 3)), Input((16,)), Input((16,))\n"
    "y, [a, b] = LSTMCell(16)(x[:, 0], [h, c])\nmodel = Model([x, h, c], [y, a, b])",
    "a cell step by step": "x, h = Input((5, 3)), Input((7,))\ncell, s = GRUCell(7), h\n"
    "for i in range(5):\n    y, s = cell(x[:, i], s)\nmodel = Model([x, h], [y, s])",
    "cells on one step": "x, h, c, g = Input((5, 3)), Input((6,)), Input((6,)), Input((4,))\n"
    "y, [a, b] = StackedRNNCells([LSTMCell(6), SimpleRNNCell(4)])(x[:, 0], [[h, c], [g]])\n"
    "model = Model([x, h, c, g], [y, *a, *b])",
    "a frozen model in a frozen one": "base = Sequential([Input((5, 3)), LSTM(4)])\nx = Input((5, 3))"
    "\nmodel = Model(x, Dense(2)(base(x)))\nmodel.trainable = False\nmodel.summary()",
    "names": "x = Input((5, 4))\ny = Dense(3, name='mine')(x)\nmodel = Model(x, Dense(3)(Dense(3)(y)))",
}


def real(text: str) -> Any:
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(HEAD + text, names)
    return names["model"]


@pytest.mark.parametrize("name", SAME)
def test_code_that_is_easily_misread_is_read_as_keras_reads_it(name: str) -> None:
    model = real(SAME[name])
    for found in (li.model(HEAD + SAME[name]), li.model(model), li.model(model.to_json())):
        assert found.outputs == tuple(tuple(each.shape) for each in model.outputs)
    for found in (li.model(HEAD + SAME[name]), li.model(model)):
        assert found.parameters == model.count_params()
        trained = sum(math.prod(weight.shape) for weight in model.trainable_weights)
        assert found.trainable == trained


REFUSED = {
    "match 3:\n    case 3:\n        y = LSTM(2)(Input((5, 3)))": "no model is made",
    "x = Input((5, 3))\ny = Concatenate()([LSTM(2)(x), thing])": "is given 'thing'",
    "x = Input((5, 3))\nz = Input((5, 3))\nm = Model(z, LSTM(2)(x))": "not one of its inputs",
    "def build(n=16):\n    return Sequential([LSTM(n, units=n)])": "is given units twice",
    "Dense(4, lora_rank=2, input_shape=(3,))": "weights that are not known",
    "LSTM(3, return_state=True, input_shape=(5, 3)), Dense(2)": "a Sequential hands on one",
    "RNN(LSTM(3), input_shape=(5, 3))": "is a layer, not a cell",
    "Bidirectional(Dense(3), input_shape=(5, 3))": "wraps a recurrent layer",
    "Dense(3, activation=['tanh'], input_shape=(3,))": "must be the name of a function",
    "x = 0 ** -1\nDense(x, input_shape=(3,))": "which the text does not say",
    "x = 'a'\n" + "x = x + x\n" * 60 + "Dense(x, input_shape=(3,))": "which the text does not say",
    "Dot(axes=(1,))([Input((3,)), Input((3,))])": "axes must be",
    "Permute(3, input_shape=(2, 3))": "dims must name the axes",
    "PReLU(shared_axes='a', input_shape=(2, 3))": "cannot be read with",
    "Conv1D(3, ('a',), input_shape=(5, 3))": "must hold whole numbers",
    "Bidirectional(LSTM(3), backward_layer=4, input_shape=(5, 3))": "must be a layer",
    "x = Input(batch_shape=())\nDense(3)(x)": "at least one size",
    "Reshape((-2, -6), input_shape=(3, 4))": "target_shape must be sizes",
    "x = Input((3, 4))\nDense(2)(x[:, 7])": "index 7 is out of an axis of 3",
    "AveragePooling1D(input_shape=(5, 3))": "needs pool_size",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(li.ModelError, match=REFUSED[text]):
        li.model(text)


def test_names_hold_nothing_that_a_terminal_would_obey() -> None:
    text = "LSTM(3, name='a\\x1b[31m', input_shape=(5, 2))"
    config = functional(("b\x1b[31m", "x"))
    for found in (li.model(text), li.model(config)):
        for form in ("text", "csv", "markdown"):
            assert "\x1b" not in li.render(found, form)


def test_a_function_of_tensors_that_is_not_known_is_opaque() -> None:
    text = "x = Input((5, 3))\ny = tf.reduce_mystery(LSTM(4, return_sequences=True)(x), axis=1)\n"
    found = li.model(f"{text}model = Model(x, Dense(2)(y))")
    assert [row.layer_type for row in found.opaque] == ["reduce_mystery", "Dense"]


def test_other_models_in_the_text_are_named() -> None:
    text = "x = Input((5, 3))\ny = LSTM(4)(x)\nmodel = Model(x, Dense(2)(y))\nmodel.compile()\n"
    found = li.model(f"{text}encoder = Model(x, y)")
    assert found.parameters == li.Layer("lstm", 4, 3).parameters + 10
    (encoder,) = found.others
    assert (encoder.label, encoder.parameters) == ("encoder", li.Layer("lstm", 4, 3).parameters)
    assert "encoder (model_1): 128 parameters" in li.render(found)


def test_models_in_models_take_no_time_twice() -> None:
    text = "x = Input((5, 3))\nm = Model(x, LSTM(3, return_sequences=True)(x))\n"
    text += "for i in range(18):\n    x = Input((5, 3))\n    m = Model(x, Add()([m(x), m(x)]))\n"
    assert li.model(text).parameters == li.Layer("lstm", 3, 3).parameters
    many = ", ".join(["Dense(2)"] * 5000)
    assert len(li.model(f"Input((2,)), {many}").rows) == 5001


def test_operations_of_keras_take_the_shapes_that_are_written_down() -> None:
    x = keras.Input((5, 3))
    mean = keras.ops.mean(x, axis=1)
    model = keras.Model(x, keras.layers.Dense(2)(mean))
    for found in (li.model(model), li.model(model.to_json())):
        assert found.outputs == ((None, 2),)
        assert found.parameters == model.count_params()


def test_an_operation_is_not_taken_for_the_layer_of_its_name() -> None:
    x = keras.Input((5, 3))
    for found in (keras.ops.concatenate([x, x], axis=1), keras.ops.expand_dims(x, -1), x[:, -1]):
        model = keras.Model(x, found)
        assert li.model(model).outputs == (tuple(found.shape),)
        assert li.model(model.to_json()).outputs in ((None,), (tuple(found.shape),))


def test_a_live_model_loses_no_weight() -> None:
    class Own(keras.layers.LSTMCell):  # type: ignore[misc, name-defined]
        pass

    layers = keras.layers
    known = keras.Sequential([
        keras.Input((6, 5, 2)),
        layers.TimeDistributed(layers.DepthwiseConv1D(3)),
        layers.TimeDistributed(layers.Flatten()),
        layers.RNN(Own(4)),
        layers.Dense(2),
    ])  # fmt: skip
    found = li.model(known)
    assert found.parameters == known.count_params()
    assert found.outputs == ((None, 2),)


def test_what_a_model_says_itself_is_not_given_again(capsys: pytest.CaptureFixture[str]) -> None:
    text = "LSTM(3, input_shape=(5, 10))"
    for options in (["--timesteps", "9"], ["--input-shape", "5,10"]):
        assert main(["model", text, *options]) == 2
        assert "itself" in capsys.readouterr().err
    for shape in ("5,0", "²,3", "x"):
        assert main(["model", "Dense(3)", "--input-shape", shape]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_the_largest_that_fits_knows_what_units_a_cell_can_have() -> None:
    sru = fits(li.Layer("sru", units=3), flash=20 * 1024)
    assert sru.largest is not None
    assert sru.largest > 3
    heads = fits(li.Layer("slstm", 64, 3, heads=4), flash=100 * 1024)
    assert heads.largest is not None
    assert heads.largest % 4 == 0
    assert fits(li.Layer("slstm", heads.largest, 3, heads=4), flash=100 * 1024).does
    assert not fits(li.Layer("slstm", heads.largest + 4, 3, heads=4), flash=100 * 1024).does
    with pytest.raises(li.OptionError, match="flash must be bytes"):
        fits(li.Layer("lstm", 3, 3), flash="256K")  # type: ignore[arg-type]
