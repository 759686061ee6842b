"""Pickles: every protocol gives its arrays, and nothing that a pickle names is ever run."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
import subprocess
import sys
import time
from collections import OrderedDict
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from lstminspect.errors import FileError
from lstminspect.files.model_file import open_file
from lstminspect.files.pickle_nodes import Object
from lstminspect.files.pickles import STEPS, read_pickle

ARRAYS = {
    "lstm.weight_ih_l0": np.arange(12, dtype=np.float32).reshape(4, 3),
    "big_endian": np.arange(6, dtype=">f8"),
    "by_columns": np.asfortranarray(np.arange(6, dtype=np.int16).reshape(2, 3)),
    "flags": np.array([True, False]),
    "scalar": np.float32(2.5),
    "empty": np.zeros((0, 3), np.float16),
    "long": np.arange(5000, dtype=np.uint8),
}


def read(data: bytes) -> Any:
    return read_pickle(io.BytesIO(data), len(data), "model.pkl").root


def saved(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "model.pkl"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_every_protocol_has_its_values(
    tmp_path: Path, protocol: int, name: str
) -> None:
    path = saved(tmp_path, pickle.dumps({name: ARRAYS[name]}, protocol))
    (tensor,) = open_file(path).tensors
    assert tensor.name == name
    assert (tensor.dtype, tensor.shape) == (ARRAYS[name].dtype.name, ARRAYS[name].shape)
    assert np.array_equal(tensor.values(), ARRAYS[name])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_in_lists_and_ordered_dicts_are_named_by_their_place(
    tmp_path: Path, protocol: int
) -> None:
    held = [np.ones(2), OrderedDict(a=np.ones(3), b=(np.ones(4),))]
    file = open_file(saved(tmp_path, pickle.dumps(held, protocol)))
    assert {each.name: each.shape for each in file.tensors} == {
        "0": (2,),
        "1.a": (3,),
        "1.b.0": (4,),
    }


def test_an_array_of_python_2_has_its_bytes_from_a_string(tmp_path: Path) -> None:
    values = np.arange(400, dtype=np.float32)
    text = values.tobytes()
    data = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01M\x90\x01\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89T" + len(text).to_bytes(4, "little") + text + b"tb."
    )
    (tensor,) = open_file(saved(tmp_path, data)).tensors
    assert np.array_equal(tensor.values(), values)


def test_the_values_of_a_long_array_stay_in_the_file(tmp_path: Path) -> None:
    path = saved(tmp_path, pickle.dumps({"w": ARRAYS["long"]}, 4))
    (tensor,) = open_file(path).tensors
    place = tensor.place
    assert isinstance(place, int)
    assert path.read_bytes()[place : place + tensor.nbytes] == ARRAYS["long"].tobytes()


def test_the_weights_of_a_checkpoint_and_those_of_its_optimizer_are_told_apart(
    tmp_path: Path,
) -> None:
    held = {
        "epoch": 3,
        "state_dict": {"rnn.weight": np.ones((4, 2)), "rnn.bias": np.ones(4)},
        "optimizer": {"state": {0: {"exp_avg": np.ones(4)}}, "param_groups": [{"lr": 0.1}]},
    }
    file = open_file(saved(tmp_path, pickle.dumps(held)))
    assert [(each.name, each.role) for each in file.tensors] == [
        ("rnn.weight", ""),
        ("rnn.bias", ""),
        ("optimizer.state.0.exp_avg", "optimizer"),
    ]
    assert file.contents.notes == ("The tensors of the model are under the key 'state_dict'.",)


# What runs code when it is loaded -----------------------------------------------------------------


class Reduced:
    def __reduce__(self) -> Any:
        return exec, ("open('ran', 'w')",)


#: Pickles that write a file named "ran" where `pickle.load` reads them, by the opcode that does it.
RUNNING = {
    "REDUCE": b"\x80\x02cbuiltins\nexec\nX\x11\x00\x00\x00open('ran', 'w+')\x85R.",
    "INST": b"(S\"open('ran', 'w')\"\nibuiltins\nexec\n.",
    "OBJ": b"\x80\x02(cbuiltins\nexec\nX\x10\x00\x00\x00open('ran', 'w')o.",
    "NEWOBJ": b"\x80\x02cpathlib\nPath\nX\x03\x00\x00\x00ran\x85\x81cpathlib\nPath.touch\n"
    b"X\x03\x00\x00\x00ran\x85R.",
    "NEWOBJ_EX": b"\x80\x04cbuiltins\nopen\nX\x03\x00\x00\x00ranX\x01\x00\x00\x00w\x86}\x92.",
    "STACK_GLOBAL": b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93\x8c\x10open('ran', 'w')\x85R.",
    "BUILD": b"\x80\x02cbuiltins\nobject\n)\x81}X\x0c\x00\x00\x00__setstate__cos\nsystem\nsb"
    b"X\x09\x00\x00\x00touch ranb.",
    "memo": b"\x80\x02cos\nsystem\nq\x010X\x09\x00\x00\x00touch ranq\x020h\x01h\x02\x85R.",
    "nested": b"\x80\x02ctorch.storage\n_load_from_bytes\nB"
    + len(pickle.dumps(Reduced(), 2)).to_bytes(4, "little")
    + pickle.dumps(Reduced(), 2)
    + b"\x85R.",
    "numpy": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncos\nsystem\n"
    b"X\x09\x00\x00\x00touch ran\x85R.",
    "module": b"\x80\x02X\x06\x00\x00\x00modulecos\nsystem\n\x86QX\x09\x00\x00\x00touch ran\x85R.",
    "extension": b"\x80\x02\x82\x01X\x09\x00\x00\x00touch ran\x85R.",
}

#: Opens files as a user would, and prints every event of Python that could do harm.
AUDITED = """
import json, sys
from pathlib import Path
from lstminspect.files.model_file import open_file

