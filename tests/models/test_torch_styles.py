# ruff: noqa: E501 (a table)
"""Styles of PyTorch code that people write, each read beside what real torch makes of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

import lstminspect as li

torch = pytest.importorskip("torch")

HEAD = (
    "import random\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
    "from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence\n"
)


class Style(NamedTuple):
    """A text, the line that makes its module, and inputs that it takes: `w` stands for words."""

    name: str
    text: str
    made: str
    inputs: tuple[tuple[Any, ...], ...]
    #: False where a shape depends on a size of the input that only the caller knows.
    is_whole: bool = True


def _module(body: str) -> str:
    """The text of a module: `init:` and `forward(x):` begin its functions, lines are indented."""
    lines = []
    for line in body.strip("\n").splitlines():
        if line.startswith("class "):
            lines += [f"class {line[6:]}(nn.Module):"]
        elif line.startswith("init"):
            lines += [f"    def __init__(self{line[4:] or ''}):", "        super().__init__()"]
        elif line.startswith("def "):
            name, _, arguments = line[4:].partition(" ")
            lines += [f"    def {name}(self, {arguments}):"]
        else:
            lines += [f"        {line}"]
    return "\n".join(lines) + "\n"


SEQ2SEQ = _module("""
class Encoder
init, words, wide, units
self.embed = nn.Embedding(words, wide)
self.rnn = nn.LSTM(wide, units)
def forward src
out, (h, c) = self.rnn(self.embed(src))
return h, c
class Decoder
init, words, wide, units
self.words = words
self.embed = nn.Embedding(words, wide)
self.rnn = nn.LSTM(wide, units)
self.out = nn.Linear(units, words)
def forward word, h, c
word = word.unsqueeze(0)
y, (h, c) = self.rnn(self.embed(word), (h, c))
return self.out(y.squeeze(0)), h, c
class Seq2Seq
init, encoder, decoder
self.encoder, self.decoder = encoder, decoder
def forward src, trg, teacher_forcing_ratio=0.5
steps, batch = trg.shape[0], trg.shape[1]
outputs = torch.zeros(steps, batch, self.decoder.words)
h, c = self.encoder(src)
word = trg[0, :]
for t in range(1, steps):
    y, h, c = self.decoder(word, h, c)
    outputs[t] = y
    word = trg[t] if random.random() < teacher_forcing_ratio else y.argmax(1)
return outputs
""")
ATTENTION = _module("""
class Net
init
self.rnn = nn.GRU(6, 10, batch_first=True)
self.query, self.key = nn.Linear(10, 10), nn.Linear(10, 10)
def forward x
y, h = self.rnn(x)
scores = torch.bmm(self.query(y), self.key(y).transpose(1, 2)) / 10 ** 0.5
scores = torch.einsum('bij,bjk->bik', scores.softmax(-1), y)
return torch.matmul(scores, y.transpose(-1, -2))
""")
MIXED = _module("""
class Net
init
self.units = 7
self.i2h, self.i2o = nn.Linear(5 + 7, 7), nn.Linear(5 + 7, 3)
def forward x, hidden
both = torch.cat((x, hidden), 1)
return self.i2o(both), self.i2h(both)
def init_hidden batch=1
return torch.zeros(batch, self.units)
""")
CELLS = _module("""
class Net
init
self.cells = nn.ModuleList([nn.LSTMCell(6 if n == 0 else 9, 9) for n in range(2)])
self.out = nn.Linear(9, 6)
def forward x
h = [torch.zeros(x.size(0), 9) for _ in self.cells]
c = [torch.zeros(x.size(0), 9) for _ in self.cells]
found = []
for t in range(x.size(1)):
    y = x[:, t]
    for n, cell in enumerate(self.cells):
        h[n], c[n] = cell(y, (h[n], c[n]))
        y = h[n]
    found.append(self.out(y))
return torch.stack(found, 1)
""")
ENTRIES = _module("""
class Net
init
self.cell = nn.GRUCell(6, 9)
self.weights = nn.ParameterList([nn.Parameter(torch.ones(9, 2)), nn.Parameter(torch.ones(2))])
self.register_buffer('shift', torch.zeros(2))
def forward x
h = torch.zeros(x.size(1), 9)
found = []
for t, step in enumerate(x):
    h = self.cell(step, h)
    found.append(h @ self.weights[0] + self.weights[1] + self.shift)
