"""PyTorch: `torch.nn.LSTM`, `GRU`, `RNN`.

Source: the "Variables" of each page under docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
(and GRU, RNN). A step is `weight_ih @ x + bias_ih + weight_hh @ h + bias_hh`: matrices are stored
(output, input), and every gate has two biases, which cuDNN's interface asked for.
"""

from lstminspect.conventions.convention import Activations, Convention, packed

TABLES = {
    "pytorch": Convention(
        name="pytorch",
        title="PyTorch",
        source="torch.nn.LSTM, GRU, RNN: documentation, Variables; measured with 2.13",
        transposed=False,
        forward="{tensor}",
        backward="{tensor}_reverse",
        stacked="",
        concatenates=True,
        runs_of={"rnn": Activations(activation=("relu",))},  # nn.RNN(nonlinearity="relu")
        cells={
            "lstm": (
                packed("weight_ih_l{index}", "W_i W_f W_g W_o"),
                packed("weight_hh_l{index}", "U_i U_f U_g U_o"),
                packed("bias_ih_l{index}", "b_i b_f b_g b_o"),
                packed("bias_hh_l{index}", "b_i b_f b_g b_o"),
            ),
            # nn.LSTM(proj_size=...): the projection has no bias.
            "projected": (
                packed("weight_ih_l{index}", "W_i W_f W_g W_o"),
                packed("weight_hh_l{index}", "U_i U_f U_g U_o"),
                packed("bias_ih_l{index}", "b_i b_f b_g b_o"),
                packed("bias_hh_l{index}", "b_i b_f b_g b_o"),
                packed("weight_hr_l{index}", "P"),
            ),
            # r comes first here, z first in Keras and ONNX.
            "gru": (
                packed("weight_ih_l{index}", "W_r W_z W_n"),
                packed("weight_hh_l{index}", "U_r U_z U_n"),
                packed("bias_ih_l{index}", "b_r b_z b_n"),
                packed("bias_hh_l{index}", "b_r b_z d_n"),
            ),
            "rnn": (
                packed("weight_ih_l{index}", "W_h"),
                packed("weight_hh_l{index}", "U_h"),
                packed("bias_ih_l{index}", "b_h"),
                packed("bias_hh_l{index}", "b_h"),
            ),
        },
    )
}
