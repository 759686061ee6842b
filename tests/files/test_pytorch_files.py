"""Files of PyTorch: each form that it writes, beside what it loads itself."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files.model_file import ModelFile, open_file

torch = pytest.importorskip("torch")

FORMS = {"zip": True, "legacy": False}
TYPES = (
    "float16", "bfloat16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool",
    "complex64", "float8_e4m3fn", "float8_e5m2", "uint16",
)  # fmt: skip


class Net(torch.nn.Module):  # type: ignore[misc]
    """Recurrent layers of each class, and a layer with a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2)
        self.cell = torch.nn.GRUCell(4, 5)
        self.norm = torch.nn.BatchNorm1d(5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.zeros(x.shape[1], 5)
        return self.norm(self.cell(self.rnn(x)[0][-1], h))


def saved(path: Path, what: Any, form: str = "zip") -> Path:
    torch.save(what, path, _use_new_zipfile_serialization=FORMS[form])
    return path


def values(tensor: Any) -> Any:
    wide = tensor.dtype in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2)
    return (tensor.float() if wide else tensor).numpy()


def agree(file: ModelFile, state: dict[str, Any]) -> None:
    """Every tensor of the state_dict has its name, shape, type and values, in its order."""
    assert [each.name for each in file.tensors] == list(state)
    for each in file.tensors:
        real = state[each.name].detach()
        assert (each.shape, each.dtype) == (tuple(real.shape), str(real.dtype).split(".")[1])
        assert np.array_equal(each.values(), values(real))


@pytest.mark.parametrize("form", FORMS)
def test_a_state_dict_has_its_names_shapes_and_values(tmp_path: Path, form: str) -> None:
    state = Net().state_dict()
    agree(open_file(saved(tmp_path / "model.bin", state, form)), state)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", TYPES)
def test_a_tensor_of_each_type_has_its_values(tmp_path: Path, form: str, dtype: str) -> None:
    tensor = torch.arange(6).reshape(2, 3).to(getattr(torch, dtype))
    agree(open_file(saved(tmp_path / "w.pt", {"w": tensor}, form)), {"w": tensor})


@pytest.mark.parametrize("form", FORMS)
def test_a_view_has_the_values_that_its_strides_and_offset_show(tmp_path: Path, form: str) -> None:
    base = torch.arange(60.0).reshape(5, 12)
    state = {
        "whole": base,
        "transposed": base.T,
        "part": base[1:3, ::2],
        "expanded": base[0, :1].expand(7, 1),
        "none": base[:0],
        "one": base[2, 3],
    }
    agree(open_file(saved(tmp_path / "views.pt", state, form)), state)


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_module_has_the_names_of_its_state_dict(tmp_path: Path, form: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = open_file(saved(tmp_path / "whole.pt", Net(), form))
    names = [name for name in Net().state_dict() if name.startswith("norm.running")]
    assert sorted(each.name for each in file.tensors) == sorted(Net().state_dict())
    assert [each.name for each in file.tensors if each.role == "buffer"][:2] == names


def test_a_whole_module_declares_its_recurrent_layers_with_their_options(tmp_path: Path) -> None:
    rnn, cell = open_file(saved(tmp_path / "whole.pt", Net())).contents.declared
    assert (rnn.name, rnn.layer_type, rnn.options["proj_size"]) == ("rnn", "LSTM", 2)
    assert rnn.options["bidirectional"] is True
    assert rnn.tensors["weight_hr_l1_reverse"] == "rnn.weight_hr_l1_reverse"
    assert (cell.layer_type, cell.options["hidden_size"]) == ("GRUCell", 5)
    assert cell.tensors["weight_ih_l0"] == "cell.weight_ih"


@pytest.mark.parametrize("form", FORMS)
def test_a_checkpoint_gives_its_model_and_keeps_its_optimizer_apart(
    tmp_path: Path, form: str
) -> None:
    net = torch.nn.LSTM(3, 4)
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.ones(2, 1, 3))[0].sum().backward()
    optimizer.step()
    held = {"epoch": 2, "model": net.state_dict(), "optim": optimizer.state_dict()}
    file = open_file(saved(tmp_path / "checkpoint.pt", held, form))
    assert [each.name for each in file.tensors if not each.role] == list(net.state_dict())
    assert {each.role for each in file.tensors if "exp_avg" in each.name} == {"optimizer"}
    assert file.contents.notes[0] == "The tensors of the model are under the key 'model'."


