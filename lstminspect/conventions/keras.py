"""Keras 2 and 3: `keras.layers.LSTM`, `GRU`, `SimpleRNN`.

Source: keras/src/layers/rnn/{lstm,gru,simple_rnn}.py, Keras 3.15.1. A step is `x @ kernel +
h @ recurrent_kernel + bias`, so matrices are stored (input, output). What the equations call g is
Keras' "c" (order i, f, c, o), what they call n is Keras' "h" (order z, r, h).
"""

from lstminspect.conventions.convention import ANY, Activations, Convention, packed

__all__ = ["ACTIVATIONS", "TABLES"]

SOURCE = "keras/src/layers/rnn, Keras 3.15.1"
#: The functions that Keras knows by these names (keras/src/activations).
ACTIVATIONS = (
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6",
    "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus",
    "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink",
)  # fmt: skip

TABLES = {
    "keras": Convention(
        name="keras",
        title="Keras",
        source=SOURCE,
        transposed=True,
        runs=Activations(activation=ANY, recurrent_activation=ANY),
        cells={
            "lstm": (
                packed("kernel", "W_i W_f W_g W_o"),
                packed("recurrent_kernel", "U_i U_f U_g U_o"),
                packed("bias", "b_i b_f b_g b_o"),
            ),
            # reset_after=True keeps a bias of the input (row 0) and one of the state (row 1).
            "gru": (
                packed("kernel", "W_z W_r W_n"),
                packed("recurrent_kernel", "U_z U_r U_n"),
                packed("bias", "b_z b_r b_n b_z b_r d_n", rows=2),
            ),
            "gru_reset_before": (
                packed("kernel", "W_z W_r W_n"),
                packed("recurrent_kernel", "U_z U_r U_n"),
                packed("bias", "b_z b_r b_n"),
            ),
            "rnn": (
                packed("kernel", "W_h"),
                packed("recurrent_kernel", "U_h"),
                packed("bias", "b_h"),
            ),
        },
    )
}
