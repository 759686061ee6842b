"""ONNX: the operators LSTM, GRU and RNN.

Source: onnx/docs/Operators.md, LSTM-22, GRU-22 and RNN-22. Every tensor has a leading axis of
directions. B holds the biases of the input, then those of the state.
"""

from lstminspect.conventions.convention import Activations, Convention, packed

__all__ = ["ACTIVATIONS", "DEFAULTS", "OPERATORS", "OPTIONS", "TABLES"]

#: The operator that each cell is.
OPERATORS = {
    "lstm": "LSTM",
    "peephole": "LSTM",
    "cifg": "LSTM",
    "cifg_peephole": "LSTM",
    "gru": "GRU",
    "gru_reset_before": "GRU",
    "rnn": "RNN",
}
#: The activations of an operator where a node names none.
DEFAULTS: dict[str, list[str]] = {
    "LSTM": ["Sigmoid", "Tanh", "Tanh"],
    "GRU": ["Sigmoid", "Tanh"],
    "RNN": ["Tanh"],
}
#: The option of a Layer for each activation of an operator, in the operator's order.
OPTIONS = {
    "LSTM": ("recurrent_activation", "activation", "output_activation"),
    "GRU": ("recurrent_activation", "activation"),
    "RNN": ("activation",),
}
#: Name in the language, and the numbers it takes: alpha, beta and what they are if left out.
ACTIVATIONS: dict[str, tuple[str, tuple[float, ...]]] = {
    "Relu": ("relu", ()),
    "Tanh": ("tanh", ()),
    "Sigmoid": ("sigmoid", ()),
    "Softsign": ("softsign", ()),
    "Softplus": ("softplus", ()),
    "LeakyRelu": ("leaky_relu", (0.01,)),
    "ThresholdedRelu": ("thresholded_relu", (1.0,)),
    "Elu": ("elu", (1.0,)),
    "HardSigmoid": ("hard_sigmoid", (0.2, 0.5)),
    "Affine": ("affine", (1.0, 0.0)),
    "ScaledTanh": ("scaled_tanh", (1.0, 1.0)),
}
_ABLE = tuple(function for function, _ in ACTIVATIONS.values())

TABLES = {
    "onnx": Convention(
        name="onnx",
        title="ONNX",
        source="onnx/docs/Operators.md: LSTM-22, GRU-22, RNN-22",
        transposed=False,
        forward="{tensor}",
        direction_axis=True,
        runs=Activations(_ABLE, _ABLE, _ABLE, clip=True),
        cells={
            # ONNX stacks i, o, f, c (W[iofc]); every other framework here puts f second.
            "lstm": (
                packed("W", "W_i W_o W_f W_g"),
                packed("R", "U_i U_o U_f U_g"),
                packed("B", "b_i b_o b_f b_g b_i b_o b_f b_g"),
            ),
            # The peepholes have an order of their own: P[iof].
            "peephole": (
                packed("W", "W_i W_o W_f W_g"),
                packed("R", "U_i U_o U_f U_g"),
                packed("B", "b_i b_o b_f b_g b_i b_o b_f b_g"),
                packed("P", "p_i p_o p_f"),
            ),
            # input_forget=1: f is 1 - i, and the four gates stay in their places (measured with
            # ONNX Runtime 1.32: what stands for f is not read). Here f is the gate that is given;
            # 1 - sigmoid(v) is sigmoid(-v), so the place of i holds its negative.
            "cifg": (
                packed("W", "-W_f W_o ~W_f W_g"),
                packed("R", "-U_f U_o ~U_f U_g"),
                packed("B", "-b_f b_o ~b_f b_g -b_f b_o ~b_f b_g"),
            ),
            "cifg_peephole": (
                packed("W", "W_i W_o ~W_i W_g"),
                packed("R", "U_i U_o ~U_i U_g"),
                packed("B", "b_i b_o ~b_i b_g b_i b_o ~b_i b_g"),
                packed("P", "p_i p_o ~p_i"),
            ),
            # linear_before_reset=1
            "gru": (
                packed("W", "W_z W_r W_n"),
                packed("R", "U_z U_r U_n"),
                packed("B", "b_z b_r b_n b_z b_r d_n"),
            ),
            # linear_before_reset=0, the operator's default
            "gru_reset_before": (
                packed("W", "W_z W_r W_n"),
                packed("R", "U_z U_r U_n"),
                packed("B", "b_z b_r b_n b_z b_r b_n"),
            ),
            "rnn": (packed("W", "W_h"), packed("R", "U_h"), packed("B", "b_h b_h")),
        },
    )
}
