"""The names and options that the public functions take, as types for a checker.

Nothing here runs: it is read by type checkers and editors alone. A test holds every list to its
table. A name that is a plain `str` while a program runs is cast, since only a text that is written
down can be checked: `cast(ConventionName, name)`. A cell may be any text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypedDict

if TYPE_CHECKING:
    from numpy import integer, object_
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "AxisName",
    "CellName",
    "ConventionName",
    "Difficulty",
    "DtypeName",
    "EmptyState",
    "FormatName",
    "FrameworkName",
    "KerasOptions",
    "LanguageName",
    "LayerOptions",
    "Letter",
    "MaskedOutput",
    "MergeMode",
    "OnnxNode",
    "PageLanguage",
    "PictureName",
    "QuizTopic",
    "RuntimeName",
    "Size",
    "SizedOptions",
    "SizesAndWords",
    "StartName",
    "State",
    "TermsName",
]

AxisName: TypeAlias = Literal["units", "budget", "timesteps"]
CellName: TypeAlias = Literal[
    "antisymmetric_rnn",
    "atr",
    "brc",
    "cfn",
    "cifg",
    "cifg_peephole",
    "clockwork",
    "cornn",
    "depth_gated",
    "dsgu",
    "fast_grnn",
    "fast_rnn",
    "fgr",
    "gated_antisymmetric_rnn",
    "gru",
    "gru_chung",
    "gru_reset_before",
    "indrnn",
    "intersection_rnn",
    "janet",
    "layernorm_lstm",
    "lem",
    "light_ru",
    "ligru",
    "lstm",
    "lstm_1997",
    "mclstm",
    "mgu",
    "mgu_reset_after",
    "min_gru",
    "min_lstm",
    "minimal_rnn",
    "miru1",
    "miru2",
    "multiplicative_lstm",
    "mut1",
    "mut2",
    "mut3",
    "nas",
    "nbrc",
    "nfg",
    "niaf",
    "nig",
    "noaf",
    "nog",
    "np",
    "peephole",
    "peephole_full",
    "projected",
    "projected_peephole",
    "ran",
    "residual_lstm",
    "rnn",
    "scrn",
    "sgrn",
    "sgu",
    "slstm",
    "sru",
    "star",
    "tau_gru",
    "tgru",
    "tlstm",
    "trnn",
    "ugrnn",
    "unicornn",
    "wmclstm",
]
ConventionName: TypeAlias = Literal[
    "keras",
    "flax",
    "nnx",
    "pytorch",
    "onnx",
    "equations",
    "cudnn",
    "coreml",
    "tf1",
    "haiku",
    "openvino",
    "equinox",
    "torchrecurrent",
]
#: The frameworks whose real layers `validate` runs.
FrameworkName: TypeAlias = Literal["keras", "pytorch", "onnx", "flax", "nnx", "torchrecurrent"]
#: The frameworks in whose terms `report` answers.
TermsName: TypeAlias = Literal["keras", "pytorch", "onnx", "flax", "nnx"]
DtypeName: TypeAlias = Literal["float64", "float32", "float16", "bfloat16", "int8"]
FormatName: TypeAlias = Literal[
    "text", "json", "markdown", "latex", "html", "csv", "svg", "moodle", "gift", "qti"
]
RuntimeName: TypeAlias = Literal["tflite", "c"]
LanguageName: TypeAlias = Literal["c", "numpy", "pytorch", "keras", "jax", "onnx"]
PageLanguage: TypeAlias = Literal["en", "de", "zh"]
MergeMode: TypeAlias = Literal["concat", "sum", "mul", "ave"]
PictureName: TypeAlias = Literal["all", "cell", "curves", "layer", "weights"]
MaskedOutput: TypeAlias = Literal["repeat", "zeros"]
EmptyState: TypeAlias = Literal["initial", "zeros"]
StartName: TypeAlias = Literal[
    "keras",
    "pytorch",
    "flax",
    "equinox",
    "haiku",
    "tf1",
    "orthogonal",
    "identity",
    "chrono",
]
Difficulty: TypeAlias = Literal["easy", "medium", "hard"]
QuizTopic: TypeAlias = Literal[
    "count",
    "weights",
    "bytes",
    "units",
    "reset_after",
    "bias",
    "change",
    "shapes",
    "mistake",
    "myth",
]


class Letter(Protocol):
    """A SymPy symbol or expression, as a type: SymPy itself is not needed."""

    @property
    def free_symbols(self) -> Set[object]:
        """The letters in it."""


#: A whole number, a letter, a SymPy expression, or an array of whole numbers: no float.
Size: TypeAlias = "int | integer | str | Letter | NDArray[integer] | NDArray[object_]"

#: A state to start from: one array, one for each state in order, or by name.
State: TypeAlias = "ArrayLike | Sequence[ArrayLike] | Mapping[str, ArrayLike]"


class OnnxNode(Protocol):
    """An onnx.NodeProto, as a type: ONNX itself is not needed."""

    @property
    def op_type(self) -> str:
        """The name of the operator."""

    @property
    def attribute(self) -> Iterable[Any]:
        """Its attributes."""


class KerasOptions(TypedDict, total=False):
    """The options of `keras_cell`, which are those of a layer in Keras."""

    use_bias: bool
    unit_forget_bias: bool
    activation: str | None
    recurrent_activation: str | None
    sizes: dict[str, int] | None
    name: str | None
    dtype: str | None
    trainable: bool


class SizesAndWords(TypedDict, total=False):
    """Sizes that cells of the catalogue have of their own, and the words of other frameworks.

    The own sizes of a cell that is not in the catalogue are given as `extra={"name": 4}`.
    """

    projection: Size
    heads: Size | Sequence[int]
    groups: Size | Sequence[int]
    context: Size
    hidden_size: Size
    hidden_features: Size
    num_units: Size
    state_size: Size
    hidden_dim: Size
    rnn_size: Size
    nhid: Size
    latent_dim: Size
    input_size: Size
    in_features: Size
    input_dim: Size
    n_features: Size
    num_features: Size
    seq_len: Size
    seq_length: Size
    sequence_length: Size
    time_steps: Size
    num_steps: Size
    batch_size: Size
    num_layers: int
    n_layers: int
    bias: bool
    linear_before_reset: bool
    nonlinearity: str
    activation_fn: str
    gate_fn: str
    return_carry: bool
    proj_size: Size
    num_proj: Size


class LayerOptions(SizesAndWords, total=False):
    """The options of a Layer, without its units and features."""

    timesteps: Size | None
    batch: Size | None
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


class SizedOptions(LayerOptions, total=False):
    """The options of a Layer, with its units and features."""

    units: Size
    features: Size
