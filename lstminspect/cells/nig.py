"""No input gate: one of the eight ablations of the peephole LSTM."""

from lstminspect.cell import Cell

cell = Cell(
    name="nig",
    title="LSTM with peepholes, no input gate",
    source="Greff et al., LSTM: A Search Space Odyssey, arXiv:1503.04069, 2015",
    formula="3*u*(f + u + 1) + 2*u",
    tags=("ablation",),
    text="""\
f = sigmoid(W_f @ x + U_f @ h + p_f * c + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)
h = o * tanh(c)""",
)
