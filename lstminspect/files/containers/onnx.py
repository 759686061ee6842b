"""ONNX: a protobuf of graphs, walked without its values. Other files that it names stay closed.

Source: onnx/onnx.proto and onnx/docs/IR.md.
"""

from __future__ import annotations

from collections.abc import Iterable

from lstminspect.errors import FileError
from lstminspect.files.contents import Contents, FreeNames
from lstminspect.files.onnx.graph import Graph, OnnxModel, Sizes, read_model
from lstminspect.files.onnx.recurrent import declared_layers
from lstminspect.files.onnx.resolver import Resolver, constant
from lstminspect.files.onnx.scope import Scope, scopes
from lstminspect.files.onnx.stored import EXTERNAL, StoredTensor, file_tensor
from lstminspect.files.onnx.wire import LENGTH, VARINT, Span, Wire
from lstminspect.files.source import Source

__all__ = ["contents", "matches"]

#: The fields of ModelProto: their numbers, and the form of each.
FIELDS = {1: VARINT, 5: VARINT} | dict.fromkeys((2, 3, 4, 6, 7, 8, 14, 20, 25, 26), LENGTH)
#: Nodes that give what they take in another form: what reads their result reads the tensor.
PASSING = {
    "Cast",
    "DequantizeLinear",
    "Identity",
    "QuantizeLinear",
    "Reshape",
    "Slice",
    "Squeeze",
    "Transpose",
    "Unsqueeze",
}


def matches(source: Source) -> bool:
    """True for a file whose fields are those of a model, and for any that is named .onnx."""
    if source.name.endswith((".onnx", ".ort.onnx")):
        return True
    if not source.head or source.head[0] >> 3 not in FIELDS:
        return False
    try:
        fields = {number: form for number, form, *_ in Wire(source).fields(Span(0, source.size))}
    except FileError:
        return False
    return 7 in fields and all(FIELDS.get(number) == form for number, form in fields.items())


def contents(source: Source) -> Contents:
    """Contents of a model: its stored tensors in all graphs, and its recurrent nodes."""
    if not source.size:
        raise FileError(f"{source.name} is empty.")
    wire = Wire(source)
    model = read_model(wire)
    places = list(scopes(model, source))
    names, weights = _tensors(model, places)
    layers, notes = declared_layers(Resolver(wire, model), places, names)
    used = {name for layer in layers for name in (*layer.sources, *layer.states.values())}
    listed = {each: name for each, name in names.items() if name in used or each in weights}
    return Contents(
        "onnx",
        tuple(file_tensor(wire, tensor, name) for tensor, name in listed.items()),
        " ".join(filter(None, (model.producer, model.version))),
        tuple(layers),
        notes=(*_notes(model, places, listed), *notes),
        users=_users(source, places, listed),
        inputs=_inputs(model.graph),
        outputs=model.graph.outputs,
    )


def _tensors(
    model: OnnxModel, places: Iterable[Scope]
) -> tuple[dict[StoredTensor, str], set[StoredTensor]]:
    """The name of each tensor in the file, and those that are weights.

    Constants count as weights unless they are single numbers, texts, or whole numbers of 32 and 64
    bits, which are axes and sizes.
    """
    graphs = {id(each): each for each in [place.graph for place in places]}
    graphs |= {id(each.graph): each.graph for each in model.functions.values()}
    names: dict[StoredTensor, str] = {}
    weights: set[StoredTensor] = set()
    free = FreeNames()

    def add(tensor: StoredTensor, name: str, is_weight: bool) -> None:
        names[tensor] = free.name(name)
        if is_weight and tensor.dtype != "string":
            weights.add(tensor)

    for graph in graphs.values():
        for name, tensor in graph.tensors.items():
            add(tensor, name, True)
        for node in graph.nodes:
            if (value := constant(node)) is not None:
                small = value.dtype in ("int64", "int32", "bool") or not value.shape
                add(value, node.outputs[0] if node.outputs else node.name, not small)
    return names, weights


def _users(
    source: Source, places: Iterable[Scope], listed: dict[StoredTensor, str]
) -> dict[str, tuple[str, str]]:
    """The operator and the name of the first node that reads each tensor."""
    same: dict[tuple[int, str], StoredTensor] = {}
    users: dict[str, tuple[str, str]] = {}

    def tensor_of(scope: Scope, name: str) -> StoredTensor | None:
        if not name or (place := scope.place(name)) is None:
            return None
        where, name = place
        return where.graph.tensors.get(name) or same.get((id(where), name))

    for scope in places:
        source.check_time()
        for node in scope.graph.nodes:
            if (value := constant(node)) is not None and node.outputs:
                same[id(scope), node.outputs[0]] = value
                continue
            for number, name in enumerate(node.inputs):
                tensor = tensor_of(scope, name)
                if tensor is None:
                    continue
                if number == 0 and node.operator in PASSING and node.outputs:
                    same[id(scope), node.outputs[0]] = tensor
                elif tensor in listed:
                    users.setdefault(listed[tensor], (node.operator, scope.prefix + node.name))
    return users


def _notes(
    model: OnnxModel, places: list[Scope], listed: dict[StoredTensor, str]
) -> tuple[str, ...]:
    notes = []
    versions = {name: number for name, number in model.opsets.items() if number}
    if versions:
        texts = [f"{number} of {name or 'ai.onnx'}" for name, number in versions.items()]
        notes.append(f"operators: version {', '.join(texts[:8])}")
    for title, values in (("inputs", _inputs(model.graph)), ("outputs", model.graph.outputs)):
        if values:
            texts = [f"{name} {_sizes(sizes)}" for name, sizes in values.items()]
            more = f" and {len(texts) - 8} more" if len(texts) > 8 else ""
            notes.append(f"{title}: {', '.join(texts[:8])}{more}")
    if outside := [each for each in listed if each.form == EXTERNAL]:
        files = ", ".join(sorted({each.location for each in outside})[:3])
        notes.append(f"{len(outside)} tensors lie in other files, which are not opened: {files}")
    if sparse := sum(place.graph.sparse for place in places):
        notes.append(f"{sparse} sparse tensors are not read")
    return tuple(notes)


def _inputs(graph: Graph) -> dict[str, Sizes | None]:
    """The inputs that have no values in the file: old versions list the weights too."""
    return {name: sizes for name, sizes in graph.inputs.items() if name not in graph.tensors}


def _sizes(sizes: Sizes | None) -> str:
    if sizes is None:
        return "(any shape)"
    texts = ["any" if each is None else str(each) for each in sizes]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"
