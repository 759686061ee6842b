"""The options of a layer: one table that everything reads, and the door of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lstminspect import cells, conventions
from lstminspect.activations import REPLACES
from lstminspect.cell import Cell
from lstminspect.equations.shapes import FEATURES, UNITS
from lstminspect.errors import OptionError, SizeError, choice, did_you_mean, flag, quoted
from lstminspect.sizes import Quantity, is_array, size
from lstminspect.synonyms import WORDS

if TYPE_CHECKING:
    from lstminspect.names import MergeMode

__all__ = [
    "FUNCTION_OPTIONS",
    "MERGE_MODES",
    "OPTIONS",
    "SIZES",
    "Option",
    "in_one_order",
    "in_own_words",
    "projected",
    "read_cell",
    "read_features",
    "read_own_sizes",
]

#: Modules of frameworks whose classes take the features before the units.
FEATURES_FIRST = {"nn", "torch", "nnx"}
MERGE_MODES: tuple[MergeMode | None, ...] = ("concat", "sum", "mul", "ave", None)


class Option(NamedTuple):
    """An option of a layer: its name, what it `takes`, its default, what it means.

    It takes a "size", a "number" of layers, a "flag", a "mode" of merging, a "function" of the
    equations, a "bound" or a "framework". `in_keras` says that it is an argument of Keras' own
    layers too.
    """

    name: str
    takes: str
    default: Any
    meaning: str
    in_keras: bool = False

    @property
    def spelling(self) -> str:
        """The option on the command line."""
        return f"--{self.name.replace('_', '-')}"

    def read(self, value: Any) -> Any:
        """`value` as a layer keeps it. Raises SizeError or OptionError for one that cannot be."""
        if value is None and self.default is None:
            return None
        if self.takes in ("size", "number"):
            return _size(self.name, value)
        if self.takes == "framework":
            return conventions.framework(value)
        if self.takes == "mode":
            return choice(self.name, value, MERGE_MODES)
        return flag(self.name, value) if self.takes == "flag" else value


OPTIONS = (
    Option(UNITS, "size", None,
           "how many numbers the state and the output hold (a letter gives a formula)", True),
    Option(FEATURES, "size", None, "how many numbers a time step of the input holds"),
    Option("timesteps", "size", None, "steps of a sequence; never changes the parameters"),
    Option("batch", "size", None, "sequences at a time; never changes the parameters"),
    Option("use_bias", "flag", True, "the biases, on unless --no-use-bias", True),
    Option("reset_after", "flag", None,
           "GRU: reset after the recurrent product (Keras' default) or, with --no-, before it",
           True),
    Option("return_sequences", "flag", False,
           "return the output of every time step, not of the last alone", True),
    Option("return_state", "flag", False, "return the final states too", True),
    Option("go_backwards", "flag", False, "read the sequence from its end", True),
    Option("stateful", "flag", False,
           "keep the states from one batch to the next; needs --batch", True),
    Option("bidirectional", "flag", False, "one layer forward and one backward"),
    Option("merge_mode", "mode", "concat",
           "of a bidirectional layer: concat (default), sum, mul, ave or none"),
    Option("layers", "number", 1, "a stack of N such layers"),
    Option("activation", "function", None,
           "in place of tanh, for example relu or leaky_relu(0.1)", True),
    Option("recurrent_activation", "function", None,
           "in place of sigmoid, for example hard_sigmoid", True),
    Option("output_activation", "function", None,
           "of the state at the output alone, for example in ONNX"),
    Option("clip", "bound", None, "a bound on what goes into the gates' activations, in ONNX"),
    Option("batch_first", "flag", None,
           "the batch before the time in input and output, as in Keras, or, with --no-, the time "
           "first, as in PyTorch; unset: as the framework has it"),
    Option("framework", "framework", None,
           "answer as keras, pytorch, onnx, flax or nnx: its count, tensors, shapes and code"),
)  # fmt: skip
#: The names of the options that take a size.
SIZES = tuple(option.name for option in OPTIONS if option.takes == "size")
#: The names of the options that change the functions of the cell.
FUNCTION_OPTIONS = (*REPLACES, "clip")

#: What a framework's own layer takes that changes neither a count nor a shape, and what it changes.
WITHOUT_COUNT = {
    "dropout": "what is dropped of the inputs in training",
    "recurrent_dropout": "what is dropped of the states in training",
    "zero_output_for_mask": "the output of a masked step: run(..., masked_output='zeros') gives it",
    "unroll": "how Keras runs the loop over time",
    "implementation": "how Keras 1 and 2 run the products of a step",
    "use_cudnn": "which of its programs Keras runs",
    "seed": "the random numbers of dropout and of the first weights",
    "unit_forget_bias": "the first weights: see initial_weights(..., unit_forget_bias=...)",
    "time_major": "the order of the axes: batch_first=False gives it",
    "dtype": "the bytes: cost(layer, dtype=...) counts them",
    "trainable": "what training changes",
    "name": "what the layer is called",
    **{
        f"{tensor}_{what}": meaning
        for what, meaning in {
            "initializer": "the first weights",
            "regularizer": "the loss in training",
            "constraint": "the weights in training",
        }.items()
        for tensor in ("kernel", "recurrent", "bias")
    },
    "activity_regularizer": "the loss in training",
}


#: What `proj_size` makes of a cell: the cell with a projection, whose size that is.
PROJECTED = {"lstm": "projected", "peephole": "projected_peephole"}


def projected(name: str) -> str:
    """The name of the cell that is the cell called `name` with a projection; itself if none is.

    >>> projected("LSTM"), projected("gru")
    ('projected', 'gru')
    """
    known = cells.named(name) or name
    return PROJECTED.get(known, known)


Made = TypeVar("Made", bound=Callable[..., None])


def in_one_order(init: Made) -> Made:
    """Refuse sizes without names beside a class that has them in the other order, `nn.LSTM`."""

    @wraps(init)
    def checked(self: Any, *values: Any, **options: Any) -> None:
        name = values[0] if len(values) > 2 else None
        if isinstance(name, str) and set(name.lower().split(".")[:-1]) & FEATURES_FIRST:
            first, second = values[1:3]
            raise OptionError(
                f"{name}({first!r}, {second!r}) has the features first, and a Layer the units. "
                f"Name the sizes: Layer({name!r}, input_size={first!r}, hidden_size={second!r})."
            )
        init(self, *values, **options)

    return checked  # type: ignore[return-value]


def in_own_words(cell: Cell, options: dict[str, Any], more: dict[str, Any]) -> Cell:
    """Move the words of other frameworks in `more` to the options that they mean.

    A size of the cell's own may have the name of such a word, and keeps it. The cell is another
    where a word says so: the projected one for `proj_size`. Raises OptionError for a word beside
    an option, or another word, of another value.
    """
    defaults = {option.name: option for option in OPTIONS}
    read: dict[str, str] = {}
    for word in WORDS:
        if word.name not in more or word.name in cell.own_sizes:
            continue
        value, name = more.pop(word.name), word.option
        if name not in defaults:
            if value != 0:  # PyTorch's default, for no projection.
                cell = cells.get(projected(cell.name)) if cell.name in PROJECTED else cell
                if name not in cell.own_sizes:
                    whose = f"{word.name} projects {' and '.join(PROJECTED)}, not {cell.name}"
                    raise OptionError(f"{whose}. Leave it out, or choose one of them.")
                _agree(more, name, value, word.name, read, None)
            continue
        if defaults[name].takes == "flag" and value in (0, 1):
            value = bool(value)  # As an attribute of ONNX is.
        _agree(options, name, value, word.name, read, defaults[name].default)
    return cell


def _agree(
    values: dict[str, Any], name: str, value: Any, word: str, read: dict[str, str], default: Any
) -> None:
    """Set `name` to `value`, unless it has another value that somebody gave."""
    old = values.get(name, default)
    if (name in read or old is not default) and not _same(old, value):
        first = f"{read.get(name, name)}={quoted(old)}"
        raise OptionError(
            f"{first} and {word}={quoted(value)} are two values of one option. Give one of them."
        )
    values[name] = value
    read.setdefault(name, word)


def _same(one: Any, other: Any) -> bool:
    if is_array(one) or is_array(other):
        alike = getattr(one, "shape", None) == getattr(other, "shape", None)
        return alike and bool((one == other).all())
    return bool(one == other)


def read_cell(cell: Any, reset_after: bool | None) -> Cell:
    """The cell called `cell`, or `cell` itself, in the form that `reset_after` says."""
    if isinstance(cell, str):
        cell = cells.get(cell)
    if not isinstance(cell, Cell):
        raise OptionError(f"cell must be a name or a Cell, got {quoted(cell)}.")
    return cell if reset_after is None else cells.reset_form(cell, reset_after)


def _size(name: str, value: Any) -> Quantity:
    if isinstance(value, list | tuple):
        hint = "Layers of several widths are a Layer each: the features of one are the units below."
        raise SizeError(f"{name} must be one whole number, got {quoted(value)}. {hint}")
    if name == FEATURES and isinstance(value, int) and value == 0:
        hint = "A cell without an input has equations without x, and any features: give 1."
        raise SizeError(f"features must be a positive whole number, got {value!r}. {hint}")
    return size(name, value)


def read_own_sizes(
    cell: Cell, extra: Any, more: Mapping[str, Any]
) -> tuple[tuple[str, Quantity], ...]:
    """The sizes that the cell has of its own: every one is there, and no other."""
    try:
        sizes = {**dict(extra), **more}
    except (TypeError, ValueError):
        hint = "Give a size of the cell's own by its name, for example projection=4."
        raise OptionError(f"extra must be pairs of a name and a size. {hint}") from None
    own = cell.own_sizes
    for name in sizes:
        if name in WITHOUT_COUNT and name not in own:
            what = f"{name} changes no count and no shape, so a Layer has no such option"
            raise OptionError(f"{what}. It changes {WITHOUT_COUNT[name]}. Leave it out.")
        if name not in own:
            options = [*(option.name for option in OPTIONS), *own]
            near = did_you_mean(str(name), [*options, *(word.name for word in WORDS)])
            near = near or f" The options are {', '.join(options)}."
            raise OptionError(f"a layer of {cell.name} has no option {name!r}.{near}")
    for name in own:
        if name not in sizes:
            hint = f"Give it, for example {name}=4."
            raise SizeError(f"{name} is missing: {cell.name} has a size of that name. {hint}")
    return tuple((name, cell.checked(name, sizes[name])) for name in own)


def read_features(cell: Cell, options: Mapping[str, Any], own: Mapping[str, Any]) -> Quantity:
    """The features: as they are, or as a cell needs them whose input has a width, as `x: units`."""
    features, declared = options[FEATURES], cell.declared.get("x")
    if declared is None or declared.size is None:
        return features
    width = {UNITS: options[UNITS], **own}.get(declared.size)
    if features is None:
        return width
    differs = features != width
    if differs.any() if is_array(differs) else differs:
        values = "others" if is_array(differs) else f"{width} and {features}"
        raise SizeError(
            f"{cell.name} adds its input to its state (x: {declared.size}), so features must be "
            f"{declared.size}, got {values}. Leave features out."
        )
    return features
