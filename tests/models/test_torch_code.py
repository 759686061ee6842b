"""PyTorch code: modules and `forward`, read and never run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lstminspect as li
from lstminspect.cli.main import main

CASES = json.loads((Path(__file__).parents[1] / "cases" / "reality.json").read_text("utf-8"))
TORCH = {
    case["id"]: case
    for case in CASES["cases"]
    if case["id"].startswith("pt-") and case["verb"] == "model"
}
FINE = [name for name, case in TORCH.items() if "says" not in case["expected"]]
NET = (
    "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
    "        super().__init__()\n        self.lstm = nn.LSTM(10, 20, batch_first=True)\n"
    "        self.fc = nn.Linear(20, 3)\n\n    def forward(self, x):\n"
    "        y, (h, c) = self.lstm(x)\n"
)


@pytest.mark.parametrize("name", FINE)
def test_a_text_has_the_total_of_torch(name: str) -> None:
    found = li.model(TORCH[name]["input"])
    assert (found.parameters, found.complete) == (TORCH[name]["expected"]["total"], True)


def test_a_linear_that_does_not_fit_is_named_with_both_lines_and_sizes() -> None:
    case = TORCH["pt-fault"]
    with pytest.raises(li.ModelError, match=r"in_features=64 .* 128.* made at line 5") as caught:
        li.model(case["input"])
    assert caught.value.model.parameters == case["expected"]["total"]


def test_the_input_of_forward_has_letters_and_takes_numbers() -> None:
    text = NET + "        return self.fc(y)\n"
    assert str(li.model(text).outputs) == "((batch, time, 3),)"
    assert li.model(text, sizes={"batch": 4, "time": 7}).outputs == ((4, 7, 3),)
    assert li.model(text, input_shape=(2, 5, 10)).outputs == ((2, 5, 3),)


def test_a_function_that_is_not_known_is_named_with_its_line_and_parameters_stay() -> None:
    found = li.model(NET + "        return self.fc(mystery(y))\n")
    assert (found.parameters, found.complete, found.outputs) == (2560 + 63, True, (None,))
    assert any("line 10: mystery is not followed here" in each for each in found.notes)


def test_a_module_without_forward_is_counted() -> None:
    text = "import torch.nn as nn\nclass A(nn.Module):\n    def __init__(self, n=4):\n"
    found = li.model(text + "        super().__init__()\n        self.a = nn.GRUCell(n, 5)\n")
    assert found.parameters == 3 * 5 * (4 + 5 + 2)


def test_the_exit_code_says_where_knowledge_ends(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    codes = []
    from_elsewhere = NET.replace("nn.Linear(20, 3)", "mystery(20, 3)")
    for net, end in ((NET, "y"), (NET, "mystery(y)"), (from_elsewhere, "y"), (NET, "c[0, :, :7]")):
        path.write_text(f"{net}        return self.fc({end})\n", "utf-8")
        codes.append(main(["model", str(path)]))
    assert codes == [0, 0, 1, 2]


def test_a_forward_that_is_not_read_to_its_end_and_could_make_a_layer_is_a_doubt() -> None:
    loop = NET + "        for i in range(10**9):\n            y = self.fc(y)\n"
    assert li.model(loop + "        return y\n").complete
    later = li.model(loop + "        self.more = nn.Linear(3, 4)\n        return self.more(y)\n")
    assert (later.parameters, later.complete) == (2560 + 63, False)


def test_a_call_of_the_text_with_data_that_does_not_fit_is_a_fault() -> None:
    text = NET + "        return self.fc(y)\n\nNet()(nn.Parameter(torch.zeros(2, 7, 9)))\n"
    with pytest.raises(li.ModelError, match=r"line 9: LSTM was built for 10 .* made at line 5"):
        li.model(text)


def test_an_argument_that_a_module_does_not_have_is_named() -> None:
    text = NET.replace("nn.Linear(20, 3)", "nn.LSTM(20, hidden=3)")
    with pytest.raises(li.ModelError, match="line 6: LSTM has no argument 'hidden'"):
        li.model(text)


def test_a_mixture_says_which_framework_is_read() -> None:
    found = li.model("import tensorflow as tf\n" + NET + "        return self.fc(h[-1])\n")
    assert (found.parameters, found.outputs[0][-1]) == (2560 + 63, 3)
    assert "words of both Keras and PyTorch; that of PyTorch is read" in found.notes[-1]


def test_the_batch_is_where_the_recurrent_layer_takes_it() -> None:
    text = (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self, n=9):\n"
        "        super().__init__()\n        self.e = nn.Embedding(n, 4)\n"
        "        self.r = nn.GRU(4, 6)\n\n    def forward(self, x, h):\n"
        "        return self.r(self.e(x), h)\n"
    )
    found = li.model(text)
    assert str(found.outputs) == "((time, batch, 6), (1, batch, 6))"
    assert str(found.inputs) == "((time, batch), (1, batch, 6))"


def test_tied_and_frozen_weights_are_counted_once_and_not_as_trained() -> None:
    text = (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.e = nn.Embedding(9, 4)\n"
        "        self.o = nn.Linear(4, 9, bias=False)\n        self.o.weight = self.e.weight\n"
        "        self.f = nn.Linear(4, 4)\n        for p in self.f.parameters():\n"
        "            p.requires_grad = False\n\n    def forward(self, x):\n"
        "        return self.o(self.f(self.e(x)))\n"
    )
    found = li.model(text)
    assert (found.parameters, found.trainable) == (36 + 20, 36)


def test_a_text_that_asks_for_much_is_bounded() -> None:
    text = NET + "        for i in range(10**9):\n            y = self.fc(y)\n        return y\n"
    assert "shapes are not followed from there" in li.model(text).notes[-1]


def test_a_table_of_modules_matches_the_live_reader() -> None:
    from lstminspect.models.layers.pytorch import RULES
    from lstminspect.models.reading.torch_objects import SIGNATURES

    assert [each for each in RULES if each.removeprefix("torch.") not in SIGNATURES] == []


def test_directions_that_the_text_leaves_open_are_a_doubt_and_not_a_refusal() -> None:
    text = NET.replace("(self)", "(self, n)", 1).replace(
        "batch_first", "bidirectional=n, batch_first"
    )
    found = li.model(text + "        return self.fc(y)\n")
    assert (found.parameters, found.complete) == (2560 + 63, False)
    assert "bidirectional=n is not known and is taken as False" in found.doubts[0]


def test_sizes_that_grow_without_end_are_bounded() -> None:
    text = NET.replace("        y, ", "        n = x.size(0)\n        for i in range(40):\n"
                       "            n = n * (n + 1)\n        y, ")  # fmt: skip
    assert li.model(text + "        return y.view(n, 4)\n").outputs == (None,)


def test_a_view_whose_letters_can_fit_is_no_fault_and_one_that_cannot_is() -> None:
    found = li.model(NET.replace("(self)", "(self, n)", 1)
                     + "        return y.view(x.size(0), k, 4)\n")  # fmt: skip
    assert "line 10" in found.notes[-1]
    with pytest.raises(li.ModelError, match=r"line 10: shape .* is invalid for input of size"):
        li.model(NET + "        return y.view(x.size(0), x.size(1), 21)\n")


def test_a_transformer_encoder_has_a_copy_of_its_layer_for_each() -> None:
    text = (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        one = nn.TransformerEncoderLayer(16, 4, 32)\n"
        "        self.t = nn.TransformerEncoder(one, num_layers=3)\n\n"
        "    def forward(self, x):\n        return self.t(x)\n"
    )
    layer = 3 * 16 * 16 + 3 * 16 + 16 * 16 + 16 + 2 * 16 * 32 + 32 + 16 + 4 * 16
    found = li.model(text)
    assert (found.parameters, found.complete) == (3 * layer, True)


def test_every_module_with_arguments_has_a_rule_or_is_not_followed_alone() -> None:
    from lstminspect.models.layers.pytorch import RULES
    from lstminspect.models.reading.torch_objects import SIGNATURES

    without = {each for each in SIGNATURES if f"torch.{each}" not in RULES}
    assert without == {"TransformerEncoder", "TransformerDecoder"}
