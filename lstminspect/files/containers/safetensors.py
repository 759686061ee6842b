"""safetensors: eight bytes of length, a header of JSON, the values.

Source: https://github.com/huggingface/safetensors (README, "Format"; src/tensor.rs, `Dtype`).
"""

from __future__ import annotations

from typing import Any

from lstminspect.errors import FileError, quoted
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.dtypes import array, byte_count, checked_shape
from lstminspect.files.json_text import read_json
from lstminspect.files.source import Source

__all__ = ["DTYPES", "contents", "matches"]

#: The format's own bound on its header.
MOST_HEADER = 100_000_000

#: The format's names of types, and those of `dtypes`.
DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "BOOL": "bool",
    "C64": "complex64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu",
    "F6_E2M3": "float6_e2m3fn",
    "F6_E3M2": "float6_e3m2fn",
    "F4": "float4_e2m1fn",
}
#: What `format` of the metadata says of who wrote the file.
PRODUCERS = {"pt": "PyTorch", "tf": "TensorFlow", "flax": "Flax", "np": "NumPy", "mlx": "MLX"}


def matches(source: Source) -> bool:
    """True for the first bytes of a safetensors file."""
    head = source.head
    return len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 40


def contents(source: Source) -> Contents:
    """Contents that the header lists; the values stay where they are."""
    length = int.from_bytes(source.read(0, 8), "little")
    if length > MOST_HEADER:
        raise FileError(
            f"{source.name}: a header of {length:,} bytes; the format allows {MOST_HEADER:,}."
        )
    header = read_json(f"{source.name}: its header", source.read(8, length))
    if not isinstance(header, dict):
        raise FileError(f"{source.name} is damaged: its header is not an object of JSON.")
    metadata = header.pop("__metadata__", None)
    tensors = tuple(_tensor(source, *item, 8 + length) for item in header.items())
    return Contents(
        "safetensors", tensors, _producer(metadata), notes=_check_places(source, tensors, length)
    )


def _producer(metadata: Any) -> str:
    written_by = metadata.get("format") if isinstance(metadata, dict) else None
    return PRODUCERS.get(written_by, written_by) if isinstance(written_by, str) else ""


def _tensor(source: Source, name: str, entry: Any, start: int) -> FileTensor:
    where = f"{source.name}: the tensor {quoted(name)}"
    match entry:
        case {"dtype": str(word), "shape": list(dims), "data_offsets": [int(first), int(last)]}:
            pass
        case _:
            raise FileError(f"{where} needs dtype, shape and data_offsets, got {quoted(entry)}.")
    if word not in DTYPES:
        raise FileError(f"{where} has the type {quoted(word)}. Known are {', '.join(DTYPES)}.")
    dtype, shape = DTYPES[word], checked_shape(where, dims)
    nbytes = byte_count(dtype, shape)
    if last - first != nbytes:
        raise FileError(
            f"{where} is damaged: {nbytes:,} bytes by its shape, {last - first:,} by its offsets."
        )
    if not 0 <= first <= last <= source.size - start:
        raise FileError(
            f"{source.name} is cut off or damaged: the tensor {quoted(name)} ends at byte "
            f"{start + last:,}, and the file has {source.size:,}."
        )
    return FileTensor(
        name,
        shape,
        dtype,
        nbytes,
        start + first,
        lambda: array(source.values(start + first, nbytes), dtype, shape),
    )


def _check_places(source: Source, tensors: tuple[FileTensor, ...], length: int) -> tuple[str, ...]:
    """Raise FileError if two tensors overlap; a note if bytes lie between them."""
    end, unused = 8 + length, 0
    for tensor in sorted(tensors, key=lambda each: (each.place, each.nbytes)):
        assert isinstance(tensor.place, int)
        if tensor.place < end and tensor.nbytes:
            raise FileError(
                f"{source.name} is damaged: the tensor {quoted(tensor.name)} overlaps another."
            )
        unused += max(0, tensor.place - end)
        end = max(end, tensor.place + tensor.nbytes)
    unused += source.size - end
    note = f"{unused:,} bytes belong to no tensor; safetensors itself refuses such a file"
    return (note,) if unused else ()
