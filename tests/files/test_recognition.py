"""Recognition: from the names and shapes of tensors to the recurrent layers that have them."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest
from random_layers import MAKERS, contents_of, wrong_ones

from lstminspect import Layer, cells, conventions, run
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.recognition import recognise

OWN = {"projection": 5, "groups": 4, "heads": 4}

CELLS = [
    (convention, name)
    for convention in conventions.EVERY
    for name in (cells.names() if convention == "equations" else conventions.get(convention).cells)
]


def shaped(shapes):
    return contents_of({name: np.zeros(shape, "f4") for name, shape in shapes.items()})


def layers_of(convention, name):
    """The layers of a cell that a convention stores: biases, directions, a stack."""
    cell = cells.get(name)
    own = {size: OWN.get(size, 3) for size in cell.own_sizes}
    features = 8 if "x" in cell.declared else 7
    biases = (True, False) if any(block.is_bias for block in cell.blocks) else (True,)
    for use_bias, both, layers in product(biases, (False, True), (1, 2)):
        if both and layers > 1 and "x" in cell.declared:
            continue
        layer = Layer(
            cell, 8, features, use_bias=use_bias, bidirectional=both, layers=layers, **own
        )
        if not layer.why_unsupported(convention):
            yield layer


def same(one, other):
    names = ("cell", "units", "features", "use_bias", "bidirectional", "layers", "extra")
    return all(getattr(one, name) == getattr(other, name) for name in names)


@pytest.mark.parametrize("scope", ["", "model/my_lstm/"])
@pytest.mark.parametrize(("convention", "name"), CELLS)
def test_what_a_convention_stores_is_recognised_or_named_among_the_alternatives(
    convention, name, scope
):
    for layer in layers_of(convention, name):
        tensors = {f"{scope}{each.name}": each.shape for each in layer.stored(convention).weights}
        (found,) = recognise(shaped(tensors))
        fits = [(found.layer, found.convention)]
        fits += [(other.layer, other.convention) for other in found.alternatives]
        assert any(same(one, layer) and its == convention for one, its in fits), found
        assert len(fits) == 1 or found.open[0].startswith("cell: ")


@pytest.mark.parametrize("framework", MAKERS)
def test_random_layers_of_the_real_frameworks_are_recovered_or_their_ambiguity_is_named(framework):
    wrong = [(text, made.options) for text, made in wrong_ones(framework, 12, seed=1)
             if text.startswith("wrong")]  # fmt: skip
    assert wrong == []


KERAS_1 = {
    f"lstm_1/lstm_1_{role}_{gate}": shape
    for gate in "ifco"
    for role, shape in {"W": (7, 16), "U": (16, 16), "b": (16,)}.items()
}
IN_TIME = {
    "keras 3": (
        {"layers/lstm/cell/vars/0": (7, 64), "layers/lstm/cell/vars/1": (16, 64),
         "layers/lstm/cell/vars/2": (64,)},
        "layers/lstm/cell", "lstm", "keras",
    ),
    "keras 2": (
        {"model_weights/gru/gru/gru_cell/kernel:0": (7, 48),
         "model_weights/gru/gru/gru_cell/recurrent_kernel:0": (16, 48),
         "model_weights/gru/gru/gru_cell/bias:0": (2, 48)},
        "model_weights/gru/gru/gru_cell", "gru", "keras",
    ),
    "keras 1": (KERAS_1, "lstm_1/lstm_1", "lstm", "keras"),
    "cuDNN": (
        {"cu_dnngru/kernel:0": (7, 48), "cu_dnngru/recurrent_kernel:0": (16, 48),
         "cu_dnngru/bias:0": (96,)},
        "cu_dnngru", "gru", "keras",
    ),
    "tensorflow 1": (
        {"rnn/basic_lstm_cell/kernel": (23, 64), "rnn/basic_lstm_cell/bias": (64,),
         "rnn/basic_lstm_cell/kernel/Adam": (23, 64)},
        "rnn/basic_lstm_cell", "lstm", "tf1",
    ),
    "tensorflow 1, GRU": (
        {"rnn/gru_cell/gates/kernel": (23, 32), "rnn/gru_cell/gates/bias": (32,),
         "rnn/gru_cell/candidate/kernel": (23, 16), "rnn/gru_cell/candidate/bias": (16,)},
        "rnn/gru_cell", "gru_reset_before", "tf1",
    ),
    "nnx, optimized": (
        {"cell/dense_i/kernel/value": (7, 64), "cell/dense_h/kernel/value": (16, 64),
         "cell/dense_h/bias/value": (64,)},
        "cell", "lstm", "nnx",
    ),
    "tensorflow 0": (
        {"RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell/W_0": (12, 64),
         "RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell/B": (64,),
         "RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell/W_P_0": (16, 5)},
        "RNN_0/RNN/MultiRNNCell/Cell0/LSTMCell", "projected", "tf1",
    ),
    "haiku": ({"lstm/linear/w": (23, 64), "lstm/linear/b": (64,)}, "lstm", "lstm", "haiku"),
    "g2p-en": (
        {"enc_w_ih": (48, 7), "enc_w_hh": (48, 16), "enc_b_ih": (48,), "enc_b_hh": (48,),
         "fc_w": (74, 16), "fc_b": (74,)},
        "enc", "gru", "pytorch",
    ),
    "linear layers": (
        {"rnn.i2h.weight": (64, 7), "rnn.i2h.bias": (64,), "rnn.h2h.weight": (64, 16),
         "rnn.h2h.bias": (64,)},
        "rnn", "lstm", "pytorch",
    ),
    "a course": (
        {**{f"W{gate}": (16, 23) for gate in "fico"}, **{f"b{gate}": (16, 1) for gate in "fico"},
         "Wy": (2, 16), "by": (2, 1)},
        "", "lstm", "keras",
    ),
    "a book": (
        {**{f"W_x{gate}": (7, 16) for gate in "ifco"},
         **{f"W_h{gate}": (16, 16) for gate in "ifco"},
         **{f"b_{gate}": (16,) for gate in "ifco"}, "W_hq": (16, 2), "b_q": (2,)},
        "", "lstm", "keras",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_TIME)
def test_names_of_frameworks_and_of_people_are_known(case):
    tensors, scope, cell, convention = IN_TIME[case]
    (found,) = recognise(shaped(tensors))
    assert (found.name, found.layer.cell.name, found.convention) == (scope, cell, convention)
    assert (found.layer.units, found.layer.features, found.certain) == (16, 7, True)
    assert found.contradictions == ()


def test_a_hidden_matrix_of_768_rows_decides_between_gru_and_lstm():
    rows = {"weight_ih_l0": (768, 256), "bias_ih_l0": (768,), "bias_hh_l0": (768,)}
    (gru,) = recognise(shaped({**rows, "weight_hh_l0": (768, 256)}))
    (lstm,) = recognise(shaped({**rows, "weight_hh_l0": (768, 192)}))
    assert (gru.layer.cell.name, gru.layer.units) == ("gru", 256)
    assert (lstm.layer.cell.name, lstm.layer.units) == ("lstm", 192)


def test_numbered_cells_that_fit_on_each_other_are_a_stack_and_this_is_said():
    one = {"weight_ih": (24, 3), "weight_hh": (24, 8), "bias_ih": (24,), "bias_hh": (24,)}
    two = {**one, "weight_ih": (24, 8)}
    names = {f"net.cells.{number}.{name}": shape
             for number, each in enumerate((one, two)) for name, shape in each.items()}  # fmt: skip
    (stack,) = recognise(shaped(names))
    assert (stack.name, stack.layer.layers) == ("net.cells", 2)
    assert "stack: the 2 numbered cells can be separate layers too" in stack.open


def test_numbered_cells_that_do_not_fit_on_each_other_are_layers_of_their_own():
    names = {f"net.cells.{number}.{name}": shape for number in (0, 1) for name, shape in
             {"weight_ih": (24, 3), "weight_hh": (24, 8)}.items()}  # fmt: skip
    found = recognise(shaped(names))
    assert [each.name for each in found] == ["net.cells.0", "net.cells.1"]


def test_modules_named_forward_and_backward_are_two_layers_where_pytorch_says_the_direction():
    one = {"weight_ih_l0": (24, 3), "weight_hh_l0": (24, 8)}
    names = {f"{side}_lm.rnn.{name}": shape
             for side in ("forward", "backward") for name, shape in one.items()}  # fmt: skip
    found = recognise(shaped(names))
    assert [(each.name, each.layer.bidirectional) for each in found] == [
        ("forward_lm.rnn", False),
        ("backward_lm.rnn", False),
    ]


@pytest.mark.parametrize(
    ("forward", "backward", "name"),
    [
        ("bidirectional/forward_layer/cell", "bidirectional/backward_layer/cell", "bidirectional"),
        ("bi/forward_lstm_1/lstm_cell_4", "bi/backward_lstm_1/lstm_cell_5", "bi"),
        ("encoder/lstm_fw", "encoder/lstm_bw", "encoder/lstm"),
    ],
)
def test_two_directions_of_keras_are_one_layer(forward, backward, name):
    one = {"kernel": (3, 32), "recurrent_kernel": (8, 32), "bias": (32,)}
    names = {f"{side}/{key}": shape for side in (backward, forward) for key, shape in one.items()}
    (found,) = recognise(shaped(names))
    assert (found.name, found.layer.bidirectional) == (name, True)
    assert found.held["forward/kernel"].name == f"{forward}/kernel"


def test_a_bias_of_another_shape_is_a_contradiction():
    tensors = {"lstm/kernel": (3, 32), "lstm/recurrent_kernel": (8, 32), "lstm/bias": (30,)}
    (found,) = recognise(shaped(tensors))
    (sentence,) = found.contradictions
    assert sentence.startswith("lstm/bias of (30,) is named as a tensor of this layer")


NOT_RECURRENT = {
    "attention": {**{f"attn.W_{n}": (64, 64) for n in "qkvo"}, "attn.b_o": (64,)},
    "linear pair": {"fc1.weight": (256, 30), "fc2.weight": (256, 64), "fc1.bias": (256,),
                    "fc2.bias": (256,)},
    "dense": {"dense/kernel": (67, 256), "dense/bias": (256,)},
    "dense in a model of that name": {"lstm_model/dense/kernel": (67, 256),
                                      "lstm_model/dense/bias": (256,)},
    "convolutions": {f"conv{n}.weight": (64, 64, 3) for n in range(4)},
    "a pair of haiku": {"mlp/linear/w": (11, 32), "mlp/linear/b": (32,)},
    "moments": {f"optimizer/lstm/{n}": shape for n, shape in
                {"kernel": (3, 32), "recurrent_kernel": (8, 32), "bias": (32,)}.items()},
    "averages": {f"state.{n}.exp_avg": (32, 8) for n in ("weight_ih_l0", "weight_hh_l0")},
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_RECURRENT)
def test_what_is_no_recurrent_layer_is_not_taken_for_one(case):
    assert recognise(shaped(NOT_RECURRENT[case])) == ()


def test_two_matrices_that_fit_by_chance_could_be_a_layer_and_are_not_said_to_be():
    tensors = {"layers/custom/vars/0": (30, 256), "layers/custom/vars/1": (64, 256)}
    (found,) = recognise(shaped(tensors))
    assert not found.certain


def test_the_old_layout_of_cudnn_runs_as_the_layer_of_keras_that_it_was():
    layer = Layer("lstm", units=4, features=3, return_sequences=True)
    draw = np.random.default_rng(0)
    kernels = {"kernel": draw.normal(size=(3, 16)), "recurrent_kernel": draw.normal(size=(4, 16))}
    bias, x = draw.normal(size=32), draw.normal(size=(2, 5, 3))
    # cuDNN has the rows of each gate's transpose one behind the other.
    old = {
        f"cu_dnnlstm/{name}": np.hstack(
            [gate.T.ravel().reshape(gate.shape) for gate in np.hsplit(kernel, 4)]
        )
        for name, kernel in kernels.items()
    }
    (found,) = recognise(contents_of({**old, "cu_dnnlstm/bias": bias}))
    expected = run(layer, {**kernels, "bias": bias[:16] + bias[16:]}, x)
    np.testing.assert_allclose(run(layer, found.weights("keras"), x), expected)


def test_weights_of_a_table_that_is_no_framework_run_in_the_words_of_the_layer():
    draw = np.random.default_rng(0)
    tensors = {"rnn/lstm_cell/kernel": draw.normal(size=(7, 16)),
               "rnn/lstm_cell/bias": draw.normal(size=16)}  # fmt: skip
    (found,) = recognise(contents_of(tensors))
    x = draw.normal(size=(2, 5, 3))
    here = run(found.layer, found.weights(), x, convention="tf1")
    np.testing.assert_allclose(run(found.layer, found.weights(found.layer.convention), x), here)


def test_the_layers_come_in_the_order_of_their_tensors():
    names = random.Random(0).sample(
        [f"block{n}.weight_{s}_l0" for n in range(9) for s in ("ih", "hh")], 18
    )
    found = recognise(shaped({name: (12, 4) if "hh" in name else (12, 2) for name in names}))
    first = [next(n for n, name in enumerate(names) if name.startswith(f"{each.name}."))
             for each in found]  # fmt: skip
    assert len(found) == 9
    assert first == sorted(first)


def test_tensors_that_several_rare_cells_have_are_not_said_to_be_those_of_one():
    tensors = {"rnn.cells.0.weight_ih": (10, 3), "rnn.cells.0.weight_hh": (10, 5),
               "rnn.cells.0.bias_ih": (10,), "rnn.cells.0.bias_hh": (10,)}  # fmt: skip
    (found,) = recognise(shaped(tensors))
    assert "mgu" in [found.layer.cell.name, *(each.layer.cell.name for each in found.alternatives)]
    assert not found.certain


@pytest.mark.parametrize("scope", ["rnn", "decoder.rnn", "net", "recurrent"])
def test_a_cell_of_pytorch_named_rnn_is_first_of_all_an_lstm_if_it_has_the_rows_of_one(scope):
    shapes = {"weight_ih": (32, 3), "weight_hh": (32, 8), "bias_ih": (32,), "bias_hh": (32,)}
    (found,) = recognise(shaped({f"{scope}.{name}": shape for name, shape in shapes.items()}))
    assert (found.layer.cell.name, found.certain) == ("lstm", True)


HOSTILE = {
    "one scope of 3,000 layers": {f"weight_{side}_l{number}": (8, 2)
                                   for number in range(3000) for side in ("hh", "ih")},
    "cells that are all of another size": {f"cells.{n}.weight_{side}": (4 * n + 4, n + 1)
                                           for n in range(3000) for side in ("hh", "ih")},
    "names of underscores": {f"{number}{'_' * 990}kernel": (3, 4) for number in range(200)},
    "names of numbers": {"1" * 900 + "x/kernel": (3, 4), ":0" * 450: (3, 4)},
    "no values": {"weight_hh_l0": (4, 0), "weight_ih_l0": (4, 3), "": (), ".": (0,)},
    "numbers past those of NumPy": {"weight_hh_l0": (4 * 10**18, 10**18)},
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_names_and_shapes_that_want_to_cost_time_are_bounded(case):
    read = [
        FileTensor(name, shape, "float32", 4, name, list) for name, shape in HOSTILE[case].items()
    ]
    found = recognise(Contents("test", tuple(read)))
    assert len(found) <= len(read)


def test_more_layers_than_a_bound_are_not_looked_for(monkeypatch):
    monkeypatch.setattr("lstminspect.files.recognition.MOST_FOUND", 2)
    shapes = {"weight_ih": (16, 3), "weight_hh": (16, 4)}
    many = {f"cells.{a}.{name}": shapes[name] for a in ("p", "q", "r") for name in shapes}
    assert len(recognise(shaped(many))) == 2
