"""Layer: a cell in time. Sizes, direction, merging and what is returned decide every shape.

Shapes are those of Keras 3: the batch first, None for what is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import NamedTuple

from lstminspect import cells, conventions
from lstminspect.answer import as_html
from lstminspect.cell import Cell
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.errors import OptionError, SizeError, UnknownConvention, did_you_mean
from lstminspect.formula import Formula, multiplied, of_blocks, replaced, total
from lstminspect.sizes import (
    Quantity,
    check_broadcast,
    evaluate,
    exact_sizes,
    is_array,
    product,
    size,
)

__all__ = ["MERGE_MODES", "Layer", "Shape", "Weight"]

MERGE_MODES = ("concat", "sum", "mul", "ave", None)
DIRECTIONS = ("forward", "backward")
SIZES = (UNITS, FEATURES, "timesteps", "batch")
FLAGS = (
    "use_bias",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "bidirectional",
)
ACTIVATION_OPTIONS = ("activation", "recurrent_activation", "output_activation", "clip")
MOST_LAYERS = 1000

#: Sizes of a tensor, outermost first; None where nothing is known.
Shape = tuple[Quantity, ...]


class Weight(NamedTuple):
    """One stored tensor of a layer: its name, its shape, how many parameters, which blocks.

    `rows` above 1 says that the blocks fill so many equal rows, as in the bias of Keras' GRU.
    """

    name: str
    shape: Shape
    parameters: Quantity
    blocks: tuple[str, ...]
    rows: int
    layer: int
    direction: str

    @property
    def gates(self) -> tuple[str, ...]:
        """The gate of each block, in storage order; a block of no gate by its own name."""
        names = [conventions.slot(text).block for text in self.blocks]
        return tuple(name.partition("_")[2] or name for name in names)


@dataclass(frozen=True, init=False)
class Layer:
    """A recurrent layer: a cell, its sizes and Keras' options.

    `units`, `features`, `timesteps` and `batch` are positive ints, letters or NumPy arrays of
    ints, and so are the sizes that a cell has of its own (`projection=16`); parts of a matrix can
    have several widths (`groups=(8, 16, 40)`). `layers` stacks that
    many layers: each but the last returns its sequence to the next.
    `reset_after` chooses between the two forms of the GRU. `activation` stands where the equations
    have tanh and `recurrent_activation` where they have sigmoid; `output_activation` and `clip` are
    those of ONNX: see `lstminspect.activations`.

    Raises SizeError for a bad size and OptionError for options that do not go together.

    >>> layer = Layer("lstm", units=64, features=3, timesteps=30,
    ...               return_sequences=True, return_state=True)
    >>> layer.parameters
    17408
    >>> layer.output_shapes
    ((None, 30, 64), (None, 64), (None, 64))
    >>> Layer("gru", units=32, features=16, bidirectional=True).parameters
    9600
    """

    cell: Cell
    units: Quantity
    features: Quantity
    timesteps: Quantity
    batch: Quantity
    use_bias: bool
    reset_after: bool | None
    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    bidirectional: bool
    merge_mode: str | None
    layers: int
    activation: str | None
    recurrent_activation: str | None
    output_activation: str | None
    clip: float | None
    extra: tuple[tuple[str, Quantity], ...]

    def __init__(
        self,
        cell: str | Cell,
        units: Quantity = None,
        features: Quantity = None,
        timesteps: Quantity = None,
        batch: Quantity = None,
        use_bias: bool = True,
        reset_after: bool | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        bidirectional: bool = False,
        merge_mode: str | None = "concat",
        layers: int = 1,
        activation: str | None = None,
        recurrent_activation: str | None = None,
        output_activation: str | None = None,
        clip: float | None = None,
        extra: tuple[tuple[str, Quantity], ...] = (),
        **more: Quantity,
    ) -> None:
        given = locals() | {"extra": (*extra, *more.items())}
        for each in fields(self):
            object.__setattr__(self, each.name, given[each.name])
        self._check_cell()
        self._check_extra()
        self._check_input()
        self._check_sizes()
        self._check_options()

    def _check_extra(self) -> None:
        """The sizes that the cell has of its own: every one is there, and no other."""
        own, found = self.cell.own_sizes, dict(self.extra)
        for name in found:
            if name not in own:
                options = [each.name for each in fields(self)][1:-1]
                near = did_you_mean(name, [*options, *own])
                hint = near or f" The options are {', '.join([*options, *own])}."
                raise OptionError(f"a layer of {self.cell.name} has no option {name!r}.{hint}")
        for name in own:
            if name not in found:
                hint = f"Give it, as {name}=4."
                raise SizeError(f"{name} is missing: {self.cell.name} has a size called so. {hint}")
        checked = tuple((name, self.cell.checked(name, found[name])) for name in own)
        object.__setattr__(self, "extra", checked)

    def _check_cell(self) -> None:
        if isinstance(self.cell, str):
            object.__setattr__(self, "cell", cells.get(self.cell))
        if not isinstance(self.cell, Cell):
            raise OptionError(f"cell must be a name or a Cell, got {self.cell!r}.")
        if self.reset_after is None:
            return
        self._check_flag("reset_after")
        object.__setattr__(self, "cell", cells.reset_form(self.cell, self.reset_after))

    def _check_input(self) -> None:
        """A cell may take inputs of one width only, as `x: units` says."""
        declared = self.cell.declared.get("x")
        if declared is None or declared.size is None:
            return
        width = {UNITS: self.units, **dict(self.extra)}.get(declared.size)
        if self.features is None:
            object.__setattr__(self, FEATURES, width)
        why = f"{self.cell.name} adds its input to its state (x: {declared.size})"
        differs = self.features != width
        if differs.any() if is_array(differs) else differs:
            given = "others" if is_array(differs) else f"{width} and {self.features}"
            message = f"{why}, so features must be {declared.size}, got {given}."
            raise SizeError(f"{message} Leave features out.")
        if self.layers != 1 and self.bidirectional and self.merge_mode == "concat":
            message = f"{why}, and two concatenated directions are twice as wide."
            raise OptionError(f"{message} Choose merge_mode 'sum', 'mul' or 'ave', or layers=1.")

    def _check_sizes(self) -> None:
        for name in SIZES:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, size(name, value))
            elif name in (UNITS, FEATURES):
                raise SizeError(f"{name} is missing. Give a whole number or a letter, as {name}=3.")
        every = {name: getattr(self, name) for name in SIZES}
        check_broadcast(every | dict(self.extra))
        for block in self.cell.blocks:
            block.stored(self.sizes)  # Raises if a matrix cannot be cut as it is meant to be.
        layers = size("layers", self.layers)
        if not isinstance(layers, int):
            raise SizeError(f"layers must be a whole number, such as 2, got {self.layers!r}.")
        object.__setattr__(self, "layers", layers)
        if self.layers > MOST_LAYERS:
            raise SizeError(f"layers must be at most {MOST_LAYERS:,}, got {self.layers:,}.")

    def _check_options(self) -> None:
        for name in FLAGS:
            self._check_flag(name)
        if any(getattr(self, name) is not None for name in ACTIVATION_OPTIONS):
            self.running_cell  # noqa: B018  # Raises if an activation cannot be what it says.
        if self.merge_mode not in MERGE_MODES:
            near = did_you_mean(str(self.merge_mode), [str(mode) for mode in MERGE_MODES])
            allowed = "'concat', 'sum', 'mul', 'ave' or None"
            raise OptionError(f"merge_mode must be {allowed}, got {self.merge_mode!r}.{near}")
        if self.merge_mode != "concat" and not self.bidirectional:
            raise OptionError(
                f"merge_mode {self.merge_mode!r} merges two directions, and there is one. "
                "Make the layer bidirectional, or leave merge_mode out."
            )
        if self.layers > 1 and self.merge_mode is None:
            raise OptionError(
                "merge_mode None gives two sequences, and the layer above takes one. "
                "Choose 'concat', 'sum', 'mul' or 'ave', or layers=1."
            )
        if self.stateful and self.batch is None:
            raise OptionError(
                "a stateful layer keeps one state per sequence of the batch between calls, so the "
                "batch must be known. Give a batch, such as 32."
            )

    def _check_flag(self, name: str) -> None:
        value = getattr(self, name)
        if not isinstance(value, bool):
            raise OptionError(f"{name} must be True or False, got {value!r}.")

    @cached_property
    def running_cell(self) -> Cell:
        """The cell as it runs: without its biases if so chosen, with its activations.

        >>> Layer("rnn", 4, 3, use_bias=False, activation="relu").running_cell.text
        'h = relu(W_h @ x + U_h @ h)'
        """
        from lstminspect.activations import with_activations

        cell = self.cell if self.use_bias else self.cell.without_bias()
        options = {name: getattr(self, name) for name in ACTIVATION_OPTIONS}
        return with_activations(cell, **options)

    @property
    def directions(self) -> int:
        """2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def sizes(self) -> dict[str, Quantity]:
        """The sizes that a count depends on: units, features, and the cell's own."""
        return {UNITS: self.units, FEATURES: self.features, **dict(self.extra)}

    @property
    def convention(self) -> str:
        """The convention of `parameters`: Keras' where Keras has the cell, else the equations'."""
        return (
            conventions.EQUATIONS
            if conventions.get("keras").why_unsupported(self.cell)
            else "keras"
        )

    @property
    def parameters(self) -> Quantity:
        """Trainable parameters, in the layer's own convention (Keras for the cells it has)."""
        return self.parameters_in(self.convention)

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The stored tensors, in the layer's own convention (Keras for the cells it has)."""
        return self.weights_in(self.convention)

    def parameters_in(self, convention: str) -> Quantity:
        """Trainable parameters as `convention` stores them.

        Raises UnknownConvention if that framework does not store this layer.

        >>> Layer("lstm", units=64, features=3).parameters_in("pytorch")
        17664
        """
        layout = self._layout(convention)
        return self._count(layout, self._exact_sizes(layout))

    def weights_in(self, convention: str) -> tuple[Weight, ...]:
        """The stored tensors, in the order of the framework called `convention`."""
        return tuple(self._weights(self._layout(convention)))

    def formula(self, convention: str | None = None) -> Formula:
        """The count as a formula of `units` and `features`: see `lstminspect.formula`."""
        layout = self._layout(self.convention if convention is None else convention)
        widths = {name: value for name, value in self.extra if isinstance(value, tuple)}
        first = of_blocks(layout.blocks(self.cell, self.use_bias), widths)
        terms = [multiplied(self.directions, first)]
        if self.layers > 1:
            above = replaced(first, FEATURES, self._width_formula)
            terms.append(multiplied(self.layers - 1, self.directions, above))
        return total(terms)

    def why_unsupported(self, convention: str) -> str:
        """Why the framework called `convention` does not store this layer, or an empty text."""
        layout = conventions.get(convention)
        if reason := layout.why_unsupported(self.cell, self.use_bias):
            return reason
        if self.recurrent_activation not in (None, "sigmoid") and layout.negates(self.cell):
            return f"{layout.title} stores {self.cell.name} with sigmoid(-v) for 1 - sigmoid(v)"
        merged = self.bidirectional and self.merge_mode != "concat"
        if layout.concatenates and merged and self.layers > 1:
            return f"{layout.title} concatenates the directions between layers"
        return ""

    @property
    def width(self) -> Quantity:
        """Entries of one output vector, which are the features of the layer above."""
        return evaluate(lambda **sizes: self._width(sizes), self.sizes)

    @property
    def input_shape(self) -> Shape:
        """`(batch, timesteps, features)`."""
        return (self.batch, self.timesteps, self.features)

    @cached_property
    def output_shapes(self) -> tuple[Shape, ...]:
        """The shape of every tensor that calling the layer returns, in Keras' order.

        Sequences or last outputs come first, one for each direction with merge_mode None. With
        return_state the states follow, never merged: layer by layer, forward before backward.
        """
        time = (self.timesteps,) if self.return_sequences else ()
        outputs = [(self.batch, *time, self.width)]
        if self.bidirectional and self.merge_mode is None:
            outputs *= 2
        states = self.state_shapes.values() if self.return_state else ()
        return (*outputs, *states)

    @cached_property
    def state_shapes(self) -> dict[str, Shape]:
        """The shape of every state, by name: `h`, `forward/h`, `layer_1/h`, ..."""
        return {
            f"{prefix}{name}": (self.batch, self.sizes[length])
            for prefix in self._prefixes()
            for name, length in self.cell.states.items()
        }

    def _prefixes(self) -> Iterator[str]:
        for number in range(1, self.layers + 1):
            stacked = f"layer_{number}/" if self.layers > 1 else ""
            for direction in DIRECTIONS if self.bidirectional else ("",):
                yield f"{stacked}{direction}/" if direction else stacked

    def _layout(self, convention: str) -> conventions.Convention:
        if reason := self.why_unsupported(convention):
            able = [name for name in conventions.EVERY if not self.why_unsupported(name)]
            raise UnknownConvention(f"{reason}. This layer can be stored by {', '.join(able)}.")
        return conventions.get(convention)

    def _width(self, sizes: Mapping[str, Quantity]) -> Quantity:
        width = sizes[self.cell.width]
        return 2 * width if self.bidirectional and self.merge_mode == "concat" else width

    @property
    def _width_formula(self) -> Formula:
        both = self.bidirectional and self.merge_mode == "concat"
        return multiplied(2 if both else 1, self.cell.width)

    def _exact_sizes(self, layout: conventions.Convention) -> dict[str, Quantity]:
        return exact_sizes(lambda **sizes: self._count(layout, sizes), self.sizes)

    def _count(self, layout: conventions.Convention, sizes: dict[str, Quantity]) -> Quantity:
        first = self._entries(layout, sizes)
        if self.layers > 1:
            above = {**sizes, FEATURES: self._width(sizes)}
            first = first + self._entries(layout, above) * (self.layers - 1)
        return first * self.directions

    def _entries(self, layout: conventions.Convention, sizes: dict[str, Quantity]) -> Quantity:
        """Entries of all tensors of one layer in one direction."""
        entries: Quantity = 0
        for tensor in layout.stacks(self.cell, self.use_bias):
            entries = entries + product(layout.shape(self.cell, tensor, sizes))
        return entries

    def _weights(self, layout: conventions.Convention) -> Iterator[Weight]:
        sizes = self._exact_sizes(layout)
        for index in range(self.layers):
            if index:
                sizes = {**sizes, FEATURES: self._width(sizes)}
            for direction, pattern, along in self._sides(layout):
                for tensor in layout.stacks(self.cell, self.use_bias):
                    name = pattern.replace("{tensor}", tensor.name)
                    name = name.format(index=index, number=index + 1)
                    shape = layout.shape(self.cell, tensor, sizes, along)
                    count = product(shape)
                    held = (tensor.blocks, tensor.rows)
                    yield Weight(name, shape, count, *held, index + 1, direction)

    def _sides(self, layout: conventions.Convention) -> list[tuple[str, str, int]]:
        """What is stored apart for each direction: its name, how tensors are called, directions."""
        prefix = layout.stacked if self.layers > 1 else ""
        if not self.bidirectional:
            return [("forward", prefix + layout.alone, 1)]
        if layout.direction_axis:
            return [("both", prefix + layout.forward, 2)]
        patterns = (layout.forward, layout.backward)
        return [
            (side, prefix + pattern, 1) for side, pattern in zip(DIRECTIONS, patterns, strict=True)
        ]

    _repr_html_ = as_html
