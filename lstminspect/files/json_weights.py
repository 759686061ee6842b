"""Weights that are written in JSON: RTNeural's layers, NAM's one list, GuitarML's state_dict.

Sources: RTNeural/python/model_utils.py and RTNeural/model_loader.h;
neural-amp-modeler/nam/models/recurrent.py, `_export_weights`;
Automated-GuitarAmpModelling/CoreAudioML/networks.py, `SimpleRNN.save_model`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lstminspect.errors import FileError, quoted
from lstminspect.files.contents import Contents, Declared, FileTensor

__all__ = ["nam", "rtneural", "state_dict"]

Object = Mapping[str, Any]
#: RTNeural's types of recurrent layers, and Keras' names of their weights.
RECURRENT = {"lstm": "LSTM", "gru": "GRU"}
WEIGHTS = ("kernel", "recurrent_kernel", "bias")


def rtneural(where: str, value: Object) -> Contents:
    """Layers of RTNeural, each with the weights that Keras' layer has, in its order."""
    tensors: list[FileTensor] = []
    declared = []
    for number, layer in enumerate(value["layers"]):
        if not isinstance(layer, Mapping):
            raise FileError(f"{where} is damaged: {quoted(layer)} stands where a layer must.")
        layer_type, weights = layer.get("type"), layer.get("weights")
        name = f"{number}.{layer_type}"
        arrays = weights if isinstance(weights, list) else []
        own = [
            _array(where, f"{name}.{_weight(layer_type, at)}", each)
            for at, each in enumerate(arrays)
        ]
        tensors += own
        if layer_type in RECURRENT:
            shape = layer.get("shape")
            units = shape[-1] if isinstance(shape, list) and shape else None
            options = {"units": units, "activation": layer.get("activation") or None}
            options = {each: option for each, option in options.items() if option is not None}
            places = {each.name.rpartition(".")[2]: each.name for each in own}
            declared.append(Declared(name, RECURRENT[layer_type], "keras", options, places))
    return Contents("rtneural-json", tuple(tensors), "RTNeural", tuple(declared))


def _weight(layer_type: Any, number: int) -> str:
    named = layer_type in (*RECURRENT, "dense") and number < len(WEIGHTS)
    if layer_type == "dense" and number == 1:
        return "bias"
    return WEIGHTS[number] if named else str(number)


def state_dict(where: str, value: Object) -> Contents:
    """A state_dict of PyTorch as lists, and what the file says of its network."""
    tensors = [_array(where, str(name), each) for name, each in value["state_dict"].items()]
    data = value.get("model_data")
    declared = []
    if isinstance(data, Mapping) and data.get("unit_type") in ("LSTM", "GRU"):
        options = {
            "input_size": data.get("input_size"),
            "hidden_size": data.get("hidden_size"),
            "num_layers": data.get("num_layers"),
        }
        options = {name: size for name, size in options.items() if isinstance(size, int)}
        parts = [each.name.rpartition(".") for each in tensors]
        prefix = next((start for start, _, end in parts if end == "weight_ih_l0"), "")
        names = {end: each.name for (start, _, end), each in zip(parts, tensors, strict=True)
                 if start == prefix and end.startswith(("weight_", "bias_"))}  # fmt: skip
        declared.append(Declared(prefix, data["unit_type"], "pytorch", options, names))
    return Contents("state_dict-json", tuple(tensors), "PyTorch", tuple(declared))


