"""Checkpoints that do not fit: from the message alone both configurations and what differs.

Every message is caused in the real framework. `CASES` has its code, words of the configuration of
the file and of the model, and of the option that differs.
"""

from __future__ import annotations

from importlib.util import find_spec

import frameworks_to_provoke as frameworks
import pytest

from lstminspect import Explanation, explain

#: PyTorch: what is built, what is saved; the checkpoint, the model, what differs.
TORCH = [
    ("nn.LSTM(3, 4)", "nn.LSTM(3, 8)", "nn.LSTM(input_size=3, hidden_size=8)",
     "nn.LSTM(input_size=3, hidden_size=4)", "hidden_size is 4 in the model and 8"),
    ("nn.GRU(3, 4)", "nn.GRU(3, 8)", "nn.GRU(input_size=3, hidden_size=8)",
     "nn.GRU(input_size=3, hidden_size=4)", "hidden_size is 4 in the model and 8"),
    ("nn.RNN(3, 4)", "nn.RNN(3, 8)", "nn.RNN(input_size=3, hidden_size=8)",
     "nn.RNN(input_size=3, hidden_size=4)", "hidden_size is 4 in the model and 8"),
    ("nn.LSTM(3, 4)", "nn.LSTM(5, 4)", "nn.LSTM(input_size=5", "nn.LSTM(input_size=3",
     "input_size is 3 in the model and 5"),
    ("nn.LSTM(3, 4)", "nn.LSTM(5, 8)", "nn.LSTM(input_size=5, hidden_size=8)",
     "nn.LSTM(input_size=3, hidden_size=4)", "input_size is 3 in the model and 5"),
    ("nn.LSTM(3, 4)", "nn.LSTM(3, 4, 2)", "num_layers=2", "num_layers=1",
     "num_layers is 1 in the model and 2"),
    ("nn.LSTM(3, 4, 3)", "nn.LSTM(3, 4)", "num_layers=1", "num_layers=3",
     "num_layers is 3 in the model and 1"),
    ("nn.LSTM(3, 4, 3)", "nn.LSTM(3, 8, 2)", "hidden_size=8, num_layers=2",
     "hidden_size=4, num_layers=3", "num_layers is 3 in the model and 2"),
    ("nn.LSTM(3, 4)", "nn.LSTM(3, 4, bidirectional=True)", "bidirectional=True",
     "bidirectional=False", "bidirectional is missing in the model"),
    ("nn.LSTM(3, 4, bidirectional=True)", "nn.LSTM(3, 4)", "bidirectional=False",
     "bidirectional=True", "bidirectional is missing in the checkpoint"),
    ("nn.LSTM(3, 4, 2)", "nn.LSTM(3, 4, 2, bidirectional=True)",
     "hidden_size=4, bidirectional=True", "hidden_size=4, bidirectional=False",
     "bidirectional is missing in the model"),
    ("nn.LSTM(3, 4)", "nn.LSTM(3, 8, bidirectional=True)", "hidden_size=8, bidirectional=True",
     "hidden_size=4, bidirectional=False", "hidden_size is 4 in the model and 8"),
    ("nn.LSTM(3, 4)", "nn.LSTM(3, 4, bias=False)", "bias=False", "bias=True",
     "the model has biases and the checkpoint has none"),
    ("nn.GRU(3, 4, 2, bias=False)", "nn.GRU(3, 4, 2)", "bias=True", "bias=False",
     "the checkpoint has biases and the model has none"),
    ("nn.LSTM(3, 64)", "nn.LSTM(3, 64, proj_size=16)", "hidden_size=64, proj_size=16",
     "hidden_size=64, proj_size=0", "proj_size is 0 in the model and 16"),
    ("nn.LSTM(3, 64, proj_size=8)", "nn.LSTM(3, 64, proj_size=16)", "proj_size=16", "proj_size=8",
     "proj_size is 8 in the model and 16"),
    ("nn.LSTM(3, 4)", "nn.GRU(3, 4)", "nn.GRU(input_size=3, hidden_size=4)",
     "nn.LSTM(input_size=3, hidden_size=4)", "the class is LSTM in the model and GRU"),
    ("nn.GRU(3, 4)", "nn.LSTM(3, 4)", "nn.LSTM(", "nn.GRU(",
     "the class is GRU in the model and LSTM"),
    ("net(rnn=nn.LSTM(3, 4), fc=nn.Linear(4, 10))", "net(rnn=nn.LSTM(3, 4), fc=nn.Linear(4, 7))",
     "nn.Linear(4, 7)", "nn.Linear(4, 10)", "out_features is 10 in the model and 7"),
    ("net(rnn=nn.LSTM(3, 4), fc=nn.Linear(4, 7))", "net(rnn=nn.LSTM(3, 8), fc=nn.Linear(8, 7))",
     "nn.LSTM(input_size=3, hidden_size=8)", "nn.Linear(4, 7)",
     "in_features is 4 in the model and 8"),
    ("net(emb=nn.Embedding(100, 3))", "net(emb=nn.Embedding(90, 3))", "nn.Embedding(90, 3)",
     "nn.Embedding(100, 3)", "num_embeddings is 100 in the model and 90"),
    ("net(emb=nn.Embedding(90, 3), rnn=nn.LSTM(3, 4))",
     "net(emb=nn.Embedding(90, 5), rnn=nn.LSTM(5, 4))", "nn.Embedding(90, 5)",
     "nn.Embedding(90, 3)", "input_size is 3 in the model and 5"),
    ("net(rnn=nn.LSTM(3, 4))", "net(lstm=nn.LSTM(3, 4))", "'lstm.'", "'rnn.'",
     "the checkpoint names 'lstm.' what the model names 'rnn.'"),
    ("net(rnn=nn.LSTM(3, 4, 3))", "net(lstm=nn.LSTM(3, 4, 2))", "num_layers=2", "'rnn.'",
     "num_layers is 3 in the model and 2"),
    ("net(rnn=nn.LSTM(3, 4))", "nn.DataParallel(net(rnn=nn.LSTM(3, 4)))", "'module.'",
     "key.removeprefix", "nn.DataParallel saved it"),
    ("net(model=net(rnn=nn.LSTM(3, 4), fc=nn.Linear(4, 7)))",
     "net(rnn=nn.LSTM(3, 4), fc=nn.Linear(4, 7))", "'model.' + key", "'model.' before every name",
     "the checkpoint has not"),
    ("net(rnn=nn.LSTM(3, 4))", "net(_orig_mod=net(rnn=nn.LSTM(3, 4)))", "'_orig_mod.'",
     "key.removeprefix", "torch.compile saved it"),
    ("net(rnn=nn.LSTM(3, 4))", "wrapped(net(rnn=nn.LSTM(3, 4)))", "checkpoint['state_dict']",
     "below the key 'state_dict'", "beside other things"),
    ("nn.LSTM(3, 4)", "nn.LSTMCell(3, 4)", "a cell names weight_ih", "weight_ih_l0", "'_l0'"),
]  # fmt: skip
#: Keras: a call of `frameworks_to_provoke`; the file, the model, what differs.
KERAS = [
    ("load([K.LSTM(4)], [K.LSTM(8)])", "the file: LSTM(8) on 3 features",
     "the model: LSTM(4) on 3 features", "units is 4 in the model and 8"),
    ("load([K.GRU(4)], [K.GRU(6)])", "the file: GRU(6)", "the model: GRU(4)",
     "units is 4 in the model and 6"),
    ("load([K.SimpleRNN(4)], [K.SimpleRNN(6)])", "the file: SimpleRNN(6)",
     "the model: SimpleRNN(4)", "units is 4 in the model and 6"),
    ("load([K.LSTM(4)], [K.LSTM(4)], features=5)", "the file: LSTM(4) on 5 features",
     "the model: LSTM(4) on 3 features", "an input of 5 features"),
    ("load([K.LSTM(4)], [K.LSTM(4, use_bias=False)])", "LSTM(use_bias=False)",
     "the model: LSTM", "the model has biases and the file has none"),
    ("load([K.GRU(4)], [K.GRU(4, reset_after=False)])", "the file: GRU (reset before)(4)",
     "the model: GRU(4)", "reset_after=False"),
    ("load([K.Bidirectional(K.LSTM(4))], [K.Bidirectional(K.LSTM(8))])",
     "the file: Bidirectional(LSTM(8))", "the model: Bidirectional(LSTM(4))",
     "units is 4 in the model and 8"),
    ("load([K.Bidirectional(K.LSTM(4))], [K.LSTM(4)])", "the file:", "the model: LSTM",
     "the model has a Bidirectional there and the file has none"),
    ("load([K.LSTM(4)], [K.GRU(4)])", "the file: another class", "the model: LSTM", "GRU"),
    ("load([K.LSTM(4), K.Dense(2)], [K.LSTM(4), K.Dense(3)])", "the file: Dense(3)",
     "the model: Dense(2)", "units is 2 in the model and 3"),
    ("load_old([K.LSTM(4)], [K.LSTM(8)])", "the file: LSTM(8)", "the model: LSTM(4)",
     "units is 4 in the model and 8"),
    ("load_old([K.LSTM(4, name='a')], [K.LSTM(8, name='a')], by_name=True)", "the file: LSTM(8)",
     "the model: LSTM(4)", "units is 4 in the model and 8"),
    ("load_old([K.LSTM(4)], [K.GRU(4)])", "the file: GRU(4)", "the model: LSTM(4)",
     "the class is LSTM in the model and GRU"),
    ("load_old([K.LSTM(4)], [K.LSTM(4, use_bias=False)])", "without bias", "the model: 3 arrays",
     "the model has biases and the file has none"),
    ("load_old([K.Bidirectional(K.LSTM(4))], [K.LSTM(4)])", "the file: 3 arrays",
     "the model: 6 arrays", "Bidirectional is missing in the file"),
    ("load_old([K.LSTM(4, return_sequences=True), K.LSTM(4)], [K.LSTM(4)])",
     "the file: 1 layer", "the model: 2", "The file has 1 layer with weights, the model 2"),
    ("load_old([K.LSTM(4), K.Dense(2)], [K.LSTM(4), K.Dense(3)])", "the file: Dense(3)",
     "the model: Dense(2)", "units is 2 in the model and 3"),
    ("set_weights(K.LSTM(4), (3, 32), (8, 32), (32,))", "the weights: LSTM(8)",
     "the model: LSTM(4)", "units is 4 in the model and 8"),
    ("set_weights(K.GRU(4), (3, 12), (4, 12), (12,))", "the weights: GRU (reset before)(4)",
     "the model: GRU(4)", "reset_after is True in the model and False"),
    ("set_all([K.LSTM(4), K.Dense(2)], [K.LSTM(4)])", "the weights: 3 arrays",
     "the model: 5 arrays", "3 arrays against 5"),
]  # fmt: skip
#: A test whose framework is absent is no case here.
CASES = [
    *(
        ("pytorch", f"({built}).load_state_dict(({saved}).state_dict())", *words)
        for built, saved, *words in (TORCH if find_spec("torch") else ())
    ),
    *(("keras", *case) for case in (KERAS if find_spec("keras") else ())),
]


@pytest.mark.parametrize(("framework", "code", "file", "model", "option"), CASES)
@pytest.mark.filterwarnings("ignore")
def test_both_configurations_and_the_option_that_differs_are_named(
    framework: str, code: str, file: str, model: str, option: str
) -> None:
    with pytest.raises(Exception, match=r"(?s).+") as caught:
        exec(code, dict(getattr(frameworks, framework)()))
    explanation = explain(str(caught.value))
    assert isinstance(explanation, Explanation)
    findings = (f"{each.what}: {each.why}" for each in explanation.findings)
    text = "\n".join([explanation.answer, *findings])
    assert [words for words in (file, model, option) if words not in text] == [], text
    # What a message does not show is not compared.
    assert "None" not in text


def test_there_are_forty_checkpoints_that_do_not_fit() -> None:
    assert len(TORCH) + len(KERAS) >= 40
