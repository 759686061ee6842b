"""EquationCell: a class of the real Keras, so importing this file imports Keras."""

from __future__ import annotations

from typing import Any

from lstminspect import cells
from lstminspect.cell import Cell
from lstminspect.equations.parser import INPUT
from lstminspect.equations.shapes import FEATURES
from lstminspect.errors import OptionError
from lstminspect.layer import Layer
from lstminspect.optional import load_keras
from lstminspect.runtime import interpreter
from lstminspect.runtime.functions import EPSILON
from lstminspect.weights.structured import cuts_of

__all__ = ["EquationCell"]

keras = load_keras("keras_cell, which makes a layer of Keras,")
ops = keras.ops


def _normalised(v: Any, *others: Any) -> Any:
    # A vector of parameters is the same for every sequence of a batch.
    batch = ops.zeros_like(max((v, *others), key=lambda each: len(each.shape))[..., :1])
    every = ops.concatenate([each + batch for each in (v, *others)], axis=-1)
    mean, variance = ops.mean(every, -1, keepdims=True), ops.var(every, -1, keepdims=True)
    return (v - mean) / ops.sqrt(variance + EPSILON)


LIBRARY = interpreter.NumericFunctions(
    {
        "sigmoid": ops.sigmoid,
        "tanh": ops.tanh,
        "relu": ops.relu,
        "exp": ops.exp,
        "log": ops.log,
        "sqrt": ops.sqrt,
        "abs": ops.abs,
        "expm1": ops.expm1,
        "log1p": ops.log1p,
        "erf": ops.erf,
        "step": lambda v: ops.cast(v > 0, v.dtype),
        "clip": ops.clip,
        "max": ops.maximum,
        "min": ops.minimum,
        "power": ops.power,
        "norm": _normalised,
        "softmax": ops.softmax,
        "log_softmax": ops.log_softmax,
        "sparsemax": ops.sparsemax,
    },
    ops.matmul,
    ops.transpose,
)


@keras.saving.register_keras_serializable(package="lstminspect")
class EquationCell(keras.layers.Layer):  # type: ignore[name-defined,misc]  # Keras asks for one.
    """One step of a cell's equations: `keras.layers.RNN(EquationCell("peephole", 32))`.

    `cell` is the name of a cell of the catalogue or the text of equations; `sizes` are those that
    it has of its own. Weights are the blocks of the equations, in their order. Matrices start as
    Glorot uniform, or orthogonal if they are square in the state; biases as zeros, but for those of
    a gate called f with `unit_forget_bias`, which are ones; other vectors uniform.

    A second input of a step follows x along the last axis: concatenate them before the layer.
    """

    def __init__(
        self,
        cell: str | Cell,
        units: int,
        use_bias: bool = True,
        unit_forget_bias: bool = True,
        activation: str | None = None,
        recurrent_activation: str | None = None,
        sizes: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if isinstance(cell, str):
            cell = Cell(cell) if "=" in cell else cells.get(cell)
        self.cell, self.units, self.use_bias = cell, units, use_bias
        self.unit_forget_bias = unit_forget_bias
        self.activation, self.recurrent_activation = activation, recurrent_activation
        self.sizes = dict(sizes or {})
        self.blocks = self._layer(units).running_cell.blocks
        self._take_sizes(self._layer(units))

    def _take_sizes(self, layer: Layer) -> None:
        """Set what RNN asks of a cell; a state can be as wide as the input, known when built."""
        self.known = layer.sizes
        self.state_size = [self.known[length] for length in self.cell.states.values()] or [1]
        self.output_size = self.known[self.cell.width]

    def _layer(self, features: int) -> Layer:
        width = None if self.cell.ties_features else features
        return Layer(
            self.cell,
            self.units,
            width,
            use_bias=self.use_bias,
            activation=self.activation,
            recurrent_activation=self.recurrent_activation,
            **self.sizes,
        )

    def build(self, input_shape: Any) -> None:
        """Make the weights for inputs (batch, features)."""
        second = sum(self._further().values())
        features = int(input_shape[-1]) - second
        self._take_sizes(self._layer(features))
        if features != self.known[FEATURES]:
            raise OptionError(
                f"{self.cell.name} takes {self.known[FEATURES] + second} features a step, got "
                f"{int(input_shape[-1])}."
            )
        for block in self.blocks:
            shape = tuple(int(side) for side in block.stored(self.known))
            weight = self.add_weight(
                shape=shape,
                initializer=self._initializer(block),
                name=block.name,
            )
            setattr(self, f"block_{block.name}", weight)
        self.built = True

    def _initializer(self, block: Any) -> Any:
        if block.is_bias:
            return "ones" if self.unit_forget_bias and block.gate == "f" else "zeros"
        if block.structure or len(block.shape) == 1 or not block.shape:
            return "random_uniform"
        return "orthogonal" if FEATURES not in block.shape else "glorot_uniform"

    def _further(self) -> dict[str, int]:
        """The further inputs of a step and their widths."""
        return {name: self.known[size] for name, size in self.cell.further_inputs.items()}

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros for every state."""
        return [ops.zeros((batch_size, size), self.compute_dtype) for size in self.state_size]

    def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
        """The output and the new states of one step."""
        del training
        given, start = {}, self.known[FEATURES]
        given[INPUT] = inputs[:, :start]
        for name, width in self._further().items():
            given[name] = inputs[:, start : start + width]
            start += width
        states = states if isinstance(states, list | tuple) else [states]
        held = dict(zip(self.cell.states, states, strict=False))
        layer = self._layer(self.known[FEATURES])
        blocks = {block.name: self._block(block) for block in self.blocks}
        lines = interpreter.step(layer.running_cell, blocks, given, held, LIBRARY)
        output = lines["h"]
        if not self.cell.states:  # RNN wants a state: one zero that nothing reads.
            return output, states
        return output, [lines[name] for name in self.cell.states]

    def _block(self, block: Any) -> Any:
        """A parameter as the equations have it: a matrix that is cut, with its zeros."""
        value = getattr(self, f"block_{block.name}").value
        if not block.structure:
            return value
        rows = self.known[block.shape[0]], self.known[block.shape[1]]
        matrix, start = ops.zeros(rows, value.dtype), 0
        flat = ops.reshape(value, (-1,))
        for high, wide in cuts_of(block, self.known):
            shape = (high.stop - high.start, wide.stop - wide.start)
            piece = ops.reshape(flat[start : start + shape[0] * shape[1]], shape)
            start += shape[0] * shape[1]
            matrix = ops.slice_update(matrix, (high.start, wide.start), piece)
        return matrix

    def get_config(self) -> dict[str, Any]:
        """The configuration of the same cell: its equations as text."""
        own = {
            "cell": self.cell.text,
            "units": self.units,
            "use_bias": self.use_bias,
            "unit_forget_bias": self.unit_forget_bias,
            "activation": self.activation,
            "recurrent_activation": self.recurrent_activation,
            "sizes": dict(self.sizes),
        }
        return {**super().get_config(), **own}
