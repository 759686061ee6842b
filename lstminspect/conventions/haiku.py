"""Haiku: `hk.LSTM` and `hk.GRU`.

Source: haiku/_src/recurrent.py, dm-haiku.
"""

from lstminspect.conventions.convention import Convention, packed

TABLES = {
    "haiku": Convention(
        name="haiku",
        title="Haiku",
        source="haiku/_src/recurrent.py, dm-haiku",
        transposed=True,
        bias_is_optional=False,
        # f = sigmoid(f + 1): the 1 is not in the weights.
        added={"b_f": 1.0},
        cells={
            # i, g, f, o: the candidate stands second.
            "lstm": (
                packed("linear/w", "W_i W_g W_f W_o U_i U_g U_f U_o", rows=2),
                packed("linear/b", "b_i b_g b_f b_o"),
            ),
            # h = (1 - z) * h + z * a: z is the share of the new, where the equations' z is that of
            # the old. 1 - sigmoid(v) is sigmoid(-v), so what makes z is stored negative.
            "gru_reset_before": (
                packed("w_i", "-W_z W_r W_n"),
                packed("w_h", "-U_z U_r U_n"),
                packed("b", "-b_z b_r b_n"),
            ),
            "gru_chung": (
                packed("w_i", "W_z W_r W_n"),
                packed("w_h", "U_z U_r U_n"),
                packed("b", "b_z b_r b_n"),
            ),
        },
    )
}
