"""Keras' files: the names of its weights, its layers and its config, from the structure of HDF5.

Three forms: the legacy one (names of weights in attributes), weights alone in that form, and the
one of Keras 3, whose groups are named after classes and whose weights are numbered.
Sources: keras/src/legacy/saving/legacy_h5_format.py and keras/src/saving/saving_lib.py, 3.15.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.hdf5 import DataSet, Structure, tensor
from lstminspect.files.json_text import read_json
from lstminspect.files.keras_layers import legacy_layers, numbered_layers
from lstminspect.files.source import Source

__all__ = ["contents_of_structure"]

#: Groups of Keras 3's form that hold other things than weights, and the role of their tensors.
ROLES = {"optimizer": "optimizer", "optimizer_weights": "optimizer", "metrics": "state"}
#: Where layers stand in Keras 3's form; the second is of its first versions.
TOPS = ("layers", "_layer_checkpoint_dependencies")


def contents_of_structure(
    structure: Structure,
    source: Source,
    config: Mapping[str, Any] | None = None,
    version: str = "",
    base: int | str = 0,
    form: str = "",
) -> Contents:
    """Contents of an HDF5 file, Keras' or another. `config` and `version` are those of a .keras."""
    root = structure.attributes.get("", {})
    weights = _attributes(structure, "model_weights")
    if config is None:
        config = _config(root, source)
    version = version or _one(root, "keras_version") or _one(weights, "keras_version")
    backend = _one(root, "backend") or _one(weights, "backend")
    top = "model_weights" if "model_weights" in structure.groups else ""
    names = _legacy_names(structure, top)
    if names:
        form = form or ("Keras HDF5" if top else "Keras HDF5 weights")
        layers = legacy_layers(config, names)
    else:
        numbered = next((each for each in TOPS if each in structure.groups), "")
        form = form or ("Keras 3 weights" if numbered else "HDF5")
        layers = numbered_layers(config, numbered, structure)
    tensors = _tensors(structure, source, names, base)
    producer = f"Keras {version}" if version else ""
    producer += f" ({backend})" if producer and backend else ""
    notes = (*structure.notes, *_notes(config))
    return Contents(form, tensors, producer, tuple(layers), config, notes)


def _tensors(
    structure: Structure, source: Source, names: Mapping[str, tuple[str, ...]], base: int | str
) -> tuple[FileTensor, ...]:
    """The tensors: those that the attributes name in their order, then the others by path."""
    datasets = {each.path: each for each in structure.datasets}
    ordered: list[tuple[DataSet, str, str]] = []
    used: set[str] = set()
    for group, weights in names.items():
        for weight in weights:
            path = f"{group}/{weight}" if group else weight
            if path in datasets:
                name = weight if weight not in used else path
                used.add(name)
                ordered.append((datasets.pop(path), name, ""))
    for path in sorted(datasets, key=_natural):
        ordered.append((datasets[path], path, _role(path)))
    return tuple(tensor(source, each, name, role, base) for each, name, role in ordered)


def _role(path: str) -> str:
    """The role of a tensor that is not a weight of the model."""
    first = path.partition("/")[0]
    return "state" if "seed_generator" in path else ROLES.get(first, "")


def _natural(path: str) -> list[tuple[int, int | str]]:
    """A key that sorts vars/2 before vars/10."""
    parts = re.split(r"(\d{1,9})", path)
    return [(0, int(each)) if at % 2 else (1, each) for at, each in enumerate(parts)]


def _legacy_names(structure: Structure, top: str) -> dict[str, tuple[str, ...]]:
    """The names of the weights of every layer's group, in the order of the layers."""
    names: dict[str, tuple[str, ...]] = {}
    for layer in (*_list(_attributes(structure, top), "layer_names"), "top_level_model_weights"):
        group = f"{top}/{layer}" if top else layer
        if group in structure.attributes:
            names[group] = tuple(_list(structure.attributes[group], "weight_names"))
    return names if any(names.values()) else {}


def _attributes(structure: Structure, path: str) -> Mapping[str, str | tuple[str, ...]]:
    return structure.attributes.get(path, {})


def _list(attributes: Mapping[str, Any], name: str) -> Iterator[str]:
    """A list of texts, which Keras writes in several attributes when it is long."""
    numbered = sorted(
        (each for each in attributes if re.fullmatch(rf"{name}\d{{0,6}}", each)), key=_natural
    )
    for each in numbered:
        if isinstance(attributes[each], tuple):
            yield from attributes[each]


def _one(attributes: Mapping[str, Any], name: str) -> str:
    value = attributes.get(name)
    return value[:40] if isinstance(value, str) else ""


def _config(root: Mapping[str, Any], source: Source) -> Mapping[str, Any] | None:
    text = root.get("model_config")
    if not isinstance(text, str):
        return None
    config = read_json(f"{source.name}: the config of its model", text.encode())
    return config if isinstance(config, dict) else None


def _notes(config: Mapping[str, Any] | None) -> Iterator[str]:
    if config is not None and "'time_major': " in str(config)[: 1 << 22]:
        yield "Its layers have the option time_major, with which Keras 3 refuses to load the file."
