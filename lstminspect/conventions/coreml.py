"""CoreML: the MIL operators lstm, gru and rnn.

Source: coremltools 9.0, mil/ops/defs/iOS15/recurrent.py. One bias, the sum of the two of PyTorch.
"""

from lstminspect.conventions.convention import Layout, stack

LAYOUTS = {
    "coreml": Layout(
        name="coreml",
        title="CoreML",
        source="coremltools 9.0: mil/ops/defs/iOS15/recurrent.py",
        transposed=False,
        forward="{tensor}",
        backward="{tensor}_back",
        concatenates=True,
        cells={
            # The candidate, which the source calls z, stands last.
            "lstm": (
                stack("weight_ih", "W_i W_f W_o W_g"),
                stack("weight_hh", "U_i U_f U_o U_g"),
                stack("bias", "b_i b_f b_o b_g"),
            ),
            "peephole": (
                stack("weight_ih", "W_i W_f W_o W_g"),
                stack("weight_hh", "U_i U_f U_o U_g"),
                stack("bias", "b_i b_f b_o b_g"),
                stack("peephole", "p_i p_f p_o"),
            ),
            # The candidate, which the source calls o, stands between the gates.
            "gru": (
                stack("weight_ih", "W_r W_n W_z"),
                stack("weight_hh", "U_r U_n U_z"),
                stack("bias", "b_r b_n b_z"),
            ),
            "rnn": (stack("weight_ih", "W_h"), stack("weight_hh", "U_h"), stack("bias", "b_h")),
        },
        # The reset acts after a product whose bias stands outside of it.
        held_at_zero={"gru": ("d_n",)},
    )
}