return torch.stack(found), torch.stack([each * 2 for each in x])
""")
WIDE = _module("""
class Net
init
self.up = nn.Upsample(scale_factor=2)
self.pool = nn.MaxPool1d(2, ceil_mode=True)
self.split = nn.Unflatten(1, (2, 3))
self.mix = nn.MultiheadAttention(6, 2, batch_first=True)
def forward x
y = self.pool(self.up(x))
y = F.interpolate(y, scale_factor=3)
z = self.split(x)
w, _ = self.mix(x.permute(0, 2, 1), x.permute(0, 2, 1), x.permute(0, 2, 1))
return y, z, w[:, :2], w[:, -2:], w[:, 1:-1]
""")
PACKED = _module("""
class Net
init
self.embed = nn.Embedding.from_pretrained(torch.rand(30, 4))
self.rnn = nn.GRU(4, 5, batch_first=True, bidirectional=True)
def forward x
lengths = (x >= 0).sum(dim=1)
packed = pack_padded_sequence(self.embed(x), lengths.cpu(), batch_first=True)
out, h = self.rnn(packed)
out, _ = pad_packed_sequence(out, batch_first=True)
best = out.max(dim=1).values
return torch.cat((h[-2], h[-1], best), dim=1), out[~(best > 0).all(), :] if False else out
""")
NAMES = _module("""
class Net
init
rnn = nn.Sequential()
if True:
    def add(n, wide):
        rnn.add_module('conv{0}'.format(n), nn.Conv1d(wide, 8, 3, padding=1))
        rnn.add_module('relu%d' % n, nn.ReLU())
for n in range(3):
    add(n, 6 if n == 0 else 8)
self.body = rnn
def forward x
return self.body(x)
""")

STYLES = (
    Style("seq2seq", SEQ2SEQ, "Seq2Seq(Encoder(30, 4, 8), Decoder(30, 4, 8))", (("w", 7, 3), ("w", 5, 3))),
    Style("attention", ATTENTION, "Net()", ((3, 7, 6),)),
    Style("two inputs mixed", MIXED, "Net()", ((1, 5), (1, 7))),
    Style("cells in a loop over time", CELLS, "Net()", ((3, 7, 6),)),
    Style("entries of a tensor", ENTRIES, "Net()", ((7, 3, 6),)),
    Style("wide and narrow", WIDE, "Net()", ((3, 6, 7),), False),
    Style("packed, pretrained", PACKED, "Net()", (("w", 3, 7),)),
    Style("names made by format", NAMES, "Net()", ((3, 6, 7),)),
)  # fmt: skip


def _real(style: Style) -> tuple[int, list[tuple[int, ...]]]:
    """The parameters and the shapes of the results in real torch."""
    names: dict[str, Any] = {}
    exec(f"{HEAD}{style.text}model = {style.made}\n", names)
    given = [
        torch.ones(each[1:], dtype=torch.long) if each[0] == "w" else torch.zeros(each)
        for each in style.inputs
    ]
    with torch.no_grad():
        found = names["model"].eval()(*given)
    several = found if isinstance(found, tuple) else (found,)
    count = sum(each.numel() for each in names["model"].parameters())
    return count, [tuple(each.shape) for each in several]


def _is_followed(found: li.Model) -> bool:
    return not any("shapes are not followed" in each for each in found.notes)


@pytest.mark.parametrize("style", STYLES, ids=lambda each: each.name)
def test_a_style_is_read_as_torch_runs_it(style: Style) -> None:
    count, shapes = _real(style)
    given = [tuple(n for n in each if n != "w") for each in style.inputs]
    found = li.model(f"{HEAD}{style.text}model = {style.made}\n", input_shape=given)
    assert (found.parameters, found.doubts, _is_followed(found)) == (count, (), True)
    assert list(found.outputs) == shapes


@pytest.mark.parametrize("style", STYLES, ids=lambda each: each.name)
def test_a_style_is_whole_without_the_shape_of_its_inputs(style: Style) -> None:
    found = li.model(f"{HEAD}{style.text}model = {style.made}\n")
    assert (found.complete, _is_followed(found)) == (True, style.is_whole)


def test_layers_that_the_text_leaves_open_are_a_letter() -> None:
    text = HEAD + _module("""
class Net
init, n, both=True
self.rnn = nn.LSTM(3, 4, num_layers=n, bidirectional=both)
def forward x
y, (h, c) = self.rnn(x)
return h[-1], h
""")
    found = li.model(text)
    assert found.complete
    for many in (1, 2, 5):
        real = torch.nn.LSTM(3, 4, many, bidirectional=True)
        read = li.model(text, sizes={"n": many})
        count = sum(each.numel() for each in real.parameters())
        letter = next(iter(found.parameters.free_symbols))
        assert (read.parameters, found.parameters.subs(letter, many)) == (count, count)
    assert str(found.outputs[-1]) == "(2*n, batch, 4)"


def test_a_size_that_a_base_class_holds_is_a_letter_and_no_fault() -> None:
    text = _module("""
class Net
init, config
self.embed = nn.Embedding(self.n_items, config['width'])
self.rnn = nn.GRU(config['width'], 5)
def forward x
return self.rnn(self.embed(x))[0]
""").replace("nn.Module", "Base, Recommender")
    found = li.model(f"{HEAD}class Base(nn.Module):\n    pass\n{text}")
    assert "self.n_items" in str(found.parameters)
    assert "self.n_items" in repr(found)


def test_a_fault_that_follows_from_a_guess_is_not_one() -> None:
    text = HEAD + _module("""
class Net
init
self.embed = nn.Embedding(9, 4)
self.out = nn.Linear(4, 2)
def forward a, b
b = b.transpose(0, 1)
rows, columns = b.shape
y = mystery(self.embed(a))
return self.out(self.embed(b[0, :])) + y
""")
    found = li.model(text)
    assert (found.complete, _is_followed(found)) == (True, False)
