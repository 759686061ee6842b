"""Equinox: `eqx.nn.LSTMCell` and `GRUCell`.

Source: equinox/nn/_rnn.py, Equinox 0.13.8.
"""

from lstminspect.conventions.convention import Convention, packed

TABLES = {
    "equinox": Convention(
        name="equinox",
        title="Equinox",
        source="equinox/nn/_rnn.py, Equinox 0.13.8",
        transposed=False,
        cells={
            "lstm": (
                packed("weight_ih", "W_i W_f W_g W_o"),
                packed("weight_hh", "U_i U_f U_g U_o"),
                packed("bias", "b_i b_f b_g b_o"),
            ),
            # bias_n stands inside the reset, and is the only bias of the state.
            "gru": (
                packed("weight_ih", "W_r W_z W_n"),
                packed("weight_hh", "U_r U_z U_n"),
                packed("bias", "b_r b_z b_n"),
                packed("bias_n", "d_n"),
            ),
        },
    )
}
