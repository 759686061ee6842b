# ruff: noqa: E501 (the texts of programs)
"""Random PyTorch programs, data, model, loss and loop, each beside what real torch makes of it.

`python tests/models/random_torch_programs.py 300` prints how many programs are read without a
false alarm, and how many faults in data, targets and losses are found at their line.
"""

from __future__ import annotations

import random
import sys
import traceback
import warnings
from typing import Any, NamedTuple

HEAD = (
    "import numpy as np\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
    "from torch.utils.data import DataLoader, Dataset, TensorDataset\n\n"
)
NAME = "<program>"


class Program(NamedTuple):
    """A text that runs, and the changes of it that do not, or that train the wrong thing."""

    text: str
    style: str
    faulty: tuple[tuple[str, str], ...]


class Sizes(NamedTuple):
    """The sizes of a program: samples, a batch, time steps, features, units, classes, words."""

    many: int
    batch: int
    steps: int
    wide: int
    units: int
    classes: int
    words: int


def _sizes(draw: random.Random) -> Sizes:
    batch = draw.randint(3, 7)
    return Sizes(batch * draw.randint(2, 3) + draw.randint(0, 1), batch, draw.randint(4, 9),
                 draw.randint(2, 5), draw.randint(6, 12), draw.randint(10, 14), 50)  # fmt: skip


def _inputs(draw: random.Random, s: Sizes) -> tuple[str, int, bool, list[tuple[str, str]]]:
    """The lines that make `x`, its features, whether it is of words, and faults in it."""
    shape = f"{s.many}, {s.steps}, {s.wide}"
    wider = f"{s.many}, {s.steps}, {s.wide + 1}"
    style = draw.choice(["randn", "numpy", "tensor", "words", "view", "windows", "array"])
    if style == "randn":
        made = f"x = torch.randn({shape})"
        return f"{made}\n", s.wide, False, [(shape, wider), (made, f"{made}.double()")]
    if style == "numpy":
        made = f"x = torch.from_numpy(np.random.rand({shape}).astype(np.float32))"
        return f"{made}\n", s.wide, False, [(shape, wider), (".astype(np.float32)", "")]
    if style == "array":
        made = f"data = np.zeros(({shape}), dtype=np.float32)\nx = torch.from_numpy(data)"
        return f"{made}\n", s.wide, False, [(shape, wider), (", dtype=np.float32", "")]
    if style == "tensor":
        made = f"data = np.random.normal(0, 1, size=({shape}))\n"
        made += "x = torch.tensor(data, dtype=torch.float32)\n"
        return made, s.wide, False, [(shape, wider), (", dtype=torch.float32", "")]
    if style == "words":
        made = f"x = torch.randint(0, {s.words}, ({s.many}, {s.steps}))"
        return (
            f"{made}\n",
            s.wide,
            True,
            [(made, f"{made}.float()"), (f"{made}\n", f"{made} / 2\n")],
        )
    if style == "view":
        made = f"x = torch.randn({s.many}, {s.steps * s.wide}).view({shape})"
        other = made.replace(f"{s.steps * s.wide})", f"{s.steps * s.wide + 1})")
        return f"{made}\n", s.wide, False, [(made, other)]
    made = (
        f"series = np.sin(np.arange({s.many + s.steps}) * 0.1)\nwindows = []\n"
        f"for i in range(len(series) - {s.steps}):\n"
        f"    windows.append(series[i:i + {s.steps}])\n"
        "x = torch.tensor(np.array(windows), dtype=torch.float32).unsqueeze(-1)\n"
    )
    return made, 1, False, [(".unsqueeze(-1)", ""), (", dtype=torch.float32", "")]


