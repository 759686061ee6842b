"""The values that opcodes of a pickle push: numbers, text and empty containers."""

from __future__ import annotations

import codecs
import struct
import warnings
from collections.abc import Callable
from typing import Any

from lstminspect.files.pickle_nodes import Chunk, Dict, Set

__all__ = ["VALUES", "text"]


def text(data: bytes) -> str:
    """UTF-8 as text; bytes that are not so stay to be seen."""
    return data.decode("utf-8", "backslashreplace")


def _latin(data: Any) -> Any:
    """A string of Python 2: its bytes as letters, which is how arrays of that time are kept."""
    return data if isinstance(data, Chunk) else data.decode("latin-1")


def _quoted(data: bytes) -> str:
    """A string of protocol 0, between quotes and with escapes."""
    text = data.strip()
    if len(text) < 2 or text[:1] not in (b"'", b'"') or text[-1:] != text[:1]:
        raise ValueError
    with warnings.catch_warnings():
        # An escape that Python does not know stands for itself.
        warnings.simplefilter("ignore")
        return codecs.escape_decode(text[1:-1])[0].decode("latin-1")


def _integer(data: bytes) -> int | bool:
    """A number of protocol 0, where 00 and 01 are False and True."""
    return {b"00": False, b"01": True}[data] if data in (b"00", b"01") else int(data.rstrip(b"L"))


def _long(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def _unsigned(data: bytes) -> int:
    return int.from_bytes(data, "little")


#: Opcodes that only push a value, and what makes it, from their argument if they have one.
VALUES: dict[str, Callable[..., Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "INT": _integer,
    "LONG": _integer,
    "BININT": _long,
    "BININT1": _unsigned,
    "BININT2": _unsigned,
    "LONG1": _long,
    "LONG4": _long,
    "FLOAT": float,
    "BINFLOAT": lambda data: struct.unpack(">d", data)[0],
    "STRING": _quoted,
    "BINSTRING": _latin,
    "SHORT_BINSTRING": _latin,
    "UNICODE": lambda data: data.decode("raw-unicode-escape"),
    "BINUNICODE": text,
    "SHORT_BINUNICODE": text,
    "BINUNICODE8": text,
    **dict.fromkeys(("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"), lambda data: data),
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": Dict,
    "EMPTY_SET": Set,
}
