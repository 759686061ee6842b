"""Hostile HDF5 files: links, cycles, storage elsewhere, shapes without values, bombs."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from samples import hdf5, legacy_h5, weights_h5

__all__ = ["HDF5"]

Maker = Callable[[Path], Any]
SECRET = "secret.h5"


def written(write: Callable[[Any], None]) -> Maker:
    return lambda _: hdf5(write)


def external_link(file: Any) -> None:
    import h5py

    file["layers"] = h5py.ExternalLink(SECRET, "/w")


def external_storage(file: Any) -> None:
    file.create_dataset("w", (4,), "f4", external=[(SECRET, 0, 16)])


def device_storage(file: Any) -> None:
    file.create_dataset("w", (1 << 30,), "f4", external=[("/dev/zero", 0, 1 << 32)])


def virtual(file: Any) -> None:
    import h5py

    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource(SECRET, "w", shape=(4,))
    file.create_virtual_dataset("w", layout)


def virtual_of_itself(file: Any) -> None:
    import h5py

    layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
    layout[:] = h5py.VirtualSource(".", "w", shape=(4,))
    file.create_virtual_dataset("w", layout)


def soft_links(file: Any) -> None:
    import h5py

    file["a"], file["b"] = h5py.SoftLink("/b"), h5py.SoftLink("/a")


def hard_links(file: Any) -> None:
    """Groups each of which holds every other one and the root."""
    groups = [file.create_group(f"g{number}") for number in range(40)]
    for group in groups:
        group["top"] = file["/"]
        for number, other in enumerate(groups):
            group[f"to{number}"] = other


def many_names(file: Any) -> None:
    """One data set under many names."""
    file["w"] = np.zeros(1000, np.float32)
    for number in range(4000):
        file[f"n{number}"] = file["w"]


def groups(depth: int) -> Callable[[Any], None]:
    return lambda file: file.create_group("/".join("g" * depth))


def shape(*sizes: int, **options: Any) -> Callable[[Any], None]:
    return lambda file: file.create_dataset("w", sizes, "f4", **options)


def bomb(file: Any) -> None:
    """Chunks of zeros, 2 GB of them when they are inflated."""
    part = zlib.compress(bytes(1 << 24), 9)
    held = file.create_dataset("w", (1 << 29,), "f4", chunks=(1 << 22,), compression="gzip")
    for start in range(0, 1 << 29, 1 << 22):
        held.id.write_direct_chunk((start,), part)


def chunk_bomb(file: Any) -> None:
    """One chunk that becomes 16 times what a chunk is."""
    held = file.create_dataset("w", (1 << 20,), "f4", chunks=(1 << 20,), compression="gzip")
    held.id.write_direct_chunk((0,), zlib.compress(bytes(1 << 26), 9))


def many_chunks(file: Any) -> None:
    held = file.create_dataset("w", (30_000,), "u1", chunks=(1,))
    held[:] = 1


def texts(file: Any) -> None:
    """Lists of names that never end: each stands for a weight of a layer."""
    file.attrs["layer_names"] = np.array([b"rnn"] * 5000)
    layer = file.create_group("rnn")
    layer.attrs["weight_names"] = np.array([b"w"] * 5000)
    layer["w"] = np.zeros(4, np.float32)


def large_texts(file: Any) -> None:
    file.create_dataset("t", (1 << 40,), "S1000000", chunks=(1,))


def names_that_lead_out(file: Any) -> None:
    file.attrs["layer_names"] = np.array([b"../../ran", b"/etc"])
    file.create_group("..")["w"] = np.zeros(4, np.float32)


def config(text: str) -> Callable[[Any], None]:
    """A legacy model whose configuration is `text`, which is too long for one attribute."""

    def write(file: Any) -> None:
        file.attrs.create("model_config", text)
        file.create_group("model_weights").attrs["layer_names"] = np.array([b"rnn"])

    return write


def newest(write: Callable[[Any], None]) -> Maker:
    """A file in the newest form, whose attributes may be large."""

    def make(_: Path) -> bytes:
        import h5py

        stream = io.BytesIO()
        with h5py.File(stream, "w", libver="latest") as file:
            write(file)
        return stream.getvalue()

    return make


def replaced(data: Callable[[], bytes], old: bytes, new: bytes, start: int = 0) -> Maker:
    """A sample with some bytes changed, of the same length."""

    def make(_: Path) -> bytes:
        whole = data()
        assert old in whole[start:]
        assert len(old) == len(new)
        return whole[:start] + whole[start:].replace(old, new)

    return make


def eight(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(8, "little") for number in numbers)


FILES: dict[str, tuple[Maker, str]] = {
    "external link": (written(external_link), "links to another file, which is never opened"),
    "external storage": (written(external_storage), ""),
    "device as storage": (written(device_storage), ""),
    "virtual": (written(virtual), ""),
    "virtual of itself": (written(virtual_of_itself), ""),
    "soft links in a ring": (written(soft_links), ""),
    "hard links in rings": (written(hard_links), ""),
    "many names": (written(many_names), ""),
    "deep": (written(groups(2000)), "too deep"),
    "shape is huge": (written(shape(1 << 40, chunks=(1 << 20,))), "holds 0 for it"),
    "shape overflows": (
        written(shape(1 << 31, 1 << 31, 1 << 31, chunks=(1, 1, 1))), "holds 0 for it"),
    "shape without values": (written(shape(1 << 30)), "holds 0 for it"),
    "shape of zero": (written(shape(0, 1 << 40, 1 << 40, maxshape=(None, None, None),
                                    chunks=(1, 1, 1))), "is not a shape"),
    "bomb": (written(bomb), ""),
    "bomb in a chunk": (written(chunk_bomb), ""),
    "many chunks": (written(many_chunks), ""),
    "endless names": (written(texts), ""),
    "huge texts": (written(large_texts), ""),
    "names that lead out": (written(names_that_lead_out), ""),
    "deep config": (newest(config('{"a":' * 100_000)), "nested too deeply"),
    "config of many numbers": (newest(config("[" + "1," * 1_000_000 + "1]")), ""),
    "config is no text": (written(lambda file: file.attrs.create("model_config", np.ones(3))), ""),
    "sizes lie": (replaced(legacy_h5, eight(3, 8), eight(1 << 62, 8)), "is not a shape"),
    "no sizes": (
        replaced(legacy_h5, eight(3, 8), eight((1 << 64) - 1, (1 << 64) - 1)), "is not a shape"),
    "root is the start": (
        replaced(weights_h5, eight(0x60), eight(0), 64), "structure cannot be read"),
    "end is far": (lambda _: weights_h5()[:40] + eight(1 << 62) + weights_h5()[48:], "cut off"),
    "user block": (lambda _: bytes(512) + weights_h5(), "structure cannot be read"),
    "version 9": (lambda _: b"\x89HDF\r\n\x1a\n\x09" + bytes(200), "structure cannot be read"),
}  # fmt: skip

#: HDF5 files by name: the maker, and the refusal, or "" for one that opens.
HDF5: dict[str, tuple[Maker, str]] = {f"{name}.h5": each for name, each in FILES.items()}