def _module(draw: random.Random, s: Sizes, wide: int, words: bool, out: int, end: str) -> str:
    """A class `Net`; `end` makes its result of `out`, the output of the recurrent layer."""
    kind = draw.choice(["LSTM", "GRU", "RNN"])
    sides = draw.choice([1, 1, 2])
    embed = f"        self.embed = nn.Embedding({s.words}, {s.wide})\n" if words else ""
    both = ", bidirectional=True" if sides == 2 else ""
    return (
        f"class Net(nn.Module):\n    def __init__(self, units={s.units}):\n"
        f"        super().__init__()\n{embed}"
        f"        self.rnn = nn.{kind}({wide}, units, batch_first=True{both})\n"
        f"        self.fc = nn.Linear({sides} * units, {out})\n\n"
        f"    def forward(self, x):\n"
        f"{'        x = self.embed(x)' + chr(10) if words else ''}"
        f"        out, state = self.rnn(x)\n{end}\n\n"
    )


Task = tuple[str, int, str, str, str, list[tuple[str, str]]]
LAST, ALL = "        return self.fc(out[:, -1])", "        return self.fc(out)"


def _classify(draw: random.Random, s: Sizes) -> Task:
    """One class for each sequence: lines of `y`, outputs, end, loss, its call, faults."""
    made = f"y = torch.randint(0, {s.classes}, ({s.many},))"
    if draw.random() < 0.4:
        made = f"y = torch.from_numpy(np.random.randint(0, {s.classes}, size={s.many}))"
    end, loss, call = LAST, "nn.CrossEntropyLoss()", "criterion(out, yb)"
    style = draw.choice(["loss", "function", "nll"])
    if style == "function":
        call = "F.cross_entropy(out, yb)"
    if style == "nll":
        end, loss = "        return F.log_softmax(self.fc(out[:, -1]), dim=1)", "nn.NLLLoss()"
    faults = [
        (f"{made}\n", f"{made}.unsqueeze(1)\n"),
        (f"{made}\n", f"{made}.float()\n"),
        ("out, yb)", "out, F.one_hot(yb, num_classes=" + f"{s.classes}))"),
        ("out[:, -1]", "out"),
        ("out, yb)", "out[1:], yb)"),
        ("out, yb)", "out.unsqueeze(1), yb)"),
        ("out, yb)", "out.argmax(1), yb)"),
    ]
    return f"{made}\n", s.classes, end, loss, call, faults


def _tags(draw: random.Random, s: Sizes) -> Task:
    """One class for each step."""
    made = f"y = torch.randint({s.classes}, ({s.many}, {s.steps}))"
    flat = f"criterion(out.reshape(-1, {s.classes}), yb.reshape(-1))"
    call = draw.choice(
        ["criterion(out.transpose(1, 2), yb)", "criterion(out.permute(0, 2, 1), yb)", flat,
         "criterion(out.view(-1, out.size(-1)), yb.view(-1))"]
    )  # fmt: skip
    faults = [
        (call, "criterion(out, yb)"),
        (f"{made}\n", f"{made}.float()\n"),
        (call, f"criterion(out.reshape(-1, {s.classes}), yb)"),
        (call, "criterion(out[:, -1], yb)"),
        (call, "criterion(out, yb.reshape(-1))"),
    ]
    return f"{made}\n", s.classes, ALL, "nn.CrossEntropyLoss()", call, faults


def _binary(draw: random.Random, s: Sizes) -> Task:
    """Yes or no for each sequence."""
    with_logits = draw.random() < 0.5
    loss = "nn.BCEWithLogitsLoss()" if with_logits else "nn.BCELoss()"
    inner = "self.fc(out[:, -1])"
    end = inner if with_logits else f"torch.sigmoid({inner})"
    if draw.random() < 0.5:
        made, call = (
            f"y = torch.randint(0, 2, ({s.many},)).float()",
            "criterion(out.squeeze(1), yb)",
        )
        faults = [(call, "criterion(out, yb)"), (".float()\n", "\n"),
                  (call, "criterion(out.squeeze(), yb.unsqueeze(1))")]  # fmt: skip
    else:
        made = f"y = torch.randint(0, 2, ({s.many}, 1)).float()"
        call = "criterion(out, yb)"
        faults = [(call, "criterion(out.view(-1), yb)"), (".float()\n", "\n"),
                  (f"({s.many}, 1)", f"({s.many}, 2)")]  # fmt: skip
    return f"{made}\n", 1, f"        return {end}", loss, call, faults


