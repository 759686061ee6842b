"""The LSTM with a gate from the cell of the layer below into its own."""

from lstminspect.cell import Cell

# l is the cell of the layer below at this step: both layers have one width.
# In the authors' code (dglstm.cc) the LSTM has peepholes and coupled gates; here the gate stands on
# the plain LSTM, so that what it adds can be seen: u (f + 1) + 2 u.
cell = Cell(
    name="depth_gated",
    title="Depth-gated LSTM",
    source="Yao et al., Depth-Gated Recurrent Neural Networks, arXiv:1508.03790, 2015",
    formula="4*u*(f + u + 1) + u*(f + 1) + 2*u",
    text="""\
l: input(units)
i = sigmoid(W_i @ x + U_i @ h + b_i)
f = sigmoid(W_f @ x + U_f @ h + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
o = sigmoid(W_o @ x + U_o @ h + b_o)
d = sigmoid(W_d @ x + w_d * c + v_d * l + b_d)
c = d * l + f * c + i * g
h = o * tanh(c)""",
)
