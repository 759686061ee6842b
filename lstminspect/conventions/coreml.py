"""CoreML: the MIL operators lstm, gru and rnn.

Source: coremltools 9.0, mil/ops/defs/iOS15/recurrent.py. One bias, the sum of the two of PyTorch.
"""

from lstminspect.conventions.convention import Activations, Convention, packed

# By name alone: sigmoid_hard and scaled_tanh have numbers there that are not said.
_ABLE = ("tanh", "sigmoid", "relu", "linear")

TABLES = {
    "coreml": Convention(
        name="coreml",
        title="CoreML",
        source="coremltools 9.0: mil/ops/defs/iOS15/recurrent.py",
        transposed=False,
        forward="{tensor}",
        backward="{tensor}_back",
        concatenates=True,
        # `clip` bounds the candidate alone, which is another function than this clip.
        runs=Activations(_ABLE, _ABLE, _ABLE),
        cells={
            # The candidate, which the source calls z, stands last.
            "lstm": (
                packed("weight_ih", "W_i W_f W_o W_g"),
                packed("weight_hh", "U_i U_f U_o U_g"),
                packed("bias", "b_i b_f b_o b_g"),
            ),
            "peephole": (
                packed("weight_ih", "W_i W_f W_o W_g"),
                packed("weight_hh", "U_i U_f U_o U_g"),
                packed("bias", "b_i b_f b_o b_g"),
                packed("peephole", "p_i p_f p_o"),
            ),
            # The candidate, which the source calls o, stands between the gates.
            "gru": (
                packed("weight_ih", "W_r W_n W_z"),
                packed("weight_hh", "U_r U_n U_z"),
                packed("bias", "b_r b_n b_z"),
            ),
            "rnn": (packed("weight_ih", "W_h"), packed("weight_hh", "U_h"), packed("bias", "b_h")),
        },
        # The reset acts after a product whose bias stands outside of it.
        held_at_zero={"gru": ("d_n",)},
    )
}
