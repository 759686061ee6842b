"""Whole PyTorch modules: torchinfo's parameters, PyTorch's own count of products."""

from __future__ import annotations

import warnings
from random import Random
from typing import Any

import pytest

import lstminspect as li

torch = pytest.importorskip("torch")
nn = torch.nn


class Chain(nn.Module):
    """Random layers one behind the other; a recurrent layer hands on its output alone."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.random = random = Random(seed)
        self.features = width = random.randint(2, 6)
        layers: list[Any] = []
        self.tokens = random.random() < 0.2
        if self.tokens:
            width = random.randint(2, 6)
            layers.append(nn.Embedding(self.features + 5, width))
        for _ in range(random.randint(1, 5)):
            layer, width = self.layer(width)
            layers.append(layer)
        self.layers = nn.ModuleList(layers)
        for parameter in self.parameters():
            parameter.requires_grad_(random.random() < 0.8)

    def layer(self, width: int) -> tuple[Any, int]:
        random, units = self.random, self.random.randint(2, 7)
        flag = random.random() < 0.5
        kind = random.choice(["LSTM", "GRU", "RNN", "LSTM", "GRU", "Linear", "norm", "other"])
        if kind == "Linear":
            return nn.Linear(width, units, bias=flag), units
        if kind == "norm":
            return nn.LayerNorm(width, elementwise_affine=flag), width
        if kind == "other":
            return random.choice([nn.Dropout(0.2), nn.ReLU(), nn.Identity()]), width
        options = {
            "num_layers": random.randint(1, 3),
            "bias": flag,
            "batch_first": True,
            "bidirectional": random.random() < 0.5,
        }
        out = units
        if kind == "LSTM" and random.random() < 0.3 and units > 2:
            options["proj_size"] = out = units - 1
        if kind == "RNN":
            options["nonlinearity"] = random.choice(["tanh", "relu"])
        layer = getattr(nn, kind)(width, units, **options)
        return layer, out * (2 if options["bidirectional"] else 1)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            found = layer(x)
            x = found[0] if isinstance(found, tuple) else found
        return x


def macs_by_torch(module: Any, shape: tuple[int, ...], tokens: bool) -> int:
    """What PyTorch's own counter finds on the meta device."""
    from torch.utils.flop_counter import FlopCounterMode

    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        x = torch.zeros(shape, dtype=torch.long if tokens else torch.float32)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module.to("meta")(x)
    return int(counter.get_total_flops()) // 2


@pytest.mark.parametrize("seed", range(50))
def test_a_random_module_agrees_with_torchinfo_and_the_flop_counter(seed: int) -> None:
    torchinfo = pytest.importorskip("torchinfo")
    module = Chain(seed)
    shape = (3, 5) if module.tokens else (3, 5, module.features)
    found = li.model(module, shape)
    kind = torch.long if module.tokens else torch.float32
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oneDNN knows no projection, and says so.
        summary = torchinfo.summary(module, shape, dtypes=[kind], verbose=0)
    assert found.parameters == summary.total_params
    assert found.trainable == summary.trainable_params
    rows = [row for row in found.rows if row.part.layer_type != "InputLayer"]
    seen = [layer for layer in summary.summary_list if layer.is_leaf_layer]
    assert [row.part.parameters for row in rows] == [layer.num_params for layer in seen]
    assert not any(row.part.opaque for row in rows)
    assert found.work is not None
    assert found.work.macs == macs_by_torch(module, shape, module.tokens)
    assert found.outputs == (tuple(module(torch.zeros(shape, device="meta").to(kind)).shape),)


class Packed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.out = nn.LSTM(3, 64, batch_first=True), nn.Linear(64, 2)

    def forward(self, x: Any) -> Any:
        lengths = torch.tensor([7, 3])
        pack = nn.utils.rnn.pack_padded_sequence
        _, (h, _) = self.lstm(pack(x, lengths, batch_first=True, enforce_sorted=False))
        return self.out(h[-1])


