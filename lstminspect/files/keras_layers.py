"""The recurrent layers that a Keras config declares, each with the tensors that it owns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from lstminspect.files.contents import Declared
from lstminspect.files.hdf5 import Structure

__all__ = ["legacy_layers", "numbered_layers"]

#: Classes of recurrent layers and of cells, and the word for both.
RECURRENT = {
    "LSTM": "LSTM", "GRU": "GRU", "SimpleRNN": "SimpleRNN", "CuDNNLSTM": "CuDNNLSTM",
    "CuDNNGRU": "CuDNNGRU", "LSTMCell": "LSTM", "GRUCell": "GRU", "SimpleRNNCell": "SimpleRNN",
}  # fmt: skip
MODELS = ("Sequential", "Functional", "Model")
#: The weights of a recurrent layer, in the order in which Keras numbers them.
WEIGHTS = ("kernel", "recurrent_kernel", "bias")
MOST_DEPTH = 20


class _Found(NamedTuple):
    """A recurrent layer of the config: its name, class, options, and the groups of its weights.

    `groups` has one path for a layer, two for the directions of a bidirectional one. `names` are
    the names of the layers around it and its own.
    """

    name: str
    layer_type: str
    options: dict[str, Any]
    groups: tuple[str, ...]
    names: tuple[str, ...]


def numbered_layers(
    config: Mapping[str, Any] | None, top: str, structure: Structure
) -> Iterator[Declared]:
    """The layers of Keras 3's form, whose groups are named after classes, in their order."""
    paths = {each.path for each in structure.datasets}
    for found in _model(config, top, (), 0):
        tensors = {}
        for direction, group in zip(_directions(found), found.groups, strict=True):
            for at, weight in enumerate(WEIGHTS):
                if (path := f"{group}/vars/{at}") in paths:
                    tensors[f"{direction}{weight}"] = path
        if not _renamed(found, structure):
            yield Declared(found.name, found.layer_type, "keras", found.options, tensors)


def legacy_layers(
    config: Mapping[str, Any] | None, names: Mapping[str, Iterable[str]]
) -> Iterator[Declared]:
    """The layers of the legacy form, whose weights are listed for each layer of the model."""
    groups = {group.rpartition("model_weights/")[2]: list(each) for group, each in names.items()}
    for found in _model(config, "", (), 0):
        weights = groups.get(found.names[0], [])
        if len(found.names) > 1:
            weights = [each for each in weights if found.names[-1] in each.split("/")]
        directions = _directions(found)
        half, rest = divmod(len(weights), len(directions))
        tensors = {}
        for at, direction in enumerate(directions):
            for weight in weights[at * half : (at + 1) * half]:
                tensors[f"{direction}{_last(weight)}"] = weight
        whole = not rest and {_last(each) for each in weights} <= set(WEIGHTS)
        certain = tensors if whole and len(tensors) == len(weights) else {}
        yield Declared(found.name, found.layer_type, "keras", found.options, certain)


def _last(weight: str) -> str:
    return re.sub(r":\d+$", "", weight.rpartition("/")[2])


def _directions(found: _Found) -> tuple[str, ...]:
    return ("forward/", "backward/") if len(found.groups) == 2 else ("",)


def _renamed(found: _Found, structure: Structure) -> bool:
    """True where the file names another layer at the place that the config leads to."""
    group = re.sub(r"/(forward_layer|backward_layer)?/?cell(/cells/\w+)?$", "", found.groups[0])
    name = structure.attributes.get(f"{group}/vars", {}).get("name")
    return name is not None and name != found.names[-1]


def _model(model: Any, top: str, names: tuple[str, ...], depth: int) -> Iterator[_Found]:
    """The recurrent layers of a model's config, those of models inside too."""
    config = model.get("config") if isinstance(model, Mapping) else None
    layers = config.get("layers") if isinstance(config, Mapping) else config
    used: dict[str, int] = {}
    for layer in layers if isinstance(layers, list) and depth < MOST_DEPTH else ():
        inner = layer.get("config") if isinstance(layer, Mapping) else None
        class_name = str(layer.get("class_name")) if isinstance(layer, Mapping) else ""
        snake = _snake(class_name)
        used[snake] = used.get(snake, -1) + 1
        group = f"{top}/{snake}_{used[snake]}" if used[snake] else f"{top}/{snake}"
        own = inner.get("name", layer.get("name")) if isinstance(inner, Mapping) else None
        place = (*names, str(own))
        if class_name in MODELS:
            yield from _model(layer, f"{group}/layers", place, depth + 1)
        elif isinstance(inner, Mapping):
            yield from _layer(class_name, inner, group, place)


def _layer(
    class_name: str, config: Mapping[str, Any], group: str, names: tuple[str, ...]
) -> Iterator[_Found]:
    name = "/".join(names)
    if class_name in RECURRENT:
        cell = f"{group}/cell" if not class_name.startswith("CuDNN") else group
        yield _Found(name, RECURRENT[class_name], _plain(config), (cell,), names)
    elif class_name == "Bidirectional":
        inner = _inner(config.get("layer"))
        if inner and inner[0] in RECURRENT:
            options = {**_plain(inner[1]), "merge_mode": config.get("merge_mode")}
            groups = (f"{group}/forward_layer/cell", f"{group}/backward_layer/cell")
            yield _Found(name, RECURRENT[inner[0]], options, groups, names)
    elif class_name == "TimeDistributed" and (inner := _inner(config.get("layer"))):
        yield from _layer(inner[0], inner[1], f"{group}/layer", names)
    elif class_name == "RNN" and (inner := _inner(config.get("cell"))):
        yield from _cells(inner, config, f"{group}/cell", names)


def _cells(
    cell: tuple[str, Mapping[str, Any]],
    config: Mapping[str, Any],
    group: str,
    names: tuple[str, ...],
) -> Iterator[_Found]:
    """The cell of an RNN, or those that are stacked in it."""
    class_name, own = cell
    around = {key: value for key, value in _plain(config).items() if key != "name"}
    if class_name in RECURRENT:
        options = {**_plain(own), **around}
        yield _Found("/".join(names), RECURRENT[class_name], options, (group,), names)
    elif class_name == "StackedRNNCells" and isinstance(own.get("cells"), list):
        used: dict[str, int] = {}
        for each in own["cells"]:
            if (inner := _inner(each)) and inner[0] in RECURRENT:
                snake = _snake(inner[0])
                used[snake] = used.get(snake, -1) + 1
                end = f"{snake}_{used[snake]}" if used[snake] else snake
                name = "/".join((*names, str(inner[1].get("name", end))))
                options = {**_plain(inner[1]), **around}
                yield _Found(name, RECURRENT[inner[0]], options, (f"{group}/cells/{end}",), names)


def _inner(layer: Any) -> tuple[str, Mapping[str, Any]] | None:
    """The class and the config of a layer inside another."""
    if not isinstance(layer, Mapping) or not isinstance(layer.get("config"), Mapping):
        return None
    return str(layer.get("class_name")), layer["config"]


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are numbers, words or switches."""
    return {
        str(name): value
        for name, value in config.items()
        if isinstance(value, str | int | float | bool | None)
    }


def _snake(class_name: str) -> str:
    """The name of a class as Keras names its group (keras/src/utils/naming.py)."""
    name = re.sub(r"\W+", "", class_name.rpartition(">")[2])
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
