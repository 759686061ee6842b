"""The Model of a file whose container says which node reads each tensor, as ONNX does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.file_layer import FileLayer
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT
from lstminspect.models.spec import LayerResult, Row, Tensor
from lstminspect.models.summary import Model

__all__ = ["model_of_graph"]

#: The row of tensors that no node reads.
UNREAD = ("Unread", "no node reads these")


def model_of_graph(name: str, contents: Contents, layers: Sequence[FileLayer]) -> Model:
    """The Model named `name`: inputs, recurrent layers, and every other node that reads a tensor.

    Nodes without tensors have no row, and a row has no output shape: a file stores those of its
    inputs and outputs alone. Every tensor is counted in one row.
    """
    inputs = [(each, (_shape(sizes),)) for each, sizes in contents.inputs.items()]
    rows = [Row(each, LayerResult(INPUT, shapes), shapes, ()) for each, shapes in inputs]
    outputs = tuple(None if sizes is None else _shape(sizes) for sizes in contents.outputs.values())
    rows += _rows(contents, layers)
    notes = ("rows are the nodes that read stored tensors; those without are not shown",)
    return Model(name, tuple(rows), outputs, "onnx", source="ONNX", notes=notes)


def _rows(contents: Contents, layers: Sequence[FileLayer]) -> Iterator[Row]:
    """A row for each layer and each other node, in the order of the nodes."""
    order = {tensor: place for place, tensor in enumerate(contents.users)}
    last = len(order)
    types = {each.name: each.layer_type for each in contents.declared}
    own = {tensor.name for layer in layers for tensor in layer.tensors}
    found: list[tuple[int, Row]] = []
    for layer in layers:
        first = min((order.get(tensor.name, last) for tensor in layer.tensors), default=last)
        cell = layer.layer
        result = LayerResult(
            types.get(layer.name, cell.cell.name), None, _tensors(layer.tensors), None, layer=cell
        )
        found.append((first, Row(layer.name, result, (), ())))
    nodes: dict[tuple[str, str], list[FileTensor]] = {}
    for tensor in contents.tensors:
        if tensor.name not in own:
            nodes.setdefault(contents.users.get(tensor.name, UNREAD), []).append(tensor)
    for (operator, name), tensors in nodes.items():
        first = min(order.get(tensor.name, last) for tensor in tensors)
        result = LayerResult(operator, None, _tensors(tensors), None)
        found.append((first, Row(name or tensors[0].name, result, (), ())))
    yield from (row for _, row in sorted(found, key=lambda each: each[0]))


def _tensors(tensors: Sequence[FileTensor]) -> tuple[Tensor, ...]:
    return tuple(Tensor(tensor.name, tensor.shape) for tensor in tensors)


def _shape(sizes: Sequence[int | str | None] | None) -> Shape:
    """A shape whose open sizes, with a name or without, are None."""
    return tuple(size if isinstance(size, int) else None for size in sizes or ())
