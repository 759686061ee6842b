"""Recognition: from the tensors of a file to its recurrent layers."""

from __future__ import annotations

import re
from dataclasses import replace

from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.file_layer import FileLayer
from lstminspect.weights.convert import infer

__all__ = ["recognise"]

_NAME = re.compile(r"(.*?)\.?((?:weight|bias)_(?:ih|hh|hr)_l\d+(?:_reverse)?)")


def recognise(contents: Contents) -> tuple[FileLayer, ...]:
    """The recurrent layers whose tensors `contents` has, in the order of their first tensors."""
    groups: dict[str, dict[str, FileTensor]] = {}
    for tensor in contents.tensors:
        if match := _NAME.fullmatch(tensor.name):
            groups.setdefault(match[1], {})[match[2]] = tensor
    layers = []
    for prefix, tensors in groups.items():
        for layer in infer({n: _Shape(each.shape) for n, each in tensors.items()}, "pytorch"):
            own = replace(layer, framework="pytorch", return_sequences=True)
            values, open_options = tuple(tensors.values()), ("batch_first",)
            layers.append(FileLayer(prefix, own, "pytorch", values, open_options, places=tensors))
    return tuple(layers)


class _Shape:
    """A shape in place of an array."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def __array__(self, dtype: object = None, copy: object = None) -> object:
        import numpy as np

        return np.broadcast_to(np.float32(0), self.shape)
