"""torchrecurrent: its cells, as `named_parameters()` calls their tensors.

Source: torchrecurrent/cells, torchrecurrent 0.2.5. Matrices are stored (output, input). What the
equations fix as a number is an argument of its cells, and not always theirs by default: `epsilon`,
`gamma`, `dt`, `alpha`, and `nonlinearity`, "relu" for IndRNN and "sigmoid" for FastGRNN, whose gate
it is. A bias of its own that the equations do not have stands here as `~b_i`.

Not here is what has no such place: JANET learns its beta, MUT1 and MUT2 have a matrix before an
input that the paper adds as it is, NAS adds where the paper multiplies, LEM takes the memory of the
step before, and SCRN returns its output layer as its state.
"""

from lstminspect.conventions.convention import Convention, PackedTensor, packed


def _stored(**tensors: str) -> tuple[PackedTensor, ...]:
    return tuple(packed(name, blocks) for name, blocks in tensors.items())


TABLES = {
    "torchrecurrent": Convention(
        name="torchrecurrent",
        title="torchrecurrent",
        source="torchrecurrent/cells, torchrecurrent 0.2.5; measured",
        transposed=False,
        stacked="cells.{index}.",
        reads_all=True,
        cells={
            "antisymmetric_rnn": _stored(
                weight_ih="W_s", weight_hh="U_s", bias_ih="b_s", bias_hh="b_s"
            ),
            # p has a bias too.
            "atr": _stored(weight_ih="W_p", weight_hh="U_q", bias_ih="~b_q", bias_hh="b_q"),
            # The candidate has a bias too.
            "brc": _stored(
                weight_ih="W_a W_k W_h",
                weight_hh="w_a w_k",
                bias_ih="b_a b_k ~b_k",
                bias_hh="b_a b_k",
            ),
            "nbrc": _stored(
                weight_ih="W_a W_k W_h",
                weight_hh="U_a U_k",
                bias_ih="b_a b_k ~b_k",
                bias_hh="b_a b_k",
            ),
            # The mapped input has a bias too.
            "cfn": _stored(
                weight_ih="W_t W_i W_h",
                weight_hh="U_t U_i",
                bias_ih="b_t b_i ~b_i",
                bias_hh="b_t b_i",
            ),
            "cornn": _stored(
                weight_ih="W_a",
                weight_hh="U_a",
                weight_ch="V_a",
                bias_ih="b_a",
                bias_hh="b_a",
                bias_ch="b_a",
            ),
            # g has a bias too.
            "dsgu": _stored(
                weight_ih="W_p W_z",
                weight_hh="U_g U_z",
                bias_ih="b_p b_z",
                bias_hh="~b_z b_z",
                weight_ho="U_y",
            ),
            "sgu": _stored(
                weight_ih="W_p W_z", weight_hh="U_g U_z", bias_ih="b_p b_z", bias_hh="~b_z b_z"
            ),
            "fast_grnn": _stored(
                weight_ih="W_s",
                weight_hh="U_s",
                bias_ih="b_z b_n",
                bias_hh="b_z b_n",
                zeta="zeta",
                nu="nu",
            ),
            "fast_rnn": _stored(
                weight_ih="W_n",
                weight_hh="U_n",
                bias_ih="b_n",
                bias_hh="b_n",
                alpha="alpha",
                beta="beta",
            ),
            # The bias of the state stands in n alone.
            "gated_antisymmetric_rnn": _stored(
                weight_ih="W_z W_n", weight_hh="U_s", bias_ih="b_z b_n", bias_hh="b_n"
            ),
            "indrnn": _stored(weight_ih="W_h", vector_u="u_h", bias_ih="b_h", bias_hh="b_h"),
            "intersection_rnn": _stored(
                weight_ih="W_p W_q W_y W_r",
                weight_hh="U_p U_q U_y U_r",
                bias_ih="b_p b_q b_y b_r",
                bias_hh="b_p b_q b_y b_r",
            ),
            # The candidate has a bias too.
            "light_ru": _stored(
                weight_ih="W_n W_f", weight_hh="U_f", bias_ih="~b_f b_f", bias_hh="b_f"
            ),
            "ligru": _stored(
                weight_ih="W_z W_n", weight_hh="U_z U_n", bias_ih="b_z b_n", bias_hh="b_z b_n"
            ),
            "lstm_1997": _stored(
                weight_ih="W_i W_g W_o",
                weight_hh="U_i U_g U_o",
                bias_ih="b_i b_g b_o",
                bias_hh="b_i b_g b_o",
            ),
            "mclstm": _stored(
                weight_ih="W_f W_i W_o W_m W_n",
                weight_hh="U_f U_i U_o U_m U_n",
                bias_ih="b_f b_i b_o b_m b_n",
                bias_hh="b_f b_i b_o b_m b_n",
            ),
            "mgu": _stored(
                weight_ih="W_f W_n", weight_hh="U_f U_n", bias_ih="b_f b_n", bias_hh="b_f b_n"
            ),
            "minimal_rnn": _stored(
                weight_ih="W_z", weight_hh="U_g", bias_ih="b_z", bias_hh="b_g", weight_mm="V_g"
            ),
            "miru1": _stored(
                weight_ih="W_r W_n", weight_hh="U_r U_n", bias_ih="b_r b_n", bias_hh="b_r b_n"
            ),
            "miru2": _stored(weight_ih="W_n", weight_hh="U_n", bias_ih="b_n", bias_hh="b_n"),
            # Both factors of m have a bias too.
            "multiplicative_lstm": _stored(
                weight_ih="W_m W_i W_f W_g W_o",
                weight_hh="U_m",
                weight_mh="U_i U_f U_g U_o",
                bias_ih="~b_i b_i b_f b_g b_o",
                bias_hh="~b_i",
                bias_mh="b_i b_f b_g b_o",
            ),
            "mut3": _stored(
                weight_ih="W_z W_r W_n",
                weight_hh="U_z U_r U_n",
                bias_ih="b_z b_r b_n",
                bias_hh="b_z b_r b_n",
            ),
            "peephole": _stored(
                weight_ih="W_i W_f W_g W_o",
                weight_hh="U_i U_f U_g U_o",
                weight_ph="p_i p_f p_o",
                bias_ih="b_i b_f b_g b_o",
                bias_hh="b_i b_f b_g b_o",
            ),
            "ran": _stored(
                weight_ih="W_n W_i W_f", weight_hh="U_i U_f", bias_ih="b_i b_f", bias_hh="b_i b_f"
            ),
            "residual_lstm": _stored(
                weight_ih="W_i W_f W_g W_o",
                weight_hh="U_i U_f U_g U_o",
                weight_proj="P",
                weight_res="R_h",
                weight_ph="p_i p_f p_o",
                bias_ih="b_i b_f b_g b_o",
                bias_hh="b_i b_f b_g b_o",
            ),
            # The mapped input has a bias too.
            "sgrn": _stored(weight_ih="W_p", weight_hh="U_f", bias_ih="~b_f", bias_hh="b_f"),
            "star": _stored(weight_ih="W_z W_k", weight_hh="U_k", bias_ih="b_z b_k", bias_hh="b_k"),
            "tau_gru": _stored(
                weight_ih="W_n W_z W_g W_a",
                weight_hh="U_n U_z U_g U_a",
                bias_ih="b_n b_z b_g b_a",
                bias_hh="b_n b_z b_g b_a",
            ),
            "tgru": _stored(
                weight_ih="W_z W_f W_o",
                weight_hh="V_z V_f V_o",
                bias_ih="b_z b_f b_o",
                bias_hh="b_z b_f b_o",
            ),
            "tlstm": _stored(
                weight_ih="W_z W_f W_o",
                weight_hh="V_z V_f V_o",
                bias_ih="b_z b_f b_o",
                bias_hh="b_z b_f b_o",
            ),
            # The mapped input has a bias too.
            "trnn": _stored(weight_ih="W_z W_f", bias_ih="~b_f b_f"),
            "ugrnn": _stored(
                weight_ih="W_n W_g", weight_hh="U_n U_g", bias_ih="b_n b_g", bias_hh="b_n b_g"
            ),
            # A second bias only with recurrent_bias=True.
            "unicornn": _stored(weight_ih="V_c", weight_hh="w_c", weight_ch="a_c", bias_ih="b_c"),
            # What the gates see of the cell has a bias inside its tanh too.
            "wmclstm": _stored(
                weight_ih="W_i W_f W_g W_o",
                weight_hh="U_i U_f U_g U_o",
                weight_mh="V_i V_f V_o",
                bias_ih="b_i b_f b_g b_o",
                bias_hh="b_i b_f b_g b_o",
                bias_mh="~b_i ~b_f ~b_o",
            ),
        },
    )
}
