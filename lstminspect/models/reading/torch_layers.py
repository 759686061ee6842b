"""Modules that are called: what a layer makes of its input, its states, and what it refuses."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lstminspect.errors import LstmInspectError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.layers.rules import RULES, rule
from lstminspect.models.reading import torch_shapes as shapes
from lstminspect.models.reading.torch_inputs import check_type, expected_states, shapes_for
from lstminspect.models.reading.torch_objects import (
    CONTAINERS,
    Fault,
    PackedTensor,
    TensorValue,
    TorchModule,
)
from lstminspect.models.reading.torch_origins import is_same, origins, root_of
from lstminspect.models.reading.values import DefinedFunction, Unknown
from lstminspect.models.spec import LayerContext, LayerResult
from lstminspect.sizes import differ, is_letter, plain

__all__ = ["Call", "Layers"]


class Call:
    """One call of a layer: the module, what its rule says, what it was given, the line."""

    def __init__(
        self, module: TorchModule, result: LayerResult, inputs: tuple[Any, ...], place: str
    ) -> None:
        self.module, self.result, self.inputs, self.place = module, result, inputs, place


class Layers:
    """The calls of one reading of `forward`; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.place = semantics.place
        self.depth = 0
        self.prefers_time = True
        #: True while every number of a layer is a float of 32 bits, as PyTorch makes them.
        self.is_float = True
        #: What lines outside `forward` give to modules: the module, the shapes.
        self.outside: list[tuple[TorchModule, list[Shape | None]]] = []
        self.start({})

    def start(self, bound: Mapping[str, Any]) -> None:
        """Start a reading of `forward`, in which inputs have shapes by their names."""
        self.calls: list[Call] = []
        #: Inputs of `forward` by name with the shapes that their first layers give them.
        self.bound: dict[str, Any] = dict(bound)
        #: The first layer that was called on a tensor that is not known.
        self.needs: list[TorchModule] = []
        #: What fits for some sizes alone, each with its line.
        self.conditions: dict[str, None] = {}

    def entered(
        self, module: TorchModule, arguments: list[Any], options: dict[str, Any], node: ast.AST
    ) -> Any:
        """The results of a module; of a call outside `forward` a fault names that line too."""
        if self.depth:
            return self.apply(module, arguments, options, node)
        given = [each for each in arguments if isinstance(each, TensorValue)]
        known = [shapes.text(each.shape) for each in given if each.shape is not None]
        try:
            found = self.apply(module, arguments, options, node)
        except Fault as error:
            place = self.place(node)
            if str(error).startswith(f"{place}:") or not known:
                raise
            name = module.layer_type
            raise Fault(f"{error} {name} is called at {place} with {', '.join(known)}.") from None
        if len(given) == len(arguments):
            self.outside.append((module, [each.shape for each in given]))
        for each in found if isinstance(found, tuple | list) else (found,):
            if isinstance(each, TensorValue):
                each.origin = each.origin or module.layer_type
        return found

    def apply(
        self, module: TorchModule, arguments: list[Any], options: dict[str, Any], node: ast.AST
    ) -> Any:
        """The results of a module that is called."""
        instance = module.instance
        forward = instance.cls.get("forward", None) if instance is not None else None
        if instance is not None and isinstance(forward, DefinedFunction):
            self.depth += 1
            try:
                return self.semantics.interpreter.calls.function(
                    forward, [instance, *arguments], options
                )
            finally:
                self.depth -= 1
        if module.is_layer:
            return self.layer(module, arguments, options, node)
        chain = module.layer_type == "Sequential" or (
            instance is not None
            and any(each.last == "Sequential" for each in instance.cls.bases_outside())
        )
        if chain:
            found: Any = arguments[0] if arguments else options.get("input")
            for each in module.children.values():
                found = self.apply(each, [found], {}, node)
            return found
        if module.layer_type in CONTAINERS:
            raise Fault(
                f"{self.place(node)}: {module.layer_type} has no forward. Call the modules in it."
            )
        if module.is_opaque and module.layer_type == "Module":
            return self.semantics.lost(node, "the module that is called here is not known")
        return self.semantics.lost(node, f"{module.layer_type} has no forward that is known")

    def layer(
        self, module: TorchModule, arguments: list[Any], options: dict[str, Any], node: ast.AST
    ) -> Any:
        """The results of a layer of torch.nn."""
        first = arguments[0] if arguments else options.get("input", options.get("query"))
        kind = module.layer_type
        if isinstance(first, tuple | list):
            raise Fault(
                f"{self.place(node)}: {kind} (made at {module.place}) must be given a Tensor, not "
                f"{type(first).__name__}. A recurrent layer returns its output and its states: "
                "take the output alone, for example y, _ = lstm(x)."
            )
        if isinstance(first, TensorValue) and first.shape is None:
            self._bind(first, module)
        shape = getattr(first, "shape", None)
        if shape is None:
            self.needs.append(module)
            self._bind_states(module, arguments, options)
            self.calls.append(Call(module, replace(self.weights_of(module), outputs=None), (),
                                   self.place(node)))  # fmt: skip
            return self._shaped(module, None, False)
        packed = isinstance(first, PackedTensor)
        more = [each.shape for each in arguments[1:3] if isinstance(each, TensorValue)]
        inputs = [shape, *(each for each in more if each is not None)]
        if kind in ("LSTM", "GRU", "RNN") or kind.endswith("Cell"):
            inputs = [shape]
        if packed and kind in ("LSTM", "GRU", "RNN") and not module.config.get("batch_first"):
            inputs = [(shape[1], shape[0], *shape[2:])]
        try:
            result = self.result_of(module, inputs, node)[1]
            if self.is_float:
                check_type(module, first, bool(result.tensors))
            self._check_states(module, inputs[0], arguments, options)
        except LstmInspectError as error:
            self.calls.append(Call(module, self.weights_of(module), (shape,), self.place(node)))
            raise Fault(f"{self.place(node)}: {error} {kind} is made at {module.place}.") from None
        self._note_condition(module, shape, node)
        self.calls.append(Call(module, result, (shape,), self.place(node)))
        dtype = "float" if result.tensors and self.is_float else getattr(first, "dtype", "")
        return self._shaped(module, result.outputs, packed, dtype)

    def _note_condition(self, module: TorchModule, shape: Shape, node: ast.AST) -> None:
        """Take note of a last size that is what the layer needs for some letters alone."""
        config = module.config
        wanted = config.get("in_features", config.get("input_size"))
        if wanted is not None and shape and is_letter(plain(shape[-1] - wanted)):
            self.conditions.setdefault(
                f"{self.place(node)}: {module.layer_type} fits where {shape[-1]} is {wanted}"
            )

    def _bind_states(
        self, module: TorchModule, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        """Give states that are inputs of `forward` their shape, where the input has none yet."""
        natural = shapes_for(module, lambda name: self.letter(name, ""))
        if module.layer_type in ("LSTM", "GRU", "RNN") or module.layer_type.endswith("Cell"):
            self._check_states(module, natural[0], arguments, options)

    def result_of(
        self, module: TorchModule, inputs: Sequence[Shape], node: ast.AST
    ) -> tuple[TensorValue, LayerResult]:
        """The first output of a layer, and all that its rule says."""
        layer_type = f"torch.{module.layer_type}"
        if layer_type not in RULES:
            self.semantics.end(node, f"the shape that {module.layer_type} returns is not known")
            return TensorValue(None), LayerResult(layer_type, None, work=None, opaque=True)

        def build(*_: Any) -> LayerResult:
            raise ShapeError("no layer of PyTorch wraps another.")

        context = LayerContext(layer_type, module.config, tuple(inputs), {}, "pytorch", build)
        result = rule(layer_type)(context)
        outputs = result.outputs
        return TensorValue(outputs[0] if outputs else None), result

    def weights_of(self, module: TorchModule) -> LayerResult:
        """A layer with its tensors, whatever it is given."""
        natural = shapes_for(module, lambda name: 1000 if name not in ("batch", "time") else 1)
        try:
            found = self.result_of(module, [natural[0]], ast.Constant(0, lineno=1))[1]
        except LstmInspectError as error:
            note = f"{module.place}: its parameters are not counted: {error}"
            layer_type = f"torch.{module.layer_type}"
            return LayerResult(layer_type, None, work=None, note=note, opaque=True)
        return replace(found, outputs=None, work=None)

    def _shaped(self, module: TorchModule, outputs: Any, packed: bool, dtype: str = "") -> Any:
        """Outputs in the form in which the layer returns them."""
        kind = module.layer_type

        def at(number: int) -> TensorValue:
            return TensorValue(outputs[number] if outputs else None, dtype=dtype)

        first: Any = at(0)
        if packed:
            shape = first.shape
            if shape is not None and not module.config.get("batch_first"):
                shape = (shape[1], shape[0], *shape[2:])
            first = PackedTensor(shape)
        if kind == "LSTM":
            return (first, (at(1), at(2)))
        if kind in ("GRU", "RNN"):
            return (first, at(1))
        if kind in ("LSTMCell", "MultiheadAttention"):
            return (at(0), at(1))
        return first

    def _check_states(
        self, module: TorchModule, shape: Shape, arguments: list[Any], options: dict[str, Any]
    ) -> None:
        """Initial states have the sizes that a recurrent layer needs."""
        wanted = expected_states(module, shape)
        states = options.get("hx", arguments[1] if len(arguments) > 1 else None)
        if wanted is None or states is None:
            return
        several = states if isinstance(states, list | tuple) else (states,)
        is_lstm = module.layer_type.startswith("LSTM")
        if is_lstm and isinstance(states, TensorValue) and states.shape is None and states.name:
            pair = [TensorValue(each, f"{states.name}[{n}]") for n, each in enumerate(wanted)]
            for each in pair:
                self.bound.setdefault(each.name, each.shape)
            return
        if is_lstm and isinstance(states, TensorValue):
            if states.shape is not None:
                raise ShapeError("LSTM needs hx as a pair of tensors, (h_0, c_0), and got one.")
            return
        for number, (each, expected) in enumerate(zip(several, wanted, strict=False)):
            if not isinstance(each, TensorValue):
                continue
            if each.shape is None and each.made_of is not None:
                self._give(each, expected)
            if each.shape is None and each.name:
                each.shape = expected
                self.bound.setdefault(each.name, expected)
            if each.shape is None:
                continue
            same = len(each.shape) == len(expected) and not any(
                differ(a, b) for a, b in zip(each.shape, expected, strict=True)
            )
            if not same:
                raise ShapeError(
                    f"Expected hidden[{number}] size {shapes.text(expected)}, got "
                    f"{shapes.text(each.shape)}."
                )

    def _bind(self, tensor: TensorValue, module: TorchModule) -> None:
        """Give an input of `forward` the shape that its first layer needs."""
        name = root_of(tensor)
        if not name and tensor.made_of is None:
            return
        natural = shapes_for(module, lambda each: self.letter(each, name))
        rank3 = [each for each in natural if len(each) == 3]
        found = natural[0]
        if module.layer_type in ("Linear", "LayerNorm") and self.prefers_time and rank3:
            found = rank3[0]
        if tensor.made_of is not None and not (tensor.name and self._is_pair(tensor)):
            fits = [each for each in natural if self._before(tensor, each)]
            if module.layer_type == "Embedding":
                fits = [each for each in fits if self._is_words(tensor, each)] or fits
            found = fits[0] if fits else natural[0]
            self._give(tensor, found, len(natural) > 1)
            return
        tensor.shape = found
        self.bound.setdefault(tensor.name, found)
        self.bound.setdefault(f"{tensor.name} by", module)

    def _is_pair(self, tensor: TensorValue) -> bool:
        """True for an entry of an input that is a pair of states."""
        return tensor.name in self.bound

    def _is_words(self, tensor: TensorValue, shape: Shape) -> bool:
        """True if words of this shape come from an input that is (batch, time), in any order."""
        return all(len(own) == 2 for _, own in self._before(tensor, shape))

    def _before(self, tensor: TensorValue, shape: Shape) -> list[tuple[TensorValue, Shape]]:
        """The inputs that a tensor of this shape was made of, each with its shape."""
        return list(origins(tensor, shape, lambda name: self.letter(name, root_of(tensor))))

    def _give(self, tensor: TensorValue, shape: Shape, is_guess: bool = False) -> None:
        """Give a tensor its shape, and the inputs that it was made of theirs."""
        for each, own in self._before(tensor, shape):
            if each.shape is None:
                each.shape = own
                tensor.shape = shape
                self.bound.setdefault(each.name, own)
                if is_guess and not is_same(tensor):
                    self.bound[f"{each.name} guessed"] = True

    def letter(self, name: str, owner: str) -> Any:
        """The letter of an axis of an input: `batch` is that of all of them."""
        first = not self.bound.get("first") or self.bound["first"] == owner
        text = name if first or name == "batch" else f"{name}_{owner}"
        return self.semantics.letters.letter(Unknown(text, f"axis {text}", "the input of forward"))

    def packing(self, name: str, arguments: list[Any], options: dict[str, Any]) -> Any:
        """Packed sequences, whose padded shape is kept with the batch first."""
        first = arguments[0] if arguments else options.get("input", options.get("sequence"))
        if name == "pack_padded_sequence":
            flag = options.get("batch_first", arguments[2] if len(arguments) > 2 else False)
            shape = getattr(first, "shape", None)
            if shape is None or len(shape) < 2 or not isinstance(flag, bool):
                return PackedTensor(None)
            return PackedTensor(shape if flag else (shape[1], shape[0], *shape[2:]))
        if name == "pad_packed_sequence":
            flag = options.get("batch_first", arguments[1] if len(arguments) > 1 else False)
            shape = getattr(first, "shape", None)
            if shape is None or not isinstance(flag, bool):
                return (TensorValue(None), TensorValue(None))
            padded = shape if flag else (shape[1], shape[0], *shape[2:])
            return (TensorValue(padded), TensorValue((shape[0],)))
        return PackedTensor(None)
