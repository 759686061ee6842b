"""The costs of a layer to run and to train, read from its equations and what is stored of it.

The convention, which every number here follows:

- MACs are the multiply-accumulates of matrix products, and nothing else. A product of a matrix with
  `rows` x `columns` entries is `rows * columns` of them; entries that are always zero (`blocks`,
  `triangular`) are none. Products that are added up share one accumulator.
- Bias additions are counted as often as the framework stores the bias: two for PyTorch's LSTM.
- Element-wise work is every other `+ - * /` between vectors, one for each entry.
- Functions (sigmoid, tanh, ...) are one evaluation for each entry.
- FLOPs = 2 x MACs + the rest.

Merging two directions and reading an embedding are not arithmetic of the cell: they are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lstminspect import conventions
from lstminspect.costs.training import kept
from lstminspect.costs.work import Work, added, step_work
from lstminspect.display import Answer
from lstminspect.equations.shapes import FEATURES, OUTPUT
from lstminspect.errors import InputError, OptionError, did_you_mean, quoted
from lstminspect.layer import Layer, checked_layer
from lstminspect.sizes import Quantity, is_array, product, whole
from lstminspect.stored import Stored

if TYPE_CHECKING:
    from lstminspect.names import ConventionName, DtypeName

__all__ = ["DTYPES", "Bytes", "Cost", "Dtype", "Training", "Work", "cost", "dtype_of", "work_of"]


@dataclass(frozen=True)
class Dtype:
    """Bytes of one number, by what it is: a weight, a bias, a state, or another value of a step."""

    weight: int
    bias: int
    output: int
    state: int
    value: int


#: int8 as microcontroller kernels have it (CMSIS-NN and TensorFlow Lite Micro, `LSTMEval8x8_16`):
#: weights, inputs and the output h are int8, biases int32, the cell state and the gates int16.
DTYPES: dict[DtypeName, Dtype] = {
    "float64": Dtype(8, 8, 8, 8, 8),
    "float32": Dtype(4, 4, 4, 4, 4),
    "float16": Dtype(2, 2, 2, 2, 2),
    "bfloat16": Dtype(2, 2, 2, 2, 2),
    "int8": Dtype(weight=1, bias=4, output=1, state=2, value=2),
}


def dtype_of(name: str) -> Dtype:
    """The bytes of numbers of the type called `name`. Raises OptionError if there is none.

    >>> dtype_of("int8").state
    2
    """
    if not isinstance(name, str) or name not in DTYPES:
        near = did_you_mean(name, DTYPES) if isinstance(name, str) else ""
        raise OptionError(f"no dtype called {quoted(name)}.{near} There are {', '.join(DTYPES)}.")
    return DTYPES[name]


@dataclass(frozen=True)
class Bytes:
    """Bytes while the layer runs: its weights, its states, its input and output, a step's values.

    States and `step` are those of one sequence, or of the batch where that is known; `sequences`
    (the input and the output) is None where the time steps are not known. `step` holds every line
    of the equations once: gates and candidates, the states not among them.
    """

    weights: Quantity
    states: Quantity
    step: Quantity
    sequences: Quantity | None


@dataclass(frozen=True)
class Training:
    """Numbers that training keeps: what back-propagation through time reads again, and parameters.

    `kept` are those of one sequence, or of the batch where that is known; None where the time steps
    are not known. `names` says what is kept at each step. Beside the weights there are as many
    gradients, and an optimizer keeps `optimizer` numbers for each (2 for Adam).
    """

    names: tuple[str, ...]
    per_step: Quantity
    kept: Quantity | None
    parameters: Quantity
    bytes_each: int

    def bytes(self, optimizer: int = 2) -> Quantity | None:
        """Bytes of everything together, or None where the time steps are not known."""
        if self.kept is None:
            return None
        return self.bytes_each * (self.kept + self.parameters * (2 + optimizer))


@dataclass(frozen=True)
class Cost(Answer):
    """The costs of `layer` under one convention: work, bytes, training memory.

    `step` is one time step of one sequence, through every layer and direction; `sequence` and
    `batch` are None where the time steps or the batch are not known. `packed` is the work for the
    time steps within the lengths alone, of which there are `real_steps`.
    """

    layer: Layer
    convention: ConventionName
    dtype: DtypeName
    step: Work
    sequence: Work | None = field(repr=False)
    batch: Work | None = field(repr=False)
    packed: Work | None = field(repr=False)
    real_steps: int | None = field(repr=False)
    bytes: Bytes = field(repr=False)
    training: Training = field(repr=False)


def cost(
    layer: Layer,
    convention: ConventionName | None = None,
    dtype: DtypeName = "float32",
    lengths: Iterable[int] | None = None,
) -> Cost:
    """The costs of `layer` under `convention`, or under its own convention.

    `lengths` are the real time steps of each sequence of the batch: they give `packed`. Raises
    UnknownConvention as `Layer.parameters_in` does, OptionError for an unknown dtype, InputError
    for lengths that do not fit.

    >>> costs = cost(Layer("lstm", units=64, features=3, timesteps=7, batch=2))
    >>> costs.step.macs, costs.batch.macs, costs.batch.bias_adds
    (17152, 240128, 3584)
    >>> cost(Layer("lstm", 64, 3, timesteps=7, batch=2), lengths=[7, 3]).packed.macs
    171520
    """
    layer = checked_layer(layer)
    stored = layer.stored(conventions.chosen(convention, layer.framework))
    bytes_each = dtype_of(dtype)
    step = work_of(layer, stored)
    steps, batch = _exact(layer.timesteps), _exact(layer.batch)
    sequence = None if steps is None else step * steps
    real = None if lengths is None else _real_steps(layer, _whole(lengths))
    return Cost(
        layer=layer,
        convention=stored.name,
        dtype=dtype,
        step=step,
        sequence=sequence,
        batch=None if sequence is None or batch is None else sequence * batch,
        packed=None if real is None else step * real,
        real_steps=real,
        bytes=_bytes(layer, stored, bytes_each),
        training=_training(layer, stored, bytes_each),
    )


def _whole(lengths: Any) -> tuple[int, ...]:
    """`lengths` as ints. Raises InputError for what is not several whole numbers from 0."""
    try:
        return tuple(whole("a length", each) for each in lengths)
    except OptionError as error:
        raise InputError(str(error)) from None
    except Exception:  # An iterable of the caller's can raise anything.
        raise InputError(f"lengths must be whole numbers, got {quoted(lengths)}.") from None


def _real_steps(layer: Layer, lengths: tuple[int, ...]) -> int:
    """The sum of `lengths`, checked against the layer's batch and time steps."""
    for each in lengths:
        if isinstance(layer.timesteps, int) and each > layer.timesteps:
            most = f"at most {layer.timesteps}, the time steps of the input"
            raise InputError(f"a length must be {most}, got {each}.")
    if not lengths or (isinstance(layer.batch, int) and len(lengths) != layer.batch):
        wanted = layer.batch or "at least one"
        raise InputError(f"lengths must be one per sequence, {wanted} of them, got {len(lengths)}.")
    return sum(lengths)


