"""Data, targets and losses of PyTorch code, held against what `forward` returns."""

from __future__ import annotations

import pytest

import lstminspect as li

NET = (
    "import numpy as np\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
    "from torch.utils.data import DataLoader, TensorDataset, random_split\n"
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    "        self.lstm = nn.LSTM(10, 20, batch_first=True)\n        self.fc = nn.Linear(20, 3)\n"
    "    def forward(self, x):\n        y, (h, c) = self.lstm(x)\n        return self.fc(y)\n"
    "model = Net()\n"
)


def fault(lines: str) -> str:
    """The message of a program that goes on with these lines, from line 15."""
    with pytest.raises(li.ModelError, match=r"^line ") as caught:
        li.model(NET + lines)
    assert caught.value.explanation is not None
    return str(caught.value)


def notes(lines: str) -> list[str]:
    """The notes on a program that goes on with these lines and is fine."""
    found = li.model(NET + lines)
    assert found.complete
    return [each for each in found.notes if each.startswith("line ")]


def test_a_fault_in_forward_names_the_line_of_the_call_and_its_shape() -> None:
    message = fault("model(torch.randn(4, 7, 9))\n")
    assert message.startswith("line 12: LSTM was built for 10 features")
    assert message.endswith("Net is called at line 15 with [4, 7, 9].")


def test_classes_at_each_step_must_stand_on_axis_1() -> None:
    message = fault(
        "out = model(torch.randn(4, 7, 10))\nloss = nn.CrossEntropyLoss()\n"
        "loss(out, torch.randint(0, 3, (4, 7)))\n"
    )
    assert message.startswith("line 17: CrossEntropyLoss is given an output of [4, 7, 3] that Net")
    assert "Expected target size [4, 3], got [4, 7]" in message
    assert "output.transpose(1, 2)" in message


@pytest.mark.parametrize(
    "target",
    ["torch.randint(0, 3, (4,))", "torch.rand(4, 3)", "torch.tensor([0, 1, 2, 0])",
     "torch.LongTensor([0, 1, 2, 0])", "torch.from_numpy(np.zeros(4)).long()", "labels",
     "torch.tensor(labels)", "torch.zeros(4, dtype=torch.int64)"],
)  # fmt: skip
def test_a_target_that_fits_is_not_blamed(target: str) -> None:
    assert notes(
        f"out = model(torch.randn(4, 7, 10))[:, -1]\nF.cross_entropy(out, {target})\n"
    ) == []  # fmt: skip


@pytest.mark.parametrize(
    ("target", "says"),
    [("torch.zeros(4)", "expected target dtype to be Long or Byte, but got Float"),
     ("torch.zeros(4, 1).long()", "multi-target not supported"),
     ("torch.zeros(5).long()", r"Expected input batch_size \(4\) to match target batch_size \(5\)"),

     ("F.one_hot(torch.zeros(4).long(), 3)", "Expected floating point type for target"),
 ],
)  # fmt: skip
def test_a_target_that_does_not_fit_has_the_words_of_torch(target: str, says: str) -> None:
    lines = f"out = model(torch.randn(4, 7, 10))[:, -1]\nF.cross_entropy(out, {target})\n"
    with pytest.raises(li.ModelError, match=f"line 16: CrossEntropyLoss .* {says}"):
        li.model(NET + lines)


def test_a_loss_that_is_stretched_is_a_note_and_no_fault() -> None:
    found = notes(
        "out = model(torch.randn(4, 7, 10))[:, -1, :1]\nnn.MSELoss()(out, torch.rand(4))\n"
    )
    assert len(found) == 1
    assert found[0].startswith("line 16: MSELoss is given an output of [4, 1]")
    assert "stretched to [4, 4]" in found[0]


def test_a_loader_gives_batches_and_a_smaller_last_one() -> None:
    message = fault(
        "loader = DataLoader(TensorDataset(torch.randn(20, 7, 10), torch.zeros(20)), 8)\n"
        "h = torch.zeros(1, 8, 20)\nfor x, y in loader:\n    model.lstm(x, (h, h))\n"
    )
    assert "Expected hidden[0] size [1, 4, 20], got [1, 8, 20]" in message
    assert notes(
        "loader = DataLoader(TensorDataset(torch.randn(20, 7, 10), torch.zeros(20)), 8, "
        "drop_last=True)\nh = torch.zeros(1, 8, 20)\nfor i, (x, y) in enumerate(loader):\n"
        "    model.lstm(x, (h, h))\n"
    ) == []  # fmt: skip


def test_rows_of_a_dataset_must_be_as_many() -> None:
    assert "they have 20, 19 rows" in fault("TensorDataset(torch.rand(20, 3), torch.rand(19))\n")


def test_lists_of_other_lengths_are_no_tensor() -> None:
    assert "expected sequence of length 2 at dim 1 (got 1)" in fault(
        "torch.tensor([[1, 2], [3]])\n"
    )


def test_numpy_has_64_bits_and_the_layers_32() -> None:
    message = fault("x = np.random.rand(4, 7, 10)\nmodel(torch.from_numpy(x))\n")
    assert message.startswith("line 12: RNN input dtype (torch.float64)")
    assert notes("x = np.random.rand(4, 7, 10)\nmodel(torch.from_numpy(x).float())\n") == []
    assert notes("x = np.random.rand(4, 7, 10)\nmodel.double()\nmodel(torch.from_numpy(x))\n") == []


def test_parts_of_arrays_and_datasets_have_their_rows() -> None:
    split = (
        "from sklearn.model_selection import train_test_split\n"
        "x, x_test, y, y_test = train_test_split(np.zeros((50, 7, 9)), np.zeros(50), "
        "test_size=0.3)\nmodel(torch.tensor(x_test, dtype=torch.float32))\n"
    )
    assert "with [15, 7, 9]" in fault(split)
    parts = (
        "data = TensorDataset(torch.randn(50, 7, 9), torch.zeros(50))\n"
        "one, two = random_split(data, [40, 10])\n"
        "for x, y in DataLoader(two, batch_size=16):\n    model(x)\n"
    )
    assert "with [10, 7, 9]" in fault(parts)


def test_what_the_text_does_not_say_is_not_blamed() -> None:
    assert notes(
        "import pandas as pd\ndata = pd.read_csv('a.csv').values\n"
        "for x, y in DataLoader(data, batch_size=8, collate_fn=len):\n"
        "    nn.BCELoss()(model(x), y)\nmodel(torch.tensor(data))\n"
    ) == []  # fmt: skip


def test_ctc_takes_time_first() -> None:
    lines = (
        "out = model(torch.randn(4, 50, 10)).log_softmax(2)\n"
        "y, n, m = torch.ones(4, 9).long(), torch.full((4,), 50), torch.full((4,), 9)\n"
    )
    assert "input_lengths must be of size batch_size" in fault(
        lines + "nn.CTCLoss()(out, y, n, m)\n"
    )
    assert notes(f"{lines}nn.CTCLoss()(out.transpose(0, 1), y, n, m)\n") == []
