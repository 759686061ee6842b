"""The process that reads the structure of an HDF5 file by h5py, for Pythons without pyfive.

It opens no file: it asks for ranges on its output, and they come on its input. HDF5's C library can
hang or crash on a damaged file; here that ends this process, and no other.
"""

from __future__ import annotations

import io
import json
import sys
from typing import Any

MOST_NODES, MOST_DEPTH = 100_000, 64
KINDS = {"f": "float", "i": "int", "u": "uint", "b": "bool"}


class Pipe(io.RawIOBase):
    """The file, by ranges that the process before this one sends."""

    def __init__(self, size: int) -> None:
        self.size, self.place = size, 0

    def readable(self) -> bool:
        """True: it is there to be read."""
        return True

    def seekable(self) -> bool:
        """True: HDF5 reads where its addresses lead."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place."""
        self.place = offset + (0, self.place, self.size)[whence]
        return self.place

    def tell(self) -> int:
        """The place."""
        return self.place

    def readinto(self, buffer: Any) -> int:
        """Ask for the next bytes."""
        count = max(0, min(len(buffer), self.size - self.place))
        if count:
            sys.stdout.buffer.write(f"{self.place} {count}\n".encode())
            sys.stdout.buffer.flush()
            buffer[:count] = sys.stdin.buffer.read(count)
        self.place += count
        return count


def contents(file: Any) -> dict[str, Any]:
    """Everything that the file holds, as values of JSON."""
    datasets: list[Any] = []
    notes: list[str] = []
    attributes: dict[str, Any] = {}
    waiting, seen, skipped, nodes = [("", file)], set(), 0, 0
    while waiting:
        path, group = waiting.pop()
        attributes[path] = texts(group.attrs)
        below = []
        for name in group:
            nodes += 1
            plain = name.replace("\\", "/")
            inner = f"{path}/{plain}" if path else plain
            if nodes > MOST_NODES or inner.count("/") > MOST_DEPTH:
                raise ValueError
            link = group.get(name, getlink=True)
            if type(link).__name__ != "HardLink":
                notes.append(f"{inner!r} is a link to {link.path!r}: not followed.")
                continue
            node = group[name]
            if hasattr(node, "keys"):
                if (key := node.id.__hash__()) not in seen:
                    seen.add(key)
                    below.append((inner, node))
            elif isinstance(entry := dataset(inner, node), str):
                notes.append(entry)
            elif entry is None:
                skipped += 1
            else:
                datasets.append(entry)
        waiting.extend(reversed(below))
    if skipped:
        notes.append(f"{skipped} data sets hold no numbers, and are left out.")
    return {"datasets": datasets, "attributes": attributes, "notes": notes}


def dataset(path: str, node: Any) -> Any:
    """A data set of numbers; a note about one that is elsewhere; None for another."""
    if not hasattr(node, "shape") or node.shape is None:
        return None
    settings = node.id.get_create_plist()
    if settings.get_external_count():
        return f"{path!r} keeps its values in another file: not opened."
    layout = settings.get_layout()
    if layout == 3:
        return f"{path!r} is a virtual data set of other files: not opened."
    kind, size = node.dtype.kind, node.dtype.itemsize
    name = f"{KINDS[kind]}{8 * size}" if kind in "fiu" else "bool" if kind == "b" else ""
    if texts(node.attrs).get("dtype") == "bfloat16" and size == 2:
        name = "bfloat16"
    if not name:
        return None
    order = ">" if node.dtype.str[0] == ">" else "<"
    fill = node.fillvalue if name != "bfloat16" else 0
    return [path, list(node.shape), name, order, place(node, settings, layout), float(fill)]


def place(node: Any, settings: Any, layout: int) -> Any:
    """An offset, bytes as hexadecimal digits, chunks, or None where nothing was written."""
    if layout == 0:
        return node[()].tobytes().hex()
    if layout == 1:
        return node.id.get_offset() if node.id.get_storage_size() else None
    filters = [settings.get_filter(at)[0] for at in range(settings.get_nfilters())]
    chunks = []
    for at in range(node.id.get_num_chunks()):
        info = node.id.get_chunk_info(at)
        chunks.append([list(info.chunk_offset), info.filter_mask, info.byte_offset, info.size])
    return [list(node.chunks), filters, chunks] if chunks else None


def texts(attributes: Any) -> dict[str, Any]:
    """The attributes that are text, or lists of it."""
    result: dict[str, Any] = {}
    for name, value in attributes.items():
        listed = value.ravel().tolist() if getattr(value, "ndim", 0) else [value]
        plain = [
            each.rstrip(b"\0").decode("utf-8", "backslashreplace")
            if isinstance(each, bytes)
            else each
            for each in listed
        ]
        if all(isinstance(each, str) for each in plain):
            result[name] = plain if getattr(value, "ndim", 0) else plain[0]
    return result


def main() -> None:
    """Read the file whose size is the first argument, and write what it holds."""
    # The folder of this file is not where packages are.
    sys.path.pop(0)
    import h5py

    with h5py.File(io.BufferedReader(Pipe(int(sys.argv[1])), 1 << 16), "r") as file:
        text = json.dumps(contents(file)).encode()
    sys.stdout.buffer.write(f"done {len(text)}\n".encode() + text)


if __name__ == "__main__":
    main()
