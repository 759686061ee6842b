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
    assert found.parameters == 2560 + 63
    assert not found.complete
    assert "line 10" in found.doubts[0]


def test_a_module_without_forward_is_counted() -> None:
    text = "import torch.nn as nn\nclass A(nn.Module):\n    def __init__(self, n=4):\n"
    found = li.model(text + "        super().__init__()\n        self.a = nn.GRUCell(n, 5)\n")
    assert found.parameters == 3 * 5 * (4 + 5 + 2)


def test_the_exit_code_says_where_knowledge_ends(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    codes = []
    for end in ("self.fc(y)", "self.fc(mystery(y))", "self.fc(c[0, :, :7])"):
        path.write_text(f"{NET}        return {end}\n", "utf-8")
        codes.append(main(["model", str(path)]))
    assert codes == [0, 1, 2]
