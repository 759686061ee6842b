"""OpenVINO: LSTMSequence, GRUSequence and RNNSequence.

Source: docs.openvino.ai, operation specifications of LSTMSequence, GRUSequence and RNNSequence.
Every tensor has a leading axis of directions.
"""

from lstminspect.conventions.convention import Activations, Convention, packed

_ABLE = ("sigmoid", "tanh", "relu")

TABLES = {
    "openvino": Convention(
        name="openvino",
        title="OpenVINO",
        source="docs.openvino.ai: LSTMSequence-5, GRUSequence-5, RNNSequence-5",
        transposed=False,
        forward="{tensor}",
        direction_axis=True,
        bias_is_optional=False,
        runs=Activations(_ABLE, _ABLE, _ABLE, clip=True),
        cells={
            # f, i, c, o: the forget gate stands first.
            "lstm": (
                packed("W", "W_f W_i W_g W_o"),
                packed("R", "U_f U_i U_g U_o"),
                packed("B", "b_f b_i b_g b_o"),
            ),
            # linear_before_reset=true: the candidate's second bias is the fourth part of B.
            "gru": (
                packed("W", "W_z W_r W_n"),
                packed("R", "U_z U_r U_n"),
                packed("B", "b_z b_r b_n d_n"),
            ),
            "gru_reset_before": (
                packed("W", "W_z W_r W_n"),
                packed("R", "U_z U_r U_n"),
                packed("B", "b_z b_r b_n"),
            ),
            "rnn": (packed("W", "W_h"), packed("R", "U_h"), packed("B", "b_h")),
        },
    )
}
