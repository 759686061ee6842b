# ruff: noqa: E501 (the texts of modules)
"""Random PyTorch modules in the styles that people write, each beside what real torch makes of it.

`python tests/models/random_torch.py 500` prints how many texts agree, are refused, or are wrong,
and how many faults are found at their line where one size is changed.
"""

from __future__ import annotations

import random
import re
import sys
from typing import Any, NamedTuple

NUMBERS = {"batch": 3, "time": 5, "height": 16, "width": 16, "length": 12}


class Sample(NamedTuple):
    """A text, the shape of its input with letters as words, and whether that is of words."""

    text: str
    shape: tuple[Any, ...]
    words: bool
    style: str
    #: Lines of which one size can be changed so that what is given does not fit.
    faulty: tuple[tuple[str, str], ...] = ()


def _recurrent(draw: random.Random) -> Sample:
    """A recurrent layer and a Linear, with states, directions and ways to take the end."""
    kind, units, features = (
        draw.choice(["LSTM", "GRU", "RNN"]),
        draw.randint(4, 40),
        draw.randint(2, 20),
    )
    layers, both, first = draw.randint(1, 3), draw.random() < 0.4, draw.random() < 0.7
    classes, sides = draw.randint(2, 9), 2 if both else 1
    wide = units * sides
    options = f", num_layers={layers}" if layers > 1 or draw.random() < 0.3 else ""
    options += ", batch_first=True" if first else ""
    options += ", bidirectional=True" if both else ""
    size = "x.size(0)" if first else "x.size(1)"
    init, call = "", "out, h = self.rnn(x)"
    if draw.random() < 0.5:
        how = draw.choice([size, f"x.shape[{0 if first else 1}]"])
        init = f"        h0 = torch.zeros({layers * sides}, {how}, self.units)\n"
        states = "(h0, h0)" if kind == "LSTM" else "h0"
        call = f"out, h = self.rnn(x, {states})"
    last = {True: "out[:, -1, :]", False: "out[-1]"}[first]
    end = draw.choice(["last", "all", "state", "mean", "max", "flat", "permute"])
    head = wide
    if end == "last":
        body = f"        y = self.fc({last})\n"
    elif end == "all":
        body = "        y = F.relu(self.fc(out))\n"
    elif end == "state":
        state = "h[0]" if kind == "LSTM" else "h"
        head = units * min(2, layers * sides)
        many = min(2, layers * sides)
        parts = ", ".join(f"{state}[-{n}]" for n in range(many, 0, -1))
        body = f"        s = torch.cat([{parts}], dim=1)\n        y = self.fc(s)\n"
    elif end == "mean":
        body = f"        y = torch.sigmoid(self.fc(out.mean(dim={1 if first else 0})))\n"
    elif end == "max":
        body = f"        m, _ = torch.max(out, {1 if first else 0})\n        y = self.fc(m).squeeze(1)\n"
    elif end == "flat":
        body = f"        y = self.fc(out.contiguous().view(-1, {wide}))\n"
    else:
        body = "        y = self.fc(out.permute(1, 0, 2))\n        y = y.transpose(0, 1)\n"
    made = f"nn.{kind}({features}, {units}{options})"
    fc = f"nn.Linear({head}, {classes})"
    if draw.random() < 0.5:
        arguments = f"n_in={features}, units={units}, classes={classes}"
        made, fc = (
            f"nn.{kind}(n_in, units{options})",
            f"nn.Linear({head // units} * units, classes)",
        )
    else:
        arguments = ""
    text = (
        "class Net(nn.Module):\n"
        f"    def __init__(self{', ' + arguments if arguments else ''}):\n"
        f"        super({draw.choice(['', 'Net, self'])}).__init__()\n"
        f"        self.units = {'units' if arguments else units}\n"
        f"        self.rnn = {made}\n        self.fc = {fc}\n\n"
        f"    def forward(self, x):\n{init}        {call}\n{body}        return y\n"
    )
    shape = ("batch", "time", features) if first else ("time", "batch", features)
    wrong = fc.replace("nn.Linear(", "nn.Linear(3 + ")
    return Sample(text, shape, False, f"recurrent {end}", ((fc, wrong),))


