"""Hostile pickles: each way to run code, in each file that holds a pickle, and lies about sizes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["PICKLES"]

Maker = Callable[[Path], Any]


def text(value: str) -> bytes:
    """The opcode of a text."""
    raw = value.encode()
    return b"X" + len(raw).to_bytes(4, "little") + raw


#: What a pickle may call, and the text that it calls it with: a file "ran", or an event, is left.
CALLS = {
    "os system": "touch ran",
    "posix system": "touch ran",
    "nt system": "touch ran",
    "os popen": "touch ran",
    "builtins exec": "open('ran', 'w')",
    "builtins eval": "open('ran', 'w')",
    "__builtin__ eval": "open('ran', 'w')",
    "builtins __import__": "hostile_module",
    "importlib import_module": "hostile_module",
    "runpy run_path": "hostile_module.py",
    "runpy _run_module_as_main": "hostile_module",
    "subprocess getoutput": "touch ran",
    "subprocess Popen": "touch",
    "pty spawn": "touch",
    "pydoc pipepager": "touch ran",
    "timeit timeit": "open('ran', 'w')",
    "code InteractiveInterpreter.runcode": "open('ran', 'w')",
    "pickle loads": "cos\nsystem\n(S'touch ran'\ntR.",
    "torch.storage _load_from_bytes": "cos\nsystem\n(S'touch ran'\ntR.",
    "torch.hub load": "hostile_module",
    "torch load": "secret.safetensors",
    "numpy load": "secret.safetensors",
    "numpy.testing._private.utils runstring": "open('ran', 'w')",
    "joblib load": "secret.safetensors",
    "webbrowser open": "http://127.0.0.1:9",
    "urllib.request urlopen": "http://127.0.0.1:9",
    "socket create_connection": "127.0.0.1",
    "builtins open": "ran",
    "io open": "ran",
    "shutil rmtree": "ran",
    "ctypes CDLL": "ran.so",
    "hostile_module anything": "x",
}  # fmt: skip


def split(call: str) -> tuple[str, str, str]:
    module, _, name = call.partition(" ")
    return module, name, CALLS[call]


def by_reduce(call: str) -> bytes:
    module, name, word = split(call)
    return f"c{module}\n{name}\n".encode() + text(word) + b"\x85R"


def by_stack(call: str) -> bytes:
    module, name, word = split(call)
    return text(module) + text(name) + b"\x93" + text(word) + b"\x85R"


def by_inst(call: str) -> bytes:
    module, name, word = split(call)
    return b"(" + text(word) + f"i{module}\n{name}\n".encode()


def by_obj(call: str) -> bytes:
    module, name, word = split(call)
    return f"(c{module}\n{name}\n".encode() + text(word) + b"o"


def by_newobj(call: str) -> bytes:
    return by_reduce(call)[:-1] + b"\x81"


def by_newobj_ex(call: str) -> bytes:
    return by_reduce(call)[:-1] + b"}\x92"


def by_build(call: str) -> bytes:
    """A class whose own state sets what it is built by."""
    module, name, word = split(call)
    state = b"}" + text("__setstate__") + f"c{module}\n{name}\n".encode() + b"s"
    return b"cbuiltins\nobject\n)\x81" + state + b"b" + text(word) + b"b"


def by_memo(call: str) -> bytes:
    module, name, word = split(call)
    return f"c{module}\n{name}\nq\x010".encode() + text(word) + b"q\x020h\x01h\x02\x85R"


def by_array(call: str) -> bytes:
    """NumPy's own function for rebuilding, with another function for the array's class."""
    module, name, word = split(call)
    return (
        b"cnumpy._core.multiarray\n_reconstruct\n" + f"c{module}\n{name}\n".encode() + text(word)
        + b"\x85K\x00\x86R"
    )  # fmt: skip


def by_tensor(call: str) -> bytes:
    """PyTorch's rebuilding by a class, in whose place the function stands."""
    module, name, word = split(call)
    return (
        b"ctorch._tensor\n_rebuild_from_type_v2\n(" + f"c{module}\n{name}\n".encode()
        + b"cbuiltins\nobject\n" + text(word) + b"\x85}tR"
    )  # fmt: skip


def by_reference(call: str) -> bytes:
    return by_reduce(call) + b"Q"


def by_key(call: str) -> bytes:
    return b"}" + by_reduce(call) + b"K\x01s"


WAYS = (
    by_reduce, by_stack, by_inst, by_obj, by_newobj, by_newobj_ex, by_build, by_memo, by_array,
    by_tensor, by_reference, by_key,
)  # fmt: skip


def plain(body: bytes) -> bytes:
    return b"\x80\x04" + body + b"."