def _numbers(draw: random.Random, s: Sizes) -> Task:
    """Numbers for each sequence, or for each step."""
    name = draw.choice(["MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "F.mse_loss"])
    wide = draw.choice([1, 1, 3])
    call = "criterion(out, yb)" if name.endswith("Loss") else "F.mse_loss(out, yb)"
    loss = f"nn.{name}()" if name.endswith("Loss") else "nn.MSELoss()"
    steps = f", {s.steps}" if draw.random() < 0.3 else ""
    made = f"y = torch.rand({s.many}{steps}, {wide})"
    end = ALL if steps else LAST
    faults = [
        (made, made.replace(f", {wide})", f", {wide + 1})")) if wide > 1 else (made, f"{made}[..., 0]"),
        (call, call.replace("yb", "yb[..., 0]")),
        (call, call.replace("yb", "yb.squeeze(-1)")) if wide == 1 else (call, call.replace("yb", "yb[:, :2]")),
    ]  # fmt: skip
    return f"{made}\n", wide, end, loss, call, faults


def _ctc(_draw: random.Random, s: Sizes) -> Task:
    """Labels without places: CTCLoss, which takes (time, batch, classes)."""
    made = f"y = torch.randint(1, {s.classes}, ({s.many}, 2))"
    end = "        return F.log_softmax(self.fc(out), dim=2)"
    call = (
        f"criterion(out.permute(1, 0, 2), yb, torch.full((len(yb),), {s.steps}), "
        "torch.full((len(yb),), 2))"
    )
    return f"{made}\n", s.classes, end, "nn.CTCLoss()", call, [("out.permute(1, 0, 2)", "out")]


TASKS = (_classify, _classify, _tags, _binary, _numbers, _ctc)


def _loop(draw: random.Random, s: Sizes, call: str) -> tuple[str, str]:
    """The loop that trains, and its style."""
    step = "        loss = {}\n        optimizer.zero_grad()\n        loss.backward()\n        optimizer.step()\n"
    step = step.format(call)
    style = draw.choice(["direct", "slices", "loader", "enumerate", "function", "own", "next"])
    dataset = "dataset = TensorDataset(x, y)\n"
    loader = f"loader = DataLoader(dataset, batch_size={s.batch}, shuffle=True)\n"
    if style == "direct":
        return (
            "for epoch in range(2):\n    xb, yb = x, y\n"
            f"    if True:\n        out = model(xb)\n{step}"
        ), style
    if style == "slices":
        return (
            f"for i in range(0, len(x), {s.batch}):\n    if i >= 0:\n        xb = x[i:i + {s.batch}]\n"
            f"        yb = y[i:i + {s.batch}]\n        out = model(xb)\n{step}"
        ), style
    if style == "own":
        dataset = (
            "class Data(Dataset):\n    def __init__(self, x, y):\n        self.x, self.y = x, y\n\n"
            "    def __len__(self):\n        return len(self.x)\n\n"
            "    def __getitem__(self, i):\n        return self.x[i], self.y[i]\n\n\n"
            "dataset = Data(x, y)\n"
        )
    if style == "next":
        body = f"if True:\n    for _ in range(2):\n        xb, yb = next(iter(loader))\n        out = model(xb)\n{step}"
        return dataset + loader + body, style
    head = (
        "    for i, (xb, yb) in enumerate(loader):\n"
        if style == "enumerate"
        else "    for xb, yb in loader:\n"
    )
    body = f"{head}        out = model(xb)\n{step}"
    if style == "function":
        return (
            f"{dataset}{loader}\ndef train(model, loader, criterion, optimizer):\n"
            f"    model.train()\n{body}    return loss.item()\n\n\n"
            "for epoch in range(2):\n    train(model, loader, criterion, optimizer)\n"
        ), style
    return f"{dataset}{loader}for epoch in range(2):\n{body}", style


def program(seed: int) -> Program:
    """The program of this number."""
    draw = random.Random(seed)
    s = _sizes(draw)
    data, wide, words, faults = _inputs(draw, s)
    target, out, end, loss, call, more = draw.choice(TASKS)(draw, s)
    module = _module(draw, s, wide, words, out, end)
    loop, style = _loop(draw, s, call)
    parts = [data + target, module]
    if draw.random() < 0.5:
        parts.reverse()
    text = (
        f"{HEAD}{chr(10).join(parts)}\nmodel = Net()\ncriterion = {loss}\n"
        f"optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)\n{loop}"
    )
    known = [each for each in (*faults, *more) if each[0] in text]
    return Program(text, f"{loss[3:-2]} {style}", tuple(known))


def ran(text: str) -> tuple[str, list[int], bool]:
    """What real torch raises for a text, the lines on the way, whether it warns of stretching."""
    import torch

    torch.manual_seed(0)
    names: dict[str, Any] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(compile(text, NAME, "exec"), names)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [each.lineno or 0 for each in frames if each.filename == NAME]
            return str(error) or type(error).__name__, lines, False
    return "", [], any("target size" in str(each.message) for each in caught)


def false_alarm(drawn: Program) -> str:
    """What lstminspect finds wrong with a program that runs; empty if it is nothing."""
    import lstminspect as li

    error, _, stretched = ran(drawn.text)
    if error or stretched:
        return f"torch itself refuses it: {error}\n{drawn.text}"
    try:
        found = li.model(drawn.text)
    except li.LstmInspectError as alarm:
        return f"{drawn.style}: {alarm}\n{drawn.text}"
    wrong = ("train the wrong thing", "shapes are not followed")
    noted = [each for each in found.notes if any(words in each for words in wrong)]
    if noted or not found.complete:
        return f"{drawn.style}: {noted} {found.doubts}\n{drawn.text}"
    return ""


def missed(drawn: Program, number: int) -> str | None:
    """Why a fault is not found at its line, empty if it is; None for a change that torch takes."""
    import lstminspect as li

    old, new = drawn.faulty[number % len(drawn.faulty)]
    text = drawn.text.replace(old, new, 1)
    error, lines, stretched = ran(text)
    if not error and not stretched:
        return None
    try:
        found = li.model(text)
    except li.ModelError as alarm:
        if stretched and not error:
            return f"{drawn.style}: refused, and torch only warns: {alarm}\n{text}"
        at = [f"line {lines[-1]}"]
        if len(lines) > 1 and "model(" in text.splitlines()[lines[-2] - 1]:
            at.append(f"line {lines[-2]}")
        if all(each in str(alarm) for each in at) and alarm.explanation is not None:
            return ""
        why = "" if alarm.explanation is not None else "not explained: "
        return f"{drawn.style}: {why}{at} for {error}: {alarm}\n{text}"
    if stretched and any("train the wrong thing" in each for each in found.notes):
        return ""
    return f"{drawn.style}: nothing found for {old!r} -> {new!r} ({error})\n{text}"


if __name__ == "__main__":
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    alarms = [each for seed in range(many) if (each := false_alarm(program(seed)))]
    tried = [missed(program(seed), seed // 7) for seed in range(many)]
    real = [each for each in tried if each is not None]
    lost = [each for each in real if each]
    print(*alarms[:3], *lost[:6], sep="\n\n")
    print(f"{many - len(alarms)} of {many} programs are read without a false alarm; "
          f"{len(real) - len(lost)} of {len(real)} faults are at their line")  # fmt: skip
    sys.exit(bool(alarms))
