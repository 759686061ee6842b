"""Arguments of a call of a layer: inputs, states, masks and lengths, checked and in one form."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from lstminspect.errors import (
    InputError,
    NotFiniteWarning,
    OptionError,
    WeightError,
    choice,
    flag,
    quoted,
)
from lstminspect.layer import Layer
from lstminspect.weights.arrays import Array, array_of

__all__ = ["Arguments", "dtype_of", "read_arguments", "read_states", "real_numbers", "time_first"]

MASKED_OUTPUTS = ("repeat", "zeros")
EMPTY_STATES = ("initial", "zeros")


@dataclass(frozen=True)
class Arguments:
    """One call of a layer, its input in order: what `run` reads from its arguments.

    `inputs` are (batch, timesteps, entries), `states` (batch, entries) for each layer, direction
    and state, `valid` is (batch, timesteps) and true where a step counts, or None.
    """

    inputs: dict[str, Array]
    states: list[dict[str, Array]]
    valid: Array | None
    zeros_where_masked: bool
    last_is_state: bool
    empty_state: str
    keep_order: bool


def dtype_of(blocks: Sequence[Mapping[str, Array]], dtype: Any) -> np.dtype[Any]:
    """The type that a layer computes in: that of its parameters if `dtype` is None.

    Without parameters it is float32. Raises OptionError for what is not float32 or float64.
    """
    arrays = [array for held in blocks for array in held.values()]
    if dtype is None:
        dtype = arrays[0].dtype if arrays else np.float32
    try:
        exact: np.dtype[Any] | None = np.dtype(dtype)
    except Exception:  # NumPy raises a dozen errors of its own.
        exact = None
    if exact is None or exact not in (np.float32, np.float64):
        got = quoted(dtype) if exact is None else exact
        raise OptionError(f"dtype must be float32 or float64, got {got}.")
    return exact


def time_first(layer: Layer, time_major: bool | None, unbatched: bool) -> bool:
    """Say whether the sequences of a call have the time first: as it says, else as the layer."""
    if time_major is None:
        return layer.batch_first is False and not unbatched
    return flag("time_major", time_major)


def read_arguments(
    layer: Layer,
    dtype: Any,
    x: Any,
    initial_state: Any = None,
    mask: Any = None,
    lengths: Any = None,
    masked_output: str | None = None,
    empty_state: str = "initial",
    time_major: bool | None = None,
    unbatched: bool = False,
    keep_order: bool = False,
    inputs: Mapping[str, Any] | None = None,
) -> Arguments:
    """The arguments of `run`, checked. Raises InputError for one that does not fit."""
    unbatched, keep_order = flag("unbatched", unbatched), flag("keep_order", keep_order)
    time_major = time_first(layer, time_major, unbatched)
    if time_major and unbatched:
        raise OptionError("an unbatched input has no batch to be second. Leave time_major out.")
    if masked_output is not None:
        choice("masked_output", masked_output, MASKED_OUTPUTS)
    choice("empty_state", empty_state, EMPTY_STATES)
    others = dict(inputs or {})
    if isinstance(x, Mapping):
        x, others = _mapping_of(x, others)
    shape = _Shapes(layer, dtype, time_major, unbatched)
    arrays = {"x": shape.read("x", x, layer.features)}
    batch, timesteps = arrays["x"].shape[:2]
    for name, size in layer.cell.further_inputs.items():
        if name not in others:
            array = f"array of (batch, timesteps, {size})"
            example = f"{name}={array}"
            if name in _NAMES:
                example = f'x={{"x": x, "{name}": {array}}}'
            raise InputError(f"{layer.cell.name} has a second input, {name}. Give {example}.")
        if layer.layers > 1 or layer.bidirectional:
            raise OptionError(
                f"{layer.cell.name} has a second input, {name}, which is that of one layer "
                "in one direction. Run each by itself."
            )
        value = shape.read(name, others.pop(name), layer.sizes[size])
        if value.shape[:2] != (batch, timesteps):
            raise InputError(
                f"{name} must be of (batch, timesteps) {(batch, timesteps)} as x is, got "
                f"{value.shape[:2]}."
            )
        arrays[name] = value
    if others:
        raise OptionError(f"there is no option and no input {next(iter(others))!r}.")
    valid = _valid(mask, lengths, batch, timesteps, time_major, unbatched)
    zeros = masked_output == "zeros"
    if masked_output is None:  # Keras: Bidirectional.force_zero_output_for_mask.
        zeros = lengths is not None or layer.bidirectional
    states = read_states(layer, initial_state, batch, dtype, unbatched)
    return Arguments(arrays, states, valid, zeros, lengths is not None, empty_state, keep_order)


#: Names of arguments of `run` and `Runner`: an input of that name comes in a mapping.
_NAMES = {"self", "layer", "weights", "convention", *signature(read_arguments).parameters}


def _mapping_of(x: Mapping[str, Any], others: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The inputs of a call whose x is a mapping by name: x, and the others."""
    if "x" not in x:
        raise InputError(f"inputs by name need x, got {', '.join(map(str, x)) or 'none'}.")
    return x["x"], {**others, **{name: value for name, value in x.items() if name != "x"}}


