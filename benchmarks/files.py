"""Time and memory of opening model files of 4 GB, each in a process of its own.

The files are sparse: they take no room on the disk. The bar is 0.5 s and 150 MB for the whole
process. Then a small file, beside the load by the format's own library, in a process too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path

LARGE, SMALL, TENSORS = 4 << 30, 16 << 20, 64
MOST_SECONDS, MOST_MEGABYTES = 0.5, 150
#: Run in a process of its own: the seconds of the whole process are taken outside.
OPEN = """
import sys
from lstminspect.files.model_file import open_file
tensors = open_file(sys.argv[1]).tensors
print(len(tensors), sum(tensor.parameters for tensor in tensors))
# The peak of this process alone: getrusage begins with that of the one that started it.
status = open("/proc/self/status").read()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


#: The load of a file by the library of its format.
LOADS = {
    "safetensors": "from safetensors.numpy import load_file as load",
    "onnx": "from onnx import load",
    "pt": "from torch import load",
}


def sizes(whole: int) -> tuple[int, list[int]]:
    """The bytes of each tensor, and its shape, of a file of so many bytes."""
    columns = 4096
    rows = whole // TENSORS // 4 // columns
    return rows * columns * 4, [rows, columns]


def safetensors(path: Path, size: int) -> None:
    nbytes, shape = sizes(size)
    header = {
        f"layer{n}.weight": {
            "dtype": "F32",
            "shape": shape,
            "data_offsets": [n * nbytes, (n + 1) * nbytes],
        }
        for n in range(TENSORS)
    }
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    os.truncate(path, 8 + len(text) + TENSORS * nbytes)


def onnx(path: Path, size: int) -> None:
    nbytes, shape = sizes(size)

    def varint(number: int) -> bytes:
        parts = bytearray()
        while number > 127:
            parts.append(number & 127 | 128)
            number >>= 7
        return bytes([*parts, number])

    tensors = []
    for number in range(TENSORS):
        name = f"layer{number}.weight".encode()
        dims = b"".join(b"\x08" + varint(each) for each in shape)
        head = dims + b"\x10\x01\x42" + varint(len(name)) + name + b"\x4a" + varint(nbytes)
        tensors.append(b"\x2a" + varint(len(head) + nbytes) + head)
    length = sum(map(len, tensors)) + TENSORS * nbytes
    with path.open("wb") as stream:
        stream.write(b"\x08\x08\x3a" + varint(length))
        for each in tensors:
            stream.write(each)
            stream.seek(nbytes, os.SEEK_CUR)
        stream.truncate()


def pytorch(path: Path, size: int) -> None:
    """A checkpoint by torch.save's own pickle, its storages as stored members without data."""
    import torch

    nbytes, shape = sizes(size)
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.pt"
        state = {f"layer{n}.weight": torch.zeros(1, 1) for n in range(TENSORS)}
        torch.save(state, small)
        with zipfile.ZipFile(small) as opened:
            members = {name: opened.read(name) for name in opened.namelist()}
    rows, columns = shape
    # The sizes of the pickle are those of the large tensors: each stands there as a number.
    text = _larger(next(data for name, data in members.items() if name.endswith("data.pkl")),
                   rows, columns)  # fmt: skip
    with zipfile.ZipFile(path, "w", allowZip64=True) as opened:
        for name, data in members.items():
            if "/data/" not in name:
                opened.writestr(name, text if name.endswith("data.pkl") else data)
        for number in range(TENSORS):
            _sparse(opened, f"small/data/{number}", nbytes)


def _larger(text: bytes, rows: int, columns: int) -> bytes:
    def number(value: int) -> bytes:
        return b"J" + value.to_bytes(4, "little")

    count = number(rows * columns)
    one = b"K\x01"
    # The persistent id ends on the number of values; then come the offset, the sizes, the strides.
    text = text.replace(one + b"t", count + b"t")
    shape = one + one + b"\x86"
    parts = text.split(shape)
    new = [number(rows) + number(columns) + b"\x86", number(columns) + one + b"\x86"]
    result = parts[0]
    for at, part in enumerate(parts[1:]):
        result += new[at % 2] + part
    return result


def _sparse(opened: zipfile.ZipFile, name: str, nbytes: int) -> None:
    """A stored member of zeros that takes no room: its header, and then a hole."""
    entry = zipfile.ZipInfo(name)
    entry.file_size = entry.compress_size = nbytes
    entry.CRC = 0
    stream = opened.fp
    assert stream is not None
    entry.header_offset = opened.start_dir
    stream.seek(opened.start_dir)
    stream.write(entry.FileHeader(zip64=False))
    stream.seek(nbytes, os.SEEK_CUR)
    opened.start_dir = stream.tell()
    opened.filelist.append(entry)
    opened.NameToInfo[name] = entry
    opened._didModify = True


def process(code: str, path: Path) -> tuple[float, str]:
    """Seconds of a process that runs `code` on a path, the best of 3, and what it prints."""
    best = (float("inf"), "")
    for _ in range(3):
        start = time.perf_counter()
        command = [sys.executable, "-c", code, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        best = min(best, (time.perf_counter() - start, done.stdout))
    return best


def main() -> None:
    makers = {"safetensors": safetensors, "onnx": onnx, "pt": pytorch}
    packages = {"safetensors": "safetensors", "onnx": "onnx", "pt": "torch"}
    with tempfile.TemporaryDirectory() as folder:
        for name, make in makers.items():
            if not find_spec(packages[name]):
                continue
            path = Path(folder) / f"large.{name}"
            make(path, LARGE)
            seconds, text = process(OPEN, path)
            tensors, values, megabytes = map(int, text.split())
            print(
                f"{name}: {path.stat().st_size / (1 << 30):.1f} GB, {tensors} tensors, "
                f"{values:,} values: {seconds:.2f} s ({seconds / MOST_SECONDS:.2f} of the bar), "
                f"{megabytes} MB ({megabytes / MOST_MEGABYTES:.2f} of the bar)"
            )
            path.unlink()
            make(path, SMALL)
            ours, _ = process(OPEN, path)
            theirs, _ = process(f"import sys; {LOADS[name]}; load(sys.argv[1])", path)
            print(f"  of {SMALL >> 20} MB: {ours / theirs:.2f} of the time of its own library")
            path.unlink()


if __name__ == "__main__":
    main()
