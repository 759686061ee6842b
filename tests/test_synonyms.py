"""The names of cells, frameworks and options as people write them."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

import lstminspect as li
from lstminspect import Cell, Layer, OptionError, UnknownCell, UnknownConvention, cells, conventions
from lstminspect.cli.main import main
from lstminspect.layer import OPTIONS
from lstminspect.synonyms import CELLS, FRAMEWORKS, WORDS, plain, words_of


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("LSTM", "lstm"),
        ("Gru", "gru"),
        ("nnx.OptimizedLSTMCell", "lstm"),
        ("nn.LSTM", "lstm"),
        ("torch.nn.LSTM", "lstm"),
        ("tf.keras.layers.LSTM", "lstm"),
        ("tf.nn.rnn_cell.BasicLSTMCell", "lstm"),
        ("tf.nn.rnn_cell.GRUCell", "gru_reset_before"),
        ("CuDNNGRU", "gru"),
        ("nn.GRUCell", "gru"),
        ("hk.GRU", "gru_chung"),
        ("SimpleRNN", "rnn"),
        ("torch.nn.RNN", "rnn"),
        ("linen.MGUCell", "mgu_reset_after"),
        ("MGUCell", "mgu"),
        ("gru-reset-before", "gru_reset_before"),
        ("Li-GRU", "ligru"),
    ],
)
def test_a_cell_is_found_by_any_of_its_names(name: str, cell: str) -> None:
    assert cells.get(name).name == cell
    assert Layer(name, units=4, features=3).cell.name == cell


def test_every_synonym_leads_to_a_name_that_is_there() -> None:
    assert set(CELLS.values()) <= set(cells.names())
    assert set(FRAMEWORKS.values()) <= set(conventions.EVERY)
    options = {option.name for option in OPTIONS}
    assert {word.option for word in WORDS} - options == {"projection"}
    for word in WORDS:
        assert word.name not in options
        assert set(word.frameworks) <= set(conventions.EVERY)


def test_no_cell_is_hidden_by_a_synonym_of_another() -> None:
    for name in cells.names():
        assert cells.get(name).name == cells.get(name.upper()).name == name
        for other in cells.get(name).also:
            known = cells.get(other)
            assert other in known.also or known.name == plain(other)


def test_a_path_and_a_misspelt_name_are_no_cell() -> None:
    for name in ("./my.gru", "lsmt", "nn.", ""):
        with pytest.raises(UnknownCell, match="no cell called"):
            cells.get(name)


@pytest.mark.parametrize(
    ("name", "convention"),
    [
        ("PyTorch", "pytorch"),
        ("torch", "pytorch"),
        ("TF", "keras"),
        ("tf.keras", "keras"),
        ("TensorFlow", "keras"),
        ("Keras 3", "keras"),
        ("flax.linen", "flax"),
        ("Flax NNX", "nnx"),
        ("ONNX Runtime", "onnx"),
        ("dm-haiku", "haiku"),
        ("cuDNN", "cudnn"),
        ("TensorFlow 1", "tf1"),
    ],
)
def test_a_framework_is_found_by_any_of_its_names(name: str, convention: str) -> None:
    assert conventions.named(name) == conventions.get(name).name == convention


def test_every_title_of_a_framework_is_one_of_its_names() -> None:
    for name in conventions.EVERY:
        title = conventions.get(name).title
        if name != conventions.EQUATIONS:
            assert conventions.named(title) == name
    with pytest.raises(UnknownConvention, match=r"no convention called 'pytorhc'\. Did you mean"):
        conventions.get("pytorhc")
    with pytest.raises(
        UnknownConvention, match=r"'torhc'\. Did you mean 'torch'\? There are keras"
    ):
        conventions.framework("torhc")
    with pytest.raises(UnknownConvention, match=r"'tesnorflow'\. Did you mean 'tensorflow'\?"):
        conventions.get("tesnorflow")


VALUES = {"use_bias": False, "reset_after": False, "return_state": True, "activation": "relu"}
VALUES |= {"recurrent_activation": "hard_sigmoid"}


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_a_word_does_what_its_option_does(word: Any, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {"units": 4, "features": 3}
    sizes.pop(word.option, None)
    value: Any = VALUES.get(word.option, 5)
    if word.option == "projection":
        other = Layer("projected", **sizes, projection=value)
        cell = "lstm"
    else:
        cell = "gru"
        other = Layer(cell, **sizes, **{word.option: value})
    assert Layer(cell, **sizes, **{word.name: value}) == other
    command = [word.spelling] if value is True else [word.spelling, str(value)]
    command = [f"--no-{word.spelling[2:]}"] if value is False else command
    main(["--cell", cell, *(f"--{n}={v}" for n, v in sizes.items()), *command, "--format=json"])
    assert capsys.readouterr().out.rstrip("\n") == li.render(
        li.Layer(other.cell, **sizes, **dict(other.extra), **_own(word.option, value)), "json"
    )


def _own(option: str, value: Any) -> dict[str, Any]:
    """The option as the layer keeps it: the cell says reset_after."""
    return {} if option in ("projection", "reset_after") else {option: value}


def test_two_words_of_one_option_agree_or_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert Layer("lstm", 64, 3, hidden_size=64) == Layer("lstm", 64, 3)
    with pytest.raises(OptionError, match="units=64 and hidden_size=32 are two values of one opt"):
        Layer("lstm", 64, 3, hidden_size=32)
    with pytest.raises(OptionError, match="hidden_size=64 and num_units=32 are two values of one"):
        Layer("lstm", features=3, hidden_size=64, num_units=32)
    with pytest.raises(OptionError, match="projection=4 and proj_size=5 are two values of one opt"):
        Layer("projected", 8, 3, projection=4, proj_size=5)
    sizes = numpy.array([4, 5])
    assert Layer("lstm", sizes, 3, hidden_size=sizes) == Layer("lstm", sizes, 3)
    with pytest.raises(OptionError, match="are two values of one option"):
        Layer("lstm", sizes, 3, hidden_size=numpy.array([4, 6]))
    assert main(["--units", "64", "--hidden-size", "32", "--features", "3"]) == 2
    text = "--units 64 and --hidden-size 32 are two values of one option. Give one of them."
    assert text in capsys.readouterr().err
    assert main(["--units=64", "--hidden-size=64", "--features=3"]) == 0


def test_pytorchs_words_make_the_layer_that_pytorch_makes() -> None:
    layer = Layer(
        "nn.LSTM", input_size=3, hidden_size=64, num_layers=2, bias=False, proj_size=16,
        batch_first=True, bidirectional=True,
    )  # fmt: skip
    plain_words = Layer(
        "projected", 64, 3, layers=2, use_bias=False, bidirectional=True, batch_first=True,
        projection=16,
    )  # fmt: skip
    assert layer == plain_words
    assert Layer("lstm", 64, 3, proj_size=0) == Layer("lstm", 64, 3)
    with pytest.raises(OptionError, match="proj_size projects lstm and peephole, not gru"):
        Layer("gru", 64, 3, proj_size=16)
    assert Layer("gru", 4, 3, linear_before_reset=0).cell.name == "gru_reset_before"


def test_a_size_of_the_cells_own_keeps_its_name() -> None:
    own = Cell("m: nhid = tanh(W_m @ x)\nh = tanh(U_h @ m + R_h @ h)")
    layer = Layer(own, 4, 3, nhid=2)
    assert (layer.units, layer.extra) == (4, (("nhid", 2),))


def test_what_changes_no_count_is_said_on_the_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--units=4", "--features=3", "--dropout", "0.2"]) == 2
    said = capsys.readouterr().err
    assert "--dropout changes no count and no shape, so there is no such option. It change" in said


def test_words_of_a_framework_are_those_of_its_constructor() -> None:
    torch = pytest.importorskip("torch")
    real = torch.nn.LSTM(3, 4).__dict__
    for word in words_of("pytorch").values():
        assert word in real or word == "nonlinearity"


def test_the_command_line_takes_names_as_people_write_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--hidden_size=4", "--input_size", "3", "--cell", "NN.lstm"]) == 0
    assert "4 units on 3 features" in capsys.readouterr().out
    assert main(["LSTM", "--units", "4"]) == 2
    assert "a cell goes with --cell: lstminspect --cell LSTM" in capsys.readouterr().err
    assert main(["--units=4", "--features=3", "--cell=gru", "--proj-size=2"]) == 2
    assert "--proj-size projects lstm and peephole, not gru" in capsys.readouterr().err
    assert main(["--units=4", "--features=3", "--framework=pytoch"]) == 2
    said = "no framework called 'pytoch'. Did you mean 'pytorch'? There are keras, flax, nnx, pyto"
    assert said in capsys.readouterr().err
