"""Flax: `flax.linen` (the convention "flax") and `flax.nnx` (the convention "nnx").

Source: flax/linen/recurrent.py and flax/nnx/nn/recurrent.py, Flax 0.12.8. The names are those of a
cell inside `RNN`, as `RNN(LSTMCell(...))` gives them. No cell has an option to leave the bias out.
"""

from lstminspect.conventions.convention import ANY, Activations, Convention, PackedTensor, packed

#: `activation_fn` and `gate_fn` of its cells.
RUNS = Activations(activation=ANY, recurrent_activation=ANY)


def dense(name: str, blocks: str, bias: str = "") -> tuple[PackedTensor, ...]:
    """The tensors of one Dense or Linear: its kernel, and its bias if it has one."""
    kernel = (packed(f"{name}/kernel", blocks),)
    return (*kernel, packed(f"{name}/bias", bias)) if bias else kernel


def lstm(forget: str) -> tuple[PackedTensor, ...]:
    """One Dense per gate and side; only the side of the state has a bias."""
    return (
        *dense("ii", "W_i"),
        *dense(forget, "W_f"),
        *dense("ig", "W_g"),
        *dense("io", "W_o"),
        *dense("hi", "U_i", "b_i"),
        *dense("hf", "U_f", "b_f"),
        *dense("hg", "U_g", "b_g"),
        *dense("ho", "U_o", "b_o"),
    )


TABLES = {
    "flax": Convention(
        name="flax",
        title="Flax linen",
        source="flax/linen/recurrent.py, Flax 0.12.8",
        transposed=True,
        runs=RUNS,
        alone="cell/{tensor}",
        forward="forward_rnn/cell/{tensor}",
        backward="backward_rnn/cell/{tensor}",
        bias_is_optional=False,
        cells={
            "lstm": lstm(forget="if"),
            # Only the candidate has a bias on the side of the state: it stands inside r * (...).
            "gru": (
                *dense("ir", "W_r", "b_r"),
                *dense("iz", "W_z", "b_z"),
                *dense("in", "W_n", "b_n"),
                *dense("hr", "U_r"),
                *dense("hz", "U_z"),
                *dense("hn", "U_n", "d_n"),
            ),
            "mgu_reset_after": (
                *dense("if", "W_f", "b_f"),
                *dense("in", "W_n", "b_n"),
                *dense("hf", "U_f"),
                *dense("hn", "U_n", "d_n"),
            ),
            "rnn": (*dense("i", "W_h", "b_h"), *dense("h", "U_h")),
        },
    ),
    "nnx": Convention(
        name="nnx",
        title="Flax NNX",
        source="flax/nnx/nn/recurrent.py, Flax 0.12.8",
        transposed=True,
        runs=RUNS,
        alone="cell/{tensor}",
        forward="forward_rnn/cell/{tensor}",
        backward="backward_rnn/cell/{tensor}",
        bias_is_optional=False,
        cells={
            # `if` is a word of Python and NNX keeps its layers as attributes: hence `if_`.
            "lstm": lstm(forget="if_"),
            "gru": (
                *dense("dense_i", "W_r W_z W_n", "b_r b_z b_n"),
                *dense("dense_h", "U_r U_z U_n"),
            ),
            "rnn": (*dense("dense_i", "W_h", "b_h"), *dense("dense_h", "U_h")),
        },
        # The reset acts after a product that has no bias of its own, so d_n cannot be stored.
        held_at_zero={"gru": ("d_n",)},
    ),
}
