"""HDF5: each way in which numbers are stored, and files that lie, lead elsewhere or are cut off."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files import hdf5_structure
from lstminspect.files.model_file import open_file
from lstminspect.files.source import local_source

VALUES = np.random.default_rng(3).normal(size=(13, 7)).astype(np.float32)
STORED: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "chunked": {"chunks": (4, 3)},
    "gzip": {"chunks": (5, 7), "compression": "gzip"},
    "shuffled": {"chunks": (5, 2), "compression": "gzip", "shuffle": True},
    "checked": {"chunks": (13, 7), "compression": "gzip", "shuffle": True, "fletcher32": True},
    "checked alone": {"chunks": (3, 3), "fletcher32": True},
}
TYPES = ("<f4", ">f4", "<f2", "<f8", ">f8", "i1", "<i4", ">i2", "<u8", "bool")


def written(path: Path, **options: Any) -> h5py.File:
    return h5py.File(path, "w", **options)


@pytest.mark.parametrize("how", STORED)
@pytest.mark.parametrize("dtype", TYPES)
def test_numbers_of_each_type_and_storage_have_their_values(
    tmp_path: Path, how: str, dtype: str
) -> None:
    values = (VALUES * 50).astype(dtype)
    with written(tmp_path / "w.h5") as file:
        file.create_dataset("w", data=values, **STORED[how])
    (tensor,) = open_file(tmp_path / "w.h5").tensors
    assert (tensor.shape, tensor.dtype) == (values.shape, values.dtype.name)
    assert np.array_equal(tensor.values(), values)


def test_scalars_empty_tensors_and_those_never_written_have_their_values(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        file["scalar"] = np.float32(2.5)
        file.create_dataset("none", shape=(0, 3), dtype="f4")
        file.create_dataset("unwritten", shape=(2, 3), dtype="f4", fillvalue=7)
        file.create_dataset("holes", shape=(4, 4), chunks=(2, 2), dtype="f4", fillvalue=1)
        file["holes"][:2, :2] = 5
    values = {each.name: each.values() for each in open_file(tmp_path / "w.h5").tensors}
    assert values["scalar"] == 2.5
    assert values["none"].shape == (0, 3)
    assert np.array_equal(values["unwritten"], np.full((2, 3), 7))
    assert values["holes"].sum() == 4 * 5 + 12


def test_text_and_objects_are_left_out_with_a_note(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        file["w"] = VALUES
        file["text"] = "a text"
        file["texts"] = np.array([b"a", b"bc"])
        file["empty"] = h5py.Empty("f4")
    file = open_file(tmp_path / "w.h5")
    assert [each.name for each in file.tensors] == ["w"]
    assert file.contents.notes == ("3 data sets hold no numbers, and are left out.",)


def test_a_block_of_the_user_before_the_file_is_skipped(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5", userblock_size=1024) as file:
        file["w"] = VALUES
        file.create_dataset("c", data=VALUES, chunks=(4, 4), compression="gzip")
    for tensor in open_file(tmp_path / "w.h5").tensors:
        assert np.array_equal(tensor.values(), VALUES)


def test_the_place_of_a_tensor_is_its_offset_in_the_file(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        file["w"] = VALUES
    (tensor,) = open_file(tmp_path / "w.h5").tensors
    place = tensor.place
    assert isinstance(place, int)
    data = (tmp_path / "w.h5").read_bytes()
    assert data[place : place + tensor.nbytes] == VALUES.tobytes()


def test_a_file_in_the_newest_form_of_groups_is_read(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5", libver="latest") as file:
        for at in range(40):
            file[f"group/{at}"] = VALUES
    assert len(open_file(tmp_path / "w.h5").tensors) == 40


# Where pyfive cannot be had -----------------------------------------------------------------------


@pytest.fixture
def without_pyfive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.10, for which there is no pyfive."""
    monkeypatch.setattr(hdf5_structure, "find_spec", lambda name: name != "pyfive" or None)


def everything(path: Path) -> None:
    """A file with each storage and type, links, attributes and a block of the user's."""
    with written(path, userblock_size=512) as file:
        for how, options in STORED.items():
            file.create_dataset(f"stored/{how}", data=VALUES, **options)
        for dtype in TYPES:
            file[f"types/{dtype}"] = (VALUES * 50).astype(dtype)
        file["scalar"] = np.float32(2.5)
        file["text"] = "a text"
        file.create_dataset("unwritten", shape=(2, 3), dtype="f4", fillvalue=7)
        file["soft"] = h5py.SoftLink("/scalar")
        file["stored/again"] = file["types"]
        file["stored"].attrs["weight_names"] = np.array([b"contiguous"])
        file.attrs["keras_version"] = "2.3.1"