@pytest.mark.parametrize("form", FORMS)
def test_two_models_of_a_checkpoint_keep_their_keys(tmp_path: Path, form: str) -> None:
    held = {"generator": {"w": torch.ones(2)}, "critic": {"w": torch.ones(3)}}
    file = open_file(saved(tmp_path / "gan.pt", held, form))
    assert [each.name for each in file.tensors] == ["generator.w", "critic.w"]


@pytest.mark.parametrize("form", FORMS)
def test_tied_weights_have_one_place_and_a_note(tmp_path: Path, form: str) -> None:
    weight = torch.ones(4, 3)
    file = open_file(saved(tmp_path / "tied.pt", {"embed": weight, "out": weight.detach()}, form))
    first, second = file.tensors
    assert first.place == second.place
    assert file.contents.notes == ("out has the same values in the file as embed.",)


def test_a_checkpoint_of_lightning_tells_its_version_and_hyper_parameters(tmp_path: Path) -> None:
    held = {
        "pytorch-lightning_version": "2.4.0",
        "state_dict": {"rnn.weight": torch.ones(2)},
        "hyper_parameters": {"hidden_size": 64, "cell": "lstm"},
    }
    contents = open_file(saved(tmp_path / "last.ckpt", held)).contents
    assert contents.producer == "PyTorch Lightning 2.4.0"
    assert "Hyper-parameters: hidden_size = 64, cell = 'lstm'." in contents.notes


