"""Layouts: laws over every table, and the real frameworks where they are installed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy
import pytest

from lstminspect import Layer, UnknownConvention, cells, conventions
from lstminspect.conventions.catalogue import CONVENTIONS, EQUATIONS, EVERY, get
from lstminspect.conventions.convention import slot

STORED = [
    (convention, name)
    for convention in EVERY
    for name in cells.names()
    if not get(convention).why_unsupported(cells.get(name))
]


@pytest.mark.parametrize(("convention", "name"), STORED)
def test_every_layout_stores_every_block(convention: str, name: str) -> None:
    layout, cell = get(convention), cells.get(name)
    stored = {block.name for block in layout.blocks(cell) if not block.name.startswith("~")}
    held = set(layout.held_at_zero.get(name, ()))
    assert stored | held == {block.name for block in cell.blocks}
    assert not stored & held


@pytest.mark.parametrize(("convention", "name"), STORED)
def test_a_tensor_stacks_blocks_that_fit_together(convention: str, name: str) -> None:
    layout, cell = get(convention), cells.get(name)
    known = {block.name: block for block in cell.blocks}
    for tensor in layout.stacks(cell):
        for row in tensor.grid():
            blocks = [known[each.block] for each in row]
            assert len({block.shape[1:] for block in blocks}) == 1
            assert len({block.is_bias for block in blocks}) == 1
        assert len(tensor.blocks) % tensor.rows == 0
        assert len({len(row) for row in tensor.grid()}) == 1


@pytest.mark.parametrize(("convention", "name"), STORED)
def test_only_biases_are_stored_twice(convention: str, name: str) -> None:
    times = Counter(block.name for block in get(convention).blocks(cells.get(name)))
    biases = {block.name for block in cells.get(name).blocks if block.is_bias}
    assert {block.lstrip("~") for block, number in times.items() if number > 1} <= biases


@pytest.mark.parametrize("convention", EVERY)
def test_a_layout_names_its_source_and_only_known_cells(convention: str) -> None:
    layout = get(convention)
    assert layout.source
    assert layout.name == convention
    assert set(layout.cells) <= set(cells.names())


# The order of the gates, as each framework's own documentation gives it. A swap of two gates
# changes no count and no shape, so it is held here by name.
GATES = {
    ("keras", "lstm"): "ifgo",
    ("pytorch", "lstm"): "ifgo",
    ("onnx", "lstm"): "iofg",
    ("keras", "gru"): "zrn",
    ("keras", "gru_reset_before"): "zrn",
    ("pytorch", "gru"): "rzn",
    ("onnx", "gru"): "zrn",
    ("onnx", "gru_reset_before"): "zrn",
    ("nnx", "gru"): "rzn",
    ("onnx", "cifg"): "fofg",
    ("onnx", "cifg_peephole"): "ioig",
    ("cudnn", "lstm"): "ifgo",
    ("cudnn", "gru"): "rzn",
    ("coreml", "lstm"): "ifog",
    ("coreml", "gru"): "rnz",
    ("tf1", "lstm"): "igfo",
    ("haiku", "lstm"): "igfo",
    ("haiku", "gru_reset_before"): "zrn",
    ("openvino", "lstm"): "figo",
    ("openvino", "gru_reset_before"): "zrn",
    ("equinox", "lstm"): "ifgo",
    ("torchrecurrent", "lstm_1997"): "igo",
    ("torchrecurrent", "mclstm"): "fiomn",
    ("torchrecurrent", "ugrnn"): "ng",
}


@pytest.mark.parametrize(("convention", "name"), GATES)
def test_gates_stand_in_the_order_of_the_framework(convention: str, name: str) -> None:
    gates = GATES[convention, name]
    stacks = [each.blocks for each in get(convention).stacks(cells.get(name))]
    if convention == "cudnn":  # One tensor for each gate: the tensors of a side are the stack.
        stacks = [tuple(text for each in stacks for text in each)]
    for blocks in stacks:
        order = "".join(block[-1] for block in blocks)
        kept = gates if len(order) % len(gates) == 0 else gates[:3]  # The peepholes of ONNX.
        assert order == kept * (len(order) // len(kept))


# Flax names a Dense by its side and gate: `hf` maps the state for the forget gate.
FLAX_GATES = {"i": "i", "f": "f", "f_": "f", "g": "g", "o": "o", "r": "r", "z": "z", "n": "n"}


@pytest.mark.parametrize(
    ("convention", "name"),
    [("flax", "lstm"), ("nnx", "lstm"), ("flax", "gru"), ("flax", "mgu_reset_after")],
)
def test_the_tensors_of_flax_hold_the_gate_that_their_name_says(convention: str, name: str) -> None:
    for tensor in get(convention).stacks(cells.get(name)):
        dense, kind = tensor.name.split("/")
        side, gate = dense[0], FLAX_GATES[dense[1:]]
        (block,) = tensor.blocks
        assert block[-1] == gate
        assert block[0] == ({"i": "W", "h": "U"}[side] if kind == "kernel" else block[0])
        if gate == "n" and kind == "bias":
            assert block == {"i": "b_n", "h": "d_n"}[side]


# The bias inside r * (...) is the one of the state, and the second of the two.
CANDIDATES = [
    ("keras", "bias"),
    ("pytorch", "bias_ih_l{index}"),
    ("pytorch", "bias_hh_l{index}"),
    ("onnx", "B"),
]


@pytest.mark.parametrize(("convention", "tensor"), CANDIDATES)
def test_the_bias_of_the_state_stands_with_the_state(convention: str, tensor: str) -> None:
    stacks = {each.name: each.blocks for each in get(convention).stacks(cells.get("gru"))}
    blocks = [block for block in stacks[tensor] if block.endswith("_n")]
    expected = {"bias_ih_l{index}": ["b_n"], "bias_hh_l{index}": ["d_n"]}
    assert blocks == expected.get(tensor, ["b_n", "d_n"])


# Tables of frameworks that no test runs, as their documents give them, tensor by tensor.
TABLES = {
    ("cudnn", "gru", "bias_2"): "b_n",
    ("cudnn", "gru", "bias_5"): "d_n",
    ("cudnn", "lstm", "matrix_2"): "W_g",
    ("cudnn", "lstm", "matrix_5"): "U_f",
    ("openvino", "gru", "B"): "b_z b_r b_n d_n",
    ("equinox", "gru", "bias"): "b_r b_z b_n",
    ("equinox", "gru", "bias_n"): "d_n",
    ("coreml", "peephole", "peephole"): "p_i p_f p_o",
    ("tf1", "peephole", "w_f_diag"): "p_f",
    ("tf1", "gru_reset_before", "gates/kernel"): "W_r W_z U_r U_z",
    ("haiku", "gru_reset_before", "b"): "-b_z b_r b_n",
    ("haiku", "gru_chung", "b"): "b_z b_r b_n",
}


@pytest.mark.parametrize(("convention", "name", "tensor"), TABLES)
def test_a_table_says_what_its_source_says(convention: str, name: str, tensor: str) -> None:
    stacks = {each.name: each.blocks for each in get(convention).stacks(cells.get(name))}
    assert " ".join(stacks[tensor]) == TABLES[convention, name, tensor]


def test_a_forget_bias_that_is_added_at_run_time_is_known() -> None:
    added = {name: dict(get(name).added) for name in EVERY if get(name).added}
    assert added == {"tf1": {"b_f": 1.0}, "haiku": {"b_f": 1.0}}


def test_the_peepholes_of_onnx_have_an_order_of_their_own() -> None:
    *_, peepholes = get("onnx").stacks(cells.get("peephole"))
    assert peepholes == conventions.PackedTensor("P", ("p_i", "p_o", "p_f"))


def test_a_gate_that_is_stored_and_not_read_counts() -> None:
    layer = Layer("cifg", units=64, features=3)
    assert layer.parameters_in("onnx") == Layer("lstm", 64, 3).parameters_in("onnx")
    assert layer.parameters_in(EQUATIONS) == 3 * 64 * (64 + 3 + 1)
    assert slot("~W_f") == ("W_f", 0)


def test_a_kernel_of_input_and_state_has_the_rows_of_both() -> None:
    shapes = {each.name: each.shape for each in Layer("lstm", 64, 3).weights_in("tf1")}
    assert shapes == {"kernel": (67, 256), "bias": (256,)}


def test_what_each_framework_stores_of_one_lstm() -> None:
    layer = Layer("lstm", units=64, features=3)
    counts = {name: layer.parameters_in(name) for name in CONVENTIONS}
    assert counts == {
        "keras": 17408,
        "flax": 17408,
        "nnx": 17408,
        "pytorch": 17664,
        "onnx": 17664,
        EQUATIONS: 17408,
    }


def test_the_four_bias_forms_of_the_gru() -> None:
    matrices = 3 * (64 * 3 + 64 * 64)
    layer, before = Layer("gru", 64, 3), Layer("gru_reset_before", 64, 3)
    assert before.parameters_in("keras") == matrices + 3 * 64
    assert layer.parameters_in("nnx") == matrices + 3 * 64
    assert layer.parameters_in("flax") == layer.parameters_in(EQUATIONS) == matrices + 4 * 64
    for convention in ("keras", "pytorch", "onnx"):
        assert layer.parameters_in(convention) == matrices + 6 * 64
        bare = Layer("gru", 64, 3, use_bias=False)
        assert bare.parameters_in(convention) == matrices


def test_an_unknown_convention_gets_a_suggestion() -> None:
    with pytest.raises(UnknownConvention, match=r"no convention called 'pytroch'.*'pytorch'"):
        get("pytroch")
    with pytest.raises(UnknownConvention, match="Did you mean 'keras'"):
        get("Kears")


def test_what_a_framework_cannot_hold_is_refused_with_the_reason() -> None:
    with pytest.raises(UnknownConvention, match="PyTorch has no gru_reset_before"):
        Layer("gru_reset_before", 4, 3).parameters_in("pytorch")
    with pytest.raises(UnknownConvention, match="Flax linen has no cell without bias"):
        Layer("lstm", 4, 3, use_bias=False).parameters_in("flax")
    merged = Layer("lstm", 4, 3, bidirectional=True, merge_mode="sum", layers=2)
    with pytest.raises(UnknownConvention, match="PyTorch concatenates the directions"):
        merged.parameters_in("pytorch")
    assert Layer("lstm", 4, 3, bidirectional=True, merge_mode="sum").parameters_in("pytorch") > 0


def ours(layer: Layer, convention: str) -> dict[str, tuple[int, ...]]:
    return {weight.name: weight.shape for weight in layer.weights_in(convention)}


TORCH = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("layers", [1, 3])
def test_pytorch_stores_what_the_table_says(
    name: str, bidirectional: bool, use_bias: bool, layers: int
) -> None:
    torch = pytest.importorskip("torch")
    real = getattr(torch.nn, TORCH[name])(
        5, 7, num_layers=layers, bias=use_bias, bidirectional=bidirectional
    )
    theirs = {key: tuple(value.shape) for key, value in real.state_dict().items()}
    layer = Layer(name, 7, 5, layers=layers, use_bias=use_bias, bidirectional=bidirectional)
    assert ours(layer, "pytorch") == theirs
    assert layer.parameters_in("pytorch") == sum(p.numel() for p in real.parameters())


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_pytorch_stores_a_projection_as_the_table_says(bidirectional: bool, layers: int) -> None:
    torch = pytest.importorskip("torch")
    real = torch.nn.LSTM(5, 7, num_layers=layers, bidirectional=bidirectional, proj_size=3)
    theirs = {key: tuple(value.shape) for key, value in real.state_dict().items()}
    layer = Layer("projected", 7, 5, layers=layers, bidirectional=bidirectional, projection=3)
    assert ours(layer, "pytorch") == theirs


def flat(tree: Any, path: str = "") -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for key, value in tree.items():
        if hasattr(value, "items"):
            found |= flat(value, f"{path}{key}/")
        else:
            found[f"{path}{key}"] = tuple(value.shape)
    return found


NNX = {"lstm": "LSTMCell", "gru": "GRUCell", "rnn": "SimpleCell"}
LINEN = {**NNX, "mgu_reset_after": "MGUCell"}


@pytest.mark.parametrize("name", LINEN)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_linen_stores_what_the_table_says(name: str, bidirectional: bool) -> None:
    linen = pytest.importorskip("flax.linen")
    jax = pytest.importorskip("jax")

    def direction() -> Any:
        return linen.RNN(getattr(linen, LINEN[name])(7))

    real = linen.Bidirectional(direction(), direction()) if bidirectional else direction()
    inputs = jax.ShapeDtypeStruct((2, 4, 5), "float32")
    variables = jax.eval_shape(real.init, jax.random.key(0), inputs)
    layer = Layer(name, 7, 5, bidirectional=bidirectional)
    assert ours(layer, "flax") == flat(variables["params"])


@pytest.mark.parametrize("name", NNX)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_nnx_stores_what_the_table_says(name: str, bidirectional: bool) -> None:
    nnx = pytest.importorskip("flax.nnx")
    rngs = nnx.Rngs(0)

    def direction() -> Any:
        return nnx.RNN(getattr(nnx, NNX[name])(5, 7, rngs=rngs), rngs=rngs)

    real = nnx.Bidirectional(direction(), direction(), rngs=rngs) if bidirectional else direction()
    state = nnx.to_flat_state(nnx.state(real, nnx.Param))
    theirs = {"/".join(map(str, path)): tuple(value.shape) for path, value in state}
    layer = Layer(name, 7, 5, bidirectional=bidirectional)
    assert ours(layer, "nnx") == theirs


ONNX = {
    "peephole": ("LSTM", 2),
    "lstm": ("LSTM", 2),
    "gru": ("GRU", 1),
    "gru_reset_before": ("GRU", 0),
    "rnn": ("RNN", 0),
}


def run_onnx(layer: Layer, weights: dict[str, tuple[int, ...]]) -> list[tuple[int, ...]]:
    """What ONNX Runtime returns for one node with zeros of the given shapes for its weights."""
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    operator, lbr = ONNX[layer.cell.name]
    options = {"linear_before_reset": lbr} if operator == "GRU" else {}
    direction = "bidirectional" if layer.bidirectional else "forward"
    outputs = ["Y", "Y_h", "Y_c"][: 3 if operator == "LSTM" else 2]
    inputs = ["W", "R", "B", *["", "", "", "P"] * ("P" in weights)]
    node = helper.make_node(
        operator,
        ["X", *(name if name in weights else "" for name in inputs)],
        outputs,
        hidden_size=layer.units,
        direction=direction,
        **options,
    )
    held = [
        onnx.numpy_helper.from_array(numpy.zeros(shape, numpy.float32), name)
        for name, shape in weights.items()
    ]
    x = helper.make_tensor_value_info("X", kind, [4, 2, layer.features])
    ranks = zip(outputs, (4, 3, 3), strict=False)
    ys = [helper.make_tensor_value_info(name, kind, [None] * rank) for name, rank in ranks]
    graph = helper.make_graph([node], "layer", [x], ys, held)
    opset = [helper.make_opsetid("", 22)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.checker.check_model(model, full_check=True)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    inputs = {"X": numpy.zeros((4, 2, layer.features), numpy.float32)}
    return [result.shape for result in session.run(None, inputs)]


@pytest.mark.parametrize("name", ONNX)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("use_bias", [False, True])
def test_onnx_runtime_takes_what_the_table_says(
    name: str, bidirectional: bool, use_bias: bool
) -> None:
    layer = Layer(name, 7, 5, bidirectional=bidirectional, use_bias=use_bias)
    weights = ours(layer, "onnx")
    first, *states = run_onnx(layer, weights)
    assert first == (4, layer.directions, 2, 7)
    assert states == [(layer.directions, 2, 7)] * len(layer.cell.states)
    for name_of in weights:
        *shape, last = weights[name_of]
        with pytest.raises(Exception, match=r"(?i)shape|dimension|invalid"):
            run_onnx(layer, weights | {name_of: (*shape, last + 1)})


def test_gru_options_of_keras_are_two_cells_of_onnx() -> None:
    assert conventions.get("onnx").stacks(cells.get("gru")) != conventions.get("onnx").stacks(
        cells.get("gru_reset_before")
    )
