"""Equinox: `eqx.nn.LSTMCell` and `GRUCell`.

Source: equinox/nn/_rnn.py, Equinox 0.13.8.
"""

from lstminspect.conventions.convention import Layout, stack

LAYOUTS = {
    "equinox": Layout(
        name="equinox",
        title="Equinox",
        source="equinox/nn/_rnn.py, Equinox 0.13.8",
        transposed=False,
        cells={
            "lstm": (
                stack("weight_ih", "W_i W_f W_g W_o"),
                stack("weight_hh", "U_i U_f U_g U_o"),
                stack("bias", "b_i b_f b_g b_o"),
            ),
            # bias_n stands inside the reset, and is the only bias of the state.
            "gru": (
                stack("weight_ih", "W_r W_z W_n"),
                stack("weight_hh", "U_r U_z U_n"),
                stack("bias", "b_r b_z b_n"),
                stack("bias_n", "d_n"),
            ),
        },
    )
}
