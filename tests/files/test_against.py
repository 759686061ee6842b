"""A model file against code: the options that differ, the tensors, and the lines to write."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_files import safetensors

import lstminspect as li
from lstminspect.cli.main import main

#: What code makes: options of nn.LSTM(16, 32, num_layers=2), the class, and the names.
CODE = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding({vocabulary}, 16)
        self.{name} = nn.{cell}({options})
        self.fc = nn.Linear({width}, 5)

    def forward(self, x):
        return self.fc(self.{name}(self.emb(x))[0])
"""
SAME = {"vocabulary": 50, "name": "rnn", "cell": "LSTM", "options": "16, 32, 2", "width": 32}


def code(**changed: object) -> str:
    return CODE.format(**{**SAME, **changed})


def saved(folder: Path, prefix: str = "") -> Path:
    """A file that CODE as it is loads, with a prefix before every name."""
    layer = li.Layer("lstm", units=32, features=16, layers=2, framework="pytorch")
    weights = {f"rnn.{key}": each for key, each in li.random_weights(layer, "pytorch").items()}
    shapes = {"emb.weight": (50, 16), "fc.weight": (5, 32), "fc.bias": (5,)}
    path = folder / "checkpoint.safetensors"
    path.write_bytes(
        safetensors(
            {prefix + key: each for key, each in weights.items()},
            {prefix + key: each for key, each in shapes.items()},
        )
    )
    return path


def test_a_file_that_the_code_loads_fits(tmp_path: Path) -> None:
    found = li.open_file(saved(tmp_path)).against(code())
    assert (found.fits, found.fitting, found.size) == (True, 11, 0)


#: What changes in the code, the sentence, and a line to write.
CHANGES = [
    ({"options": "16, 64, 2", "width": 64}, "hidden_size is 64 in the code and 32 in the file",
     "nn.LSTM(input_size=16, hidden_size=32, num_layers=2)"),
    ({"options": "16, 32, 3"}, "num_layers is 3 in the code and 2 in the file",
     "nn.LSTM(input_size=16, hidden_size=32, num_layers=2)"),
    ({"options": "16, 32, 2, bidirectional=True", "width": 64},
     "bidirectional is missing in the file: the code has both directions",
     "nn.LSTM(input_size=16, hidden_size=32, num_layers=2)"),
    ({"options": "16, 32, 2, bias=False"}, "the file has biases and the code has none (bias)",
     "nn.LSTM(input_size=16, hidden_size=32, num_layers=2)"),
    ({"options": "16, 32, 2, proj_size=8", "width": 8}, "proj_size is 8 in the code and 0 in the",
     "nn.LSTM(input_size=16, hidden_size=32, num_layers=2)"),
    ({"cell": "GRU"}, "the class is GRU in the code and LSTM in the file",
     "nn.LSTM(input_size=16, hidden_size=32, num_layers=2)"),
    ({"vocabulary": 60}, "num_embeddings is 60 in the code and 50 in the file: another vocabulary",
     "nn.Embedding(50, 16)"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "sentence", "line"), CHANGES)
def test_the_option_that_differs_is_named_in_the_words_of_the_code(
    changed: dict[str, object], sentence: str, line: str, tmp_path: Path
) -> None:
    found = li.open_file(saved(tmp_path)).against(code(**changed))
    assert not found.fits
    assert sentence in " ".join(each.sentence for each in found.options)
    assert line in found.lines


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [
        ("module.", "nn.DataParallel saved it"),
        ("_orig_mod.", "torch.compile saved it"),
        ("state_dict.", "below the key 'state_dict'"),
    ],
)
def test_a_prefix_before_every_name_is_all_that_differs(
    prefix: str, reason: str, tmp_path: Path
) -> None:
    found = li.open_file(saved(tmp_path, prefix)).against(code())
    assert (found.options, found.tensors, found.fitting) == ((), (), 11)
    assert reason in found.to_text()


def test_the_line_for_another_name_makes_the_names_of_the_code(tmp_path: Path) -> None:
    file = li.open_file(saved(tmp_path))
    found = file.against(code(name="lstm"))
    names: dict[str, object] = {"state": {each.name: None for each in file.tensors}}
    exec("\n".join(found.lines), names)
    state = names["state"]
    assert isinstance(state, dict)
    assert "lstm.weight_hh_l1" in state
    assert not any(name.startswith("rnn") for name in state)


KERAS = "Embedding(50, 16, input_shape=(7,)), Bidirectional(LSTM({units})), Dense(5)"


def test_code_of_keras_is_compared_by_its_layers(tmp_path: Path) -> None:
    layer = li.Layer("lstm", units=32, features=16, bidirectional=True, framework="pytorch")
    path = tmp_path / "both.safetensors"
    path.write_bytes(safetensors(li.random_weights(layer, "pytorch")))
    file = li.open_file(path)
    assert file.against(KERAS.format(units=32)).fits
    found = file.against(KERAS.format(units=16))
    assert [each.sentence for each in found.options] == ["units is 16 in the code and 32 in the "
                                                         "file"]  # fmt: skip
    assert "--to keras" in found.notes[0]


def test_the_exit_code_says_whether_it_fits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, source = str(saved(tmp_path)), tmp_path / "model.py"
    source.write_text(code(), "utf-8")
    assert main(["file", path, "--against", str(source)]) == 0
    assert main(["file", path, "--against", path]) == 0
    source.write_text(code(options="16, 64, 2", width=64), "utf-8")
    assert main(["file", path, "--against", str(source)]) == 1
    assert "hidden_size is 64 in the code and 32 in the file" in capsys.readouterr().out
    assert main(["file", path, "--against", str(tmp_path / "none.py")]) == 2
    assert "there is no file" in capsys.readouterr().err
    assert main(["file", path, path, "--against", path]) == 2
    assert "--against is for one file" in capsys.readouterr().err


@pytest.mark.parametrize("other", [5, None, [1]])
def test_what_is_no_code_is_refused(other: object, tmp_path: Path) -> None:
    with pytest.raises(li.OptionError, match="a file is compared with code, a Model, a Layer"):
        li.open_file(saved(tmp_path)).against(other)  # type: ignore[arg-type]