def opened(path):
    try:
        file = open_file(path)
        for tensor in file.tensors:
            tensor.values()
        return list(file.contents.notes)
    except ValueError as error:
        return [type(error).__name__, str(error)]

def hook(event, arguments):
    harm = ("open", "exec", "compile", "import", "os.", "subprocess.", "socket.", "ctypes.",
            "pickle.", "shutil.", "marshal.")
    if event.startswith(harm) and not (event == "open" and arguments[0] == path):
        events.append(f"{event} {arguments}"[:200])

# What is imported for a harmless file is there when the hook is set.
paths = sorted(sys.argv[2:])
opened(sys.argv[1])
events, path = [], ""
sys.addaudithook(hook)
results = {}
for path in paths:
    events.clear()
    notes = opened(path)
    results[path] = [list(events), notes]
path = ""
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The events and notes of every pickle of RUNNING, read in one process of its own."""
    folder = tmp_path_factory.mktemp("running")
    (folder / "harmless").write_bytes(pickle.dumps({"w": np.ones(3), "x": Reduced()}))
    for name, data in RUNNING.items():
        (folder / f"{name}.pkl").write_bytes(data)
    (folder / "bad.pkl").write_bytes(b"(")
    paths = [str(folder / f"{name}.pkl") for name in RUNNING]
    command = [sys.executable, "-c", AUDITED, str(folder / "harmless"), *paths]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return folder, json.loads(result.stdout)


@pytest.mark.parametrize("name", RUNNING)
def test_a_pickle_that_runs_code_is_read_and_not_run(
    audited: tuple[Path, dict[str, Any]], name: str
) -> None:
    folder, results = audited
    events, notes = results[str(folder / f"{name}.pkl")]
    assert events == []
    assert "FileError" in notes or "Here nothing is run." in notes[0]
    assert not (folder / "ran").exists()


@pytest.mark.parametrize("name", ["REDUCE", "INST", "OBJ", "STACK_GLOBAL", "memo"])
def test_the_same_pickle_does_run_when_pickle_loads_it(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, RUNNING[name])
    load = "import pickle, sys; pickle.load(open(sys.argv[1], 'rb'))"
    subprocess.run([sys.executable, "-c", load, str(path)], cwd=tmp_path, capture_output=True)
    assert (tmp_path / "ran").exists()


def test_a_name_that_a_pickle_would_call_is_in_a_note(tmp_path: Path) -> None:
    held = {"w": np.ones(3), "evil": Reduced()}
    file = open_file(saved(tmp_path, pickle.dumps(held)))
    assert [each.name for each in file.tensors] == ["w"]
    (note,) = file.contents.notes
    assert note == "The file names builtins.exec, which loading it would run. Here nothing is run."


# What costs without end ---------------------------------------------------------------------------


def laughs(depth: int) -> bytes:
    """Tuples of two that share one another: `depth` bytes, and 2 to the power of it paths."""
    return b"\x80\x02)" + b"2\x86" * depth + b"."


COSTLY = {
    "shared tuples": laughs(20_000),
    "shared tuples as a key": b"\x80\x02})" + b"2\x86" * 60 + b"K\x01s.",
    "a list in itself": b"\x80\x02]q\x00h\x00a.",
    "a dict in itself": b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.",
    "marks": b"\x80\x02" + b"(" * 500_000,
    "many opcodes": b"\x80\x02" + b"N0" * 2_500_000 + b"N.",
    "a long number of bytes": b"\x80\x02\x8b\xff\xff\xff\x7f" + b"\x01" * 3000,
    "a long number of digits": b"\x80\x02L" + b"9" * 200_000 + b"L\n.",
    "a length without its bytes": b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "a text without its bytes": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
    "a large memo": b"\x80\x02Nr\xff\xff\xff\xff.",
    "a buffer from outside": b"\x80\x05\x97.",
    "a protocol to come": b"\x80\x09N.",
    "a long text with escapes": b"(S'" + b"\\x41" * 14_000_000 + b"'\n.",
    "deep lists": b"\x80\x02" + b"](" * 200_000 + b"e" * 200_000 + b".",
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_pickle_that_could_cost_without_end_is_over_soon(tmp_path: Path, name: str) -> None:
    started = time.process_time()
    try:
        open_file(saved(tmp_path, COSTLY[name]))
    except FileError as error:
        assert len(str(error)) < 310
    assert time.process_time() - started < 5


def test_values_that_are_nested_without_reason_are_refused(tmp_path: Path) -> None:
    data = b"\x80\x02" + b"](" * 200 + b"e" * 200 + b"."
    with pytest.raises(FileError, match=r"model.pkl: its values are nested deeper than 100"):
        open_file(saved(tmp_path, data))


def test_an_array_that_is_larger_than_its_bytes_is_refused(tmp_path: Path) -> None:
    data = pickle.dumps(np.arange(4, dtype=np.float32), 2)
    lie = data.replace(b"K\x04\x85", b"K\x05\x85")
    with pytest.raises(FileError, match=r"shape \(5,\) and type float32 takes 20 bytes.* holds 16"):
        open_file(saved(tmp_path, lie))


# Damage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_is_cut_off_anywhere_is_refused_with_one_sentence(
    tmp_path: Path, protocol: int
) -> None:
    data = pickle.dumps({"w": np.arange(3.0), "b": OrderedDict(c=(1, 2.5, "x", None))}, protocol)
    for end in range(1, len(data)):
        with pytest.raises(
            FileError, match=r"is cut off or damaged|no model file|not a model file"
        ):
            open_file(saved(tmp_path, data[:end]))


def test_changed_bytes_give_tensors_or_a_file_error(tmp_path: Path) -> None:
    random = Random(5)
    data = pickle.dumps({"w": np.arange(30.0), "b": [ARRAYS["flags"], {"c": (1, "x")}]}, 4)
    for _ in range(1000):
        changed = bytearray(data)
        for _ in range(random.randint(1, 4)):
            changed[random.randrange(len(changed))] = random.randrange(256)
        try:
            for tensor in open_file(saved(tmp_path, bytes(changed))).tensors:
                tensor.values()
        except FileError:
            pass


def test_every_opcode_of_python_is_followed_but_for_a_buffer_from_outside() -> None:
    assert len(STEPS) == len(pickletools.opcodes)
    missing = {each.name for each in STEPS.values() if each.value is None and each.follow is None}
    assert missing == {"STOP", "NEXT_BUFFER"}


def test_a_call_is_kept_with_its_arguments() -> None:
    node = read(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R.")
    assert isinstance(node, Object)
    assert (node.path, node.arguments) == ("os.system", ("ls",))
