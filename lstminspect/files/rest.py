"""Rest: the tensors of a file that are not of a recurrent layer, by the layer that they are of.

Every tensor is in one RestLayer. Tensors of one scope are a layer where their names and shapes are
those of one that is known: a matrix with its bias, a convolution, a normalisation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lstminspect.files.contents import Contents, FileTensor
from lstminspect.files.file_layer import FileLayer
from lstminspect.files.grouping import is_of_training, plain_name

__all__ = ["RestLayer", "rest_of"]

#: Names whose matrices are (inputs, outputs), as in Keras, TensorFlow and JAX.
_INPUTS_FIRST = re.compile(r"(kernel|w|weights|vars/0)$")
_EMBEDDING = re.compile(r"(?i)emb|(^|[/.])(wte|wpe)([/.]|$)|lookup_table")
_MATRIX = re.compile(r"(?i)^(weight|weights|w|kernel|vars/0|(depthwise|pointwise)_kernel)$")
_OPERATORS = re.compile(r"(gemm|matmul|fully_connected|conv|gather)")
_MEAN = re.compile(r"(?i)(^|_)mean$|vars/2$")
_PART = re.compile(r"(?i)(weight|bias|w|b)_(ih|hh|hr)(_l\d+)?(_reverse)?$|recurrent_kernel$")


@dataclass(frozen=True)
class RestLayer:
    """Tensors of one scope: `layer_type` is Linear, Embedding, Conv2D, BatchNorm or another.

    `sizes` are those that its shapes tell, by name: `{"inputs": 64, "outputs": 10}`. `tied` has the
    name of the tensor that holds the values of one of these too: they are counted there, not here.
    """

    name: str
    layer_type: str
    tensors: tuple[FileTensor, ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    tied: Mapping[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """The number of values in its tensors, without those that another tensor holds."""
        return sum(each.parameters for each in self.tensors if each.name not in self.tied)


def rest_of(contents: Contents, layers: Iterable[FileLayer]) -> tuple[RestLayer, ...]:
    """The tensors of `contents` that no layer of `layers` has, in their order."""
    places: dict[tuple[object, ...], str] = {}
    taken = set()
    for layer in layers:
        for tensor in layer.tensors:
            taken.add(tensor.name)
            places.setdefault(_values(tensor), tensor.name)
    scopes: dict[str, dict[str, FileTensor]] = {}
    training, tied = [], {}
    for tensor in contents.tensors:
        if tensor.name in taken:
            continue
        if tensor.role == "optimizer" or is_of_training(tensor.name):
            training.append(tensor)
            continue
        if (first := places.setdefault(_values(tensor), tensor.name)) != tensor.name:
            tied[tensor.name] = first
        scope, ending = _split(plain_name(tensor.name))
        own = scopes.setdefault(scope, {})
        own[ending if ending not in own else tensor.name] = tensor
    rest = [
        replace(each, tied={t.name: tied[t.name] for t in each.tensors if t.name in tied})
        for scope, own in scopes.items()
        for each in _layers(scope, own, contents.users)
    ]
    return (*rest, RestLayer("", "state of training", tuple(training))) if training else tuple(rest)


def _values(tensor: FileTensor) -> tuple[object, ...]:
    """Where the values of a tensor are: those of one place and shape are the same."""
    return (tensor.place, tensor.shape, tensor.dtype) if tensor.nbytes else (tensor.name,)


def _split(name: str) -> tuple[str, str]:
    """The scope, and the name in it: `vars/0` where Keras numbers them."""
    cut = max(name.rfind("/"), name.rfind("."))
    if name[: max(cut, 0)].endswith("/vars"):
        cut -= len("/vars")
    return name[: max(cut, 0)], name[cut + 1 :]


def _layers(
    scope: str, own: Mapping[str, FileTensor], users: Mapping[str, tuple[str, str]]
) -> Iterator[RestLayer]:
    """The layer that the tensors of a scope are, or a layer for each part that is one."""
    tensors = tuple(own.values())
    if layer := _known(scope, own, users):
        yield RestLayer(scope, layer[0], tensors, layer[1])
        return
    pairs: dict[str, dict[str, FileTensor]] = {}
    for ending, tensor in own.items():  # fc_w and fc_b, conv1_weight and conv1_bias.
        stem, _, last = ending.rpartition("_")
        pairs.setdefault(stem if len(own) > 1 else "", {})[last] = tensor
    if len(pairs) == 1:
        yield RestLayer(scope, "other", tensors)
        return
    for stem, part in pairs.items():
        name = "/".join(filter(None, (scope, stem)))
        layer_type, sizes = _known(name, part, users) or ("other", {})
        yield RestLayer(name, layer_type, tuple(part.values()), sizes)


def _known(
    scope: str, own: Mapping[str, FileTensor], users: Mapping[str, tuple[str, str]]
) -> tuple[str, dict[str, int]] | None:
    """The type and the sizes of a layer with these tensors, or None if none is known."""
    if any(_PART.search(ending) for ending in own) and "kernel" not in own:
        return "recurrent layer that is not complete", {}
    large = {ending: tensor for ending, tensor in own.items() if len(tensor.shape) > 1}
    vectors = [tensor.shape[0] for tensor in own.values() if len(tensor.shape) == 1]
    if not large:
        return _norm(own, vectors)
    if len(large) == 2 and {"kernel", "recurrent_kernel"} <= large.keys():
        kernel, state = (large[name].shape for name in ("kernel", "recurrent_kernel"))
        if len(kernel) == len(state) > 2 and kernel[-1] == state[-1] == 4 * state[-2]:
            sizes = {"inputs": kernel[-2], "filters": state[-2]}
            return f"ConvLSTM{len(kernel) - 2}D", sizes
    if len(large) != 1 or len(vectors) > 1:
        return None
    ((ending, tensor),) = large.items()
    shape = tensor.shape
    inputs_first = _INPUTS_FIRST.search(ending) is not None
    user = users.get(tensor.name, ("", ""))[0].lower()
    if not (_MATRIX.search(ending) or _OPERATORS.match(user) or _EMBEDDING.search(ending)):
        return None
    if len(shape) > 2:
        outputs = shape[-1] if inputs_first else shape[0]
        if len(shape) > 5 or vectors not in ([], [outputs]):
            return None
        inputs = shape[-2] if inputs_first else shape[1]
        window = shape[:-2] if inputs_first else shape[2:]
        sizes = {"inputs": inputs, "outputs": outputs, "window": max(window)}
        return f"Conv{len(shape) - 2}D", sizes
    if not vectors and (_EMBEDDING.search(f"{scope}/{ending}") or user == "gather"):
        return "Embedding", {"entries": shape[0], "width": shape[1]}
    inputs, outputs = shape if inputs_first else shape[::-1]
    if vectors == [inputs] != [outputs]:
        inputs, outputs = outputs, inputs
    if vectors not in ([], [outputs]):
        return None
    return "Dense" if inputs_first else "Linear", {"inputs": inputs, "outputs": outputs}


def _norm(own: Mapping[str, FileTensor], vectors: list[int]) -> tuple[str, dict[str, int]] | None:
    """A normalisation: vectors of one length, a mean among them if it is that of batches."""
    if not vectors or len(set(vectors)) > 1:
        return None
    if len(vectors) >= 2 and any(_MEAN.search(ending) for ending in own):
        return "BatchNorm", {"channels": vectors[0]}
    scales = {"weight", "gamma", "scale", "vars/0"} & own.keys()
    if scales and len(own) == len(vectors) <= 2:
        return "LayerNorm" if len(vectors) == 2 else "norm", {"channels": vectors[0]}
    return None
