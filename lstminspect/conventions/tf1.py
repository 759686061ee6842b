"""TensorFlow 1: `tf.nn.rnn_cell.LSTMCell`, `BasicLSTMCell`, `GRUCell` and `BasicRNNCell`.

Source: tensorflow/python/ops/rnn_cell_impl.py of TensorFlow 1. A kernel takes the input and the
state at once: its upper rows are the input's, its lower ones the state's.
"""

from lstminspect.conventions.convention import ANY, Activations, Convention, packed

_KERNEL = packed("kernel", "W_i W_g W_f W_o U_i U_g U_f U_o", rows=2)
# i, j, f, o: the candidate, which the source calls j, stands second.
_BIAS = packed("bias", "b_i b_g b_f b_o")

TABLES = {
    "tf1": Convention(
        name="tf1",
        title="TensorFlow 1",
        source="tensorflow/python/ops/rnn_cell_impl.py, TensorFlow 1; tensorflow issue 29622",
        transposed=True,
        forward="fw/{tensor}",
        backward="bw/{tensor}",
        bias_is_optional=False,
        runs=Activations(activation=ANY),  # The gates are sigmoids.
        # forget_bias=1.0 is added at every step; the stored bias starts at 0.
        added={"b_f": 1.0},
        cells={
            "lstm": (_KERNEL, _BIAS),
            "peephole": (
                _KERNEL,
                _BIAS,
                packed("w_f_diag", "p_f"),
                packed("w_i_diag", "p_i"),
                packed("w_o_diag", "p_o"),
            ),
            "projected": (_KERNEL, _BIAS, packed("projection/kernel", "P")),
            "gru_reset_before": (
                packed("gates/kernel", "W_r W_z U_r U_z", rows=2),
                packed("gates/bias", "b_r b_z"),
                packed("candidate/kernel", "W_n U_n", rows=2),
                packed("candidate/bias", "b_n"),
            ),
            "rnn": (packed("kernel", "W_h U_h", rows=2), packed("bias", "b_h")),
        },
    )
}
