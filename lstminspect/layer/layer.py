"""Layer: a cell in time. Sizes, direction, merging and what is returned decide every shape.

Shapes are those of Keras 3: the batch first unless the layer says otherwise, None for what is not
known. What a framework stores of a layer is `lstminspect.stored`, what it returns
`lstminspect.terms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lstminspect import cells, conventions
from lstminspect.activations import REPLACES, with_activations
from lstminspect.cell import Cell
from lstminspect.display import Answer
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.errors import OptionError, SizeError, UnknownConvention, quoted
from lstminspect.formula import Formula
from lstminspect.layer.options import (
    FUNCTION_OPTIONS,
    OPTIONS,
    SIZES,
    in_one_order,
    in_own_words,
    read_cell,
    read_features,
    read_own_sizes,
)
from lstminspect.sizes import Quantity, check_broadcast, evaluate, is_array, is_letter
from lstminspect.stored import DIRECTIONS, Shape, Stored, Weight

if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import Unpack

    from lstminspect.names import (
        CellName,
        ConventionName,
        MergeMode,
        Size,
        SizesAndWords,
        TermsName,
    )

    class LayerOwner(Protocol):
        """An object that has a layer, as one of a file has it."""

        @property
        def layer(self) -> Layer: ...


__all__ = ["MOST_LAYERS", "Layer", "checked_layer"]

MOST_LAYERS = 1000


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Layer(Answer):
    """A recurrent layer: a cell, its sizes and Keras' options.

    `units`, `features`, `timesteps` and `batch` are positive ints, letters or NumPy arrays of
    ints, and so are the sizes that a cell has of its own (`projection=16`); parts of a matrix can
    have several widths (`groups=(8, 16, 40)`). `layers` stacks that
    many layers: each but the last returns its sequence to the next.
    `reset_after` chooses between the two forms of the GRU. `activation` stands where the equations
    have tanh and `recurrent_activation` where they have sigmoid; `output_activation` and `clip` are
    those of ONNX: see `lstminspect.activations`. With `batch_first=False` the input and the
    sequences have the time first, as in PyTorch. `framework` says whose layer it is: it is counted
    as that framework stores it, and reported in its terms.

    The words of other frameworks are understood too, `hidden_size` for units, `input_size` for
    features, `num_layers` for layers; `proj_size` makes the projected LSTM. `lstminspect.synonyms`
    has them all.

    Raises SizeError for a bad size, OptionError for options that do not go together and
    UnknownConvention for a framework that does not have the layer.

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
    merge_mode: MergeMode | None
    layers: int
    activation: str | None
    recurrent_activation: str | None
    output_activation: str | None
    clip: float | None
    batch_first: bool | None
    framework: TermsName | None
    extra: tuple[tuple[str, Quantity], ...]

    @in_one_order
    def __init__(
        self,
        cell: CellName | str | Cell,
        units: Size | None = None,
        features: Size | None = None,
        timesteps: Size | None = None,
        batch: Size | None = None,
        use_bias: bool = True,
        reset_after: bool | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        bidirectional: bool = False,
        merge_mode: MergeMode | None = "concat",
        layers: int = 1,
        activation: str | None = None,
        recurrent_activation: str | None = None,
        output_activation: str | None = None,
        clip: float | None = None,
        batch_first: bool | None = None,
        framework: TermsName | None = None,
        extra: Mapping[str, Size] | Iterable[tuple[str, Size]] = (),
        **more: Unpack[SizesAndWords],
    ) -> None:
        values = locals()
        words: dict[str, Any] = {**more}
        named = in_own_words(read_cell(cell, None), values, words) if words else cell
        options = {each.name: each.read(values[each.name]) for each in OPTIONS}
        own_cell = read_cell(named, options["reset_after"])
        own = read_own_sizes(own_cell, extra, words)
        options[FEATURES] = read_features(own_cell, options, dict(own))
        for name, value in {"cell": own_cell, "extra": own, **options}.items():
            object.__setattr__(self, name, value)
        self._check_sizes()
        self._check_together()

    def _check_sizes(self) -> None:
        for name in (UNITS, FEATURES):
            if getattr(self, name) is None:
                hint = f"Give a whole number or a letter, for example {name}=3."
                raise SizeError(f"{name} is missing. {hint}")
        check_broadcast({name: getattr(self, name) for name in SIZES} | dict(self.extra))
        for block in self.cell.blocks:
            block.stored(self.sizes)  # Raises if a matrix cannot be cut as it is meant to be.
        if not isinstance(self.layers, int):
            raise SizeError(f"layers must be a whole number, such as 2, got {self.layers!r}.")
        if self.layers > MOST_LAYERS:
            raise SizeError(f"layers must be at most {MOST_LAYERS:,}, got {self.layers:,}.")

    def _check_together(self) -> None:
        if self.framework is not None:
            self.stored()
        if any(value is not None for value in self.functions.values()):
            self.running_cell  # noqa: B018  # Raises if an activation cannot be what it says.
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
        if self.cell.ties_features and self.layers > 1 and self.concatenated:
            why = f"{self.cell.name} adds its input to its state, and two concatenated directions"
            raise OptionError(
                f"{why} are twice as wide. Choose merge_mode 'sum', 'mul' or 'ave', or layers=1."
            )
        if self.stateful and self.batch is None:
            raise OptionError(
                "a stateful layer keeps one state per sequence of the batch between calls, so the "
                "batch must be known. Give a batch, such as 32."
            )

    def __eq__(self, other: object) -> bool:
        return self._content == other._content if isinstance(other, Layer) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._content)

    @cached_property
    def _content(self) -> tuple[Any, ...]:
        """The things that make two layers equal: the cell, the options, arrays by their values."""
        values = [getattr(self, option.name) for option in OPTIONS]
        return (self.cell, *map(_comparable, values), *((n, _comparable(v)) for n, v in self.extra))

    @cached_property
    def running_cell(self) -> Cell:
        """The cell as it runs: without its biases if so chosen, with its activations.

        >>> Layer("rnn", 4, 3, use_bias=False, activation="relu").running_cell.text
        'h = relu(W_h @ x + U_h @ h)'
        """
        cell = self.cell if self.use_bias else self.cell.without_bias()
        return with_activations(cell, **self.functions)

    @property
    def functions(self) -> dict[str, Any]:
        """The options that change the functions of the cell, by name; None where one does not."""
        return {name: getattr(self, name) for name in FUNCTION_OPTIONS}

    @property
    def directions(self) -> int:
        """2 if bidirectional, else 1."""
        return 2 if self.bidirectional else 1

    @property
    def sizes(self) -> dict[str, Quantity]:
        """The sizes that a count depends on: units, features, and the cell's own."""
        return {UNITS: self.units, FEATURES: self.features, **dict(self.extra)}

    @cached_property
    def convention(self) -> ConventionName:
        """The convention of `parameters`: the framework's, if one is named.

        Else Keras' where Keras has the layer, and else the equations'.
        """
        if self.framework is not None:
            return self.framework
        return conventions.EQUATIONS if self.why_unsupported("keras") else "keras"

    def stored(self, convention: ConventionName | str | None = None) -> Stored:
        """The layer's weights under `convention`, or under its own if that is None.

        Raises UnknownConvention if that framework does not store this layer.

        >>> Layer("gru", units=4, features=3).stored("pytorch").title
        'PyTorch'
        """
        name = self.convention if convention is None else convention
        if reason := self.why_unsupported(name):
            able = [each for each in conventions.EVERY if not self.why_unsupported(each)]
            raise UnknownConvention(f"{reason}. This layer can be stored by {', '.join(able)}.")
        return Stored(
            conventions.get(name),
            self.cell,
            self.sizes,
            self.use_bias,
            self.layers,
            self.bidirectional,
            self.concatenated,
        )

    @property
    def parameters(self) -> Quantity:
        """Trainable parameters, in the layer's own convention (Keras for the layers it has)."""
        return self.stored().parameters

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The stored tensors, in the layer's own convention (Keras for the layers it has)."""
        return self.stored().weights

    def parameters_in(self, convention: ConventionName) -> Quantity:
        """Trainable parameters as `convention` stores them: see `stored`.

        >>> Layer("lstm", units=64, features=3).parameters_in("pytorch")
        17664
        """
        conventions.get(convention)
        return self.stored(convention).parameters

    def weights_in(self, convention: ConventionName) -> tuple[Weight, ...]:
        """The stored tensors, in the order of the framework called `convention`: see `stored`."""
        conventions.get(convention)
        return self.stored(convention).weights

    def formula(self, convention: ConventionName | None = None) -> Formula:
        """The count as a formula of `units` and `features`: see `lstminspect.formula`."""
        return self.stored(convention).formula

    def why_unsupported(self, convention: ConventionName | str) -> str:
        """Why the framework called `convention` does not have this layer, or an empty text."""
        table = conventions.get(convention)
        functions = {name: getattr(self, name) for name in REPLACES}
        if reason := (
            table.why_unsupported(self.cell, self.use_bias)
            or table.why_not_run(self.cell, functions, self.clip)
        ):
            return reason
        if self.recurrent_activation not in (None, "sigmoid") and table.negates(self.cell):
            return f"{table.title} stores {self.cell.name} with sigmoid(-v) for 1 - sigmoid(v)"
        merged = self.bidirectional and self.merge_mode != "concat"
        if table.concatenates and merged and self.layers > 1:
            return f"{table.title} concatenates the directions between layers"
        return ""

    @property
    def width(self) -> Quantity:
        """Entries of one output vector, which are the features of the layer above."""
        width = self.sizes[self.cell.width]
        return evaluate(lambda width: 2 * width, {"width": width}) if self.concatenated else width

    @property
    def concatenated(self) -> bool:
        """True if one output vector holds those of two directions."""
        return self.bidirectional and self.merge_mode == "concat"

    @property
    def input_shape(self) -> Shape:
        """`(batch, timesteps, features)`; the time first with `batch_first=False`."""
        return (*self._outer(), self.features)

    def _outer(self) -> Shape:
        """The axes of a sequence but the last, in their order."""
        first = (self.batch, self.timesteps)
        return first[::-1] if self.batch_first is False else first

    @cached_property
    def output_shapes(self) -> tuple[Shape, ...]:
        """The shape of every tensor that calling the layer returns, in Keras' order.

        Sequences or last outputs come first, one for each direction with merge_mode None. With
        return_state the states follow, never merged: layer by layer, forward before backward.
        """
        outer = self._outer() if self.return_sequences else (self.batch,)
        outputs = [(*outer, self.width)]
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

    def __repr__(self) -> str:
        cell = self.cell
        named = cell.name in cells.names() and cells.get(cell.name) == cell
        words = [repr(cell.name) if named else repr(cell)]
        values = [(each.name, getattr(self, each.name), each.default) for each in OPTIONS]
        values += [(name, value, None) for name, value in self.extra]
        words += [
            f"{name}={_brief(value)}"
            for name, value, default in values
            if is_array(value) or value != default
        ]
        return f"Layer({', '.join(words)})"


def checked_layer(value: Any, name: str = "layer") -> Layer:
    """`value` if it is a Layer, or its `layer`, as one of a file has it.

    Raises OptionError, which names `name`.
    """
    value = value if isinstance(value, Layer) else getattr(value, "layer", None) or value
    if not isinstance(value, Layer):
        hint = "Make one, for example Layer('lstm', units=64, features=3)."
        raise OptionError(f"{name} must be a Layer, got {quoted(value)}. {hint}")
    return value


def _brief(value: Any) -> str:
    """A value of an option, a letter as one writes it, an array by the number of its sizes."""
    if is_array(value):
        return f"<{value.size:,} sizes>"
    return repr(str(value) if is_letter(value) else value)


def _comparable(value: Any) -> Any:
    """A value of a layer in a form that compares and hashes: an array by its shape and numbers."""
    return (value.shape, *value.ravel().tolist()) if is_array(value) else value