def nam(where: str, value: Object) -> Contents:
    """A model of Neural Amp Modeler: all weights in one list, and the sizes that it declares."""
    weights, config = value["weights"], value.get("config")
    flat = _array(where, "weights", weights)
    version = value.get("version")
    producer = f"Neural Amp Modeler {version}" if isinstance(version, str) else "Neural Amp Modeler"
    if value["architecture"] != "LSTM" or not isinstance(config, Mapping):
        note = f"its architecture is {quoted(value['architecture'])}: no recurrent layer"
        return Contents("nam", (flat,), producer, notes=(note,))
    sizes = [config.get(each, 1) for each in ("input_size", "hidden_size", "num_layers")]
    if not all(isinstance(each, int) and 0 < each < 1 << 20 for each in sizes) or sizes[2] > 64:
        raise FileError(f"{where} is damaged: its sizes are {quoted(sizes)}.")
    features, declared_units, layers = sizes
    units = _nam_units(flat.parameters, features, layers)
    if not units:
        note = (
            f"hidden_size {declared_units} takes "
            f"{_nam_count(features, declared_units, layers):,} weights, and the list has "
            f"{flat.parameters:,}, which no hidden_size takes"
        )
        return Contents("nam", (flat,), producer, notes=(note,))
    tensors = list(_nam_tensors(weights, features, units, layers))
    declared = []
    for number in range(layers):
        width = features if not number else declared_units
        options = {"input_size": width, "hidden_size": declared_units}
        # The gates in PyTorch's order and one bias are how Equinox stores an LSTM.
        names = {each: f"layer{number}.{each}" for each in ("weight_ih", "weight_hh", "bias")}
        states = {each: f"layer{number}.{each}" for each in ("initial_h", "initial_c")}
        layer = Declared(
            f"layer{number}", "LSTM", "equinox", options, names, {}, tuple(names.values()), states
        )
        declared.append(layer)
    notes = ["each layer has one bias, and initial states that were learned"]
    if units != declared_units:
        notes.append(f"it declares hidden_size {declared_units}, and has the weights of {units}")
    return Contents("nam", tuple(tensors), producer, tuple(declared), notes=tuple(notes))


def _nam_count(features: int, units: int, layers: int) -> int:
    """The weights of layers with one bias and initial states, and of the head to one output."""
    total, width = units + 1, features
    for _ in range(layers):
        total += 4 * units * (width + units) + 4 * units + 2 * units
        width = units
    return total


def _nam_units(count: int, features: int, layers: int) -> int:
    """The units that a list of `count` weights is for. 0 where it is for none."""
    low, high = 1, 1 << 14
    while low < high:
        middle = (low + high) // 2
        low, high = (
            (middle + 1, high) if _nam_count(features, middle, layers) < count else (low, middle)
        )
    return low if _nam_count(features, low, layers) == count else 0


def _nam_tensors(
    weights: Sequence[Any], features: int, units: int, layers: int
) -> Iterator[FileTensor]:
    start, width = 0, features
    for number in range(layers):
        name = f"layer{number}"
        # One matrix over input and state: its first columns are those of the input.
        whole = weights[start : start + 4 * units * (width + units)]
        row = width + units
        starts = range(0, 4 * units * row, row)
        inputs = [each for at in starts for each in whole[at : at + width]]
        states = [each for at in starts for each in whole[at + width : at + row]]
        yield _listed(f"{name}.weight_ih", (4 * units, width), inputs, start)
        yield _listed(f"{name}.weight_hh", (4 * units, units), states, start)
        start += len(whole)
        for part, size in (("bias", 4 * units), ("initial_h", units), ("initial_c", units)):
            yield _listed(f"{name}.{part}", (size,), weights[start : start + size], start)
            start += size
        width = units
    yield _listed("head.weight", (1, units), weights[start : start + units], start)
    yield _listed("head.bias", (1,), weights[start + units : start + units + 1], start + units)


def _listed(name: str, shape: tuple[int, ...], values: Sequence[Any], start: int) -> FileTensor:
    """A tensor of numbers that are already read; `start` is the first one's place in the list."""

    def read() -> Any:
        import numpy as np

        return np.array(values, np.float32).reshape(shape)

    return FileTensor(name, shape, "float32", 4 * len(values), f"number {start:,} on", read)


def _array(where: str, name: str, values: Any) -> FileTensor:
    """Nested lists of numbers as a tensor. Raises FileError where they are not a full block."""
    shape: list[int] = []
    level = [values]
    while isinstance(level[0] if level else None, list):
        sizes = {len(each) if isinstance(each, list) else -1 for each in level}
        if len(sizes) > 1 or len(shape) > 8:
            raise FileError(f"{where}: {quoted(name)} is damaged: its lists have other lengths.")
        shape.append(sizes.pop())
        level = [each for inner in level for each in inner]
    if not all(isinstance(each, int | float) for each in level):
        raise FileError(f"{where}: {quoted(name)} is damaged: not all of it is numbers.")
    return _listed(name, tuple(shape), level, 0)