def _words(draw: random.Random) -> Sample:
    """An Embedding, a recurrent layer, packed or not, and a decoder."""
    words, width, units = draw.randint(20, 99), draw.randint(4, 20), draw.randint(4, 30)
    kind, both = draw.choice(["LSTM", "GRU"]), draw.random() < 0.5
    sides = 2 if both else 1
    pack = draw.random() < 0.5
    take = "(h, _)" if kind == "LSTM" else "h"
    run = f"        out, {take} = self.rnn(e)\n"
    if pack:
        run = (
            "        lengths = [x.size(1)] * x.size(0)\n"
            if False
            else "        n = torch.full((x.size(0),), x.size(1))\n"
        ) + (
            "        p = pack_padded_sequence(e, n, batch_first=True)\n"
            f"        out, {take} = self.rnn(p)\n"
            "        out, _ = pad_packed_sequence(out, batch_first=True)\n"
        )
    attention = draw.random() < 0.5
    if attention:
        end = (
            "        w = torch.softmax(self.score(out).squeeze(-1), dim=1)\n"
            "        y = torch.bmm(w.unsqueeze(1), out).squeeze(1)\n"
        )
        extra = f"        self.score = nn.Linear({units * sides}, 1)\n"
        fc = f"nn.Linear({units * sides}, 4)"
    else:
        end = "        y = torch.cat([h[i] for i in range(h.size(0))], dim=1)\n"
        extra, fc = "", f"nn.Linear({units} * {sides}, 4)"
    made = f"nn.{kind}({width}, {units}, batch_first=True, bidirectional={both})"
    text = (
        "class Tagger(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.emb = nn.Embedding({words}, {width}, padding_idx=0)\n"
        f"        self.drop = nn.Dropout(p=0.3)\n        self.rnn = {made}\n{extra}"
        f"        self.fc = {fc}\n\n"
        "    def forward(self, x):\n        e = self.drop(self.emb(x))\n"
        f"{run}{end}        return F.log_softmax(self.fc(y), dim=-1)\n"
    )
    wrong = made.replace(f"nn.{kind}({width},", f"nn.{kind}({width + 1},")
    return Sample(
        text, ("batch", "time"), True, "words", ((made, wrong), (fc, fc.replace("(", "(2 + ", 1)))
    )


def _lists(draw: random.Random) -> Sample:
    """Layers in a ModuleList, a ModuleDict or a Sequential that a loop makes."""
    sizes = [draw.randint(2, 30) for _ in range(draw.randint(3, 5))]
    style = draw.choice(["list", "dict", "sequential", "setattr", "append"])
    pairs = "zip(sizes[:-1], sizes[1:])"
    use = "        for layer in self.layers:\n            x = torch.relu(layer(x))\n"
    if style == "list":
        make = f"        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in {pairs}])\n"
    elif style == "dict":
        make = "        self.layers = nn.ModuleDict({f'l{i}': nn.Linear(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1)})\n"
        use = "        for name in self.layers:\n            x = self.layers[name](x).tanh()\n"
    elif style == "sequential":
        make = (
            f"        parts = []\n        for a, b in {pairs}:\n"
            "            parts += [nn.Linear(a, b), nn.LayerNorm(b), nn.ReLU()]\n"
            "        self.layers = nn.Sequential(*parts)\n"
        )
        use = "        x = self.layers(x)\n"
    elif style == "setattr":
        make = (
            "        self.n = len(sizes) - 1\n        for i in range(self.n):\n"
            "            setattr(self, f'fc{i}', nn.Linear(sizes[i], sizes[i + 1], bias=i > 0))\n"
        )
        use = "        for i in range(self.n):\n            x = getattr(self, f'fc{i}')(x)\n"
    else:
        make = (
            f"        self.layers = nn.ModuleList()\n        for a, b in {pairs}:\n"
            "            self.layers.append(nn.Linear(a, b))\n"
        )
        use = "        for i, layer in enumerate(self.layers):\n            x = F.gelu(layer(x)) if i else layer(x)\n"
    text = (
        "class Base(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.out = nn.Linear(7, 2)\n\n\n"
        f"class Net(Base):\n    def __init__(self, sizes=({', '.join(map(str, [*sizes, 7]))})):\n"
        f"        super().__init__()\n{make}\n    def forward(self, x):\n{use}        return self.out(x)\n"
    )
    line = "self.out = nn.Linear(7, 2)"
    return Sample(text, ("batch", sizes[0]), False, f"lists {style}",
                  ((line, line.replace("7", "8")),))  # fmt: skip


