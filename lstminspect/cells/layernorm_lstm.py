"""The LSTM with its products normalised, with a gain and a shift."""

from lstminspect.cell import Cell

# The products of the four gates are one vector of 4 u to the paper, with one mean and variance:
# norm(j, k, l, m) is j by the mean and variance of all four.
cell = Cell(
    name="layernorm_lstm",
    title="Layer-normalised LSTM",
    source="Ba, Kiros & Hinton, Layer Normalization, arXiv:1607.06450, 2016, supplement",
    formula="4*u*(f + u + 1) + 18*u",
    text="""\
wi = W_i @ x
wf = W_f @ x
wg = W_g @ x
wo = W_o @ x
ui = U_i @ h
uf = U_f @ h
ug = U_g @ h
uo = U_o @ h
i = sigmoid(q_i * norm(wi, wf, wg, wo) + s_i + e_i * norm(ui, uf, ug, uo) + k_i + b_i)
f = sigmoid(q_f * norm(wf, wi, wg, wo) + s_f + e_f * norm(uf, ui, ug, uo) + k_f + b_f)
g = tanh(q_g * norm(wg, wi, wf, wo) + s_g + e_g * norm(ug, ui, uf, uo) + k_g + b_g)
o = sigmoid(q_o * norm(wo, wi, wf, wg) + s_o + e_o * norm(uo, ui, uf, ug) + k_o + b_o)
c = f * c + i * g
h = o * tanh(q_c * norm(c) + s_c)""",
)
