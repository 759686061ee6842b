"""The meaning of functions and methods of tensors in PyTorch code, by their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import Any

from lstminspect.errors import ShapeError
from lstminspect.layer import Shape
from lstminspect.models.reading import torch_shapes as shapes
from lstminspect.models.reading.builtins import NOTHING
from lstminspect.models.reading.torch_objects import (
    SIGNATURES,
    TensorValue,
    TorchModule,
    configured,
)
from lstminspect.models.reading.torch_types import dtype_of_value, typed, wanted_dtype
from lstminspect.models.reading.values import Unknown, opened
from lstminspect.sizes import is_letter, plain

__all__ = ["TensorFunctions"]

#: Functions that keep the shape of their first tensor.
KEEPS = frozenset(
    re.findall(
        r"\w+",
        """
    relu relu6 tanh sigmoid softmax log_softmax softmin dropout dropout1d dropout2d
    alpha_dropout feature_dropout contiguous to float long int half double bool byte bfloat16
    cuda cpu detach clone abs exp log log2 log1p log10 sqrt rsqrt neg clamp clip gelu elu
    leaky_relu selu silu softplus mish hardtanh hardswish hardsigmoid logsigmoid softsign
    tanhshrink type type_as requires_grad normalize masked_fill zeros_like ones_like
    randn_like rand_like full_like empty_like sign square round floor ceil flip roll cumsum
    cumprod triu tril sin cos erf layer_norm batch_norm instance_norm group_norm reciprocal
    pow retain_grad fill zero normal uniform nan_to_num logit as_tensor rms_norm
    gumbel_softmax pin_memory data_ptr requires_grad_ fliplr flipud isnan sigmoid_ copy
    index_add scatter scatter_add index_fill
        """,
    )
)
BROADCASTS = frozenset(
    re.findall(
        r"\w+",
        """
    add sub mul div true_divide subtract multiply divide maximum minimum eq ne lt le gt ge
    logical_and logical_or remainder fmod atan2 rsub floor_divide
        """,
    )
)
REDUCES = frozenset(
    re.findall(
        r"\w+",
        """
    mean sum max min argmax argmin prod std var norm logsumexp any all median amax amin mode
        """,
    )
)
#: Those of which, with an axis, the places come out beside the values.
TWO = ("max", "min", "median", "mode")
MAKES = frozenset(
    re.findall(
        r"\w+",
        """
    zeros ones randn rand empty full new_zeros new_ones new_full new_empty new_tensor randint
    arange eye linspace Tensor FloatTensor LongTensor
        """,
    )
)
#: Functions of torch.nn.functional that are modules without parameters.
MODULES = {
    "max_pool1d": "MaxPool1d", "max_pool2d": "MaxPool2d", "max_pool3d": "MaxPool3d",
    "avg_pool1d": "AvgPool1d", "avg_pool2d": "AvgPool2d", "avg_pool3d": "AvgPool3d",
    "adaptive_avg_pool1d": "AdaptiveAvgPool1d", "adaptive_avg_pool2d": "AdaptiveAvgPool2d",
    "adaptive_max_pool1d": "AdaptiveMaxPool1d", "adaptive_max_pool2d": "AdaptiveMaxPool2d",
}  # fmt: skip


class TensorFunctions:
    """Functions of tensors; `semantics` knows the sizes and the layers."""

    def __init__(self, semantics: Any) -> None:
        self.semantics = semantics

    def call(self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.expr) -> Any:
        """The result of a function of this name; NOTHING if it is not known."""
        found = self._call(name, arguments, options, node)
        return typed(found, name, arguments, options)

    def _call(
        self, name: str, arguments: list[Any], options: dict[str, Any], node: ast.expr
    ) -> Any:
        if name.endswith("_") and not name.endswith("__"):
            name = name[:-1]
        if name in MAKES:
            found = self._make(name, arguments, options)
            found.dtype = _made_type(name, arguments, options)
            return found
        own = getattr(self, f"_{name}", None)
        if name in ("cat", "concat", "concatenate", "stack", "hstack", "where", "einsum"):
            return own(arguments, options) if own else NOTHING
        options = dict(options)
        first = arguments[0] if arguments else options.pop("input", None)
        if not isinstance(first, TensorValue):
            several = [each for each in arguments if isinstance(each, TensorValue)]
            if several and name in BROADCASTS and not opened(first):
                return self.broadcast(several)
            return NOTHING
        rest = arguments[1:]
        if first.shape is None:
            found = self._of_unknown(name, options, rest)
            if isinstance(found, TensorValue) and found.shape is None:
                found.made_of = _step(name, first, rest, options)
            return found
        if name in KEEPS:
            return TensorValue(first.shape)
        if name in BROADCASTS:
            return self.broadcast([first, *rest, *options.values()][:2])
        if name in REDUCES:
            return self._reduce(name, first.shape, rest, options)
        if name in MODULES:
            return self._module(name, [first, *rest], options, node)
        if own is None or name in ("make", "module", "reduce", "of_unknown"):
            return NOTHING
        return own(first.shape, rest, options)

    def _of_unknown(self, name: str, options: dict[str, Any], rest: list[Any]) -> Any:
        """The result for a tensor of which nothing is known."""
        if name in ("size", "dim", "tolist", "item", "numel"):
            return NOTHING
        if name in ("max", "min", "topk", "sort") and (rest or options):
            return (TensorValue(None), TensorValue(None))
        if name in ("chunk", "split", "unbind"):
            return NOTHING
        if name in ("view", "reshape"):
            # `x.view(-1, 28, 28)` says its shape, whatever x is.
            wanted = self.sizes(rest)
            if wanted and -1 not in wanted:
                return TensorValue(tuple(wanted))
            if wanted and wanted[0] == -1 and -1 not in wanted[1:]:
                return TensorValue((self.semantics.layers.letter("batch", ""), *wanted[1:]))
        return TensorValue(None)

    def sizes(self, values: Sequence[Any]) -> list[Any] | None:
        """Sizes that are written one by one, or as one tuple; None if one is not known."""
        if len(values) == 1 and isinstance(values[0], list | tuple):
            values = values[0]
        found = [self.semantics.size(each) for each in values]
        return None if any(each is None for each in found) else found

    def axis(self, values: list[Any], options: dict[str, Any], at: int, usual: Any) -> Any:
        """The argument `dim`, which is also called `axis`; "?" if it is not known."""
        found = options.get("dim", options.get("axis", values[at] if len(values) > at else usual))
        whole = isinstance(found, int) or found is None
        several = isinstance(found, list | tuple) and all(isinstance(each, int) for each in found)
        return found if (whole or several) and not isinstance(found, bool) else "?"

    def made(self, shape: Shape | None) -> TensorValue:
        """A tensor of this shape."""
        return TensorValue(shape)

    def broadcast(self, values: Sequence[Any]) -> TensorValue:
        """The result of an operator on tensors and numbers."""
        found: Shape | None = ()
        for each in values:
            if isinstance(each, TensorValue):
                if each.shape is None or found is None:
                    return TensorValue(None)
                found = shapes.broadcast(found, each.shape)
            elif (opened(each) and not self.semantics.is_scalar(each)) or isinstance(
                each, list | tuple
            ):
                return TensorValue(None)
        return TensorValue(found)

    def _module(self, name: str, values: list[Any], options: dict[str, Any], node: Any) -> Any:
        layer_type = MODULES[name]
        place = self.semantics.place(node)
        known = {key: value for key, value in options.items() if key in SIGNATURES[layer_type]}
        config = configured(layer_type, values[1:], known, place)
        config = self.semantics.modules.resolved(config, node)
        made = TorchModule(layer_type, config, place)
        return self.semantics.layers.result_of(made, [values[0].shape], node)[0]

    def _make(self, name: str, values: list[Any], options: dict[str, Any]) -> Any:
        """`torch.zeros(2, batch, units)` and the like."""
        if name.startswith("new_") and values:
            values = values[1:]
        name = name.removeprefix("new_")
        if name in ("tensor", "linspace"):
            return TensorValue(None)
        if name in ("arange", "eye"):
            several = self.sizes(values[:1]) if len(values) == 1 else None
            return TensorValue(None if several is None else tuple(several * (1 + (name == "eye"))))
        if name == "full":
            values = values[:1]
        if name == "randint":
            values = [each for each in values if isinstance(each, list | tuple)]
        if name in ("Tensor", "FloatTensor", "LongTensor"):
            # One argument can be the data; a number, or several, are sizes.
            sizes = len(values) > 1 or all(
                isinstance(each, int) or self.semantics.is_scalar(each) for each in values
            )
            if not values or not sizes:
                return TensorValue(None)
        size = options.get("size", options.get("shape"))
        wanted = self.sizes([size] if size is not None else values)
        return TensorValue(
            None if wanted is None or (not values and size is None) else tuple(wanted)
        )

    def _reduce(self, name: str, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        if values and isinstance(values[0], TensorValue):
            return self.broadcast([TensorValue(shape), values[0]])
        at = 1 if name == "norm" else 0
        axis = self.axis(values, options, at, None)
        keeps = options.get("keepdim", values[at + 1] if len(values) > at + 1 else False)
        if axis == "?" or not isinstance(keeps, bool):
            return TensorValue(None)
        axes = (axis,) if isinstance(axis, int) else axis
        found = TensorValue(shapes.reduced(shape, axes, keeps))
        if name in TWO and axis is not None:
            return (found, TensorValue(found.shape))
        return found

    # Functions by their names, each of a shape, further arguments and options.

    def _view(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        if "shape" in options:
            values = [options["shape"]]
        if len(values) == 1 and not isinstance(values[0], int | list | tuple | Unknown):
            return TensorValue(shape)  # view(torch.float32)
        wanted = self.sizes(values)
        return TensorValue(None if wanted is None else shapes.reshaped(shape, wanted))

    _reshape = _view

    def _view_as(self, _shape: Shape, values: list[Any], _options: dict[str, Any]) -> Any:
        other = values[0] if values else None
        return TensorValue(other.shape if isinstance(other, TensorValue) else None)

    _reshape_as = _expand_as = _view_as

    def _permute(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        wanted = self.sizes([options["dims"]] if "dims" in options else values)
        if wanted is None or not all(isinstance(each, int) for each in wanted):
            return TensorValue(None)
        axes = [shapes.axis_of(each, len(shape)) for each in wanted]
        if sorted(axes) != list(range(len(shape))):
            raise ShapeError(
                f"permute(dims): the tensor has {len(shape)} axes, {shapes.text(shape)}, and the "
                f"dims are {', '.join(map(str, wanted))}."
            )
        return TensorValue(tuple(shape[each] for each in axes))

    def _transpose(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        one = options.get("dim0", values[0] if values else "?")
        other = options.get("dim1", values[1] if len(values) > 1 else "?")
        if not isinstance(one, int) or not isinstance(other, int):
            return TensorValue(None)
        found = list(shape)
        a, b = shapes.axis_of(one, len(shape)), shapes.axis_of(other, len(shape))
        found[a], found[b] = found[b], found[a]
        return TensorValue(tuple(found))

    _swapaxes = _swapdims = _transpose

    def _t(self, shape: Shape, _values: list[Any], _options: dict[str, Any]) -> Any:
        if len(shape) > 2:
            raise ShapeError(f"t() expects a tensor with <= 2 dimensions, got {len(shape)}D.")
        return TensorValue(tuple(reversed(shape)))

    def _squeeze(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        axis = self.axis(values, options, 0, None)
        if axis == "?":
            return TensorValue(None)
        if axis is None:
            # A batch of one is squeezed too: only sizes that are letters stay by their names.
            return TensorValue(tuple(each for each in shape if each != 1))
        axes = {shapes.axis_of(each, len(shape)) for each in _several(axis)}
        kept = (each for n, each in enumerate(shape) if n not in axes or each != 1)
        return TensorValue(tuple(kept))

    def _unsqueeze(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        axis = self.axis(values, options, 0, "?")
        if not isinstance(axis, int):
            return TensorValue(None)
        return TensorValue(shapes.stacked(shape, 1, axis))

    def _flatten(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        start = options.get("start_dim", values[0] if values else 0)
        end = options.get("end_dim", values[1] if len(values) > 1 else -1)
        if not isinstance(start, int) or not isinstance(end, int):
            return TensorValue(None)
        return TensorValue(shapes.flattened(shape, start, end))

    def _expand(self, shape: Shape, values: list[Any], _options: dict[str, Any]) -> Any:
        wanted = self.sizes(values)
        if wanted is None or len(wanted) < len(shape):
            return TensorValue(None)
        old = (1,) * (len(wanted) - len(shape)) + tuple(shape)
        return TensorValue(tuple(b if a == -1 else a for a, b in zip(wanted, old, strict=True)))

    _broadcast_to = _expand

    def _repeat(self, shape: Shape, values: list[Any], _options: dict[str, Any]) -> Any:
        wanted = self.sizes(values)
        if wanted is None or len(wanted) < len(shape):
            return TensorValue(None)
        old = (1,) * (len(wanted) - len(shape)) + tuple(shape)
        return TensorValue(tuple(plain(a * b) for a, b in zip(wanted, old, strict=True)))

    def _chunk(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        many = options.get("chunks", values[0] if values else None)
        axis = self.axis(values, options, 1, 0)
        if not isinstance(many, int) or not isinstance(axis, int) or many < 1:
            return NOTHING
        at = shapes.axis_of(axis, len(shape))
        return self._parts(shape, at, None if is_letter(shape[at]) else -(-shape[at] // many))

    def _split(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        each = options.get("split_size_or_sections", options.get("split_size"))
        each = values[0] if values else each
        axis = self.axis(values, options, 1, 0)
        if not isinstance(axis, int):
            return NOTHING
        at = shapes.axis_of(axis, len(shape))
        if isinstance(each, list | tuple):
            sizes = self.sizes(list(each))
            if sizes is None:
                return NOTHING
            return tuple(TensorValue((*shape[:at], n, *shape[at + 1 :])) for n in sizes)
        return self._parts(shape, at, each if isinstance(each, int) else None)

    def _parts(self, shape: Shape, at: int, each: int | None) -> Any:
        """Parts of an axis of `each` entries, the last one smaller."""
        size = shape[at]
        if each is None or is_letter(size) or each < 1 or size / each > 1000:
            return NOTHING
        sizes = [min(each, size - start) for start in range(0, size, each)]
        return tuple(TensorValue((*shape[:at], n, *shape[at + 1 :])) for n in sizes)

    def _unbind(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        axis = self.axis(values, options, 0, 0)
        if not isinstance(axis, int):
            return NOTHING
        at = shapes.axis_of(axis, len(shape))
        if is_letter(shape[at]) or shape[at] > 1000:
            return NOTHING
        rest = (*shape[:at], *shape[at + 1 :])
        return tuple(TensorValue(rest) for _ in range(shape[at]))

    def _matmul(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        other = values[0] if values else options.get("other", options.get("mat2"))
        if not isinstance(other, TensorValue) or other.shape is None:
            return TensorValue(None)
        return TensorValue(shapes.multiplied(shape, other.shape))

    _mm = _bmm = _mv = _matmul

    def _topk(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        many = self.sizes([options.get("k", values[0] if values else None)])
        axis = self.axis(values, options, 1, -1)
        if many is None or not isinstance(axis, int):
            return (TensorValue(None), TensorValue(None))
        at = shapes.axis_of(axis, len(shape))
        found = (*shape[:at], many[0], *shape[at + 1 :])
        return (TensorValue(found), TensorValue(found))

    def _sort(self, shape: Shape, _values: list[Any], _options: dict[str, Any]) -> Any:
        return (TensorValue(shape), TensorValue(shape))

    def _gather(self, _shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        index = options.get("index", values[1] if len(values) > 1 else None)
        return TensorValue(index.shape if isinstance(index, TensorValue) else None)

    def _select(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        axis = self.axis(values, options, 0, "?")
        if not isinstance(axis, int):
            return TensorValue(None)
        return TensorValue(shapes.reduced(shape, (axis,), False))

    def _index_select(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        axis = self.axis(values, options, 0, "?")
        index = options.get("index", values[1] if len(values) > 1 else None)
        if not isinstance(axis, int) or not isinstance(index, TensorValue) or not index.shape:
            return TensorValue(None)
        at = shapes.axis_of(axis, len(shape))
        return TensorValue((*shape[:at], index.shape[0], *shape[at + 1 :]))

    def _narrow(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        length = self.sizes([options.get("length", values[2] if len(values) > 2 else None)])
        axis = self.axis(values, options, 0, "?")
        if length is None or not isinstance(axis, int):
            return TensorValue(None)
        at = shapes.axis_of(axis, len(shape))
        return TensorValue((*shape[:at], length[0], *shape[at + 1 :]))

    def _one_hot(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        many = self.sizes([options.get("num_classes", values[0] if values else None)])
        return TensorValue(None if many is None else (*shape, many[0]))

    def _pad(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        pads = self.sizes([options.get("pad", values[0] if values else None)])
        if pads is None or len(pads) % 2 or len(pads) > 2 * len(shape):
            return TensorValue(None)
        found = list(shape)
        for number in range(len(pads) // 2):
            more = pads[2 * number] + pads[2 * number + 1]
            found[-1 - number] = plain(found[-1 - number] + more)
        return TensorValue(tuple(found))

    def _linear(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        weight = options.get("weight", values[0] if values else None)
        if not isinstance(weight, TensorValue) or weight.shape is None or len(weight.shape) != 2:
            return TensorValue(None)
        return TensorValue(shapes.multiplied(shape, tuple(reversed(weight.shape))))

    def _embedding(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        weight = options.get("weight", values[0] if values else None)
        wide = weight.shape if isinstance(weight, TensorValue) else None
        return TensorValue(None if wide is None else (*shape, *wide[1:]))

    def _multinomial(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        many = self.sizes([options.get("num_samples", values[0] if values else None)])
        return TensorValue(None if many is None else (*shape[:-1], many[0]))

    def _interpolate(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        size = options.get("size", values[0] if values else None)
        scale = options.get("scale_factor", values[1] if len(values) > 1 else None)
        several = size if size is not None else scale
        many = several if isinstance(several, list | tuple) else [several] * (len(shape) - 2)
        found = self.sizes(list(many))
        if found is None or len(found) != len(shape) - 2:
            return TensorValue(None)
        if size is None:
            found = [plain(a * b) for a, b in zip(found, shape[2:], strict=True)]
        return TensorValue((*shape[:2], *found))

    def _size(self, shape: Shape, values: list[Any], options: dict[str, Any]) -> Any:
        axis = self.axis(values, options, 0, None)
        if axis is None:
            return tuple(self.semantics.as_number(each) for each in shape)
        if axis == "?":
            return NOTHING
        return self.semantics.as_number(shape[shapes.axis_of(axis, len(shape))])

    def _dim(self, shape: Shape, _values: list[Any], _options: dict[str, Any]) -> Any:
        return len(shape)

    _ndimension = _dim

    # Functions of several tensors.

    def _cat(self, values: list[Any], options: dict[str, Any]) -> Any:
        several = options.get("tensors", values[0] if values else None)
        axis = self.axis(values, options, 1, 0)
        found = self._listed(several)
        if found is None and isinstance(several, list | tuple) and isinstance(axis, int):
            whole = all(isinstance(each, TensorValue) for each in several)
            return TensorValue(None, made_of=("cat", list(several), [axis]) if whole else None)
        if found is None or not isinstance(axis, int):
            return TensorValue(None)
        many = self.semantics.many_of(several)
        if many is not NOTHING:
            at = shapes.axis_of(axis, len(found[0]))
            if many is None:
                return TensorValue(None)
            size = plain(many * found[0][at])
            return TensorValue((*found[0][:at], size, *found[0][at + 1 :]))
        return TensorValue(shapes.concatenated(found, axis))

    _concat = _concatenate = _cat

    def _hstack(self, values: list[Any], _options: dict[str, Any]) -> Any:
        found = self._listed(values[0] if values else None)
        if found is None:
            return TensorValue(None)
        return TensorValue(shapes.concatenated(found, 0 if len(found[0]) == 1 else 1))

    def _stack(self, values: list[Any], options: dict[str, Any]) -> Any:
        several = options.get("tensors", values[0] if values else None)
        axis = self.axis(values, options, 1, 0)
        found = self._listed(several)
        if found is None or not isinstance(axis, int):
            return TensorValue(None)
        for each in found[1:]:
            if len(each) != len(found[0]) or shapes.concatenated([found[0], each], 0) is None:
                raise ShapeError(
                    "stack expects each tensor to be equal size, but got "
                    f"{shapes.text(found[0])} and {shapes.text(each)}."
                )
        many = self.semantics.many_of(several)
        if many is None:
            return TensorValue(None)
        return TensorValue(shapes.stacked(found[0], len(found) if many is NOTHING else many, axis))

    def _listed(self, several: Any) -> list[Shape] | None:
        """The shapes of the tensors in a list; None if one is not known."""
        if not isinstance(several, list | tuple) or not several:
            return None
        found = [each.shape if isinstance(each, TensorValue) else None for each in several]
        known = [each for each in found if each is not None]
        return known if len(known) == len(found) else None

    def _where(self, values: list[Any], _options: dict[str, Any]) -> Any:
        if len(values) != 3:
            return NOTHING
        return self.broadcast(values)

    def _einsum(self, values: list[Any], _options: dict[str, Any]) -> Any:
        listed = self._listed(values[1:])
        rule = values[0] if values and isinstance(values[0], str) else ""
        inputs, arrow, output = rule.replace(" ", "").partition("->")
        names = inputs.split(",")
        if listed is None or not arrow or "." in rule or len(names) != len(listed):
            return TensorValue(None)
        sizes: dict[str, Any] = {}
        for axes, shape in zip(names, listed, strict=True):
            if len(axes) != len(shape):
                raise ShapeError(f"einsum: {axes!r} does not fit {shapes.text(shape)}.")
            for axis, size in zip(axes, shape, strict=True):
                sizes.setdefault(axis, size)
        return TensorValue(tuple(sizes[axis] for axis in output))


def _made_type(name: str, values: list[Any], options: dict[str, Any]) -> str:
    """The type of the numbers in a tensor that `torch.zeros` and the like make."""
    wanted = wanted_dtype(options, False)
    if wanted is not None:
        return wanted
    if name.startswith("new_"):
        return values[0].dtype if values and isinstance(values[0], TensorValue) else ""
    if name in ("full", "arange"):
        several = values[1:] if name == "full" else values
        return dtype_of_value(next((each for each in several if isinstance(each, float)), None)
                              or (several[0] if several else None))  # fmt: skip
    return {"randint": "long", "LongTensor": "long"}.get(name, "float")


#: Functions whose result has the shape that the input had, if only it was known.
STEPS = {"unsqueeze": "unsqueeze", "squeeze": "squeeze", "transpose": "transpose",
         "swapaxes": "transpose", "permute": "permute"}  # fmt: skip


def _step(
    name: str, first: TensorValue, rest: list[Any], options: dict[str, Any]
) -> tuple[str, Any, list[Any]] | None:
    """The step that made a tensor without a shape, by which its input can be found."""
    if name in KEEPS:
        return ("same", first, [])
    values = list(rest[0]) if len(rest) == 1 and isinstance(rest[0], list | tuple) else rest
    several = [*values, *(options[each] for each in ("dim", "dim0", "dim1") if each in options)]
    if name == "t":
        return ("transpose", first, [0, 1])
    return (STEPS[name], first, several) if name in STEPS else None


def _several(axis: Any) -> tuple[int, ...]:
    return (axis,) if isinstance(axis, int) else tuple(axis)


Own = Callable[[Shape, "list[Any]", "dict[str, Any]"], Any]
