"""The LSTM whose gates see the cell through a matrix and a tanh."""

from lstminspect.cell import Cell

# torchrecurrent 0.2.5 adds a bias inside each tanh: 3 u more.
cell = Cell(
    name="wmclstm",
    title="LSTM with working memory connections",
    source="Landi et al., Working Memory Connections for LSTM, arXiv:2109.00020, 2021",
    also=("WMCLSTM",),
    formula="4*u*(f + u + 1) + 3*u**2",
    text="""\
i = sigmoid(W_i @ x + U_i @ h + tanh(V_i @ c) + b_i)
f = sigmoid(W_f @ x + U_f @ h + tanh(V_f @ c) + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + tanh(V_o @ c) + b_o)
h = o * tanh(c)""",
)
