"""Coupled input and forget gates: one of the eight ablations of the peephole LSTM."""

from lstminspect.cell import Cell

cell = Cell(
    name="cifg_peephole",
    title="LSTM with peepholes and coupled gates",
    source="Greff et al., LSTM: A Search Space Odyssey, arXiv:1503.04069, 2015",
    also=("CIFG",),
    formula="3*u*(f + u + 1) + 2*u",
    tags=("ablation",),
    text="""\
i = sigmoid(W_i @ x + U_i @ h + p_i * c + b_i)
g = tanh(W_g @ x + U_g @ h + b_g)
c = (1 - i) * c + i * g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)
h = o * tanh(c)""",
)
