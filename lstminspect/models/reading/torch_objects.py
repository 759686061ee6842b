"""Modules and tensors that PyTorch code makes while it is read, and the arguments of modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lstminspect.errors import ModelError, did_you_mean
from lstminspect.layer import Shape
from lstminspect.models.reading.values import DottedName, Instance, Unknown

__all__ = [
    "CONTAINERS",
    "SIGNATURES",
    "Fault",
    "PackedTensor",
    "ParameterGroup",
    "TensorValue",
    "TorchModule",
    "as_module",
    "as_value",
    "configured",
    "is_torch",
    "tensors_in",
]

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict")
_CONV = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups",
         "bias", "padding_mode")  # fmt: skip
_UP = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding",
       "groups", "bias", "dilation", "padding_mode")  # fmt: skip
_RNN = ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout",
        "bidirectional", "proj_size")  # fmt: skip
_BATCH = ("num_features", "eps", "momentum", "affine", "track_running_stats")
_TRANSFORMER = ("d_model", "nhead", "dim_feedforward", "dropout", "activation", "layer_norm_eps",
                "batch_first", "norm_first", "bias")  # fmt: skip
#: The arguments of the modules of torch.nn, in order. Source: their documentation, PyTorch 2.13.
SIGNATURES: dict[str, tuple[str, ...]] = {
    "LSTM": _RNN,
    "GRU": _RNN[:-1],
    "RNN": (*_RNN[:3], "nonlinearity", *_RNN[3:-1]),
    "LSTMCell": ("input_size", "hidden_size", "bias"),
    "GRUCell": ("input_size", "hidden_size", "bias"),
    "RNNCell": ("input_size", "hidden_size", "bias", "nonlinearity"),
    "Linear": ("in_features", "out_features", "bias"),
    "Bilinear": ("in1_features", "in2_features", "out_features", "bias"),
    "Embedding": ("num_embeddings", "embedding_dim", "padding_idx", "max_norm", "norm_type",
                  "scale_grad_by_freq", "sparse"),
    "EmbeddingBag": ("num_embeddings", "embedding_dim", "max_norm", "norm_type",
                     "scale_grad_by_freq", "mode"),
    "Upsample": ("size", "scale_factor", "mode", "align_corners"),
    "LayerNorm": ("normalized_shape", "eps", "elementwise_affine", "bias"),
    "RMSNorm": ("normalized_shape", "eps", "elementwise_affine"),
    "GroupNorm": ("num_groups", "num_channels", "eps", "affine"),
    "PReLU": ("num_parameters", "init"),
    "Flatten": ("start_dim", "end_dim"),
    "Unflatten": ("dim", "unflattened_size"),
    "MultiheadAttention": ("embed_dim", "num_heads", "dropout", "bias", "add_bias_kv",
                           "add_zero_attn", "kdim", "vdim", "batch_first"),
    "TransformerEncoderLayer": _TRANSFORMER,
    "TransformerDecoderLayer": _TRANSFORMER,
    "TransformerEncoder": ("encoder_layer", "num_layers", "norm"),
    "TransformerDecoder": ("decoder_layer", "num_layers", "norm"),
    **{f"Conv{rank}d": _CONV for rank in (1, 2, 3)},
    **{f"ConvTranspose{rank}d": _UP for rank in (1, 2, 3)},
    **{f"BatchNorm{rank}d": _BATCH for rank in (1, 2, 3)},
    **{f"InstanceNorm{rank}d": _BATCH for rank in (1, 2, 3)},
    **{f"MaxPool{rank}d": ("kernel_size", "stride", "padding", "dilation", "return_indices",
                           "ceil_mode") for rank in (1, 2, 3)},
    **{f"AvgPool{rank}d": ("kernel_size", "stride", "padding", "ceil_mode") for rank in (1, 2, 3)},
    **{f"Adaptive{way}Pool{rank}d": ("output_size", "return_indices")
       for way in ("Max", "Avg") for rank in (1, 2, 3)},
    **dict.fromkeys(("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"),
                    ("p", "inplace")),
    "Identity": (),
    **dict.fromkeys(("ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid"),
                    ("inplace",)),
    **dict.fromkeys(("Tanh", "Sigmoid", "LogSigmoid", "Softsign", "Tanhshrink"), ()),
    "GELU": ("approximate",),
    "ELU": ("alpha", "inplace"),
    "LeakyReLU": ("negative_slope", "inplace"),
    "Hardtanh": ("min_val", "max_val", "inplace"),
    "Softplus": ("beta", "threshold"),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Softmin"), ("dim",)),
}  # fmt: skip
#: Arguments that every module takes and that decide nothing here.
BESIDE = ("device", "dtype")


class Fault(ModelError):
    """A call of a module, or an operation, whose shapes do not fit, with its place."""


@dataclass(eq=False)
class TorchModule:
    """A module that the text makes; one object called twice is one set of parameters.

    `config` are its arguments by name. `parameters` are tensors of its own, `tied` those that are
    another module's, `frozen` those that are not trained; "*" stands for all of them.
    """

    layer_type: str
    config: dict[str, Any] = field(default_factory=dict)
    place: str = ""
    children: dict[str, TorchModule] = field(default_factory=dict)
    parameters: dict[str, Shape | None] = field(default_factory=dict)
    tied: dict[str, str] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)
    #: The entries of a ParameterList or a ParameterDict.
    entries: dict[str, TensorValue] = field(default_factory=dict)
    instance: Instance | None = None
    is_opaque: bool = False
    #: The classes that its own is made from and that the text does not have.
    bases: tuple[str, ...] = ()

    @property
    def is_layer(self) -> bool:
        """True for a module of torch.nn, containers aside."""
        return self.layer_type in SIGNATURES and (self.instance is None or bool(self.config))

    def walk(self, path: str = "") -> Iterator[tuple[str, TorchModule]]:
        """The module and those in it with their paths, each once."""
        seen: set[int] = set()
        waiting = [(path, self)]
        while waiting:
            name, each = waiting.pop()
            if id(each) in seen:
                continue
            seen.add(id(each))
            yield name, each
            inner = [(f"{name}.{key}" if name else key, one) for key, one in each.children.items()]
            waiting.extend(reversed(inner))

    def add(self, value: TorchModule, name: str | None = None) -> None:
        """Register a module under its name, or behind the others."""
        if name is None:
            number = len(self.children)
            while str(number) in self.children:
                number += 1
            name = str(number)
        self.children[name] = value


@dataclass(eq=False)
class TensorValue:
    """A tensor of which only the shape is known; None where that is not known either.

    `name` is that of an input of `forward`, whose shape the first layer that takes it decides.
    `dtype` is "float", "double", "long", "int", "bool" or "half", and "" where it is not known.
    `origin` is the module that returns it, where a line outside `forward` has called it.
    """

    shape: Shape | None
    name: str = ""
    is_parameter: bool = False
    owner: tuple[TorchModule, str] | None = None
    dtype: str = ""
    is_array: bool = False
    origin: str = ""
    #: The step that made a tensor without a shape: its name, what it was made of, arguments.
    made_of: tuple[str, Any, list[Any]] | None = None
    #: The letter of how many numbers a parameter has whose shape is not known.
    many: Any = None

    @property
    def stored(self) -> Shape | None:
        """The shape that a parameter is counted by."""
        return (self.many,) if self.shape is None and self.many is not None else self.shape

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        raise TypeError("the numbers in a tensor are not known")


def tensors_in(value: Any) -> Iterator[TensorValue]:
    """The tensors in a value, in order."""
    if isinstance(value, TensorValue):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from tensors_in(each)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))
    elif isinstance(value, Unknown):
        yield TensorValue(None)


@dataclass(eq=False)
class PackedTensor:
    """A packed sequence: the shape of the padded one, the batch first."""

    shape: Shape | None


@dataclass(frozen=True, eq=False)
class ParameterGroup:
    """The parameters of a module, which a loop may freeze."""

    module: TorchModule


def as_module(value: Any) -> TorchModule | None:
    """The module that a value is, or that an object of a class of the text is."""
    if isinstance(value, Instance):
        value = value.native
    return value if isinstance(value, TorchModule) else None


def as_value(module: TorchModule) -> Any:
    """The value that stands for a module in the text: its object, or itself."""
    return module if module.instance is None else module.instance


def is_torch(name: DottedName, part: str = "") -> bool:
    """True for a name of PyTorch's, or of its `part`, also where an import is missing.

    >>> is_torch(DottedName("torch.nn.LSTM"), "nn"), is_torch(DottedName("mine.LSTM", True))
    (True, False)
    """
    owner = name.name.rpartition(".")[0]
    first = owner.partition(".")[0]
    known = first in ("torch", "nn", "F", "functional", "pytorch_lightning", "pl", "lightning")
    if part == "nn":
        known = known and first != "F"
    return known or (not name.imported and not owner)


def configured(
    layer_type: str, arguments: list[Any], options: dict[str, Any], place: str
) -> dict[str, Any]:
    """The arguments of a module by name. Raises Fault for one that it does not have."""
    names = SIGNATURES[layer_type]
    if len(arguments) > len(names) + len(BESIDE):
        raise Fault(f"{place}: {layer_type} takes at most {len(names)} arguments.")
    config = dict(zip(names, arguments, strict=False))
    for name, value in options.items():
        if name in names:
            config[name] = value
        elif name not in (*BESIDE, "**"):
            near = did_you_mean(name, names)
            raise Fault(f"{place}: {layer_type} has no argument {name!r}.{near}")
    return config
