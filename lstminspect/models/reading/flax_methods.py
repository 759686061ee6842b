"""Methods of modules that Flax defines: `init`, `param`, `initialize_carry`, `attend`."""

from __future__ import annotations

import ast
from typing import Any

from lstminspect.models.reading.flax_objects import FlaxModule
from lstminspect.models.reading.flax_scopes import joined
from lstminspect.models.reading.torch_objects import TensorValue
from lstminspect.models.reading.values import DefinedFunction, Unknown

__all__ = ["FlaxMethods"]

#: Methods of linen that are given what the model is: its variables first.
STARTS = ("init", "apply", "init_with_output", "tabulate", "lazy_init")


class FlaxMethods:
    """The results of methods that Flax defines; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics

    def method(
        self, module: FlaxModule, owner: Any, name: str, arguments: list[Any],
        options: dict[str, Any], node: ast.Call,
    ) -> Any:  # fmt: skip
        """A method of a module that the text does not define."""
        values = self.semantics.interpreter.values
        if name == "__call__" and module.is_layer:
            return self.semantics.called(module, arguments, options, node)
        if name in STARTS and module.family == "linen":
            if "method" not in options:
                known = {key: each for key, each in options.items()
                         if key not in ("rngs", "mutable", "capture_intermediates")}  # fmt: skip
                self.semantics.begin(module, arguments[1:], known)
            return TensorValue(None) if name == "apply" else values.unknown(node)
        if name == "param" and len(arguments) > 1:
            return self._parameter(module, arguments, node)
        if name == "attend" and module.layer_type == "Embed" and arguments:
            return self._attend(module, arguments[0], node)
        if name == "variable":
            return self.semantics.lost(node, "the shape of this variable is not known")
        if name == "initialize_carry":
            given = next((each for each in arguments if self.is_shape(each)), None)
            given = options.get("input_shape", given)
            sizes = None if given is None else self.semantics.functions.sizes([given])
            units = self.semantics.letters.size(module.units)
            carry = None if not sizes or units is None else (*sizes[:-1], units)
            return self.states(carry, "LSTM" in module.layer_type)
        if name in ("eval", "train", "bind", "clone", "copy", "replace"):
            return owner
        if name in ("append", "extend", "__init__"):
            return None
        tensors = [each for each in arguments if isinstance(each, TensorValue)]
        return (
            self.semantics.lost(node, f"{name} is not known") if tensors else values.unknown(node)
        )

    def _attend(self, module: FlaxModule, x: Any, node: ast.Call) -> TensorValue:
        """The logits of every word: the table of an Embed, transposed."""
        shape = getattr(x, "shape", None)
        words = TensorValue(None if shape is None else shape[:-1])
        self.semantics.layers.layer(module, module, words, node, None, None)
        many = self.semantics.letters.size(module.config.get("num_embeddings"))
        return TensorValue(None if shape is None else (*shape[:-1], many))

    def _parameter(self, module: FlaxModule, arguments: list[Any], node: ast.Call) -> TensorValue:
        """`self.param(name, init, shape)`."""
        sizes = self.semantics.functions.sizes(arguments[2:3]) if len(arguments) > 2 else None
        if sizes is None and len(arguments) == 2:
            made = self.semantics.interpreter.calls.applied(
                arguments[1], [Unknown("key")], {}, node
            )
            shape = getattr(made, "shape", None)
            sizes = None if shape is None else list(shape)
        if sizes is None:
            self.semantics.note(
                f"{self.semantics.place(node)}: the shape of this parameter is not known"
            )
            return TensorValue(None)
        name, shape = str(arguments[0]), tuple(sizes)
        if self.semantics.scopes.open and self.semantics.scopes.open[-1].is_setup:
            module.arrays[name] = shape
        else:
            self.semantics.scopes.arrays[joined(module.path, name)] = (module, shape)
        return TensorValue(shape)

    def is_shape(self, value: Any) -> bool:
        """True for several sizes that are known, by number or by letter."""
        return (
            isinstance(value, tuple | list) and self.semantics.functions.sizes([value]) is not None
        )

    def states(self, shape: Any, is_pair: bool) -> Any:
        """The carry of a cell."""
        return (TensorValue(shape), TensorValue(shape)) if is_pair else TensorValue(shape)

    def carry_of(self, cell: FlaxModule, x: Any, node: ast.Call) -> Any:
        """The carry that a cell of the text begins with."""
        shape = getattr(x, "shape", None)
        start = cell.instance.cls.get("initialize_carry", None) if cell.instance else None
        if shape is None or not isinstance(start, DefinedFunction):
            return self.semantics.lost(node, "the carry of this cell is not known")
        one = (*shape[:-2], shape[-1]) if len(shape) > 1 else shape
        sizes = tuple(map(self.semantics.as_number, one))
        first: list[Any] = [sizes] if cell.family == "nnx" else [Unknown("key"), sizes]
        own = [] if start.form in ("static",) else [cell.instance]
        return self.semantics.interpreter.calls.function(start, [*own, *first], {})