class _Shapes:
    """Reads inputs: any array of numbers to (batch, timesteps, entries)."""

    def __init__(self, layer: Layer, dtype: Any, time_major: bool, unbatched: bool) -> None:
        self.layer, self.dtype = layer, dtype
        self.time_major, self.unbatched = time_major, unbatched

    def read(self, name: str, value: Any, entries: int) -> Array:
        """`value` with the batch first."""
        array = real_numbers(name, value)
        if array.ndim != (2 if self.unbatched else 3):
            raise InputError(self._wrong_rank(name, array, entries))
        if array.shape[-1] != entries:
            message = f"{name} must have {entries} entries a step, got {array.shape[-1]}"
            hint = ""
            if entries == array.shape[-2]:
                hint = " Its last two axes are exchanged: swap them, np.swapaxes(x, -1, -2)."
            raise InputError(f"{message} in shape {array.shape}.{hint}")
        known = self.layer.batch if not self.unbatched else None
        array = array.astype(self.dtype, copy=False)
        if self.unbatched:
            array = array[None]
        if self.time_major:
            array = array.swapaxes(0, 1)
        if self.layer.stateful and array.shape[0] != known:
            raise InputError(f"a stateful layer of batch {known} got {array.shape[0]} sequences.")
        if strange := int(array.size - np.isfinite(array).sum()):
            message = f"{name} holds {strange:,} values that are NaN or infinite"
            warnings.warn(f"{message}: they pass through.", NotFiniteWarning, stacklevel=5)
        return array

    def _wrong_rank(self, name: str, array: Array, entries: int) -> str:
        wanted = "(timesteps, features)" if self.unbatched else "(batch, timesteps, features)"
        if self.time_major:
            wanted = "(timesteps, batch, features)"
        text = f"{name} must be {wanted}, got shape {array.shape}."
        if array.ndim == 2 and not self.unbatched:
            if array.shape[-1] == entries:
                one, steps = f"{name}[None]", f"{name}[:, None]"
                return f"{text} For one sequence, {one}; for sequences of one step, {steps}."
            return f"{text} For one feature a step, {name}[:, :, None]."
        if array.ndim == 1:
            return f"{text} For one sequence of one feature, {name}.reshape(1, -1, 1)."
        return text


def real_numbers(name: str, value: Any) -> Array:
    """`value` as an array of real numbers."""
    try:
        array = array_of(value, name)
    except WeightError as error:
        raise InputError(str(error)) from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name} must hold real numbers, got {array.dtype}.")
    return array


