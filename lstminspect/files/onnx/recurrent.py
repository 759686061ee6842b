"""The recurrent nodes of an ONNX file, each set of weights once.

Sources: onnx/docs/Operators.md, LSTM-22, GRU-22 and RNN-22; onnxruntime/docs/ContribOperators.md,
DynamicQuantizeLSTM.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lstminspect.files.contents import Declared, FileTensor
from lstminspect.files.onnx.graph import Node
from lstminspect.files.onnx.known import Known, evaluate
from lstminspect.files.onnx.resolver import STANDARD, Resolver
from lstminspect.files.onnx.scope import Scope
from lstminspect.files.onnx.stored import StoredTensor

__all__ = ["Names", "declared_layers"]

#: The inputs of the operators, in order.
INPUTS = ("X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P")
#: Those of DynamicQuantizeLSTM, behind the same ones.
QUANTIZED = (*INPUTS, "W_scale", "W_zero_point", "R_scale", "R_zero_point")
WEIGHTS, STATES = ("W", "R", "B", "P"), ("initial_h", "initial_c")
MICROSOFT = "com.microsoft"
#: From a stored tensor to its name in the file.
Names = Mapping[StoredTensor, str]


def declared_layers(
    resolver: Resolver, scopes: Iterable[Scope], names: Names
) -> tuple[list[Declared], list[str]]:
    """The recurrent layers by their nodes, and notes: nodes of the same weights are one layer."""
    layers: dict[Any, Declared] = {}
    count, unread = 0, []
    for scope in scopes:
        for node in scope.graph.nodes:
            if _is_recurrent(node):
                count += 1
                key, layer = _declared(resolver, scope, node, names)
                layers.setdefault(key, layer)
            elif node.operator in ("AttnLSTM", "QuantizedLSTM"):
                unread.append(node.operator)
    notes = []
    if count > len(layers):
        plural = "layer" if len(layers) == 1 else "layers"
        notes.append(f"{count} recurrent nodes have the weights of {len(layers)} {plural}")
    if unread:
        notes.append(f"nodes that are not read as layers: {', '.join(sorted(set(unread)))}")
    return list(layers.values()), notes


def _is_recurrent(node: Node) -> bool:
    if node.domain == MICROSOFT:
        return node.operator == "DynamicQuantizeLSTM"
    return node.operator in ("LSTM", "GRU", "RNN") and node.domain in STANDARD


def _declared(resolver: Resolver, scope: Scope, node: Node, names: Names) -> tuple[Any, Declared]:
    quantized = node.domain == MICROSOFT
    inputs = {
        name: resolver.known(scope, value)
        for name, value in zip(QUANTIZED if quantized else INPUTS, node.inputs, strict=False)
        if value
    }
    edges = dict(zip(INPUTS, node.inputs, strict=False))
    weights = {name: inputs[name] for name in WEIGHTS if inputs.get(name) is not None}
    if quantized:
        for name in ("W", "R"):
            weights[name] = _dequantized(inputs, name)
    options = {name: scope.attribute(node, name) for name in node.attributes}
    tensors, computed = {}, {}
    sources: set[StoredTensor] = set()
    for name, known in weights.items():
        if known is None:
            continue
        large = {each for each in known.sources if not _is_index(each)}
        sources |= large
        if known.stored is not None:
            tensors[name] = names[known.stored]
        else:
            computed[name] = _computed(resolver, known, edges[name])
    states = {
        name: names[known.stored]
        for name in STATES
        if (known := inputs.get(name)) is not None and known.stored is not None
    }
    layer = Declared(
        scope.prefix + (node.name or next(filter(None, node.outputs), node.operator)),
        "LSTM" if quantized else node.operator,
        "onnx",
        options,
        tensors,
        computed,
        tuple(sorted({names[each] for each in sources})),
        states,
    )
    # Without weights that are known no two nodes are the same.
    keys = tuple((name, known.key) for name, known in weights.items() if known is not None)
    same = (node.operator, keys, repr(sorted(options.items()))) if keys else (id(scope), id(node))
    return same, layer


def _is_index(tensor: StoredTensor) -> bool:
    """True for the axes, starts and sizes of a node, not for weights."""
    return tensor.dtype in ("int64", "int32") and len(tensor.shape) <= 1


def _computed(resolver: Resolver, known: Known, name: str) -> FileTensor:
    place = "computed" if known.sources else "an input of the graph"
    wire = resolver.wire
    nbytes = known.nbytes if known.sources else 0
    return FileTensor(
        name, known.shape, known.dtype, nbytes, place, lambda: evaluate(wire, known, name)
    )


def _dequantized(inputs: Mapping[str, Known | None], name: str) -> Known | None:
    """A weight of DynamicQuantizeLSTM as floats, turned: it has the gates on its last axis."""
    stored, scale = inputs.get(name), inputs.get(f"{name}_scale")
    zero = inputs.get(f"{name}_zero_point")
    if stored is None or scale is None or len(stored.shape) != 3:
        return stored

    def compute(codes: Any, scale: Any, zero: Any) -> Any:
        directions = len(codes)
        scale = scale.reshape(directions, 1, -1)
        offset = 0 if zero is None else zero.astype("float32").reshape(directions, 1, -1)
        return ((codes.astype("float32") - offset) * scale).swapaxes(1, 2)

    parts = (stored, scale, zero)
    sources = frozenset().union(*(each.sources for each in parts if each is not None))
    shape = (stored.shape[0], stored.shape[2], stored.shape[1])
    return Known(shape, "float32", stored.key, sources, None, parts, compute)
