"""Modules that Flax code makes while it is read, their arguments, and the names of Flax and JAX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lstminspect.errors import did_you_mean
from lstminspect.layer import Shape
from lstminspect.models.reading.torch_objects import Fault, TensorValue
from lstminspect.models.reading.values import DottedName, Instance

__all__ = [
    "BASES",
    "CELLS",
    "SIGNATURES",
    "FlaxModule",
    "Scan",
    "as_flax",
    "configured",
    "family_of",
    "is_array_function",
    "shape_of",
]

CELLS = ("LSTMCell", "OptimizedLSTMCell", "GRUCell", "MGUCell", "SimpleCell", "ConvLSTMCell")
BASES = ("Module", "RNNCellBase", "Pytree")
_NORM = ("dtype", "param_dtype", "use_bias", "use_scale")
_ATTENTION = ("num_heads", "dtype", "param_dtype", "qkv_features", "out_features")
_RNN = ("cell", "time_major", "return_carry", "reverse", "keep_order", "unroll")
_BOTH_WAYS = ("forward_rnn", "backward_rnn", "merge_fn", "time_major", "return_carry")
_PADDED = ("strides", "padding")
#: The arguments of the modules of flax.linen, in order. Source: their fields, Flax 0.12.8.
LINEN: dict[str, tuple[str, ...]] = {
    "Dense": ("features", "use_bias"),
    "DenseGeneral": ("features", "axis", "batch_dims", "use_bias"),
    "Conv": ("features", "kernel_size", *_PADDED, "input_dilation", "kernel_dilation",
             "feature_group_count", "use_bias"),
    "ConvTranspose": ("features", "kernel_size", *_PADDED, "kernel_dilation", "use_bias"),
    "Embed": ("num_embeddings", "features"),
    "LayerNorm": ("epsilon", *_NORM),
    "RMSNorm": ("epsilon", "dtype", "param_dtype", "use_scale"),
    "BatchNorm": ("use_running_average", "axis", "momentum", "epsilon", *_NORM),
    "GroupNorm": ("num_groups", "group_size", "epsilon", *_NORM),
    "Dropout": ("rate", "broadcast_dims", "deterministic"),
    "RNN": _RNN,
    **dict.fromkeys(CELLS, ("features",)),
    "ConvLSTMCell": ("features", "kernel_size", *_PADDED, "use_bias"),
    "Bidirectional": _BOTH_WAYS,
    "Sequential": ("layers",),
    **dict.fromkeys(("MultiHeadDotProductAttention", "MultiHeadAttention", "SelfAttention"),
                    _ATTENTION),
}  # fmt: skip
#: Those of flax.nnx, in order. Source: their signatures, Flax 0.12.8.
NNX: dict[str, tuple[str, ...]] = {
    "Linear": ("in_features", "out_features", "use_bias"),
    "LinearGeneral": ("in_features", "out_features", "axis", "batch_axis", "use_bias"),
    "Conv": ("in_features", "out_features", "kernel_size", *_PADDED, "input_dilation",
             "kernel_dilation", "feature_group_count", "use_bias"),
    "ConvTranspose": ("in_features", "out_features", "kernel_size", *_PADDED, "kernel_dilation",
                      "use_bias"),
    "Embed": ("num_embeddings", "features"),
    **dict.fromkeys(("LayerNorm", "RMSNorm", "BatchNorm", "InstanceNorm"),
                    ("num_features", *_NORM)),
    "GroupNorm": ("num_features", "num_groups", "group_size", *_NORM),
    "Dropout": ("rate", "broadcast_dims", "deterministic"),
    "RNN": _RNN,
    **dict.fromkeys(CELLS[:3], ("in_features", "hidden_features")),
    "SimpleCell": ("in_features", "hidden_features"),
    "Bidirectional": _BOTH_WAYS,
    "Sequential": ("layers",),
    "MultiHeadAttention": ("num_heads", "in_features", "qkv_features", "out_features"),
}  # fmt: skip
SIGNATURES = {"linen": LINEN, "nnx": NNX}
#: Arguments that decide no shape here, of any module.
BESIDE = frozenset((
    "name", "parent", "dtype", "param_dtype", "precision", "kernel_init", "bias_init", "rngs",
    "promote_dtype", "dot_general", "dot_general_cls", "gate_fn", "activation_fn", "carry_init",
    "recurrent_kernel_init", "embedding_init", "scale_init", "reduction_axes", "feature_axes",
    "axis_name", "axis_index_groups", "use_fast_variance", "force_float32_reductions", "mask",
    "rng_collection", "variable_axes", "variable_broadcast", "variable_carry", "split_rngs",
    "keep_rngs", "kernel_metadata", "bias_metadata", "recurrent_kernel_metadata", "epsilon",
    "scale_metadata", "embedding_metadata", "state_axes", "broadcast_rngs", "momentum",
    "use_running_average", "axis", "decode", "dropout_rate", "deterministic", "broadcast_dropout",
    "out_kernel_init", "out_bias_init", "use_bias", "attention_fn", "normalize_qk", "residual",
    "reset_gate", "forget_bias_init", "activation_bias_init", "transpose_kernel",
    "preferred_element_type", "conv_general_dilated", "conv_general_dilated_cls",
    "qkv_dot_general", "out_dot_general", "qkv_dot_general_cls", "out_dot_general_cls",
    "force_fp32_for_softmax", "num_kv_heads", "in_kv_features", "merge_fn", "mesh", "**",
))  # fmt: skip


@dataclass(eq=False)
class FlaxModule:
    """A module that the text makes; `family` is "linen" or "nnx".

    `path` is where its parameters stand, None where nothing has named it yet. `arrays` are
    parameters of its own, `inputs` what the text gives the model, `settled` that `setup` was read.
    """

    layer_type: str
    config: dict[str, Any] = field(default_factory=dict)
    family: str = "linen"
    place: str = ""
    path: str | None = None
    instance: Instance | None = None
    arrays: dict[str, Shape | None] = field(default_factory=dict)
    inputs: tuple[list[Any], dict[str, Any]] | None = None
    is_settled: bool = False

    @property
    def is_layer(self) -> bool:
        """True for a module of Flax itself."""
        return self.instance is None

    @property
    def units(self) -> Any:
        """The features that a cell returns."""
        return self.config.get("features", self.config.get("hidden_features"))

    def walk(self) -> Iterator[tuple[str, FlaxModule]]:
        """The module and those that it holds, with their paths, each once."""
        seen: set[int] = set()
        waiting: list[tuple[str, Any]] = [("", self)]
        while waiting:
            path, each = waiting.pop()
            if id(each) in seen:
                continue
            seen.add(id(each))
            module = as_flax(each)
            if module is not None:
                yield path, module
                held: Any = module.config if module.is_layer else {}
                held = module.instance.names if module.instance is not None else held
            elif isinstance(each, list | tuple):
                held = dict(enumerate(each))
            elif isinstance(each, dict):
                held = each
            else:
                continue
            inner = [(f"{path}/{key}" if path else str(key), one) for key, one in held.items()]
            waiting.extend(reversed(inner))


@dataclass(frozen=True, eq=False)
class Scan:
    """`nn.scan(target, ...)`: a module that is called at every step of an axis.

    `many` says that every step has parameters of its own.
    """

    target: Any
    in_axes: int = 0
    out_axes: int = 0
    many: bool = False
    arguments: tuple[Any, ...] = ()


def as_flax(value: Any) -> FlaxModule | None:
    """The module that a value is, or that an object of a class of the text is."""
    if isinstance(value, Instance):
        value = value.native
    return value if isinstance(value, FlaxModule) else None


def family_of(name: DottedName) -> str:
    """`linen` or `nnx` for a name of Flax', else "".

    >>> family_of(DottedName("flax.linen.RNN")), family_of(DottedName("nnx.Linear"))
    ('linen', 'nnx')
    """
    parts = name.name.split(".")[:-1]
    if "nnx" in parts:
        return "nnx"
    return "linen" if parts[:1] in (["flax"], ["nn"], ["linen"]) else ""


def is_array_function(name: DottedName) -> bool:
    """True for a function of arrays: of jax.numpy, jax.nn, jax.lax, NumPy, or of Flax itself."""
    first = name.name.partition(".")[0]
    return first in ("jax", "jnp", "np", "numpy", "lax", "onp") or (
        bool(family_of(name)) and name.last[:1].islower()
    )


def configured(
    family: str, layer_type: str, arguments: list[Any], options: dict[str, Any], place: str
) -> dict[str, Any]:
    """The arguments of a module by name. Raises Fault for one that it does not have."""
    names = SIGNATURES[family][layer_type]
    if layer_type == "Sequential" and family == "nnx":
        return {"layers": list(arguments)}
    config = dict(zip(names, arguments, strict=False))
    for name, value in options.items():
        if name not in names and name not in BESIDE:
            near = did_you_mean(name, names)
            raise Fault(
                f"{place}: {layer_type}.__init__() got an unexpected keyword argument {name!r}."
                f"{near}"
            )
        config[name] = value
    return config


def shape_of(value: Any) -> Shape | None:
    """The shape of a tensor, None for anything else."""
    return value.shape if isinstance(value, TensorValue) else None
