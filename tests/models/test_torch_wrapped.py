"""Modules in wrappers, settings and sets of letters: the count is that of real PyTorch."""

import importlib.util

import pytest

import lstminspect as li

HAS_TORCH = importlib.util.find_spec("torch") is not None
START = """
import string
import torch
from torch import nn
from torch.nn.utils import weight_norm, spectral_norm
from torch.nn.utils.parametrizations import weight_norm as new_weight_norm
"""
#: Lines that make the module `m`.
TEXTS = {
    "weight norm of Linear": "m = nn.Sequential(weight_norm(nn.Linear(5, 7)), nn.LSTM(7, 3))",
    "weight norm of Conv1d": "m = nn.Sequential(new_weight_norm(nn.Conv1d(3, 5, 2)))",
    "weight norm along dim 1": "m = nn.Sequential(weight_norm(nn.Linear(5, 7), dim=1))",
    "weight norm of all": "m = nn.Sequential(weight_norm(nn.Linear(5, 7), dim=None))",
    "weight norm of LSTM": "m = nn.Sequential(weight_norm(nn.LSTM(5, 7), 'weight_hh_l0'))",
    "weight norm taken away": """
from torch.nn.utils import remove_weight_norm
m = nn.Sequential(remove_weight_norm(weight_norm(nn.Linear(5, 7))))""",
    "spectral norm": "m = nn.Sequential(spectral_norm(nn.Linear(5, 7)))",
    "in DataParallel": "m = nn.Sequential(nn.DataParallel(nn.GRU(5, 7)))",
    "letters at once": "m = nn.Sequential(nn.LSTM(len(sorted(set('hello'))), 3))",
    "letters counted": "m = nn.Sequential(nn.LSTM(len(set('hello world')), 3))",
    "string constants": "m = nn.Sequential(nn.LSTM(len(string.ascii_letters + ' .'), 3))",
}  # fmt: skip


NAMES = tuple(TEXTS) if HAS_TORCH else ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore:.*weight_norm.*")
def test_a_module_in_a_wrapper_has_the_parameters_of_pytorch(name):
    names, text = {}, TEXTS[name]
    exec(START + text, names)
    total = sum(each.numel() for each in names["m"].parameters())
    assert li.model(START + text).parameters == total


def test_a_set_that_has_a_name_can_be_changed_and_is_open():
    text = f"{START}\nv = set('abc')\nv.add('z')\nm = nn.Sequential(nn.Linear(len(v), 1))"
    assert li.model(text).parameters.free_symbols


CLASS = """
class Net(nn.Module):
    def __init__(self, conf):
        super().__init__()
        self.rnn = nn.LSTM(conf.model.features, conf.model.rnn.hidden, batch_first=True)
    def forward(self, x):
        return self.rnn(x)[0]
"""


MAKERS = (
    "from easydict import EasyDict as edict\nconf = edict",
    "from omegaconf import OmegaConf\nconf = OmegaConf.create",
    "from ml_collections import ConfigDict\nconf = ConfigDict",
    "from box import Box\nconf = Box",
)  # fmt: skip


@pytest.mark.parametrize("maker", MAKERS)
def test_dicts_in_a_dict_with_attributes_have_attributes_too(maker):
    text = f"{START}{CLASS}\n{maker}({{'model': {{'features': 5, 'rnn': {{'hidden': 3}}}}}})"
    assert li.model(f"{text}\nm = Net(conf)").parameters == 4 * 3 * (5 + 3 + 2)


@pytest.mark.parametrize("base", ["GenerationMixin", "PushToHubMixin", "MessagePassing"])
def test_a_base_without_parameters_leaves_the_count_whole(base):
    cls = CLASS.replace("(nn.Module)", f"(nn.Module, {base})")
    assert li.model(f"from elsewhere import {base}\n{START}{cls}").complete


def test_a_container_with_a_name_is_a_model_beside_the_classes():
    text = f"""{START}{CLASS}
class Last(nn.Module):
    def forward(self, x):
        return x[0][:, -1]
net = nn.Sequential(nn.LSTM(5, 3, batch_first=True), Last(), nn.Linear(3, 2))
"""
    found = li.model(text)
    assert [each.label for each in (found, *found.others)] == ["Net", "Sequential"]


def test_a_letter_that_is_made_of_others_stands_in_parentheses():
    text = f"{START}\nm = nn.Sequential(nn.Linear(a if b else c, 1))"
    assert str(li.model(text).parameters) == "(a if b else c) + 1"


def test_a_module_that_is_not_read_to_its_end_leaves_its_count_in_doubt():
    text = f"""{START}
class Net(nn.Module):
    def __init__(self, many):
        super().__init__()
        self.rnn = nn.LSTM(3, 4)
        for _ in range(10**7):
            many += 1
        self.out = nn.Linear(4, many)
m = Net(1)
"""
    assert any("is not read to its end" in each for each in li.model(text).doubts)


def test_a_line_of_training_that_is_not_read_leaves_the_count_whole():
    text = f"""{START}
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(3, 4)
    def forward(self, x):
        return self.rnn(x)[0]
m = Net()
for _ in range(10**7):
    print("step")
"""
    assert li.model(text).complete