@pytest.mark.usefixtures("without_pyfive")
def test_h5py_in_a_process_of_its_own_finds_what_pyfive_finds(tmp_path: Path) -> None:
    everything(tmp_path / "w.h5")
    source = local_source(str(tmp_path / "w.h5"))
    found = hdf5_structure.structure(source)
    with pytest.MonkeyPatch.context() as patch:
        # With Python 3.10 both are the same.
        patch.setattr(hdf5_structure, "find_spec", find_spec)
        other = hdf5_structure.structure(source)
    assert {each.path.split("/")[-1]: each[1:] for each in found.datasets} == {
        each.path.split("/")[-1]: each[1:] for each in other.datasets
    }
    assert found.attributes[""] == other.attributes[""]
    assert set(found.notes) == set(other.notes)


@pytest.mark.usefixtures("without_pyfive")
def test_h5py_gives_the_same_values(tmp_path: Path) -> None:
    everything(tmp_path / "w.h5")
    tensors = {each.name: each for each in open_file(tmp_path / "w.h5").tensors}
    for how in STORED:
        assert np.array_equal(tensors[f"stored/{how}"].values(), VALUES)


@pytest.mark.usefixtures("without_pyfive")
def test_an_external_link_is_noted_by_h5py_and_not_followed(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        external_link(tmp_path, file)
        external_storage(tmp_path, file.create_group("a"))
        virtual(tmp_path, file.create_group("b"))
    file = open_file(tmp_path / "w.h5")
    assert file.tensors == ()
    assert [note.rpartition(":")[2] for note in file.contents.notes] == [
        " not followed.",
        " not opened.",
        " not opened.",
    ]


@pytest.mark.usefixtures("without_pyfive")
def test_a_damaged_file_is_refused_although_h5py_may_crash(tmp_path: Path) -> None:
    random = Random(2)
    data = small(tmp_path / "w.h5")
    for _ in range(25):
        broken = bytearray(data)
        for _ in range(40):
            broken[random.randrange(8, 3000)] = random.randrange(256)
        (tmp_path / "m.h5").write_bytes(broken)
        try:
            open_file(tmp_path / "m.h5")
        except FileError as error:
            assert "damaged" in str(error)


# Files that lead elsewhere ------------------------------------------------------------------------


def secret(folder: Path) -> Path:
    """Another file, whose numbers must never come out."""
    path = folder / "secret.h5"
    with written(path) as file:
        file["w"] = np.full(4, 42, np.float32)
    return path


def external_link(folder: Path, file: h5py.File) -> None:
    file["out"] = h5py.ExternalLink(str(secret(folder)), "/w")


def external_storage(folder: Path, file: h5py.File) -> None:
    path = folder / "raw.bin"
    path.write_bytes(np.full(4, 42, np.float32).tobytes())
    file.create_dataset("out", (4,), "f4", external=[(str(path), 0, 16)])


def virtual(folder: Path, file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource(str(secret(folder)), "w", shape=(4,))
    file.create_virtual_dataset("out", layout)


def soft_link(_: Path, file: h5py.File) -> None:
    file["out"] = h5py.SoftLink("/out")


LEADING = {
    "external storage": (external_storage, "'out' keeps its values in another file: not opened."),
    "virtual": (virtual, "'out' is a virtual data set of other files: not opened."),
    "soft link": (soft_link, "'out' is a link to '/out': not followed."),
}
AUDITED = """
import json, sys
from lstminspect.files.model_file import open_file
def hook(event, arguments):
    if event == "open" and arguments[0] != path:
        opened.append(str(arguments[0]))
path, opened = sys.argv[1], []
try:
    file = open_file(sys.argv[2])
except ValueError:
    pass
sys.addaudithook(hook)
try:
    file = open_file(path)
    values = [each.values().tolist() for each in file.tensors]
    print(json.dumps([opened, values, file.contents.notes]))
except ValueError as error:
    print(json.dumps([opened, [], [str(error)]]))
"""


def audited(folder: Path, path: Path) -> Any:
    """What else was opened, the values, and the notes, in a process of its own."""
    with written(folder / "first.h5") as file:
        file["w"] = VALUES
    command = [sys.executable, "-c", AUDITED, str(path), str(folder / "first.h5")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", LEADING)
def test_a_file_that_leads_to_another_says_so_and_opens_no_other(tmp_path: Path, name: str) -> None:
    make, note = LEADING[name]
    with written(tmp_path / "w.h5") as file:
        make(tmp_path, file)
        file["w"] = np.ones(2, np.float32)
    opened, values, notes = audited(tmp_path, tmp_path / "w.h5")
    assert (opened, values, notes) == ([], [[1, 1]], [note])


def test_an_external_link_is_refused_and_not_followed(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        external_link(tmp_path, file)
    opened, values, (error,) = audited(tmp_path, tmp_path / "w.h5")
    assert (opened, values) == ([], [])
    assert "links to another file, which is never opened" in error


def test_a_hard_link_to_the_group_above_is_walked_once(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        file["a/w"] = VALUES
        file["a/b"] = file["a"]
        file["a/top"] = file["/"]
    assert [each.name for each in open_file(tmp_path / "w.h5").tensors][:1] == ["a/w"]


# Files that lie -----------------------------------------------------------------------------------


def test_a_shape_that_is_larger_than_the_file_is_refused(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        file["w"] = np.zeros((4, 3), np.float32)
    data = (tmp_path / "w.h5").read_bytes()
    lie = data.replace(
        (4).to_bytes(8, "little") + (3).to_bytes(8, "little"),
        (1 << 30).to_bytes(8, "little") + (3).to_bytes(8, "little"),
    )
    (tmp_path / "w.h5").write_bytes(lie)
    with pytest.raises(
        FileError, match=r"'w' of shape \(1073741824, 3\) takes 12,884,901,888|cannot be read"
    ):
        open_file(tmp_path / "w.h5")


def test_a_shape_without_any_values_in_the_file_is_refused(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        file.create_dataset("w", (1 << 40,), "f4", chunks=(1 << 20,))
    with pytest.raises(FileError, match=r"'w' of shape .* takes 4,398,046,511,104 bytes"):
        open_file(tmp_path / "w.h5")


def test_a_chunk_that_would_inflate_without_end_is_refused(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        file.create_dataset(
            "w", data=np.zeros(1 << 27, np.uint8), chunks=(1 << 20,), compression="gzip"
        )
    data = (tmp_path / "w.h5").read_bytes()
    lie = data.replace((1 << 27).to_bytes(8, "little"), (1 << 36).to_bytes(8, "little"))
    (tmp_path / "w.h5").write_bytes(lie)
    with pytest.raises(FileError, match=r"'w' .*takes 68,719,476,736 bytes|cannot be read"):
        open_file(tmp_path / "w.h5")


def test_very_deep_groups_are_refused(tmp_path: Path) -> None:
    with written(tmp_path / "w.h5") as file:
        file["/".join("a" * 200)] = 1.0
    with pytest.raises(FileError, match=r"too deep|cannot be read"):
        open_file(tmp_path / "w.h5")


def small(path: Path) -> bytes:
    """A small file with a bit of everything."""
    with written(path) as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": []})
        file.attrs["layer_names"] = np.array([b"lstm"])
        file["lstm/kernel"] = VALUES[:2, :2]
        file["lstm"].attrs["weight_names"] = np.array([b"kernel"])
        file.create_dataset("c", data=VALUES[:3], chunks=(2, 7), compression="gzip")
    return path.read_bytes()


def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    data = small(tmp_path / "w.h5")
    for end in range(0, len(data), 7):
        (tmp_path / "cut.h5").write_bytes(data[:end])
        with pytest.raises(FileError):
            open_file(tmp_path / "cut.h5")


def test_changed_bytes_give_tensors_or_one_error_in_little_time(tmp_path: Path) -> None:
    random = Random(11)
    data = small(tmp_path / "w.h5")
    for _ in range(600):
        broken = bytearray(data)
        for _ in range(random.randint(1, 8)):
            broken[random.randrange(len(broken))] = random.randrange(256)
        (tmp_path / "m.h5").write_bytes(broken)
        started = time.process_time()
        try:
            for tensor in open_file(tmp_path / "m.h5").tensors:
                tensor.values()
        except FileError:
            pass
        assert time.process_time() - started < 6