@pytest.mark.parametrize("how", ["script", "trace"])
def test_torchscript_has_the_names_of_its_module_and_its_layers(tmp_path: Path, how: str) -> None:
    net, x = Net().eval(), torch.ones(2, 1, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.jit.script(net) if how == "script" else torch.jit.trace(net, x)
        made.save(str(tmp_path / "model.jit"))
    file = open_file(tmp_path / "model.jit")
    state = {each.name: each for each in file.tensors}
    assert file.contents.format == "TorchScript"
    for name, real in net.state_dict().items():
        assert np.array_equal(state[name].values(), real.numpy())
    declared = {each.name: each.layer_type for each in file.contents.declared}
    assert declared == {"rnn": "LSTM", "cell": "GRUCell"}
    parameters = [name for name, _ in net.named_parameters()]
    assert [name for name, each in state.items() if each.role == "parameter"] == parameters


def test_the_constants_of_a_scripted_layer_are_its_options(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(Net().eval()).save(str(tmp_path / "model.jit"))
    rnn, cell = open_file(tmp_path / "model.jit").contents.declared
    assert (rnn.options["hidden_size"], rnn.options["bidirectional"]) == (4, True)
    assert (rnn.options["mode"], rnn.options["proj_size"]) == ("LSTM", 2)
    assert (cell.options["input_size"], cell.options["bias"]) == (4, True)


def test_a_plain_pickle_of_tensors_has_their_values(tmp_path: Path) -> None:
    state = torch.nn.GRU(2, 3).state_dict()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        path = tmp_path / f"model{protocol}.pkl"
        path.write_bytes(pickle.dumps(state, protocol))
        agree(open_file(path), state)


def test_a_quantized_tensor_has_the_numbers_that_it_stands_for(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        real = torch.quantize_per_tensor(torch.randn(4, 3), 0.1, 3, torch.qint8)
        (tensor,) = open_file(saved(tmp_path / "q.pt", {"w": real})).tensors
        assert tensor.dtype == "qint8"
        assert np.array_equal(tensor.values(), real.dequantize().numpy())


def test_a_tensor_quantized_for_each_row_has_the_numbers_that_it_stands_for(
    tmp_path: Path,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scales, zeros = torch.tensor([0.1, 0.2, 0.3]), torch.tensor([1, 2, 3])
        real = torch.quantize_per_channel(torch.randn(4, 3), scales, zeros, 1, torch.quint8)
        file = open_file(saved(tmp_path / "q.pt", {"w": real}))
        assert np.allclose(file.tensors[0].values(), real.dequantize().numpy(), atol=1e-6)
    assert file.contents.notes == (
        "1 tensors are quantized; values are the numbers they stand for.",
    )


def test_a_sparse_tensor_is_noted_as_not_read(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = open_file(saved(tmp_path / "s.pt", {"w": torch.eye(3).to_sparse()}))
    assert "a form that is not read here: torch._utils._rebuild_sparse" in file.contents.notes[0]


def test_a_parameter_with_attributes_and_a_subclass_are_tensors(tmp_path: Path) -> None:
    parameter = torch.nn.Parameter(torch.ones(2, 3))
    parameter.note = "kept"
    file = open_file(saved(tmp_path / "p.pt", {"w": parameter}))
    assert [(each.name, each.shape) for each in file.tensors] == [("w", (2, 3))]


# Files that lie -----------------------------------------------------------------------------------


def changed(path: Path, old: bytes, new: bytes) -> Path:
    """The zip again, with `old` for `new` in its pickle."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data.replace(old, new) if name.endswith("data.pkl") else data)
    return path


def test_a_shape_that_is_larger_than_its_storage_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pt", {"w": torch.ones(4, 3)})
    lie = changed(path, b"K\x04K\x03\x86", b"K\x05K\x03\x86")
    with pytest.raises(FileError, match=r"'w' of shape \(5, 3\) does not fit.* has 48 bytes"):
        open_file(lie)


def test_an_expanded_shape_without_end_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pt", {"w": torch.ones(1).expand(100, 100)})
    lie = changed(path, b"KdKd\x86", b"J\xff\xff\xff\x7fKd\x86")
    with pytest.raises(FileError, match=r"'w' shows 214,748,364,700 values, and the file holds 1"):
        open_file(lie)


def test_a_storage_that_is_missing_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "w.pt", {"w": torch.ones(4, 3)})
    lie = changed(path, b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x007")
    with pytest.raises(FileError, match="'w' is in a storage '7' that is missing"):
        open_file(lie)


def test_a_tar_of_the_first_versions_is_refused_with_what_to_do(tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(tmp_path / "old.pt", "w") as archive:
        archive.addfile(tarfile.TarInfo("storages"), io.BytesIO())
    with pytest.raises(FileError, match=r"is a tar archive.*Unpack it"):
        open_file(tmp_path / "old.pt")


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path, form: str) -> None:
    path = saved(tmp_path / "w.pt", {"w": torch.ones(2, 2)}, form)
    data = path.read_bytes()
    for end in range(len(data)):
        path.write_bytes(data[:end])
        with pytest.raises(FileError):
            open_file(path)


@pytest.mark.parametrize("form", FORMS)
def test_changed_bytes_give_tensors_or_one_error(tmp_path: Path, form: str) -> None:
    random = Random(3)
    path = saved(tmp_path / "w.pt", {"w": torch.ones(4, 3), "b": torch.ones(4)}, form)
    data = path.read_bytes()
    for _ in range(800):
        broken = bytearray(data)
        for _ in range(random.randint(1, 4)):
            broken[random.randrange(len(broken))] = random.randrange(256)
        path.write_bytes(broken)
        try:
            for tensor in open_file(path).tensors:
                tensor.values()
        except FileError:
            pass
