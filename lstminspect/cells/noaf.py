"""No output activation function: one of the eight ablations of the peephole LSTM."""

from lstminspect.cell import Cell

cell = Cell(
    name="noaf",
    title="LSTM with peepholes, no output activation",
    source="Greff et al., LSTM: A Search Space Odyssey, arXiv:1503.04069, 2015",
    formula="4*u*(f + u + 1) + 3*u",
    tags=("ablation",),
    text="""\
i = sigmoid(W_i @ x + U_i @ h + p_i * c + b_i)
f = sigmoid(W_f @ x + U_f @ h + p_f * c + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)
h = o * c""",
)