def _convolution(draw: random.Random) -> Sample:
    """Convolutions, pooling, flatten or a recurrent layer on top."""
    filters, kernel = draw.randint(2, 12), draw.choice([3, 5])
    if draw.random() < 0.5:
        classes = draw.randint(2, 9)
        pad = kernel // 2
        text = (
            "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            f"        self.conv = nn.Conv1d(6, {filters}, {kernel}, padding={pad})\n"
            f"        self.norm = nn.BatchNorm1d({filters})\n"
            "        self.pool = nn.MaxPool1d(2)\n"
            f"        self.rnn = nn.GRU({filters}, 9, batch_first=True)\n"
            f"        self.fc = nn.Linear(9, {classes})\n\n"
            "    def forward(self, x):\n        x = x.permute(0, 2, 1)\n"
            "        x = self.pool(F.relu(self.norm(self.conv(x))))\n"
            "        x = x.transpose(1, 2)\n        out, h = self.rnn(x)\n"
            "        return self.fc(h[-1])\n"
        )
        line = f"nn.GRU({filters}, 9"
        return Sample(text, ("batch", "length", 6), False, "conv1d",
                      ((line, f"nn.GRU({filters + 1}, 9"),))  # fmt: skip
    side = 16 // 2
    text = (
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.features = nn.Sequential(\n"
        f"            nn.Conv2d(1, {filters}, kernel_size={kernel}, padding={kernel // 2}),\n"
        "            nn.ReLU(inplace=True),\n            nn.MaxPool2d(2, 2),\n        )\n"
        f"        self.pool = nn.AdaptiveAvgPool2d(({side}, 4))\n"
        f"        self.fc = nn.Linear({filters} * {side} * 4, 10)\n\n"
        "    def forward(self, x):\n        x = self.pool(self.features(x))\n"
        f"        x = {draw.choice(['x.view(x.size(0), -1)', 'torch.flatten(x, 1)', 'x.flatten(1)'])}\n"
        "        return self.fc(x)\n"
    )
    line = f"nn.Linear({filters} * {side} * 4, 10)"
    return Sample(text, ("batch", 1, "height", "width"), False, "conv2d",
                  ((line, line.replace("* 4", "* 5")),))  # fmt: skip


def _parts(draw: random.Random) -> Sample:
    """An encoder and a decoder of their own, a cell in a loop, parameters of its own."""
    features, units = draw.randint(2, 12), draw.randint(3, 20)
    kind = draw.choice(["LSTMCell", "GRUCell"])
    states = "h, c" if kind == "LSTMCell" else "h"
    given = "(h, c)" if kind == "LSTMCell" else "h"
    text = (
        "class Encoder(nn.Module):\n    def __init__(self, n_in, units):\n"
        "        super().__init__()\n        self.rnn = nn.LSTM(n_in, units, batch_first=True)\n\n"
        "    def forward(self, x):\n        out, (h, c) = self.rnn(x)\n        return out, h, c\n\n\n"
        "class Decoder(nn.Module):\n    def __init__(self, units, n_out):\n"
        "        super().__init__()\n"
        f"        self.cell = nn.{kind}(units, units)\n        self.out = nn.Linear(units, n_out)\n"
        "        self.scale = nn.Parameter(torch.ones(n_out))\n\n"
        "    def forward(self, seq, h, c):\n        h, c = h[-1], c.squeeze(0)\n        found = []\n"
        f"        for t in range(seq.size(1)):\n            {states} = self.cell(seq[:, t], {given})\n"
        "            found.append(self.out(h) * self.scale)\n"
        "        return torch.stack(found, dim=1)\n\n\n"
        "class Model(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.encoder = Encoder({features}, {units})\n"
        f"        self.decoder = Decoder({units}, {features})\n\n"
        "    def forward(self, x):\n        seq, h, c = self.encoder(x)\n"
        "        y = self.decoder(seq, h, c)\n        return y + x, y.reshape(y.shape[0], -1)\n"
    )
    line = f"nn.{kind}(units, units)"
    return Sample(text, ("batch", "time", features), False, "parts",
                  ((line, f"nn.{kind}(units + 1, units)"),))  # fmt: skip


def _sequential(draw: random.Random) -> Sample:
    """A Sequential alone."""
    features, units, more = (draw.randint(2, 20) for _ in range(3))
    text = (
        f"model = nn.Sequential(nn.Linear({features}, {units}), nn.Tanh(), nn.Dropout(0.2),\n"
        f"                      nn.Linear({units}, {more}), nn.Softmax(dim=1))\n"
    )
    line = f"nn.Linear({units}, {more})"
    return Sample(text, ("batch", features), False, "sequential",
                  ((line, f"nn.Linear({units + 1}, {more})"),))  # fmt: skip


STYLES = (_recurrent, _recurrent, _words, _lists, _convolution, _parts, _sequential)
HEAD = (
    "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
    "from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence\n\n\n"
)


def sample(seed: int) -> Sample:
    """The sample of this number."""
    draw = random.Random(seed)
    drawn = draw.choice(STYLES)(draw)
    return drawn._replace(text=HEAD + drawn.text)


def real(torch: Any, drawn: Sample) -> tuple[int, list[tuple[int, ...]]]:
    """The parameters and the shapes of the results in real torch."""
    names: dict[str, Any] = {}
    exec(drawn.text, names)
    classes = list(re.findall(r"^class (\w+)", drawn.text, re.M))
    module = names[classes[-1]]() if classes else names["model"]
    sizes = [NUMBERS.get(each, each) for each in drawn.shape]
    given = torch.zeros(sizes, dtype=torch.long if drawn.words else torch.float32)
    module.eval()
    with torch.no_grad():
        found = module(given)
    several = found if isinstance(found, tuple) else (found,)
    return sum(each.numel() for each in module.parameters()), [tuple(e.shape) for e in several]


def difference(torch: Any, drawn: Sample) -> str:
    """What lstminspect says otherwise than torch, empty where both agree; `refused:` if nothing."""
    import lstminspect as li

    count, shapes = real(torch, drawn)
    try:
        found = li.model(drawn.text)
    except li.LstmInspectError as error:
        return f"wrong: {drawn.style}: false alarm: {error}\n{drawn.text}"
    if found.parameters != count:
        return f"wrong: {drawn.style}: {found.parameters} for {count}\n{drawn.text}"
    ends = [each for each in found.notes if "shapes are not followed" in each]
    if ends or not found.complete:
        return f"refused: {drawn.style}: {found.doubts} {ends}\n{drawn.text}"
    said = [put(shape) for shape in found.outputs]
    if said != shapes:
        return f"wrong: {drawn.style}: {found.outputs} = {said} for {shapes}\n{drawn.text}"
    return ""


def put(shape: Any) -> tuple[int, ...]:
    """A shape with numbers put in for its letters."""
    return tuple(
        each if isinstance(each, int)
        else int(each.subs({one: NUMBERS.get(str(one), 0) for one in each.free_symbols}))
        for each in shape
    )  # fmt: skip


def missed(torch: Any, drawn: Sample, number: int) -> str:
    """Why a fault is not found at its line, empty if it is; a change that torch takes is none."""
    import lstminspect as li

    old, new = drawn.faulty[number % len(drawn.faulty)]
    text = drawn.text.replace(old, new, 1)
    try:
        real(torch, drawn._replace(text=text))
        return ""
    except RuntimeError:
        pass
    line = 1 + text[: text.index(new)].count("\n")
    try:
        found = li.model(text)
    except li.ModelError as error:
        return "" if f"line {line}" in str(error) else f"{drawn.style}: {error}\n{text}"
    return f"{drawn.style}: no fault, {found.doubts}\n{text}"


if __name__ == "__main__":
    import torch as real_torch

    many = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    found = [difference(real_torch, sample(seed)) for seed in range(many)]
    wrong = [each for each in found if each.startswith("wrong")]
    refused = [each for each in found if each.startswith("refused")]
    faults = min(many, 200)
    lost = [each for seed in range(faults) if (each := missed(real_torch, sample(seed), seed))]
    print(*wrong[:3], *refused[:3], *lost[:3], sep="\n\n")
    print(f"{many - len(wrong) - len(refused)} of {many} agree, {len(refused)} refused, "
          f"{len(wrong)} wrong; {faults - len(lost)} of {faults} faults are at their line")  # fmt: skip
    sys.exit(bool(wrong))