def test_packed_sequences_cost_their_real_steps() -> None:
    found = li.model(Packed(), (2, 7, 3))
    work = found.rows[1].part.work
    assert work is not None
    assert work.macs == 17152 * (7 + 3)
    assert found.outputs == ((2, 2),)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.gru = nn.Embedding(50, 8), nn.GRU(8, 8)
        self.out = nn.Linear(8, 50, bias=False)
        self.out.weight = self.embed.weight
        self.query = nn.Parameter(torch.zeros(8))

    def forward(self, words: Any) -> Any:
        states, _ = self.gru(self.embed(words))
        weights = torch.softmax(states @ self.query, 0)
        return self.out(torch.einsum("tb,tbf->bf", weights, states))


def test_tied_weights_are_counted_once_and_parameters_of_no_layer_too() -> None:
    module = Tied()
    expected = sum(parameter.numel() for parameter in module.parameters())
    for found in (li.model(module, (7, 2)), li.model(module)):
        assert found.parameters == expected
        assert "out: weight is that of embed." in li.render(found)
    found = li.model(module, (7, 2))
    assert found.work is not None
    assert found.work.macs == macs_by_torch(module, (7, 2), tokens=True)


def test_a_module_that_does_not_take_its_input_says_why() -> None:
    with pytest.raises(li.ModelError, match=r"Packed does not take \(2, 7, 5\): "):
        li.model(Packed(), (2, 7, 5))
    with pytest.raises(li.ModelError, match="positive whole numbers"):
        li.model(Packed(), (2, None, 3))


def test_a_module_that_keeps_a_state_says_what_to_do() -> None:
    class Keeps(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.state = nn.LSTM(3, 4), None

        def forward(self, x: Any) -> Any:
            y, self.state = self.lstm(x, self.state)
            return y

    module = Keeps()
    assert li.model(module, (5, 2, 3)).parameters == 144
    module(torch.zeros(5, 2, 3))
    with pytest.raises(li.ModelError, match="Set that to None first"):
        li.model(module, (5, 2, 3))


def test_every_product_is_counted_and_every_parameter_known() -> None:
    module = nn.Sequential(
        nn.Conv1d(3, 8, 3, padding=1), nn.BatchNorm1d(8), nn.MaxPool1d(2), nn.PReLU(8), nn.Flatten()
    )
    found = li.model(module, (2, 3, 12))
    assert found.work is not None
    assert found.work.macs == macs_by_torch(module, (2, 3, 12), tokens=False)
    assert found.parameters == sum(each.numel() for each in module.parameters())
    assert "at least" not in li.render(found)


def test_a_shared_module_is_shown_at_every_call_and_untouched() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTMCell(3, 4)

        def forward(self, x: Any) -> Any:
            state = None
            for step in x:
                state = self.cell(step, state)
            assert state is not None
            return state[0]

    module = Twice()
    before = {name: each.clone() for name, each in module.state_dict().items()}
    found = li.model(module, (5, 2, 3))
    assert [row.first for row in found.rows[1:]] == [True, False, False, False, False]
    assert found.parameters == sum(each.numel() for each in module.parameters())
    assert module.training
    assert not module.cell._forward_hooks
    assert all(torch.equal(before[name], each) for name, each in module.state_dict().items())


def test_a_sequential_flows_without_an_input_shape() -> None:
    found = li.model(nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2)))
    assert found.outputs == ((None, 2),)
    assert li.model(nn.GRU(3, 4, batch_first=True)).rows[1].part.outputs == (
        (None, None, 4),
        (1, None, 4),
    )


def test_the_title_names_the_convention_of_what_it_counts() -> None:
    module = torch.nn.LSTM(3, 16)
    whole = str(li.model(module, input_shape=(5, 3))).split("\n")[0]
    assert whole == "LSTM: 1,344 parameters (PyTorch convention)"
    text = str(li.model("LSTM(16, input_shape=(5, 3))", convention="torch")).split("\n")[0]
    assert text == "model: 1,344 parameters (recurrent layers: PyTorch convention)"
