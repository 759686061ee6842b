"""OpenVINO: LSTMSequence, GRUSequence and RNNSequence.

Source: docs.openvino.ai, operation specifications of LSTMSequence, GRUSequence and RNNSequence.
Every tensor has a leading axis of directions.
"""

from lstminspect.conventions.convention import Layout, stack

LAYOUTS = {
    "openvino": Layout(
        name="openvino",
        title="OpenVINO",
        source="docs.openvino.ai: LSTMSequence-5, GRUSequence-5, RNNSequence-5",
        transposed=False,
        forward="{tensor}",
        direction_axis=True,
        bias_is_optional=False,
        cells={
            # f, i, c, o: the forget gate stands first.
            "lstm": (
                stack("W", "W_f W_i W_g W_o"),
                stack("R", "U_f U_i U_g U_o"),
                stack("B", "b_f b_i b_g b_o"),
            ),
            # linear_before_reset=true: the candidate's second bias is the fourth part of B.
            "gru": (
                stack("W", "W_z W_r W_n"),
                stack("R", "U_z U_r U_n"),
                stack("B", "b_z b_r b_n d_n"),
            ),
            "gru_reset_before": (
                stack("W", "W_z W_r W_n"),
                stack("R", "U_z U_r U_n"),
                stack("B", "b_z b_r b_n"),
            ),
            "rnn": (stack("W", "W_h"), stack("R", "U_h"), stack("B", "b_h")),
        },
    )
}
