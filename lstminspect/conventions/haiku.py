"""Haiku: `hk.LSTM` and `hk.GRU`.

Source: haiku/_src/recurrent.py, dm-haiku.
"""

from lstminspect.conventions.convention import Layout, stack

LAYOUTS = {
    "haiku": Layout(
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
                stack("linear/w", "W_i W_g W_f W_o U_i U_g U_f U_o", rows=2),
                stack("linear/b", "b_i b_g b_f b_o"),
            ),
            # h = (1 - z) * h + z * a: z is the share of the new, where the equations' z is that of
            # the old. 1 - sigmoid(v) is sigmoid(-v), so what makes z is stored negative.
            "gru_reset_before": (
                stack("w_i", "-W_z W_r W_n"),
                stack("w_h", "-U_z U_r U_n"),
                stack("b", "-b_z b_r b_n"),
            ),
            "gru_chung": (
                stack("w_i", "W_z W_r W_n"),
                stack("w_h", "U_z U_r U_n"),
                stack("b", "b_z b_r b_n"),
            ),
        },
    )
}