def in_zip(body: bytes, name: str = "m/data.pkl") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        parts = {"m/data.pkl": b"\x80\x02}.", "m/version": b"3\n", "m/data/0": bytes(16)}
        for each, data in (parts | {name: b"\x80\x02" + body + b"."}).items():
            opened.writestr(each, data)
    return stream.getvalue()


def in_legacy(body: bytes) -> bytes:
    """The old form of PyTorch: five pickles in a row, the fourth of which is the program."""
    magic = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
    return magic + b"\x80\x02M\xe9\x03." + b"\x80\x02}." + b"\x80\x02" + body + b"." + b"\x80\x02]."


def in_array(body: bytes) -> bytes:
    head = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + plain(body)


#: The files that hold a pickle.
FORMS: dict[str, Callable[[bytes], bytes]] = {
    "pkl": plain,
    "pt": in_zip,
    "pth": in_legacy,
    "npy": in_array,
    "jit": partial(in_zip, name="m/constants.pkl"),
}  # fmt: skip

#: The form that is refused whole; of the others what would be run is named in a note.
REFUSED = {"npy": "is a pickle of Python objects"}

Bytes = Callable[[], bytes]
LIES: dict[str, tuple[Bytes, str]] = {
    "laughs": (lambda: b"\x80\x02)" + b"2\x86" * 50_000 + b".", "nested deeper than"),
    "laughs of lists": (
        lambda: b"\x80\x02]" + b"q\x01]h\x01ah\x01a" * 5000 + b".", "nested deeper than"),
    "laughs of dicts": (
        lambda: b"\x80\x02}" + b"q\x01}X\1\0\0\0ah\x01sX\1\0\0\0bh\x01s" * 60 + b".", ""),
    "a list in itself": (lambda: b"\x80\x02]q\x00h\x00a.", ""),
    "a dict in itself": (lambda: b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.", ""),
    "marks": (lambda: b"\x80\x02" + b"(" * 1_000_000, "its pickle is cut off"),
    "deep lists": (
        lambda: b"\x80\x02" + b"](" * 200_000 + b"e" * 200_000 + b".", "nested deeper than"),
    "deep calls": (
        lambda: b"\x80\x02cos\nsystem\n" + b"\x85cos\nsystem\n\x86R" * 10_000 + b".",
        "its pickle is cut off"),
    "a memo of a million": (lambda: b"\x80\x04N" + b"\x94" * 1_000_000 + b".", ""),
    "a memo far away": (lambda: b"\x80\x02Nr\xff\xff\xff\xff.", ""),
    "bytes without end": (
        lambda: b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f.", "its pickle is cut off"),
    "text without end": (lambda: b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f.", "its pickle is cut off"),
    "bytes of 4 GB": (lambda: b"\x80\x03B\xff\xff\xff\xff.", "its pickle is cut off"),
    "bytes of a negative length": (lambda: b"T\xff\xff\xff\xff.", "not a model file"),
    "bytes to write": (lambda: b"\x80\x05\x96" + b"\xff" * 7 + b"\x7f.", "its pickle is cut off"),
    "a frame without end": (lambda: b"\x80\x04\x95" + b"\xff" * 8 + b"N.", ""),
    "a long number": (
        lambda: b"\x80\x02\x8b\xff\xff\xff\x7f" + b"\x01" * 3000, "its pickle is cut off"),
    "a long number in digits": (lambda: b"L" + b"9" * 1_000_000 + b"L\n.", "not a model file"),
    "a long line": (lambda: b"(S'" + b"\\x41" * 5_000_000 + b"'\n.", ""),
    "a pickle of pickles": (lambda: b"N." * 500_000, "not a model file"),
    "a shape of text": (
        lambda: b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NX\1\0\0\0aNNNNtR.", ""),
}  # fmt: skip


def runs(form: str, way: Callable[[str], bytes], call: str) -> Maker:
    return lambda _: FORMS[form](way(call))


def made(make: Bytes) -> Maker:
    return lambda _: make()


#: Every call once, every way in every form once, and the lies.
PICKLES: dict[str, tuple[Maker, str]] = {
    **{f"{call}.pkl": (runs("pkl", by_reduce, call), "") for call in CALLS},
    **{f"{call} in a zip.pt": (runs("pt", by_stack, call), "") for call in CALLS},
    **{
        f"{way.__name__}.{form}": (runs(form, way, "os system"), REFUSED.get(form, ""))
        for form in FORMS
        for way in WAYS
    },
    **{f"{name}.pkl": (made(make), answer) for name, (make, answer) in LIES.items()},
}  # fmt: skip
