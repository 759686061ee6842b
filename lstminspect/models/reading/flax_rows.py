"""The rows of a Model of Flax: inputs, a module's own parameters, calls, and what is not called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lstminspect.costs.work import Work
from lstminspect.models.graph import INPUT
from lstminspect.models.reading.flax_objects import FlaxModule, as_flax
from lstminspect.models.spec import LayerResult, Tensor
from lstminspect.models.summary import Row

__all__ = ["rows_of"]


def rows_of(semantics: Any, root: FlaxModule, run: Any) -> Iterator[Row]:
    """A row for every input, parameter of a module itself, call, and NNX layer not called."""
    for name, shape in run.inputs if run is not None else ():
        yield Row(name, LayerResult(INPUT, (shape,)), (shape,), ())
    is_nnx = root.family == "nnx"
    paths = {id(each): path or each.layer_type for path, each in root.walk()} if is_nnx else {}
    yield from _own(root, run)
    seen: set[object] = set()
    for call in run.calls if run is not None else ():
        cell = as_flax(call.module.config.get("cell")) or call.module
        key: object = id(cell) if is_nnx else call.path
        name = paths.get(id(cell), call.path.partition("@")[0])
        result = call.result
        if is_nnx and paths and id(cell) not in paths and result.tensors:
            note = f"{call.place}: not an attribute of the module, so not among its parameters"
            result = replace(result, tensors=(), note=note)
        elif result.outputs is None and not result.note:
            result = replace(result, note="what it is given is not known", opaque=False)
        yield Row(name or call.module.layer_type, replace(result, key=None), call.inputs, (),
                  key not in seen)  # fmt: skip
        seen.add(key)
    for path, each in root.walk() if is_nnx else ():
        inner = as_flax(each.config.get("cell"))
        if each.is_layer and inner is None and id(each) not in seen:
            result = semantics.layers.weights_of(each)
            if each.layer_type in ("Bidirectional", "Sequential", "Dropout"):
                continue
            note = result.note or ("never called" if run is not None and not run.fault else "")
            yield Row(path or each.layer_type, replace(result, work=Work(), note=note), (), ())


def _own(root: FlaxModule, run: Any) -> Iterator[Row]:
    """The parameters that modules hold themselves."""
    note = "parameters of its own, beside those of its layers"
    if root.family == "linen":
        for path, (module, shape) in (run.arrays if run is not None else {}).items():
            own = (Tensor(path.rpartition("/")[2], shape),)
            result = LayerResult(module.layer_type, None, own, note=note)
            yield Row(path, result, (), ())
        return
    for path, each in root.walk():
        held = {name: shape for name, shape in each.arrays.items() if shape is not None}
        if held:
            tensors = tuple(Tensor(name, shape) for name, shape in held.items())
            yield Row(path or each.layer_type,
                      LayerResult(each.layer_type, None, tensors, note=note), (), ())  # fmt: skip
