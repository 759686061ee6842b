"""Pickles, read and never run: a machine that follows the opcodes and makes inert nodes.

`pickle` calls whatever function a file names. This machine has no function to call: a name stays a
Global, a call stays an Object that lists its arguments. What a few of them mean (a tensor, an
array) is said in `torch_objects.py` and `numpy_objects.py`. Source: Lib/pickletools.py, whose table
says how long each opcode's argument is.
"""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from lstminspect.errors import FileError
from lstminspect.files.pickle_nodes import Chunk, Dict, Global, Object, Persistent, Set
from lstminspect.files.pickle_values import VALUES, text

__all__ = ["Pickle", "read_pickle"]

#: Bounds: opcodes of a pickle, bytes of a line of text or number, bytes that are read at once.
MOST_OPCODES, MOST_LINE, MOST_NUMBER, MOST_HELD = 4_000_000, 1 << 26, 1024, 1024
#: How a length is written, by pickletools' sign for it: its bytes, and struct's code.
LENGTHS = {-2: (1, "<B"), -3: (4, "<i"), -4: (4, "<I"), -5: (8, "<Q")}
#: Opcodes whose bytes may be the values of a tensor.
LEFT = {"BINSTRING", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"}
PROTOCOL = max(each.proto for each in pickletools.opcodes)
#: What a file can do to the machine by wrong opcodes, wrong text or wrong order.
DAMAGE = (
    ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError, struct.error,
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Pickle:
    """A pickle that was read: its `root`, names, references to the outside, and `end`."""

    root: Any
    names: tuple[str, ...]
    references: tuple[Persistent, ...]
    end: int


def read_pickle(
    stream: BinaryIO, size: int, title: str, check: Callable[[], None] = lambda: None
) -> Pickle:
    """The pickle at the place of `stream`, which has `size` bytes. Nothing of it is run.

    `check` is called from time to time. Raises FileError, which names `title`, for a
    pickle that is damaged or larger than the bounds.
    """
    machine = _Machine(stream, size)
    try:
        for count, code in enumerate(iter(lambda: stream.read(1), b".")):
            if not count % 1024:
                check()
            if count > MOST_OPCODES:
                raise FileError(f"{title}: its pickle has more than {MOST_OPCODES:,} opcodes.")
            machine.step(STEPS[code])
        root = machine.stack.pop()
    except FileError:
        raise
    except DAMAGE:
        place = min(stream.tell(), size)
        raise FileError(
            f"{title}: its pickle is cut off or damaged at byte {place:,}, so it cannot be read."
        ) from None
    return Pickle(root, tuple(machine.names), tuple(machine.references), stream.tell())


class _Machine:
    """The stack, the marks and the memo of a pickle."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self.stream, self.size = stream, size
        self.stack: list[Any] = []
        self.outer: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.names: dict[str, None] = {}
        self.references: list[Persistent] = []

    def step(self, step: _Step) -> None:
        """Follow one opcode."""
        arguments = () if step.size is None else (self.argument(step.name, step.size),)
        if step.value is not None:
            self.stack.append(step.value(*arguments))
        else:
            step.follow(self, *arguments)

    def argument(self, name: str, size: int) -> Any:
        """The bytes of an argument; a long one of bytes is left where it is."""
        if size == pickletools.UP_TO_NEWLINE:
            return self.line(MOST_LINE if name in ("STRING", "UNICODE") else MOST_NUMBER)
        if size >= 0:
            return self.read(size)
        width, code = LENGTHS[size]
        (count,) = struct.unpack(code, self.read(width))
        if name in LEFT and (count > MOST_HELD or name != "BINSTRING"):
            chunk = Chunk(self.stream.tell(), count)
            if chunk.offset + count > self.size:
                raise IndexError
            self.stream.seek(chunk.offset + count)
            return chunk
        if name in ("LONG1", "LONG4") and count > MOST_NUMBER:
            raise OverflowError
        return self.read(count)

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes. They are compared with the file before anything is allocated."""
        if not 0 <= count <= self.size - (self.stream.tell() if count > MOST_HELD else 0):
            raise IndexError
        data = self.stream.read(count)
        if len(data) != count:
            raise IndexError
        return data

    def line(self, most: int) -> bytes:
        """The bytes up to the end of the line, without it."""
        data = self.stream.readline(most)
        if not data.endswith(b"\n"):
            raise IndexError
        return data[:-1]

    def marked(self) -> list[Any]:
        """Take what stands on the stack above the last mark."""
        items, self.stack = self.stack, self.outer.pop()
        return items

    def named(self, module: Any, name: Any) -> Global:
        """The name of a function or class, noted."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise TypeError
        found = Global(module, name)
        self.names[found.path] = None
        return found

    def made(self, function: Any, arguments: Any) -> None:
        """Push what a call would have made."""
        if not isinstance(arguments, tuple):
            raise TypeError
        self.stack.append(Object(function, arguments))

    # The frame of a pickle ------------------------------------------------------------------------

    def on_proto(self, argument: bytes) -> None:
        if argument[0] > PROTOCOL:
            raise ValueError

    def on_frame(self, argument: bytes) -> None:
        """A frame says only how much may be read at once."""

    def on_readonly_buffer(self) -> None:
        """Nothing is written here."""

    # The stack and the memo -----------------------------------------------------------------------

    def on_mark(self) -> None:
        self.outer.append(self.stack)
        self.stack = []

    def on_pop(self) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self.marked()

    def on_pop_mark(self) -> None:
        self.marked()

    def on_dup(self) -> None:
        self.stack.append(self.stack[-1])

    def on_get(self, argument: bytes) -> None:
        self.stack.append(self.memo[int(argument)])

    def on_binget(self, argument: bytes) -> None:
        self.stack.append(self.memo[int.from_bytes(argument, "little")])

    on_long_binget = on_binget

    def on_put(self, argument: bytes) -> None:
        self.memo[int(argument)] = self.stack[-1]

    def on_binput(self, argument: bytes) -> None:
        self.memo[int.from_bytes(argument, "little")] = self.stack[-1]

    on_long_binput = on_binput

    def on_memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    # Containers -----------------------------------------------------------------------------------

    def on_tuple(self) -> None:
        items = self.marked()
        self.stack.append(tuple(items))

    def on_tuple1(self, count: int = 1) -> None:
        items = [self.stack.pop() for _ in range(count)]
        self.stack.append(tuple(reversed(items)))

    def on_tuple2(self) -> None:
        self.on_tuple1(2)

    def on_tuple3(self) -> None:
        self.on_tuple1(3)

    def on_list(self) -> None:
        items = self.marked()
        self.stack.append(items)

    def on_dict(self) -> None:
        pairs = list(_pairs(self.marked()))
        self.stack.append(Dict(pairs))

    def on_frozenset(self) -> None:
        items = self.marked()
        self.stack.append(Set(items))

    def on_append(self) -> None:
        self.added([self.stack.pop()])

    def on_appends(self) -> None:
        self.added(self.marked())

    on_additems = on_appends

    def added(self, items: list[Any]) -> None:
        """Put items into the list, the set or the object on top of the stack."""
        top = self.stack[-1]
        (top if isinstance(top, list) else top.items).extend(items)

    def on_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1].pairs.append((key, value))

    def on_setitems(self) -> None:
        pairs = list(_pairs(self.marked()))
        self.stack[-1].pairs.extend(pairs)

    # Names and calls: kept as they stand ----------------------------------------------------------

    def on_global(self, argument: bytes) -> None:
        name = self.line(MOST_NUMBER)
        self.stack.append(self.named(text(argument), text(name)))

    def on_stack_global(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(self.named(module, name))

    def on_ext1(self, argument: bytes) -> None:
        number = int.from_bytes(argument, "little")
        self.stack.append(self.named("copyreg", f"extension {number}"))

    on_ext2 = on_ext4 = on_ext1

    def on_inst(self, argument: bytes) -> None:
        name = self.line(MOST_NUMBER)
        self.made(self.named(text(argument), text(name)), tuple(self.marked()))

    def on_obj(self) -> None:
        function, *arguments = self.marked()
        self.made(function, tuple(arguments))

    def on_reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self.made(function, arguments)

    on_newobj = on_reduce

    def on_newobj_ex(self) -> None:
        self.stack.pop()
        self.on_reduce()

    def on_build(self) -> None:
        state = self.stack.pop()
        self.stack[-1].state = state

    def on_persid(self, argument: bytes) -> None:
        self.stack.append(Persistent(text(argument)))

    def on_binpersid(self) -> None:
        reference = Persistent(self.stack.pop())
        self.references.append(reference)
        # PyTorch's legacy form refers so to a class, with its source text.
        is_class = isinstance(reference.id, tuple) and reference.id[:1] == ("module",)
        self.stack.append(reference.id[1] if is_class else reference)


def _pairs(items: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(items[::2], items[1::2], strict=True)


class _Step(NamedTuple):
    """Action at an opcode: push a value, or follow a method of the machine.

    `size` is pickletools' sign for the length of its argument, None where it has none.
    """

    name: str
    size: int | None
    value: Callable[..., Any] | None
    follow: Any


STEPS = {
    each.code.encode("latin-1"): _Step(
        each.name,
        None if each.arg is None else each.arg.n,
        VALUES.get(each.name),
        getattr(_Machine, f"on_{each.name.lower()}", None),
    )
    for each in pickletools.opcodes
}
