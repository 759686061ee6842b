"""The LSTM with each product normalised, with a gain and a shift."""

from lstminspect.cell import Cell

# The paper normalises the products of the four gates together, as one vector of 4 u; here each
# gate's is normalised by itself. The parameters are the same.
cell = Cell(
    name="layernorm_lstm",
    title="Layer-normalised LSTM",
    source="Ba, Kiros & Hinton, Layer Normalization, arXiv:1607.06450, 2016, supplement",
    formula="4*u*(f + u + 1) + 18*u",
    text="""\
i = sigmoid(q_i * norm(W_i @ x) + s_i + e_i * norm(U_i @ h) + k_i + b_i)
f = sigmoid(q_f * norm(W_f @ x) + s_f + e_f * norm(U_f @ h) + k_f + b_f)
g = tanh(q_g * norm(W_g @ x) + s_g + e_g * norm(U_g @ h) + k_g + b_g)
o = sigmoid(q_o * norm(W_o @ x) + s_o + e_o * norm(U_o @ h) + k_o + b_o)
c = f * c + i * g
h = o * tanh(q_c * norm(c) + s_c)""",
)