def work_of(layer: Layer, stored: Stored) -> Work:
    """The work of one time step of one sequence, through every layer and direction."""
    total = Work()
    for sizes in _by_layer(layer):
        total = total + step_work(layer.running_cell, sizes, stored.blocks)
    return total * layer.directions


def _exact(size: Quantity) -> Quantity:
    """An array as one of Python ints, which never wrap: what is counted here grows large."""
    return size.astype(object) if is_array(size) else size


def _by_layer(layer: Layer) -> Iterator[Mapping[str, Quantity]]:
    """The sizes of each layer of the stack, lowest first; each above reads the one below."""
    sizes = {name: _exact(size) for name, size in layer.sizes.items()}
    yield sizes
    for _ in range(layer.layers - 1):
        yield {**sizes, FEATURES: _exact(layer.width)}


def _bytes(layer: Layer, stored: Stored, each: Dtype) -> Bytes:
    blocks = stored.blocks
    weights = added(
        (each.bias if block.is_bias else each.weight) * product(block.stored(sizes))
        for sizes in _by_layer(layer)
        for block in blocks
    )
    sizes, states = next(_by_layer(layer)), layer.cell.states
    batch = 1 if layer.batch is None else _exact(layer.batch)
    kept = added(
        sizes[length] * (each.output if name == OUTPUT else each.state)
        for name, length in states.items()
    )
    lines = [line.name for line in layer.cell.lines if line.name not in states]
    step = added(sizes[length] for name in lines for length in layer.cell.lengths[name][:1])
    return Bytes(
        weights=weights * layer.directions,
        states=kept * batch * layer.directions * layer.layers,
        step=step * each.value * batch,
        sequences=_sequences(layer, each.output, batch),
    )


def _sequences(layer: Layer, bytes_each: int, batch: Quantity) -> Quantity | None:
    """Bytes of the input and of what the layer returns first, between layers too."""
    if layer.timesteps is None:
        return None
    steps, width, features = (
        _exact(size) for size in (layer.timesteps, layer.width, layer.features)
    )
    returned = steps if layer.return_sequences else 1
    outputs = 2 if layer.bidirectional and layer.merge_mode is None else 1
    numbers = steps * features + steps * width * (layer.layers - 1) + returned * width * outputs
    return numbers * bytes_each * batch


def _training(layer: Layer, stored: Stored, each: Dtype) -> Training:
    values = kept(layer.running_cell)
    stack = list(_by_layer(layer))
    # Both directions read one input.
    inputs = added(_entries(values.inputs, sizes) for sizes in stack)
    own = added(_entries(values.own, sizes) for sizes in stack) * layer.directions
    edges = added(_entries(values.both, sizes) for sizes in stack) * layer.directions
    numbers = None
    if layer.timesteps is not None:
        batch = 1 if layer.batch is None else _exact(layer.batch)
        numbers = ((inputs + own) * _exact(layer.timesteps) + edges) * batch
    names = (*values.inputs, *values.own)
    # Training is in floating point: what runs in int8 was trained in float32.
    width = each.value if each.weight > 1 else DTYPES["float32"].value
    return Training(names, inputs + own, numbers, stored.parameters, width)


def _entries(lengths: Mapping[str, str], sizes: Mapping[str, Quantity]) -> Quantity:
    return added(sizes[length] if length else 1 for length in lengths.values())
