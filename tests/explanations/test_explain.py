"""Explaining counts, shapes and messages; what real frameworks raise is what is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lstminspect import Layer, OptionError, SizeError, cells, explain
from lstminspect.explanations.shapes import read_shape


@pytest.mark.parametrize(
    ("count", "first"),
    [
        (17408, "LSTM(64) on 3 features"),
        (9600, "bidirectional GRU(32) on 16 features"),
        (361472, "LSTM(256) on 96 features"),
    ],
)
def test_the_plausible_configuration_comes_first(count: int, first: str) -> None:
    assert explain(count).findings[0].what == first
    assert len(explain(count, most=3).findings) == 3
    assert explain(f"{count:,}").findings == explain(count).findings


def why(count: int, **options: Any) -> list[str]:
    layer = Layer(options.pop("cell", "lstm"), **({"units": 64, "features": 3} | options))
    found = explain(count, layer)
    return [f"{finding.what}: {finding.why}" for finding in found.findings]


def test_the_bias_of_reset_after_term_by_term() -> None:
    gru = {"cell": "gru", "units": 32, "features": 16, "bidirectional": True}
    first, *_ = why(9600, **gru, reset_after=False)
    assert first.startswith("reset_after=True in Keras")
    assert first.endswith("192 more = 2 directions x 3 biases of 32 (b_r, b_z, d_n)")
    first, *_ = why(9408, **gru)
    assert first.startswith("reset_after=False in Keras")
    assert first.endswith("192 fewer = 2 directions x 3 biases of 32 (b_r, b_z, d_n)")


BELIEFS = [
    (17664, {}, "counted as PyTorch stores it", "256 more = 4 biases of 64 (b_f, b_g, b_i, b_o)"),
    (17152, {}, "the bias left out", "256 fewer = 4 biases of 64"),
    (17408, {"use_bias": False}, "a bias counted that is not there", "256 more = 4 biases"),
    (1024, {}, "the recurrent square forgotten", "16,384 fewer: U_i, U_f, U_g, U_o"),
    (768, {}, "the recurrent square forgotten", "256 for the biases"),
    (17408 - 768, {}, "the input weights forgotten", "768 fewer"),
    (4352, {}, "one network counted instead of all", "the cell has 4 networks (i, f, g, o)"),
    (17408 * 30, {"timesteps": 30}, "multiplied by timesteps (30)", "time never changes"),
    (17408 * 32, {"batch": 32}, "multiplied by batch (32)", "the batch never changes"),
    (69632, {}, "bytes, not parameters", "4 bytes each"),
    (17408, {"bidirectional": True}, "one direction counted of two", "LSTM(64) on 3 features"),
    (34816, {}, "two directions counted of one", "bidirectional LSTM(64)"),
    (816, {}, "units and features exchanged", "LSTM(3) on 64 features"),
    (24320, {"timesteps": 30}, "timesteps taken for features", "LSTM(64) on 30 features"),
    (4080, {"timesteps": 30}, "timesteps taken for units", "LSTM(30) on 3 features"),
    (39680, {"timesteps": 30}, "the window laid out flat", "LSTM(64) on 90 features"),
    (17408, {"layers": 2}, "the first layer alone", "LSTM(64) on 3 features"),
    (34816, {"layers": 2}, "every layer counted as the first", "a layer above takes the outputs"),
    (13248, {}, "GRU instead, in Keras", "reset after the recurrent product"),
    (17600, {}, "peephole instead", "peepholes (diagonal)"),
]


@pytest.mark.parametrize(("count", "options", "what", "reason"), BELIEFS)
def test_each_mistake_is_named_as_the_belief_it_comes_from(
    count: int, options: dict[str, Any], what: str, reason: str
) -> None:
    assert any(what in each and reason in each for each in why(count, **options))


def test_a_difference_of_several_shapes_names_its_blocks_and_a_layer_is_not_another() -> None:
    cifg = Layer("cifg", 64, 3)
    found = explain(cifg.parameters_in("onnx"), cifg).findings
    (stored,) = [each for each in found if each.what == "counted as ONNX stores it"]
    assert stored.why == "more: b_f, b_g, b_o, ~U_f, ~W_f, ~b_f, ~b_f"
    assert not any("LSTM instead" in each for each in why(17664))
    assert not any("cifg instead" in each.what for each in found)


def test_a_count_that_is_right_or_inexplicable_is_called_so() -> None:
    layer = Layer("lstm", 64, 3)
    assert "exactly 17,408" in explain(17408, layer).answer
    assert "None of the usual reasons" in explain(17409, layer).answer


def test_shapes() -> None:
    found = explain("(None, 30, 64)")
    assert found.findings[0].what == "the output of a layer of 64 units with return_sequences"
    assert "30 time steps, 64 features" in found.findings[1].why
    assert "bidirectional layer of 32 units" in found.findings[2].what
    assert "reshape" in " ".join(f.why for f in explain("(None, 25)").findings).lower()
    found = explain("[(None, 30, 64), (None, 64), (None, 64)]")
    assert found.findings[0].what.startswith("LSTM, or a bidirectional GRU of 64 units")
    assert explain("(256,)").findings[1].what == "a bias of LSTM(64)"
    assert "one axis too many" in explain("(8, 2, 30, 64)").findings[0].what
    assert "no tensor" in explain("(1, 2, 3, 4, 5)").findings[0].what
    assert "no set" in explain("(1, 2), (1, 2, 3)".join("()")).findings[0].what
    assert read_shape("torch.Size([2048, 512])") == (2048, 512)


def said(call: Callable[[], object]) -> str:
    """The text of what `call` raises."""
    with pytest.raises(Exception, match=r"(?s).+") as caught:
        call()
    return str(caught.value)


def test_what_real_keras_raises_is_read() -> None:
    keras = pytest.importorskip("keras")
    import numpy

    def zeros(*shape: int) -> Any:
        return numpy.zeros(shape, "float32")

    layers = keras.layers
    found = explain(said(lambda: layers.LSTM(4)(zeros(32, 10))))
    assert "takes rank 3, the data have rank 2" in found.answer
    assert found.findings[0].what == "x.reshape(32, 10, 1), keras.Input((10, 1))"
    stack = [keras.Input((5, 3)), layers.LSTM(4), layers.LSTM(4)]
    found = explain(said(lambda: keras.Sequential(stack)))
    assert found.findings[0].what == "return_sequences=True on the layer below"
    layer = layers.LSTM(4)
    model = keras.Sequential([keras.Input((5, 10)), layer])
    for call in (lambda: model(zeros(2, 5, 8)), lambda: model.predict(zeros(2, 5, 8), verbose=0)):
        assert explain(said(call)).answer == (
            "The layer was built for 10 features a step and is given 8."
        )
    found = explain(said(lambda: model.predict(zeros(5, 10), verbose=0)))
    assert found.answer == "The model takes (None, 5, 10) and is given (5, 10)."
    assert found.findings[0].what == "x[None]"
    assert model(zeros(5, 10)[None]).shape == (1, 4)
    plain, after = layers.GRU(4, reset_after=False), layers.GRU(4)
    for gru in (plain, after):
        gru.build((None, 5, 3))
    for call in (
        lambda: after.set_weights(plain.get_weights()),
        lambda: after.cell.bias.assign(plain.cell.bias),
    ):
        assert "reset_after=False" in explain(said(call)).findings[0].what
    kernel, recurrent, bias = layer.get_weights()
    found = explain(said(lambda: layer.set_weights([kernel.T, recurrent, bias])))
    assert found.findings[0].what == "the weights are transposed: pass x.T"
    found = explain(said(lambda: layer.set_weights([zeros(1)] * 9)))
    assert found.findings[0].why.startswith("a GRU of Keras 1")
    found = explain(said(lambda: layer.set_weights([zeros(10, 12), zeros(4, 12), zeros(12)])))
    findings = [each.what for each in found.findings]
    assert "the weights: GRU(4) on 10 features or LSTM(3) on 10 features" in findings
    assert "the model: LSTM(4) on 10 features" in findings
    found = explain(said(lambda: layers.LSTM(4, stateful=True)(keras.Input((5, 3)))))
    assert found.findings[0].what.startswith("Input(batch_shape=")


def test_what_real_pytorch_raises_is_read() -> None:
    torch = pytest.importorskip("torch")
    zeros = torch.zeros
    lstm, gru = torch.nn.LSTM(100, 512), torch.nn.GRU(100, 512)
    text = said(lambda: gru.load_state_dict(lstm.state_dict()))
    one = text[text.index("size mismatch for weight_hh_l0") :]
    assert explain(one).answer.startswith("LSTM(512) loaded into GRU(512). The class is GRU in")
    found = explain(said(lambda: lstm(zeros(5, 2, 8))))
    assert found.answer.startswith("The layer was built for 100 features")
    found = explain(said(lambda: gru(zeros(5, 2, 100), zeros(2, 1, 512))))
    assert "(1, 2, 512), and (2, 1, 512) was given" in found.answer
    found = explain(said(lambda: lstm(zeros(5, 2, 100), (zeros(1, 512), zeros(1, 512)))))
    assert "initial states have none" in found.answer
    for rank in (1, 4):
        found = explain(said(lambda rank=rank: lstm(zeros(*[2] * rank))))  # type: ignore[misc]
        assert f"rank {rank}" in found.answer


def mismatch(name: str, saved: list[int], built: list[int]) -> str:
    return (
        f"size mismatch for {name}: copying a param with shape torch.Size({saved}) from "
        f"checkpoint, the shape in current model is torch.Size({built})."
    )


def test_published_checkpoints() -> None:
    found = explain(mismatch("rnn.weight_hh_l0", [2048, 512], [1536, 512]))
    assert found.answer.startswith("LSTM(512) loaded into GRU(512).")
    found = explain(mismatch("lstm.weight_hh_l0_reverse", [512, 128], [256, 64]))
    assert found.answer == "LSTM(128), backward loaded into LSTM(64), backward."
    found = explain(mismatch("lstm.weight_ih_l0", [256, 168], [256, 256]))
    assert "input_size 168, not 256" in found.findings[-1].what
    found = explain(mismatch("lstm.weight_hh_l0", [256, 16], [256, 64]))
    assert found.answer == "LSTM(64) with proj_size 16 loaded into LSTM(64)."


def test_every_message_known_has_an_answer() -> None:
    texts = [
        "expected ndim=3, found ndim=2",
        mismatch("weight_hh_l0", [2048, 512], [1536, 512]),
        "input.size(-1) must be equal to input_size. Expected 10, got 8",
        "expected axis -1 of input shape to have value 10, but received input with shape (2, 5, 8)",
        "Expected hidden[0] size (1, 5, 20), got [5, 1, 20]",
        "If a RNN is stateful, it needs to know its batch size.",
        "with a weight list of length 9, but the layer was expecting 3 weights",
        "Matrix size-incompatible: In[0]: [2,8], In[1]: [10,16]",
        "Dimensions must be equal, but are 8 and 10 for MatMul",
        "Expected shape (None, 5, 10), but input has incompatible shape (2, 5, 9)",
        "Expected input to be 2D or 3D, got 1D instead",
        "hx should also be 3-D but got 2-D tensor",
        "Layer lstm weight shape (10, 16) is not compatible with provided weight shape (10, 12).",
        "Layer expects 3 weight(s), but the saved weights have 9",
        "variable.shape=(2, 12), Received: value.shape=(12,).",
        "Weight expects shape (2, 12). Received saved weight with shape (12,)",
    ]
    for text in texts:
        found = explain(text)
        assert found.answer
        assert found.findings
    assert explain("expected ndim=3, found ndim=4").findings[0].what.startswith("drop the axis")
    assert explain("expected ndim=6, found ndim=3").findings == ()


def test_what_is_not_known_is_refused() -> None:
    for text in ("hello", "", "(a, b)", "-3", "2.5", "units of", "(" * 3000):
        with pytest.raises(OptionError, match="nothing is known of"):
            explain(text)
    with pytest.raises(OptionError, match="at most 100,000 characters"):
        explain("(1, " * 100_000)
    for count in (0, 10**18 + 1, 10**500):
        with pytest.raises(OptionError, match="a count is from 1 to"):
            explain(count)
    with pytest.raises(OptionError, match="options go with a count"):
        explain("(None, 3)", Layer("lstm", 4, 3))
    with pytest.raises(OptionError, match="a difference needs numbers"):
        explain(3, Layer("lstm", "u", 3))
    with pytest.raises(OptionError, match="with a 0 in it"):
        explain("(0, 3)")
    with pytest.raises(SizeError):
        explain(3, Layer("lstm", 0, 3))
    assert "lstm" in cells.names()