def _valid(
    mask: Any, lengths: Any, batch: int, timesteps: int, time_major: bool, unbatched: bool
) -> Array | None:
    """Where a step counts: (batch, timesteps), or None if all do."""
    if mask is not None and lengths is not None:
        raise OptionError("mask and lengths say the same in two ways. Give one of them.")
    if mask is not None:
        array = np.asarray(mask)
        if array.dtype != bool:
            raise InputError(f"mask must hold True and False, got {array.dtype}. Try x != 0.")
        if unbatched and array.ndim == 1:
            array = array[None]
        elif time_major and array.ndim == 2:
            array = array.T
        if array.shape != (batch, timesteps):
            wanted = f"(batch, timesteps) = {(batch, timesteps)}"
            raise InputError(f"mask must be {wanted}, got {np.shape(mask)}.")
        return array
    if lengths is None:
        return None
    array = np.atleast_1d(np.asarray(lengths))
    if array.dtype.kind not in "iu":
        raise InputError(f"lengths must be whole numbers, got {array.dtype}.")
    if array.shape != (batch,):
        raise InputError(f"lengths must be one for each of {batch} sequences, got {array.shape}.")
    if array.size and (array.min() < 0 or array.max() > timesteps):
        strange = array.min() if array.min() < 0 else array.max()
        raise InputError(f"lengths must be from 0 to {timesteps} time steps, got {strange}.")
    return np.arange(timesteps)[None] < array[:, None]


def read_states(
    layer: Layer,
    given: Any,
    batch: int,
    dtype: Any,
    unbatched: bool,
    argument: str = "initial_state",
) -> list[dict[str, Array]]:
    """The states of every layer and direction that `argument` holds, else zeros."""
    cell_states = layer.cell.states
    number = layer.layers * layer.directions
    names = list(layer.state_shapes)
    if not names and given is not None:
        if not isinstance(given, list | tuple | Mapping) or given:
            raise InputError(
                f"{layer.cell.name} has no state, and {argument} is {quoted(given)}. Leave it out."
            )
        given = None
    if given is None:
        return [
            {n: np.zeros((batch, layer.sizes[size]), dtype) for n, size in cell_states.items()}
            for _ in range(number)
        ]
    arrays = _flat(_as_pytorch_stacks(layer, given, unbatched), names, argument)
    if len(arrays) != len(names):
        raise InputError(
            f"{argument} must hold {len(names)} arrays: {', '.join(names)}; got {len(arrays)}."
        )
    word = "state" if argument == "initial_state" else argument
    all_states = []
    values = iter(zip(names, arrays, strict=True))
    for _ in range(number):
        states = {}
        for name, size in cell_states.items():
            label, value = next(values)
            array = real_numbers(f"{word} {label}", value).astype(dtype, copy=False)
            array = array[None] if unbatched and array.ndim == 1 else array
            if array.shape != (batch, layer.sizes[size]):
                wanted = (batch, layer.sizes[size])
                raise InputError(f"{word} {label} must be of shape {wanted}, got {array.shape}.")
            states[name] = array
        all_states.append(states)
    return all_states


def _flat(initial: Any, names: Sequence[str], argument: str) -> list[Any]:
    """States in order: of a mapping by name, a sequence, or one array for a single state."""
    if isinstance(initial, Mapping):
        strange = [name for name in initial if name not in names]
        if strange:
            raise InputError(f"no state is called {strange[0]!r}. There are {', '.join(names)}.")
        return [initial[name] for name in names if name in initial]
    if isinstance(initial, np.ndarray) and len(names) == 1:
        return [initial]
    try:
        several = [] if isinstance(initial, str | bytes) else list(initial)
    except Exception:  # A value of the caller's can raise anything.
        several = []
    if not several:
        raise InputError(
            f"{argument} must hold an array for each of {', '.join(names)}, got {quoted(initial)}."
        )
    flat: list[Any] = []
    for each in several:
        flat.extend(each.values() if isinstance(each, Mapping) else [each])
    return flat


def _as_pytorch_stacks(layer: Layer, initial: Any, unbatched: bool) -> Any:
    """PyTorch's `h_0`, or `(h_0, c_0)`, each (layers x directions, batch, units), one by one.

    Anything else as it is. One array for each state of the cell, with an axis more than a state.
    """
    number, names = layer.layers * layer.directions, list(layer.cell.states)
    one = len(names) == 1 and not isinstance(initial, list | tuple | Mapping)
    stacks = [initial] if one else initial
    if not isinstance(stacks, list | tuple) or len(stacks) != len(names):
        return initial
    axes = 2 if unbatched else 3
    if any(getattr(each, "ndim", 0) != axes or len(each) != number for each in stacks):
        return initial
    return [stack[place] for place in range(number) for stack in stacks]
