"""Layer types and their rules: the shapes of the results, from those of the inputs.

A rule takes a `LayerContext` and answers a `LayerResult`: shapes, stored tensors, work. It never
runs anything. A type that has no rule is opaque, and its row says so.
"""

from __future__ import annotations

from lstminspect.models.layers import (
    applications,
    attention,
    convolution,
    flax,
    merging,
    norms,
    pytorch,
    recurrent,
    reshaping,
    simple,
    tf1,
    wrappers,
)
from lstminspect.models.layers.signatures import layer_type_of
from lstminspect.models.spec import LayerContext, LayerResult, LayerSpec, Rule, Tensor

__all__ = [
    "RULES",
    "LayerContext",
    "LayerResult",
    "LayerSpec",
    "Tensor",
    "layer_type_of",
    "rule",
]

RULES: dict[str, Rule] = {
    "Dense": simple.dense,
    "Embedding": simple.embedding,
    "TextVectorization": simple.text_vectorization,
    "Activation": simple.activation,
    "PReLU": simple.prelu,
    "Lambda": simple.opaque,
    "Operation": simple.operation,
    "Function": simple.function,
    **dict.fromkeys(("Weight", "Constant"), simple.weight),
    "GetItem": reshaping.get_item,
    "Flatten": reshaping.flatten,
    "Reshape": reshaping.reshape,
    "RepeatVector": reshaping.repeat_vector,
    "Permute": reshaping.permute,
    "Concatenate": merging.concatenate,
    "Dot": merging.dot,
    "BatchNormalization": norms.batch_normalization,
    "LayerNormalization": norms.layer_normalization,
    "GroupNormalization": norms.layer_normalization,
    "RMSNormalization": norms.rms_normalization,
    "UnitNormalization": norms.unit_normalization,
    "Attention": attention.attention,
    "AdditiveAttention": attention.additive_attention,
    "MultiHeadAttention": attention.multi_head_attention,
    "RNN": recurrent.rnn,
    "Bidirectional": recurrent.bidirectional,
    "TimeDistributed": wrappers.time_distributed,
    **dict.fromkeys(
        ("LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"), recurrent.recurrent
    ),
    **dict.fromkeys(("LSTMCell", "GRUCell", "SimpleRNNCell"), recurrent.cell),
    "StackedRNNCells": recurrent.stacked_cells,
    **dict.fromkeys(("ReLU", "LeakyReLU", "ELU", "Softmax"), simple.functions),
    **dict.fromkeys(
        (
            "Masking", "Identity", "ActivityRegularization", "Dropout", "AlphaDropout",
            "GaussianDropout", "GaussianNoise", "SpatialDropout1D", "SpatialDropout2D",
            "SpatialDropout3D",
        ),
        simple.unchanged,
    ),
    **dict.fromkeys(
        ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"), merging.merge
    ),
}  # fmt: skip

for _rank in (1, 2, 3):
    RULES[f"Conv{_rank}D"] = convolution.convolution
    RULES[f"ConvLSTM{_rank}D"] = convolution.conv_lstm
    RULES[f"Cropping{_rank}D"] = reshaping.cropping
    RULES[f"ZeroPadding{_rank}D"] = reshaping.zero_padding
    RULES[f"UpSampling{_rank}D"] = reshaping.up_sampling
    for _pool in ("Max", "Average"):
        RULES[f"{_pool}Pooling{_rank}D"] = convolution.pooling
        RULES[f"Global{_pool}Pooling{_rank}D"] = convolution.global_pooling

RULES |= pytorch.RULES | flax.RULES
RULES |= {f"{tf1.PREFIX}{name}": tf1.cell for name in tf1.STATES}
RULES |= dict.fromkeys(applications.BODIES, applications.body)


def rule(layer_type: str) -> Rule:
    """The rule of a layer type; that of an opaque layer if there is none."""
    return RULES.get(layer_type, simple.opaque)
