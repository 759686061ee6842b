"""Reading models: code by its syntax tree, Keras' JSON, shapes that stop, what is opaque."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras_signatures
import pytest

import lstminspect as li
from lstminspect.cli.main import main
from lstminspect.models.patterns import PATTERNS, pattern_of
from lstminspect.models.summary import Summary

ECHO = """
length = 5
n_features = 10
out_index = 2
model = Sequential()
model.add(LSTM(25, input_shape=(length, n_features)))
model.add(Dense(n_features, activation='softmax'))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.summary()
"""
STATES = """
from keras.layers import Model, Input, LSTM
Tx = 30
n_x = 3
n_s = 64
X = Input(shape=(Tx, n_x))
s, a, c = LSTM(n_s, return_sequences=True, return_state=True)(X)
model_LSTM = Model(inputs=X, outputs=[s, a, c])
model_LSTM.summary()
"""


def counts(model: li.Model) -> list[tuple[str, int]]:
    return [(row.name, row.part.parameters) for row in model.rows]


def test_the_lectures_echo_model_has_its_listing() -> None:
    model = li.model(ECHO)
    assert counts(model) == [("input_layer", 0), ("lstm", 3600), ("dense", 260)]
    assert (model.parameters, model.trainable, model.outputs) == (3860, 3860, ((None, 10),))
    text = li.render(model)
    assert "lstm (LSTM)               (None, 25)             3,600" in text
    assert "dense (Dense)             (None, 10)               260" in text
    assert "3,860 parameters" in text


def test_the_lectures_states_have_three_shapes() -> None:
    model = li.model(STATES)
    assert model.parameters == 17408
    assert model.rows[1].part.outputs == ((None, 30, 64), (None, 64), (None, 64))
    assert "(None, 30, 64) (None, 64) (None, 64)" in li.render(model)
    fixed = li.model(
        "model = keras.models.Sequential()\n"
        "model.add(keras.layers.LSTM(units=3, batch_input_shape=(8,2,10)))"
    )
    assert fixed.outputs == ((8, 3),)


@pytest.mark.parametrize(
    "text",
    [
        "LSTM(25, input_shape=(5, 10)), Dense(10)",
        "[keras.layers.LSTM(25, input_shape=(5, 10)), keras.layers.Dense(10)]",
        "Input((5, 10)), LSTM(25), Dense(10)",
        "LSTM(units=25, input_length=5, input_dim=10), Dense(10)",
        "m = Sequential([Input(shape=(5, 10)), LSTM(25), Dense(10)])",
        "m = Sequential()\nfor n in [25]:\n    m.add(LSTM(n, input_shape=(5, 10)))\n"
        "m.add(Dense(10))",
        "def build(units, out=10):\n    x = Input((5, 10))\n    y = Dense(out)(LSTM(units)(x))\n"
        "    return Model(x, y)\nmodel = build(25)",
        "import tensorflow as tf\nx = tf.keras.Input((5, 10))\n"
        "y = tf.keras.layers.Dense(10, activation=tf.nn.softmax)(tf.keras.layers.LSTM(25)(x))",
        ">>> m = Sequential()\n>>> m.add(LSTM(25, input_shape=(5, 10)))\n>>> m.add(Dense(10))",
        "    m = Sequential([LSTM(25), Dense(10)])\n    m.build((None, 5, 10))",
        "X = np.zeros((8, 5, 10))\nm = Sequential()\n"
        "m.add(LSTM(5 ** 2, input_shape=(X.shape[1], X.shape[2])))\nm.add(Dense(X.shape[-1]))",
        "layers = [LSTM(25, return_sequences=False), Dense(10)]\nm = Sequential(layers)\n"
        "if __name__ == '__main__':\n    m.build((None, 5, 10))",
    ],
)
def test_a_model_can_be_written_in_many_ways(text: str) -> None:
    assert li.model(text).parameters == 3860


def test_the_shape_that_a_model_leaves_open_can_be_given() -> None:
    model = li.model("LSTM(25), Dense(10)", input_shape=(5, 10), batch=4)
    assert model.outputs == ((4, 10),)
    assert li.model("GRU(8, input_shape=(None, 3))", timesteps=6).inputs == ((None, 6, 3),)
    with pytest.raises(li.ModelError, match="says its input shape itself"):
        li.model("LSTM(25, input_shape=(5, 10))", input_shape=(6, 10))


def test_a_shared_layer_is_counted_once_and_shown_at_every_call() -> None:
    model = li.model(
        "shared = LSTM(8)\na = Input((5, 3))\nb = Input((7, 3))\n"
        "model = Model([a, b], Add()([shared(a), shared(b)]))"
    )
    calls = [row for row in model.rows if row.name == "lstm"]
    assert [row.first for row in calls] == [True, False]
    assert [row.inputs for row in calls] == [((None, 5, 3),), ((None, 7, 3),)]
    assert model.parameters == li.Layer("lstm", 8, 3).parameters
    assert model.work is not None
    assert model.work.macs == (5 + 7) * 4 * 8 * 11
    assert "lstm (LSTM), again" in li.render(model)
    with pytest.raises(li.ModelError, match="the layer is shared: its weights"):
        li.model("s = LSTM(8)\na = Input((5, 3))\nb = Input((5, 4))\nx = [s(a), s(b)]")


def test_inner_layers_of_wrappers_are_shown_and_not_added_twice() -> None:
    model = li.model("Bidirectional(LSTM(16), input_shape=(5, 3)), Dense(2)")
    text = li.render(Summary(model, weights=True, formulas=True, costs=True))
    assert "└ forward_lstm (LSTM)" in text
    assert "└ backward_lstm (LSTM)" in text
    assert f"({li.Layer('lstm', 16, 3).parameters:,})" in text
    rows = [row.part.parameters for row in model.rows]
    assert sum(rows) == model.parameters == 2 * li.Layer("lstm", 16, 3).parameters + 66


@pytest.mark.parametrize("format", ["text", "markdown", "latex", "html", "json", "csv"])
def test_a_summary_has_its_total_in_every_format(format: str) -> None:
    model = li.model(ECHO)
    text = li.render(Summary(model, weights=True, formulas=True, costs=True), format)
    plain = text.replace("{,}", "").replace(",", "")
    # A total among the rows of a CSV would be added up with them.
    for number in ("3600", "260") if format == "csv" else ("3860", "3600", "260"):
        assert number in plain, format
    if format == "json":
        found = json.loads(text)
        assert sum(layer["parameters"] for layer in found["layers"]) == found["parameters"] == 3860
        assert found["kind"] == "many-to-one"
        assert found["work"]["macs"] == 17750


def test_an_unknown_layer_is_an_opaque_row_that_says_so() -> None:
    model = li.model("LSTM(8, input_shape=(5, 3)), Shuffle(3), Dense(2)")
    assert [row.part.opaque for row in model.rows] == [False, False, True, True]
    text = li.render(model)
    assert "at least 384 parameters" in text
    assert "shuffle: opaque: its code is not run" in text
    assert "dense: not known: a layer above returns a shape that is not known." in text
    known = li.model("LSTM(8, input_shape=(5, 3)), Lambda(f, output_shape=(4,)), Dense(2)")
    assert known.rows[-1].part.parameters == 10


def test_a_lambda_is_never_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    text = f"Lambda(lambda x: open({str(touched)!r}, 'w'), input_shape=(3,)), Dense(2)"
    assert li.model(text).rows[1].part.opaque
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "m",
            "layers": [
                {"class_name": "InputLayer", "config": {"batch_shape": [None, 3], "name": "i"}},
                {"class_name": "Lambda", "config": {"name": "l", "function": ["gASVpickle", None]}},
            ],
        },
    }
    assert li.model(config).rows[1].part.opaque
    assert not touched.exists()


STOPS = [
    ("LSTM(25, input_shape=(5, 10)), LSTM(5)", "lstm_1", "expected ndim=3, found ndim=2"),
    ("LSTM(25, input_shape=(10,))", "lstm", "expected ndim=3, found ndim=2"),
    ("Dense(3, input_shape=(4,)), RepeatVector(2), Reshape((7,))", "reshape", "do not fit"),
    ("Flatten(), Dense(10)", "flatten", "Flatten is the first layer and has no input shape"),
    ("LSTM(2.5, input_shape=(5, 10))", "lstm", "units must be a positive whole number, got 2.5"),
    ("LSTM(input_shape=(5, 10))", "lstm", "LSTM needs units"),
    ("LSTM(2, activation='tan', input_shape=(5, 10))", "lstm", "Did you mean 'tanh'"),
    ("Conv1D(2, 9, input_shape=(5, 10))", "conv1d", "nothing is left"),
    ("LSTM(2, stateful=True, input_shape=(5, 10))", "lstm", "the batch must be known"),
    ("LSTMCell(3, input_shape=(5, 10))", "lstm_cell", "Wrap it to run in time"),
]


@pytest.mark.parametrize(("text", "layer", "message"), STOPS)
def test_a_model_stops_at_its_layer_with_everything_above(
    text: str, layer: str, message: str
) -> None:
    with pytest.raises(li.ModelError, match=message) as error:
        li.model(text)
    assert error.value.layer == layer
    assert isinstance(error.value.model, li.Model)
    assert layer not in [row.name for row in error.value.model.rows]


def test_the_command_shows_what_stands_above_and_explains(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["model", "LSTM(25, input_shape=(5, 10)), LSTM(5)"]) == 2
    out, error = capsys.readouterr()
    assert "lstm (LSTM)" in out
    assert "return_sequences=True on the layer below" in out
    assert error.startswith("lstminspect: lstm_1 (line 1): LSTM expected ndim=3, found ndim=2.")
    assert error.count("\n") == 1


REFUSED = [
    ("import os; os.system('touch x')", "no model is made"),
    ("1 +", "is not Python"),
    ("LTSM(25, input_shape=(5, 10))", "Did you mean 'LSTM'"),
    ("LSTM(25, unit=3)", "LSTM has no argument 'unit'. Did you mean 'units'"),
    ("LSTM(25, units=3)", "is given units twice"),
    ("LSTM(9**9**9, input_shape=(5, 10))", "units of LSTM is '9**9**9', which the text does not"),
    ("Sequential()", "has no layers"),
    ("m = Sequential()\nm.add(load())", "has no input shape"),
    ("for i in range(10**9):\n    Sequential().add(LSTM(2))", "runs 1,000,000,000 times"),
    ("while True:\n    pass", "no model is made"),
    ("m = Sequential()\nwhile True:\n    m.add(LSTM(3))", "makes layers without an end"),
    ("def f():\n    return f()\nf()", "nested too deep"),
    ("(" * 5000, "is not Python"),
    ("x" * 6_000_000, "the text is too long"),
    ("s, h = LSTM(3, return_state=True)(Input((5, 2)))", "2 names are given 3 values"),
    ("if rainy():\n    m = Sequential()\n    m.add(load)", "has no input shape"),
    ('{"class_name": "Sequential"', "is not JSON"),
    ('{"a": ' * 200_000 + "1" + "}" * 200_000, "nested too deep"),
    ('{"class_name": "Dense", "config": {}}', "is a layer, not a model"),
    ('{"class_name": "Sequential", "config": {"layers": 3}}', "has no layers"),
    ('{"class_name": 3}', "an entry with class_name and config is missing"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_model_is_refused_in_one_sentence(
    text: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "model.txt"
    path.write_text(text, "utf-8")
    assert main(["model", str(path)]) == 2
    error = capsys.readouterr().err
    assert message in error or "too large" in error
    assert error.count("\n") == 1
    assert len(error) < 600


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"class_name": "Dense", "config": {"units": 2}}
    for _ in range(depth):
        inner = {"class_name": "TimeDistributed", "config": {"layer": inner}}
    return {"class_name": "Sequential", "config": {"layers": [inner]}}


def functional(*layers: tuple[str, str]) -> dict[str, Any]:
    """A functional config of Dense layers, each reading another, with an input."""
    entries: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [None, 3]},
         "inbound_nodes": []}
    ]  # fmt: skip
    for name, reads in layers:
        node = [[reads, 0, 0, {}]]
        entries.append(
            {"class_name": "Dense", "name": name, "config": {"units": 2}, "inbound_nodes": [node]}
        )
    outputs = [[layers[-1][0], 0, 0]]
    config = {"name": "m", "layers": entries, "output_layers": outputs}
    return {"class_name": "Functional", "config": config}


def test_json_that_is_deep_or_goes_in_circles_is_refused() -> None:
    with pytest.raises(li.ModelError, match="nested more than 20 deep"):
        li.model(nested(1000))
    assert li.model(functional(("a", "x"), ("b", "a"))).parameters == 8 + 6
    with pytest.raises(li.ModelError, match="a, b read each other in a circle"):
        li.model(functional(("a", "b"), ("b", "a")))
    with pytest.raises(li.ModelError, match="b reads 'gone', call 0, which is not in the model"):
        li.model(functional(("a", "x"), ("b", "gone")))
    with pytest.raises(li.ModelError, match="two layers are named 'a'"):
        li.model(functional(("a", "x"), ("a", "x")))


def test_layers_are_ordered_by_what_they_read() -> None:
    model = li.model(functional(("b", "a"), ("a", "x")))
    assert [row.name for row in model.rows] == ["x", "a", "b"]


def test_an_object_that_is_no_model_is_refused() -> None:
    with pytest.raises(li.ModelError, match="int is not a model"):
        li.model(3)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_every_application_is_a_model_of_its_kind(pattern: Any) -> None:
    for application in pattern.applications:
        assert pattern_of(li.model(application.code)) == pattern.name, application.what


def test_a_model_without_recurrence_has_no_kind() -> None:
    assert pattern_of(li.model("Dense(3, input_shape=(4,))")) == ""


def test_patterns_are_shown_and_misspelled_ones_suggested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["patterns"]) == 0
    out = capsys.readouterr().out
    for pattern in PATTERNS:
        assert pattern.name in out
        assert pattern.picture in out
    assert main(["patterns", "many-to-won"]) == 2
    assert "Did you mean 'many-to-one'?" in capsys.readouterr().err


def test_the_arguments_of_layers_are_those_of_keras() -> None:
    pytest.importorskip("keras")
    assert json.loads(keras_signatures.PATH.read_text("utf-8")) == keras_signatures.made()


def test_a_file_and_a_pipe_are_read_like_text(tmp_path: Path) -> None:
    path = tmp_path / "echo.py"
    path.write_text(ECHO, "utf-8")
    command = [sys.executable, "-m", "lstminspect", "model"]
    one = subprocess.run([*command, str(path)], capture_output=True, text=True, check=True)
    other = subprocess.run([*command, "-"], input=ECHO, capture_output=True, text=True, check=True)
    assert one.stdout == other.stdout
    assert "3,860" in one.stdout
    path.write_bytes(b"\x80\x02pickle")
    done = subprocess.run([*command, str(path)], capture_output=True, text=True)
    assert done.returncode == 2
    assert "byte 1 is not UTF-8 text" in done.stderr


def test_the_model_that_is_summed_up_is_the_one_that_is_meant() -> None:
    text = "a = Sequential([LSTM(3, input_shape=(5, 2))])\nb = Sequential([Dense(1)])\na.summary()"
    assert li.model(text).parameters == li.Layer("lstm", 3, 2).parameters
    training = "x = Input((5, 2))\ny = LSTM(3)(x)\nmodel = Model(x, y)\nb = Model(x, Dense(2)(y))"
    assert li.model(training).parameters == li.Layer("lstm", 3, 2).parameters + 8


def test_states_of_both_directions_come_forward_first() -> None:
    found = li.model(
        "Bidirectional(LSTM(3, return_state=True), input_shape=(5, 2), "
        "backward_layer=LSTM(4, return_state=True, go_backwards=True))"
    )
    assert found.outputs == ((None, 7), (None, 3), (None, 3), (None, 4), (None, 4))


def test_a_sequence_that_is_folded_and_unfolded_has_a_length_of_its_own() -> None:
    text = "LSTM(8, input_shape=(30, 2)), RepeatVector(30), LSTM(8, return_sequences=True)"
    assert pattern_of(li.model(text)) == "sequence-to-sequence"
    assert (
        pattern_of(li.model("LSTM(8, input_shape=(30, 2), return_sequences=True)"))
        == "many-to-many"
    )


def macs(text: str) -> int:
    work = li.model(text).work
    assert work is not None
    return int(work.macs)


def test_a_layer_at_every_step_works_as_often_as_there_are_steps() -> None:
    inside = "TimeDistributed(Dense(4), input_shape=(7, 3))"
    assert macs(inside) == macs("Dense(4, input_shape=(7, 3))") == 7 * 3 * 4


def test_attention_multiplies_scores_and_values() -> None:
    text = "x = Input((6, 5))\ny = Input((9, 8))\n"
    heads, key, value = 2, 3, 4
    found = f"{text}z = MultiHeadAttention({heads}, {key}, value_dim={value})(x, y)"
    projections = heads * (6 * 5 * key + 9 * 8 * key + 9 * 8 * value + 6 * value * 5)
    assert macs(found) == projections + heads * 6 * 9 * (key + value)
    dot = "x = Input((6, 5))\ny = Input((9, 5))\nz = Attention()([x, y])"
    assert macs(dot) == 6 * 9 * (5 + 5)
    added = "x = Input((6, 5))\ny = Input((9, 5))\nz = AdditiveAttention()([x, y])"
    assert macs(added) == 6 * 9 * 5


STEP = "x, h, c = Input((5, 3)), Input((16,)), Input((16,))\n"


@pytest.mark.parametrize(
    ("code", "parameters", "outputs"),
    [
        ("y, [a, b] = LSTMCell(16)(x[:, 0], [h, c])\nm = Model([x, h, c], [y, a, b])", 1280, 3),
        ("y, s = LSTMCell(16)(x[:, 0], states=(h, c))\nm = Model([x, h, c], [y, *s])", 1280, 3),
        ("y, a = GRUCell(16)(x[:, 0], h)\nm = Model([x, h], [y, a])", 1008, 2),
        ("y, [a] = SimpleRNNCell(16)(x[:, 0], [h])\nm = Model([x, h], [y, a])", 320, 2),
        ("cell = LSTMCell(16)\ns = [h, c]\nfor i in range(5):\n    y, s = cell(x[:, i], s)\n"
         "m = Model([x, h, c], [y, *s])", 1280, 3),
        ("y, [a, b] = StackedRNNCells([LSTMCell(16), GRUCell(16)])(x[:, 0], [[h, c], [h]])\n"
         "m = Model([x, h, c], [y, *a, *b])", 2912, 4),
    ],
)  # fmt: skip
def test_a_cell_that_is_called_on_one_step_is_counted(
    code: str, parameters: int, outputs: int
) -> None:
    model = li.model(STEP + code)
    assert model.parameters == parameters
    assert model.outputs == ((None, 16),) * outputs


def test_a_cell_takes_the_batch_of_its_first_states() -> None:
    model = li.model(
        "x = Input((5, 3))\ncell = LSTMCell(16)\ns = cell.get_initial_state(batch_size=2)\n"
        "y, s = cell(x[:, 1], s)\nm = Model(x, y)"
    )
    assert (model.parameters, model.outputs) == (1280, ((2, 16),))
    assert model.rows[-1].part.work is not None
    assert model.rows[-1].part.work.macs == 2 * 4 * 16 * (16 + 3)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("LSTMCell(4)(x[:, 0])", "is one time step. Wrap it to run in time"),
        ("LSTMCell(16)(x, [h, c])", "LSTMCell expected ndim=2, found ndim=3"),
        ("LSTMCell(16)(x[:, 0], [h])", r"LSTMCell takes 2 initial states of 16 units, got \("),
        ("GRUCell(4)(x[:, 0], h)", r"GRUCell takes 1 initial states of 4 units, got \(None, 16\)"),
        ("LSTMCell(4)(x[:, 0], load())", "which is not a tensor that the text makes"),
        ("LSTMCell(4)(None, [h, c])", "is called on nothing that the text makes"),
    ],
)
def test_a_cell_that_is_called_wrongly_says_so(code: str, message: str) -> None:
    with pytest.raises(li.ModelError, match=message):
        li.model(STEP + code)


def test_an_embedding_takes_the_shape_that_is_given() -> None:
    words = "Embedding(50, 12), LSTM(16)"
    assert li.model(words, (7,)).rows[1].part.outputs == ((None, 7, 12),)
    assert li.model(words).rows[1].part.outputs == ((None, None, 12),)
    assert li.model(f"Sequential([{words}]), Dense(2)", (7,)).inputs == ((None, 7),)
    assert li.model(f"Sequential([{words}]), Dense(2)").inputs == ((None, None),)
    assert li.model(words, timesteps=7, batch=3).inputs == ((3, 7),)
    with pytest.raises(li.ModelError, match="says its input shape itself"):
        li.model("Embedding(50, 12, input_length=4), LSTM(16)", (7,))


def test_a_frozen_model_freezes_the_models_in_it() -> None:
    text = (
        "base = Sequential([Input((5, 3)), LSTM(4)])\nx = Input((5, 3))\n"
        "model = Model(x, Dense(2)(base(x)))\nmodel.trainable = False\nmodel.summary()"
    )
    assert (li.model(text).parameters, li.model(text).trainable) == (138, 0)
