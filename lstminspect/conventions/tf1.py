"""TensorFlow 1: `tf.nn.rnn_cell.LSTMCell`, `BasicLSTMCell`, `GRUCell` and `BasicRNNCell`.

Source: tensorflow/python/ops/rnn_cell_impl.py of TensorFlow 1. A kernel takes the input and the
state at once: its upper rows are the input's, its lower ones the state's.
"""

from lstminspect.conventions.convention import Layout, stack

_KERNEL = stack("kernel", "W_i W_g W_f W_o U_i U_g U_f U_o", rows=2)
# i, j, f, o: the candidate, which the source calls j, stands second.
_BIAS = stack("bias", "b_i b_g b_f b_o")

LAYOUTS = {
    "tf1": Layout(
        name="tf1",
        title="TensorFlow 1",
        source="tensorflow/python/ops/rnn_cell_impl.py, TensorFlow 1; tensorflow issue 29622",
        transposed=True,
        forward="fw/{tensor}",
        backward="bw/{tensor}",
        bias_is_optional=False,
        # forget_bias=1.0 is added at every step; the stored bias starts at 0.
        added={"b_f": 1.0},
        cells={
            "lstm": (_KERNEL, _BIAS),
            "peephole": (
                _KERNEL,
                _BIAS,
                stack("w_f_diag", "p_f"),
                stack("w_i_diag", "p_i"),
                stack("w_o_diag", "p_o"),
            ),
            "projected": (_KERNEL, _BIAS, stack("projection/kernel", "P")),
            "gru_reset_before": (
                stack("gates/kernel", "W_r W_z U_r U_z", rows=2),
                stack("gates/bias", "b_r b_z"),
                stack("candidate/kernel", "W_n U_n", rows=2),
                stack("candidate/bias", "b_n"),
            ),
            "rnn": (stack("kernel", "W_h U_h", rows=2), stack("bias", "b_h")),
        },
    )
}
