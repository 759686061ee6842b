"""Modules of Flax that are called: the carry, what a layer makes of its input."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lstminspect.errors import LstmInspectError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.layers.rules import RULES, rule
from lstminspect.models.reading.flax_objects import CELLS, FlaxModule, Scan, as_flax
from lstminspect.models.reading.flax_scopes import joined
from lstminspect.models.reading.torch_objects import Fault, TensorValue
from lstminspect.models.reading.values import Unknown
from lstminspect.models.spec import LayerContext, LayerResult
from lstminspect.sizes import differ

__all__ = ["FlaxCall", "FlaxLayers", "with_axis", "without_axis"]

SPACE = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


@dataclass(frozen=True)
class FlaxCall:
    """One call of a layer: where its parameters stand, what its rule says, the line."""

    module: FlaxModule
    path: str
    result: LayerResult
    inputs: tuple[Any, ...]
    place: str


class FlaxLayers:
    """The calls of one reading of `__call__`; `semantics` knows the text."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics
        self.prefers_time = True
        self.start({})

    def start(self, bound: Mapping[str, Any]) -> None:
        """Start a reading of `__call__`, in which inputs have shapes by their names."""
        self.calls: list[FlaxCall] = []
        self.bound: dict[str, Any] = dict(bound)
        #: Parameters of layers by their paths.
        self.tensors: dict[str, tuple[Any, ...]] = {}
        self.semantics.scopes.start()

    # Calls

    def apply(
        self, callee: Any, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The results of whatever is called with tensors: a module, or a function of the text."""
        if isinstance(callee, FlaxModule) and callee.instance is not None:
            callee = callee.instance
        if isinstance(callee, FlaxModule):
            return self._native(callee, arguments, options, node)
        return self.semantics.interpreter.calls.applied(callee, arguments, options, node)

    def _native(
        self, module: FlaxModule, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The results of a module of Flax."""
        kind = module.layer_type
        if module.path is None and self.semantics.scopes.open:
            self.semantics.scopes.name_held(self.semantics.scopes.open[-1].module, module)
        if kind == "Sequential":
            return self._chain(module, arguments, options, node)
        if kind == "Bidirectional":
            return self._both_ways(module, arguments, options, node)
        if kind == "RNN":
            return self._sequence(module, arguments, options, node)
        if kind in CELLS:
            carry, x = [*arguments, None, None][:2]
            found = self.layer(module, module, x, node, None, carry)
            return (self._carry(module, found), found[0])
        x = arguments[0] if arguments else options.get("inputs", options.get("inputs_q"))
        more = [each for each in arguments[1:3] if isinstance(each, TensorValue)]
        more += [options[key] for key in ("inputs_k", "inputs_v", "inputs_kv") if key in options]
        return self.layer(module, module, x, node, None, None, more)[0]

    def _chain(
        self, module: FlaxModule, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """The modules and functions of a Sequential, one after the other."""
        listed = module.config.get("layers")
        if not isinstance(listed, list | tuple):
            return self.semantics.lost(node, "what is in this Sequential is not known")
        found: Any = None
        for number, each in enumerate(listed):
            inner = as_flax(each)
            if inner is not None and inner.path is None and module.path is not None:
                inner.path = joined(module.path, f"layers_{number}")
            found = self.apply(each, arguments, options, node)
            arguments, options = (list(found) if isinstance(found, tuple) else [found]), {}
        return found

    def _sequence(
        self, module: FlaxModule, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """RNN: its cell at every step."""
        config = module.config
        x = arguments[0] if arguments else options.get("inputs")
        cell = as_flax(config.get("cell"))
        major = bool(options.get("time_major", config.get("time_major")) is True)
        returns = options.get("return_carry", config.get("return_carry"))
        initial = options.get("initial_carry")
        if cell is None:
            return self.semantics.lost(node, "the cell of this RNN is not known")
        if cell.path is None and module.path is not None:
            cell.path = joined(module.path, "cell")
        if cell.instance is not None:
            scan = Scan(None, 0 if major else 1, 0 if major else 1)
            start = self.semantics.methods.carry_of(cell, x, node) if initial is None else initial
            carry, y = self.steps(cell.instance, scan, [start, x], node)
        else:
            found = self.layer(module, cell, x, node, major, initial)
            if returns is not True:
                self._shorten()
            carry, y = self._carry(cell, found), found[0]
        return (carry, y) if returns is True else y

    def _both_ways(
        self, module: FlaxModule, arguments: list[Any], options: dict[str, Any], node: ast.Call
    ) -> Any:
        """Bidirectional: two RNNs on the same input, joined along the features."""
        config = module.config
        returns = options.get("return_carry", config.get("return_carry"))
        inner = {key: each for key, each in options.items() if key != "initial_carry"}
        carries, outputs = [], []
        for name in ("forward_rnn", "backward_rnn"):
            rnn = as_flax(config.get(name))
            if rnn is None:
                return self.semantics.lost(node, f"the {name} of this Bidirectional is not known")
            if rnn.path is None and module.path is not None:
                rnn.path = joined(module.path, name)
            carry, y = self.apply(rnn, arguments, {**inner, "return_carry": True}, node)
            if returns is not True:
                self._shorten()
            carries.append(carry)
            outputs.append(y)
        merge = config.get("merge_fn")
        if merge is None:
            y = self.semantics.functions.call("concatenate", [outputs], {"axis": -1}, node)
        else:
            y = self.apply(merge, outputs, {}, node)
        return (tuple(carries), y) if returns is True else y

    def steps(self, cell: Any, scan: Scan, arguments: list[Any], node: ast.Call) -> Any:
        """The carry and the outputs of what is called at every step of an axis."""
        carry, *rest = arguments
        for each in rest[:1]:
            self.open_sequence(each, scan.in_axes)
        known = [each.shape for each in rest if isinstance(each, TensorValue) and each.shape]
        if not known:
            return (carry, self.semantics.lost(node, "the axis of this scan is not known"))
        many = known[0][scan.in_axes]
        one = [without_axis(each, scan.in_axes) for each in rest]
        found = self.apply(cell, [carry, *one], {}, node)
        if not isinstance(found, tuple) or len(found) != 2:
            return (carry, self.semantics.lost(node, "what this scan returns is not known"))
        return (found[0], with_axis(found[1], scan.out_axes, many))

    def layer(
        self, module: FlaxModule, cell: FlaxModule, x: Any, node: ast.Call,
        major: bool | None, carry: Any, more: list[Any] | tuple[()] = (),
    ) -> tuple[TensorValue, ...]:  # fmt: skip
        """The tensors that a layer returns: of a recurrent one, the outputs and then the carry."""
        place, kind = self.semantics.place(node), module.layer_type
        if isinstance(x, tuple | list):
            raise Fault(
                f"{place}: {kind} (made at {module.place}) is given a {type(x).__name__}, not an "
                "array. With return_carry=True an RNN returns its carry and its outputs: take the "
                "outputs alone, for example _, y = rnn(x)."
            )
        if isinstance(x, TensorValue) and x.shape is None and x.name:
            x.shape = self.natural(module, cell, bool(major), x.name)
            self.bound[x.name] = x.shape
            self.bound.setdefault("first", x.name)
        shape = getattr(x, "shape", None)
        path = self.path(cell if kind != "Dense" else module)
        try:
            result = self.result_of(module, cell, shape, major, carry, more)
            self._check(path, module, result)
            self._check_carry(cell, carry, result)
        except LstmInspectError as error:
            self.calls.append(FlaxCall(module, path, self.weights_of(cell), (shape,), place))
            raise Fault(f"{place}: {error} {kind} is made at {module.place}.") from None
        self.calls.append(FlaxCall(module, path, result, (shape,), place))
        if result.outputs is None:
            return tuple(TensorValue(None) for _ in range(3))
        return tuple(TensorValue(each) for each in result.outputs)

    def path(self, module: FlaxModule) -> str:
        """Where the parameters of a layer stand; its class where nothing names it."""
        return module.path or f"{module.layer_type}@{id(module)}"

    def result_of(
        self, module: FlaxModule, cell: FlaxModule, shape: Shape | None,
        major: bool | None = None, carry: Any = None, more: Any = (),
    ) -> LayerResult:  # fmt: skip
        """The result of the rule of a layer on an input of this shape."""
        prefix = "nnx" if module.family == "nnx" else "flax"
        layer_type = f"{prefix}.{module.layer_type}"
        if shape is None and module.family == "nnx":
            return self.weights_of(cell)
        if shape is None or layer_type not in RULES:
            note = "what it is given is not known" if shape is None else "it is not known here"
            return LayerResult(layer_type, None, work=None, note=note, opaque=True)
        config = dict(module.config)
        if cell.layer_type in CELLS:
            config = {**cell.config, "cell_type": cell.layer_type}
            if config.get("features") is None and cell.family == "linen":
                # In old Flax, a cell takes its units from its carry.
                states = carry if isinstance(carry, tuple | list) else [carry]
                known = getattr(states[0], "shape", None) if states else None
                config["features"] = known[-1] if known else None
            if major is not None:
                space = len(config.get("kernel_size") or ())
                config["steps"] = 0 if major else len(shape) - 2 - space
                if config["steps"] < 0:
                    raise ShapeError(
                        f"RNN needs an input (batch, time, features), got {tuple(shape)}."
                    )
                layer_type = f"{prefix}.RNN"
        shapes = [shape, *(each.shape for each in more if getattr(each, "shape", None))]
        context = LayerContext(
            layer_type, config, tuple(shapes), {}, "flax", lambda *_: LayerResult("", None)
        )
        found = rule(layer_type)(context)
        if major is not None:
            found = replace(found, layer_type=f"{prefix}.RNN({cell.layer_type})")
        return found

    def weights_of(self, module: FlaxModule) -> LayerResult:
        """The parameters of an NNX layer, whatever it is given."""
        if module.family == "nnx":
            try:
                shape = self.natural(module, module, False, "")
                found = self.result_of(module, module, shape)
                return replace(found, outputs=None, work=None)
            except LstmInspectError:
                pass
        note = "its parameters depend on an input that is not known"
        return LayerResult(f"flax.{module.layer_type}", None, work=None, note=note, opaque=True)

    def _check(self, path: str, module: FlaxModule, result: LayerResult) -> None:
        """A linen layer that is called again has the parameters that it has."""
        if module.family == "nnx" or result.outputs is None:
            return
        held = self.tensors.setdefault(path, result.tensors)
        for one, other in zip(held, result.tensors, strict=False):
            pairs = list(zip(one.shape, other.shape, strict=False))
            if len(one.shape) != len(other.shape) or any(differ(a, b) for a, b in pairs):
                raise ShapeError(
                    f'For parameter "{one.name.rpartition("/")[2]}" in "/{path}", the given '
                    f"initializer is expected to generate shape {other.shape}, but the existing "
                    f"parameter it received has shape {one.shape}."
                )

    # The carry

    def _shorten(self) -> None:
        """The carry of the last call is not returned."""
        if self.calls and self.calls[-1].result.outputs:
            result = self.calls[-1].result
            shown = replace(result, outputs=(result.outputs or ())[:1])
            self.calls[-1] = replace(self.calls[-1], result=shown)

    def _carry(self, cell: FlaxModule, found: tuple[TensorValue, ...]) -> Any:
        return (found[1], found[2]) if "LSTM" in cell.layer_type else found[1]

    def _check_carry(self, cell: FlaxModule, carry: Any, result: LayerResult) -> None:
        """A carry has the sizes that a cell returns."""
        if cell.layer_type not in CELLS or result.outputs is None:
            return
        wanted = result.outputs[1:]
        is_pair = len(wanted) == 2
        if is_pair and isinstance(carry, TensorValue) and carry.shape is not None:
            raise ShapeError(f"the carry of {cell.layer_type} is a pair (c, h), and it is one.")
        several = carry if isinstance(carry, tuple | list) else (carry,)
        for each, expected in zip(several, wanted, strict=False):
            shape = getattr(each, "shape", None)
            if shape and differ(shape[-1], expected[-1]):
                raise ShapeError(
                    f"the carry has shape {tuple(shape)}, and {cell.layer_type} of "
                    f"{expected[-1]} features carries {tuple(expected)}."
                )

    # Inputs

    def natural(self, module: FlaxModule, cell: FlaxModule, major: bool, owner: str) -> Shape:
        """The shape that a layer usually takes, with letters for what is open."""
        config, kind = cell.config, module.layer_type

        def letter(name: str) -> Any:
            return self.letter(name, owner)

        batch = letter("batch")
        width = next(
            (config[key] for key in ("in_features", "num_features") if config.get(key) is not None),
            None,
        )
        if kind == "Embed":
            return (batch, letter("time"))
        width = letter("features") if width is None else width
        if kind == "RNN":
            size = config.get("kernel_size") if cell.layer_type == "ConvLSTMCell" else None
            space = tuple(map(letter, SPACE.get(len(size), ()))) if size else ()
            time = letter("time")
            return (*((time, batch) if major else (batch, time)), *space, width)
        if kind.startswith("Conv") and isinstance(config.get("kernel_size"), tuple | list | int):
            size = config["kernel_size"]
            rank = len(size) if isinstance(size, tuple | list) else 1
            return (batch, *map(letter, SPACE.get(rank, ())), width)
        if kind in CELLS or not self.prefers_time:
            return (batch, width)
        return (batch, letter("time"), width)

    def open_sequence(self, x: Any, axis: int) -> None:
        """Give an input that a scan goes through its axes: batch, time and features."""
        if not isinstance(x, TensorValue) or x.shape is not None or not x.name:
            return
        batch, time, wide = (self.letter(each, x.name) for each in ("batch", "time", "features"))
        x.shape = (time, batch, wide) if axis == 0 else (batch, time, wide)
        self.bound[x.name] = x.shape
        self.bound.setdefault("first", x.name)

    def letter(self, name: str, owner: str) -> Any:
        """The letter of an axis of an input: `batch` is that of all of them."""
        first = self.bound.get("first", owner) in (owner, "")
        text = name if first or name == "batch" else f"{name}_{owner}"
        return self.semantics.letters.letter(Unknown(text, f"axis {text}", "the input of __call__"))


def without_axis(value: Any, axis: int) -> Any:
    """One step of a tensor, or of each of several."""
    if isinstance(value, tuple | list):
        return type(value)(without_axis(each, axis) for each in value)
    if not isinstance(value, TensorValue) or not value.shape:
        return value
    at = axis % len(value.shape)
    return TensorValue((*value.shape[:at], *value.shape[at + 1 :]))


def with_axis(value: Any, axis: int, many: Any) -> Any:
    """All steps of a tensor, or of each of several."""
    if isinstance(value, tuple | list):
        return type(value)(with_axis(each, axis, many) for each in value)
    if not isinstance(value, TensorValue) or value.shape is None:
        return value
    at = axis % (len(value.shape) + 1)
    return TensorValue((*value.shape[:at], many, *value.shape[at:]))
