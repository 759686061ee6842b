"""Modules while they are made: their arguments, containers, and the methods of a module."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import Any

from lstminspect.models.reading.libraries import Settings
from lstminspect.models.reading.torch_objects import (
    CONTAINERS,
    SIGNATURES,
    Fault,
    ParameterGroup,
    TensorValue,
    TorchModule,
    as_module,
    as_value,
    configured,
)
from lstminspect.models.reading.torch_types import dtype_of_name
from lstminspect.models.reading.values import (
    BoundMethod,
    DefinedFunction,
    DottedName,
    Instance,
    Parent,
    Unknown,
    opened,
)

__all__ = ["Modules"]

#: Methods that give the module or the tensor itself.
SAME = ("to", "cuda", "cpu", "eval", "train", "float", "double", "half", "apply", "share_memory",
        "flatten_parameters", "compile", "bfloat16")  # fmt: skip
#: What is taken for an argument that the text leaves open, and that is no letter of a count.
USUAL = {"bias": True, "affine": True, "batch_first": False, "bidirectional": False}
#: Sizes that a module cannot do without.
SIZES = ("input_size", "hidden_size", "in_features", "out_features", "num_embeddings",
         "embedding_dim", "in_channels", "out_channels", "num_features")  # fmt: skip


class Modules:
    """Modules as the text makes and changes them; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.place = semantics.place
        #: Every module of the text, in the order in which it is made.
        self.every: list[TorchModule] = []

    def resolved(self, config: dict[str, Any], node: ast.AST) -> dict[str, Any]:
        """Arguments with letters for what the text leaves open."""
        place = self.place(node)

        def known(name: str, value: Any) -> Any:
            if isinstance(value, BoundMethod) and value.function is None:
                # What a class that the text does not have gives its objects.
                value = Unknown(f"self.{value.name}", f"inherited {value.name}", place)
            if isinstance(value, TensorValue):
                # A number that is computed with tensors, for example `torch.prod(sizes)`.
                value = Unknown(name, f"{name}@{place}", f"a tensor, {place}")
            if isinstance(value, Unknown) and value.declined:
                value = Unknown(value.text, f"{value.text}@{place}", place)
            if isinstance(value, list | tuple):
                return type(value)(known(name, each) for each in value)
            if name in USUAL and opened(value):
                usual = USUAL[name]
                text = getattr(value, "text", "") or name
                self.semantics.note(f"{place}: {name}={text} is not known and is taken as {usual}")
                return usual
            if isinstance(value, float) and value.is_integer() and name.endswith(("size", "ures")):
                raise Fault(f"{place}: {name} must be a whole number, got {value!r}.")
            if isinstance(value, int) and name in ("bias", "batch_first", "bidirectional"):
                return bool(value)
            return self.semantics.letters.size(value, place) if opened(value) else value

        for name in SIZES:
            zero = isinstance(config.get(name), int) and config[name] == 0
            if name in config and (config[name] is None or (zero and name != "hidden_size")):
                # The default of an argument that nobody gives.
                config[name] = Unknown(name, f"{name}@{place}", f"{config[name]}, {place}")
        return {name: known(name, value) for name, value in config.items() if value is not None}

    def unsaid(
        self, last: str, arguments: list[Any], options: dict[str, Any], node: ast.AST
    ) -> dict[str, Any]:
        """The first arguments of a module that `**more` holds: letters of their names."""
        place = self.place(node)
        needed = [each for each in SIGNATURES[last][len(arguments) : 2] if each not in options]
        return {each: Unknown(each, f"{each}@{place}", f"**, {place}") for each in needed}

    def pretrained(self, weights: Any, node: ast.AST) -> TorchModule:
        """`nn.Embedding.from_pretrained(weights)`, frozen, as large as the weights."""
        place = self.place(node)
        shape = weights.shape if isinstance(weights, TensorValue) else None
        names = ("num_embeddings", "embedding_dim")
        if shape is None or len(shape) != 2:
            shape = tuple(Unknown(each, f"{each}@{place}", f"weights, {place}") for each in names)
        config = self.resolved(dict(zip(names, shape, strict=True)), node)
        return self.new(TorchModule("Embedding", config, place))

    def normalize(
        self, module: TorchModule, function: str, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        """`weight_norm(module, name, dim)`: the lengths of the rows are a parameter beside it."""
        name = arguments[0] if arguments else options.get("name", "weight")
        dim = arguments[1] if len(arguments) > 1 else options.get("dim", 0)
        tensors = self.semantics.layers.weights_of(module).tensors
        shape = next((each.shape for each in tensors if each.name == name), None)
        if function == "remove_weight_norm" or shape is None:
            module.parameters.pop(f"{name}_g", None)
            return
        known = isinstance(dim, int) and -len(shape) <= dim < len(shape)
        place = dim % len(shape) if known else None
        module.parameters[f"{name}_g"] = tuple(
            size if number == place else 1 for number, size in enumerate(shape)
        )

    def new(self, module: TorchModule) -> TorchModule:
        """Take note of a module that is made."""
        self.every.append(module)
        return module

    def container(self, last: str, arguments: list[Any], node: ast.Call) -> TorchModule:
        """A Sequential, a ModuleList or a ModuleDict."""
        made = self.new(TorchModule(last, {}, self.place(node)))
        self._fill(made, last, arguments, node)
        return made

    def copies(
        self, last: str, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> TorchModule:
        """A stack of copies of one layer: each has weights of its own."""
        place = self.place(node)
        config = self.resolved(configured(last, arguments, options, place), node)
        made = self.new(TorchModule("Sequential", {}, place))
        first = as_module(config.get("encoder_layer", config.get("decoder_layer")))
        many, norm = config.get("num_layers"), as_module(config.get("norm"))
        if first is None or first.instance is not None or not isinstance(many, int):
            self.semantics.note(f"{place}: what {last} is made of is not known; it is not counted")
            made.is_opaque = True
            return made
        for number in range(min(many, 1000)):
            layer = replace(first, config=dict(first.config), frozen=set())
            made.add(layer, f"layers.{number}")
        if norm is not None:
            made.add(norm, "norm")
        return made

    def _fill(self, made: TorchModule, last: str, arguments: list[Any], node: ast.AST) -> None:
        """Register what a container is given."""
        several: Any = arguments
        if arguments and (last != "Sequential" or isinstance(arguments[0], dict)):
            several = arguments[0]
        if isinstance(several, dict):
            pairs = list(several.items())
        else:
            listed = (
                several if isinstance(several, list | tuple) else self.semantics.entries(several)
            )
            pairs = [] if listed is None else [(str(n), each) for n, each in enumerate(listed)]
            if listed is None:
                self.semantics.note(f"{self.place(node)}: what is in this {last} is not known")
            if last == "ModuleDict" and all(isinstance(e, tuple) and len(e) == 2 for _, e in pairs):
                pairs = [each for _, each in pairs]
        for name, each in pairs:
            inner = as_module(each)
            if isinstance(each, TensorValue) and each.is_parameter:
                self._hold(made, str(name), each)
            elif inner is None:
                self.semantics.note(f"{self.place(node)}: a module in this {last} is not known")
                made.add(self._unknown(node), str(name))
            else:
                made.add(inner, str(name))

    def _unknown(self, node: ast.AST) -> TorchModule:
        """A module of which nothing is known, so that those behind it keep their places."""
        return TorchModule("Module", {}, self.place(node), is_opaque=True)

    def _hold(self, made: TorchModule, name: str, tensor: TensorValue) -> None:
        """Register a parameter in a ParameterList or a ParameterDict."""
        made.parameters[name] = tensor.stored
        made.entries[name] = tensor
        tensor.owner = (made, name)

    def start(
        self, module: TorchModule, parent: Parent, arguments: list[Any], options: dict[str, Any],
        node: ast.Call,
    ) -> None:  # fmt: skip
        """`super().__init__(...)` of a class that is made from a module of torch.nn."""
        module.place = module.place or self.place(node)
        bases = [each for each in parent.after.bases_outside() if isinstance(each, DottedName)]
        for each in bases:
            if each.last in CONTAINERS and arguments:
                self._fill(module, each.last, arguments, node)
            elif each.last in SIGNATURES:
                config = configured(each.last, arguments, options, self.place(node))
                module.config = self.resolved(config, node)
                module.layer_type = each.last

    def method(
        self, module: TorchModule, owner: Any, name: str, arguments: list[Any],
        options: dict[str, Any], node: ast.Call,
    ) -> Any:  # fmt: skip
        """A method of a module."""
        values = self.semantics.interpreter.values
        if name in ("forward", "__call__"):
            return self.semantics.layers.apply(module, arguments, options, node)
        types = [dtype_of_name(each) for each in (*arguments, *options.values())]
        if name in ("double", "half", "bfloat16") or any(types):
            self.semantics.layers.is_float = False
        if name in SAME:
            return owner
        if name == "requires_grad_":
            module.frozen |= {"*"} if arguments[:1] == [False] else set()
            return owner
        if name in ("append", "add_module", "register_module", "insert", "extend"):
            return self._register(module, name, arguments, node)
        if name in ("register_parameter", "register_buffer") and len(arguments) > 1:
            if isinstance(owner, Instance):
                owner.names[str(arguments[0])] = arguments[1]
            if name == "register_parameter":
                self.semantics.changed(owner, str(arguments[0]), arguments[1])
            return None
        if name == "save_hyperparameters" and isinstance(owner, Instance):
            owner.names["hparams"] = self._hyperparameters(owner, arguments)
            return None
        if name in ("items", "named_children"):
            return [(key, as_value(each)) for key, each in module.children.items()]
        if name == "keys":
            return list(module.children)
        if name in ("values", "children"):
            return [as_value(each) for each in module.children.values()]
        if name == "parameters":
            return ParameterGroup(module)
        if name in ("__init__", "named_parameters", "modules", "named_modules"):
            return None if name == "__init__" else values.unknown(node)
        tensors = [each for each in arguments if isinstance(each, TensorValue)]
        return (
            self.semantics.lost(node, f"{name} is not known") if tensors else values.unknown(node)
        )

    def _hyperparameters(self, owner: Instance, arguments: list[Any]) -> Any:
        """The settings that a module of Lightning keeps: those of `__init__`, or some of them."""
        first = arguments[0] if arguments else None
        if isinstance(first, Settings):
            return first
        if isinstance(first, dict):
            return Settings(dict(first))
        names = self.semantics.interpreter.values.names
        init = owner.cls.get("__init__", None)
        wanted = [each for each in arguments if isinstance(each, str)]
        if not wanted and isinstance(init, DefinedFunction):
            every = init.node.args
            wanted = [each.arg for each in (*every.posonlyargs, *every.args, *every.kwonlyargs)][1:]
        return Settings({each: names[each] for each in wanted if each in names})

    def _register(
        self, module: TorchModule, name: str, arguments: list[Any], node: ast.Call
    ) -> None:
        """`append`, `insert`, `extend`, `add_module`."""
        if name == "extend":
            listed = arguments[0] if arguments else []
            listed = (
                listed if isinstance(listed, list | tuple) else self.semantics.entries(listed) or []
            )
            for each in listed:
                inner = as_module(each)
                if inner is not None:
                    module.add(inner)
            return
        inner = as_module(arguments[-1]) if arguments else None
        last = arguments[-1] if arguments else None
        if isinstance(last, TensorValue) and last.is_parameter:
            self._hold(module, str(len(module.entries)), last)
            return
        if inner is None:
            self.semantics.note(f"{self.place(node)}: the module that is added here is not known")
            inner = self._unknown(node)
        if name == "append":
            module.add(inner)
        elif name == "insert" and isinstance(arguments[0], int):
            several = list(module.children.values())
            several.insert(arguments[0], inner)
            module.children = {str(number): each for number, each in enumerate(several)}
        else:
            known = arguments[0] if isinstance(arguments[0], str) else None
            module.add(inner, known)
