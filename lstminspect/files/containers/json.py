"""JSON: a config of Keras, weights for RTNeural, NAM or GuitarML, an index of shards, metadata.

Sources: RTNeural/python/model_utils.py; neural-amp-modeler/nam/models/recurrent.py,
`_export_weights`; GuitarML/Automated-GuitarAmpModelling; Hugging Face's sharded checkpoints; Keras'
`H5IOStore` of shards; zarr's specifications 2 and 3; TensorFlow.js' model.json.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lstminspect.errors import FileError, quoted
from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.dtypes import BITS, byte_count, checked_shape
from lstminspect.files.json_text import MOST_BYTES, read_json
from lstminspect.files.json_weights import nam, rtneural, state_dict
from lstminspect.files.source import Source

__all__ = ["contents", "matches", "shards_of"]

Object = Mapping[str, Any]
#: TensorFlow.js' models may be large in tensors; each has a name, a shape and a type.
MOST_NAMES = 200_000


#: Names that an object of a known form has, and the bytes in which one of them stands.
MARKS = (
    b'"tree_metadata"',
    b'"weight_map"',
    b'"zarr_format"',
    b'"modelTopology"',
    b'"architecture"',
    b'"state_dict"',
    b'"in_shape"',
    b'"class_name"',
)
START = 1 << 16


def matches(source: Source) -> bool:
    """True for an object of JSON that has a name of a known form near its start."""
    if source.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return False
    if any(mark in source.head for mark in MARKS):
        return True
    start = source.read(0, min(source.size, START))
    return any(mark in start for mark in MARKS)


def contents(source: Source) -> Contents:
    """Contents by the form of the object. Raises FileError where it is none that is known."""
    if source.size > MOST_BYTES:
        raise FileError(f"{source.name} is a JSON text of {source.size:,} bytes.")
    value = read_json(source.name, source.read(0, source.size))
    for is_form, make in FORMS:
        if isinstance(value, Mapping) and is_form(value):
            return make(source.name, value)
    keys = ", ".join(quoted(each) for each in list(value)[:4])
    raise FileError(
        f"{source.name} is JSON of no form that is known here: it has {keys}. Known are Keras' "
        "config, RTNeural, NAM, GuitarML, an index of shards, zarr and Orbax metadata."
    )


def _keras(_where: str, value: Object) -> Contents:
    version = value.get("keras_version")
    producer = f"Keras {version}" if isinstance(version, str) else "Keras"
    return Contents("keras-json", (), producer, config=value)


def _tensorflow_js(where: str, value: Object) -> Contents:
    """A model of TensorFlow.js: its config, and the shapes of weights that lie in other files."""
    topology = value["modelTopology"]
    config = topology.get("model_config", topology) if isinstance(topology, Mapping) else None
    tensors = []
    for group in _list(where, value.get("weightsManifest")):
        for entry in _list(where, group.get("weights") if isinstance(group, Mapping) else None):
            name, dtype = entry.get("name"), entry.get("dtype")
            known = dtype if dtype in BITS else "unknown"
            place = "another file of weights"
            tensors.append(_elsewhere(where, str(name), entry.get("shape"), known, place))
    producer = value.get("generatedBy") or value.get("convertedBy") or "TensorFlow.js"
    note = "the weights lie in other files, which are not opened"
    return Contents("tensorflow-js", tuple(tensors), str(producer), config=config, notes=(note,))


def _index(where: str, value: Object) -> Contents:
    shards = shards_of(where, value)
    names = len(value["weight_map"])
    title = "keras-index" if any(each.endswith(".h5") for each in shards) else "shard-index"
    note = (
        f"{names} tensors lie in {len(shards)} other files, which are not opened: "
        f"{', '.join(shards[:3])}. Open the directory for their shapes"
    )
    return Contents(title, (), notes=(note,))


def shards_of(where: str, value: Any) -> list[str]:
    """The names of the shards that an index lists, in order, each a file beside it."""
    weights = value.get("weight_map") if isinstance(value, Mapping) else None
    if not isinstance(weights, Mapping):
        raise FileError(f"{where} is damaged: it has no weight_map.")
    shards: dict[str, None] = {}
    for each in weights.values():
        for name in each if isinstance(each, list) else [each]:
            if not isinstance(name, str) or not name or name != name.strip("./\\"):
                raise FileError(f"{where} names a shard {quoted(name)}, which is not a file name.")
            if "/" in name or "\\" in name or "\0" in name:
                raise FileError(f"{where} names the shard {quoted(name)} in another directory.")
            shards[name] = None
    return list(shards)


def _zarr(where: str, value: Object) -> Contents:
    """The metadata of one array of zarr, version 2 or 3."""
    tensor = zarr_tensor(where, "array", value)
    return Contents("zarr", (tensor,), notes=("the values lie in chunks, which are not read",))


def zarr_tensor(where: str, name: str, value: Object) -> FileTensor:
    """A tensor from the metadata of an array of zarr."""
    dtype = value.get("dtype") or value.get("data_type")
    if isinstance(dtype, str) and dtype[:1] in "<>|=" and dtype[1:]:
        import numpy as np

        try:
            dtype = np.dtype(dtype).name
        except TypeError:
            dtype = "unknown"
    known = dtype if isinstance(dtype, str) and dtype in BITS else "unknown"
    return _elsewhere(where, name, value.get("shape"), known, "chunks of zarr")


def _orbax(where: str, value: Object) -> Contents:
    """The tree of an Orbax checkpoint: names, and shapes where they are written down."""
    tensors, names = [], []
    for name, metadata in orbax_leaves(where, value):
        names.append(name)
        shape = metadata.get("write_shape")
        if shape is not None:
            tensors.append(_elsewhere(where, name, shape, "unknown", "Orbax"))
    notes = ["the values are not read"]
    if len(tensors) < len(names):
        notes.append(
            f"shapes of {len(names) - len(tensors)} arrays are not in it: {', '.join(names[:5])}"
        )
    return Contents("orbax", tuple(tensors), "Orbax", notes=tuple(notes))


def orbax_leaves(where: str, value: Object) -> Iterator[tuple[str, Object]]:
    """The leaves of an Orbax tree by their path, with points between its parts."""
    for entry in _mapping(where, value["tree_metadata"]).values():
        keys = _list(where, _mapping(where, entry).get("key_metadata"))
        name = ".".join(str(_mapping(where, each).get("key")) for each in keys)
        yield name, _mapping(where, entry.get("value_metadata"))


def _elsewhere(where: str, name: str, shape: Any, dtype: str, place: str) -> FileTensor:
    """A tensor whose values are not in this file."""
    sizes = checked_shape(f"{where}: {quoted(name)}", shape)
    nbytes = byte_count(dtype, sizes) if dtype in BITS else 0

    def read() -> Any:
        raise FileError(f"the values of {quoted(name)} are not read: they lie in {place}.")

    return FileTensor(name, sizes, dtype, nbytes, place, read)


def _mapping(where: str, value: Any) -> Object:
    if not isinstance(value, Mapping):
        raise FileError(f"{where} is damaged: {quoted(value)} stands where an object must.")
    return value


def _list(where: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_NAMES:
        raise FileError(f"{where} is damaged: {quoted(value)} stands where a list must.")
    return value


Form = tuple[Callable[[Object], bool], Callable[[str, Object], Contents]]
#: The forms: how an object is known, and what it holds.
FORMS: tuple[Form, ...] = (
    (lambda value: "tree_metadata" in value, _orbax),
    (lambda value: "weight_map" in value, _index),
    (lambda value: "zarr_format" in value and "shape" in value, _zarr),
    (lambda value: "modelTopology" in value, _tensorflow_js),
    (lambda value: "architecture" in value and "weights" in value, nam),
    (lambda value: "state_dict" in value and isinstance(value["state_dict"], Mapping), state_dict),
    (lambda value: isinstance(value.get("layers"), list) and "in_shape" in value, rtneural),
    (lambda value: "class_name" in value and "config" in value, _keras),
)
