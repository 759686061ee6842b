"""Synonyms: what people and frameworks call a cell, a framework, an option of a layer.

Each is understood wherever a name is looked up, in Python and on the command line, in capital and
small letters alike. Answers have one word, that on the right.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CELLS", "FRAMEWORKS", "MEANT", "WORDS", "Word", "meant", "plain", "words_of"]


class Word(NamedTuple):
    """A word for an option of a layer, and the frameworks whose word it is; of scripts if none."""

    name: str
    option: str
    frameworks: tuple[str, ...] = ()

    @property
    def spelling(self) -> str:
        """The word on the command line."""
        return f"--{self.name.replace('_', '-')}"


#: Classes of the frameworks, alone or with the module before them where it decides.
CELLS = {
    "lstmcell": "lstm",
    "optimizedlstmcell": "lstm",
    "basiclstmcell": "lstm",
    "cudnnlstm": "lstm",
    "cudnncompatiblelstmcell": "lstm",
    "grucell": "gru",
    "cudnngru": "gru",
    "rnn_cell.grucell": "gru_reset_before",
    "hk.gru": "gru_chung",
    "haiku.gru": "gru_chung",
    "rnncell": "rnn",
    "simplernn": "rnn",
    "simple_rnn": "rnn",
    "simplernncell": "rnn",
    "simplecell": "rnn",
    "basicrnncell": "rnn",
    "vanillarnn": "rnn",
    "vanilla_rnn": "rnn",
    "elman": "rnn",
    "linen.mgucell": "mgu_reset_after",
}

#: Names of frameworks, without spaces, dashes and underscores.
FRAMEWORKS = {
    "tf": "keras",
    "tf2": "keras",
    "tf.keras": "keras",
    "tensorflow": "keras",
    "tensorflow2": "keras",
    "tensorflow.keras": "keras",
    "keras2": "keras",
    "keras3": "keras",
    "keras.layers": "keras",
    "torch": "pytorch",
    "torch.nn": "pytorch",
    "linen": "flax",
    "flaxlinen": "flax",
    "flax.linen": "flax",
    "flaxnnx": "nnx",
    "flax.nnx": "nnx",
    "onnxruntime": "onnx",
    "ort": "onnx",
    "tensorflow1": "tf1",
    "tf.compat.v1": "tf1",
    "hk": "haiku",
    "dmhaiku": "haiku",
    "eqx": "equinox",
}

#: Words for the options of a layer. `projection` is a size of the projected cell.
WORDS = (
    Word("hidden_size", "units", ("pytorch", "onnx", "equinox", "haiku")),
    Word("hidden_features", "units", ("nnx",)),
    Word("num_units", "units", ("tf1",)),
    Word("state_size", "units"),
    Word("hidden_dim", "units"),
    Word("rnn_size", "units"),
    Word("nhid", "units"),
    Word("latent_dim", "units"),
    Word("input_size", "features", ("pytorch", "onnx", "equinox")),
    Word("in_features", "features", ("nnx",)),
    Word("input_dim", "features"),
    Word("n_features", "features"),
    Word("num_features", "features"),
    Word("seq_len", "timesteps"),
    Word("seq_length", "timesteps", ("onnx",)),
    Word("sequence_length", "timesteps"),
    Word("time_steps", "timesteps"),
    Word("num_steps", "timesteps"),
    Word("batch_size", "batch", ("keras", "onnx")),
    Word("num_layers", "layers", ("pytorch",)),
    Word("n_layers", "layers"),
    Word("bias", "use_bias", ("pytorch",)),
    Word("linear_before_reset", "reset_after", ("onnx", "openvino")),
    Word("nonlinearity", "activation", ("pytorch",)),
    Word("activation_fn", "activation", ("flax", "nnx")),
    Word("gate_fn", "recurrent_activation", ("flax", "nnx")),
    Word("return_carry", "return_state", ("flax", "nnx")),
    Word("proj_size", "projection", ("pytorch",)),
    Word("num_proj", "projection", ("tf1",)),
)

#: What is only offered, as it may mean something else.
_OFFERED = {
    "unit": "units",
    "steps": "timesteps",
    "no_bias": "no_use_bias",
    "merge": "merge_mode",
    "framework": "convention",
    "mlstm": "multiplicative_lstm",
}

#: Every word with what it means.
MEANT = {word.name: word.option for word in WORDS} | CELLS | FRAMEWORKS | _OFFERED


def plain(name: str) -> str:
    """`name` in small letters, with underscores for dashes and spaces.

    >>> plain(" Hidden-Size")
    'hidden_size'
    """
    return "_".join(name.strip().lower().replace("-", " ").split())


def meant(name: str) -> str | None:
    """The word of this package for another's; None for one that is not known.

    >>> meant("hidden-size"), meant("zebra")
    ('units', None)
    """
    return MEANT.get(plain(name.strip("-")))


def words_of(framework: str) -> dict[str, str]:
    """The words of `framework` by the option they mean, where it has another than this package.

    >>> words_of("tf1")
    {'units': 'num_units', 'projection': 'num_proj'}
    """
    return {word.option: word.name for word in WORDS if framework in word.frameworks}
