"""The rest: what the tensors beside the recurrent layers are, each in one layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_layers import contents_of

from lstminspect.files.recognition import recognise
from lstminspect.files.rest import rest_of

LAYERS = {
    "Linear": ({"head.weight": (9, 4), "head.bias": (9,)}, {"inputs": 4, "outputs": 9}),
    "Dense": ({"dense/kernel": (4, 9), "dense/bias": (9,)}, {"inputs": 4, "outputs": 9}),
    "Embedding": ({"embedding.weight": (30, 4)}, {"entries": 30, "width": 4}),
    "Conv1D": ({"conv.weight": (8, 4, 3), "conv.bias": (8,)},
               {"inputs": 4, "outputs": 8, "window": 3}),
    "Conv2D": ({"c/kernel": (3, 3, 4, 8), "c/bias": (8,)},
               {"inputs": 4, "outputs": 8, "window": 3}),
    "BatchNorm": ({f"layers/batch_normalization/vars/{n}": (6,) for n in range(4)},
                  {"channels": 6}),
    "LayerNorm": ({"ln.weight": (6,), "ln.bias": (6,)}, {"channels": 6}),
    "ConvLSTM2D": ({"c/kernel": (3, 3, 2, 16), "c/recurrent_kernel": (3, 3, 4, 16),
                    "c/bias": (16,)}, {"inputs": 2, "filters": 4}),
    "recurrent layer that is not complete": ({"lstm.weight_hh_l0": (16, 4)}, {}),
    "state of training": ({"optimizer/dense/kernel": (3, 4)}, {}),
    "other": ({"pos": (1, 9, 4)}, {}),
}  # fmt: skip


def read(shapes):
    contents = contents_of({name: np.zeros(shape, "f4") for name, shape in shapes.items()})
    return contents, recognise(contents)


@pytest.mark.parametrize("layer_type", LAYERS)
def test_a_layer_is_known_by_its_names_and_shapes(layer_type):
    shapes, sizes = LAYERS[layer_type]
    contents, layers = read(shapes)
    (rest,) = rest_of(contents, layers)
    assert (rest.layer_type, dict(rest.sizes)) == (layer_type, sizes)


def test_every_tensor_is_in_one_layer_and_the_counts_add_up():
    shapes = {name: shape for each, _ in LAYERS.values() for name, shape in each.items()}
    lstm = {"rnn.weight_ih_l0": (16, 3), "rnn.weight_hh_l0": (16, 4)}
    contents, layers = read(shapes | lstm)
    both = (*layers, *rest_of(contents, layers))
    assert sorted(t.name for each in both for t in each.tensors) == sorted(shapes | lstm)
    assert sum(each.parameters for each in both) == sum(t.parameters for t in contents.tensors)


def test_what_stands_before_a_matrix_in_one_scope_is_a_layer_of_its_own():
    contents, layers = read({"enc_emb": (29, 8), "fc_w": (8, 74), "fc_b": (74,)})
    names = [(each.name, each.layer_type) for each in rest_of(contents, layers)]
    assert names == [("enc", "Embedding"), ("fc", "Dense")]


def test_tied_weights_are_counted_once():
    contents, _ = read({"emb.weight": (9, 4), "head.weight": (9, 4), "head.bias": (9,)})
    tied = tuple(replace(each, place=each.shape[0] * len(each.shape)) for each in contents.tensors)
    emb, head = rest_of(replace(contents, tensors=tied), ())
    assert (emb.parameters, head.parameters) == (36, 9)
    assert dict(head.tied) == {"head.weight": "emb.weight"}
