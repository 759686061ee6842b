"""Checkpoints: what the pickle of PyTorch or NumPy holds, as tensors, layers and notes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from lstminspect.files import dtypes
from lstminspect.files.contents import Contents, Declared, FileTensor
from lstminspect.files.numpy_objects import Stored, array_of, array_tensor
from lstminspect.files.packed import unpacked
from lstminspect.files.pickle_nodes import Chunk, Global, Object
from lstminspect.files.pickled_tree import Leaf, Tree, entries, tree_of
from lstminspect.files.pickles import Pickle
from lstminspect.files.torch_objects import (
    QUANTIZED,
    REBUILT,
    WRAPPED,
    Region,
    Storage,
    View,
    file_tensor,
    storage_of,
    view_of,
)
from lstminspect.files.torchscript import ModuleClass

__all__ = ["Held", "checkpoint"]

#: Modules of PyTorch that are recurrent layers, and the options that their state keeps.
RECURRENT = {"LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"}
OPTIONS = (
    "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional",
    "proj_size", "nonlinearity", "mode",
)  # fmt: skip
#: Names that are understood here, or are only classes of data; any other is reported.
UNDERSTOOD = {
    "collections.OrderedDict", "collections.defaultdict", "torch.Size", "torch.device",
    "torch.ScriptObject", "_codecs.encode", "copyreg._reconstructor", "copy_reg._reconstructor",
    "torch.serialization._get_layout",
    *(f"{module}.{name}" for module in ("builtins", "__builtin__") for name in (
        "set", "frozenset", "dict", "list", "tuple", "slice", "complex", "bytearray", "bytes",
        "int", "float", "bool", "str", "object", "range",
    )),
}  # fmt: skip
#: Modules whose names are understood in the same way.
UNDERSTOOD_IN = (
    "torch._utils._rebuild_", "torch._tensor._rebuild_", "torch.jit._pickle.", "torch.nn.",
    "torch.optim.", "torch.ao.nn.", "__torch__.", "numpy.core.multiarray.", "numpy._core.",
)  # fmt: skip
#: How many names a note lists.
MOST_LISTED = 5


class Held(NamedTuple):
    """Where the values of a pickle lie: storages by key, bytes inside it, and their byte order."""

    regions: Mapping[str, Region]
    chunk: Callable[[Chunk], bytes]
    base: int | None = None
    order: dtypes.Order = "<"
    storage: Callable[[Any], Storage | None] = storage_of
    classes: Mapping[str, ModuleClass] = MappingProxyType({})


def checkpoint(
    pickle: Pickle, held: Held, form: str, title: str, check: Callable[[], None] = lambda: None
) -> Contents:
    """Contents of a checkpoint whose pickle was read. `title` is what errors name."""

    def leaf(node: Any) -> View | Stored | None:
        return view_of(node, held.storage) or array_of(node)

    tree = _with_roles(tree_of(pickle.root, leaf, title, check), held.classes)
    names, notes = _names(pickle.root, tree)
    tensors = tuple(
        _tensor(name, leaf, at, held, title)
        for at, (name, leaf) in enumerate(zip(names, tree.leaves, strict=True))
    )
    tensors, renamed = unpacked(tensors)
    notes += renamed
    notes += [*_tied(tensors), *_quantized(tensors), *_unread(pickle.names)]
    notes += [*_unknown(pickle.names), *_hyper_parameters(pickle.root)]
    producer = _producer(pickle.root)
    return Contents(
        form, tensors, producer, tuple(_declared(tree, names, held)), notes=tuple(notes)
    )


def _with_roles(tree: Tree, classes: Mapping[str, ModuleClass]) -> Tree:
    """The tree with the roles of tensors that the classes of TorchScript give."""
    roles = {
        (*keys, name): role
        for keys, node in tree.modules
        if node.path in classes
        for name, role in classes[node.path].roles.items()
    }
    leaves = [each._replace(role=each.role or roles.get(each.keys, "")) for each in tree.leaves]
    return tree._replace(leaves=tuple(leaves))


def _tensor(name: str, leaf: Leaf, at: int, held: Held, title: str) -> FileTensor:
    if isinstance(leaf.tensor, View):
        return file_tensor(name, leaf.tensor, held.regions, held.order, leaf.role, title)
    stored: Stored = leaf.tensor
    place: int | str = f"array {at}"
    if isinstance(stored.data, Chunk) and held.base is not None:
        place = held.base + stored.data.offset
    return array_tensor(name, stored, place, held.chunk, leaf.role)


def _names(root: Any, tree: Tree) -> tuple[list[str], list[str]]:
    """A name for every leaf, and a note if they stand below one key, which is then left out."""
    notes = []
    prefix = _state_dict(root, tree.leaves)
    if prefix:
        notes.append(f"The tensors of the model are under the key {prefix!r}.")
    names = [
        ".".join(leaf.keys[1:] if prefix and leaf.keys[0] == prefix else leaf.keys) or "tensor"
        for leaf in tree.leaves
    ]
    return names, notes


def _state_dict(root: Any, leaves: Iterable[Leaf]) -> str:
    """The one key of a checkpoint below which the tensors of the model are, or nothing."""
    below: dict[str, int] = {}
    for leaf in leaves:
        if len(leaf.keys) < 2 and leaf.keys and "." in leaf.keys[0]:
            return ""
        if len(leaf.keys) > 1 and leaf.role != "optimizer":
            below[leaf.keys[0]] = below.get(leaf.keys[0], 0) + 1
    (key,) = below if len(below) == 1 else ("",)
    top = entries(root)
    return key if entries(top.get(key)) and "_modules" not in top else ""


def _tied(tensors: Iterable[FileTensor]) -> list[str]:
    """A note for weights that are in the file once and have two names."""
    first: dict[tuple[Any, ...], str] = {}
    notes = []
    for tensor in tensors:
        key = (tensor.place, tensor.shape)
        if tensor.nbytes and first.setdefault(key, tensor.name) != tensor.name:
            notes.append(f"{tensor.name} has the same values in the file as {first[key]}.")
    more = len(notes) - MOST_LISTED
    return [*notes[:MOST_LISTED], *([f"{more} others are shared so."] if more > 0 else [])]


def _quantized(tensors: Iterable[FileTensor]) -> list[str]:
    """A note for tensors whose values stand for others."""
    count = sum(tensor.dtype in QUANTIZED for tensor in tensors)
    return [f"{count} tensors are quantized; values are the numbers they stand for."] * bool(count)


def _unread(names: Iterable[str]) -> list[str]:
    """A note for tensors of PyTorch that are rebuilt in a way that is not read here."""
    unread = [
        name
        for name in names
        if name.startswith("torch._utils._rebuild_") and name not in REBUILT | WRAPPED
    ]
    listed = ", ".join(ascii(name)[1:-1][:80] for name in unread[:MOST_LISTED])
    return [f"It has tensors of a form that is not read here: {listed}."] if unread else []


def _unknown(names: Iterable[str]) -> list[str]:
    """A note with the names in the pickle that are not understood: they were not run."""
    unknown = [name for name in names if not _understood(name)]
    if not unknown:
        return []
    listed = ", ".join(ascii(name)[1:-1][:80] for name in unknown[:MOST_LISTED])
    more = f" and {len(unknown) - MOST_LISTED} others" if len(unknown) > MOST_LISTED else ""
    return [f"The file names {listed}{more}, which loading it would run. Here nothing is run."]


def _understood(name: str) -> bool:
    module, _, last = name.rpartition(".")
    return (
        name in UNDERSTOOD
        or name.startswith(UNDERSTOOD_IN)
        or (module == "numpy" or module.startswith("numpy.dtypes"))
        or (module in ("torch", "torch.cuda", "torch.storage") and last.endswith("Storage"))
        or (
            module == "torch" and last.startswith(("float", "int", "uint", "qint", "quint", "per_"))
        )
        or (module == "torch" and last in ("bool", "bfloat16", "complex64", "strided"))
    )


def _producer(root: Any) -> str:
    version = entries(root).get("pytorch-lightning_version")
    return f"PyTorch Lightning {version}" if isinstance(version, str) else ""


def _hyper_parameters(root: Any) -> list[str]:
    """A note with the numbers and words that a checkpoint keeps beside its tensors."""
    kept = entries(entries(root).get("hyper_parameters"))
    plain = {
        name: value
        for name, value in kept.items()
        if isinstance(value, str | int | float | bool | None) and len(str(value)) <= 60
    }
    listed = ", ".join(f"{name} = {value!r}" for name, value in list(plain.items())[:20])
    return [f"Hyper-parameters: {listed}."] if listed else []


def _declared(tree: Tree, names: list[str], held: Held) -> list[Declared]:
    """The recurrent modules of a whole model, whose state keeps their options."""
    known = set(names)
    declared = []
    for keys, node in tree.modules:
        function = node.function
        if not isinstance(function, Global) or function.name not in RECURRENT:
            continue
        if "torch.nn.modules.rnn" not in function.module:
            continue
        state = entries(node)
        if node.path in held.classes:
            state = {**held.classes[node.path].constants, **state}
        options = {
            name: state[name]
            for name in OPTIONS
            if isinstance(state.get(name), str | int | float | bool)
        }
        name = ".".join(keys)
        own = [key for key in _own(node) if ".".join((*keys, key)) in known]
        # A cell has no layers, so that its parameters are named without a number.
        end = "_l0" if function.name.endswith("Cell") else ""
        tensors = {f"{key}{end}": ".".join((*keys, key)) for key in own}
        declared.append(Declared(name, function.name, "pytorch", options, tensors))
    return declared


def _own(node: Object) -> Iterable[str]:
    """The names of a module's own parameters."""
    state = entries(node)
    return entries(state["_parameters"]) if "_parameters" in state else state
