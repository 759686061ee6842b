"""No peepholes: one of the eight ablations, the LSTM that Keras and PyTorch have."""

from lstminspect.cell import Cell

cell = Cell(
    name="np",
    title="LSTM without peepholes, as an ablation",
    source="Greff et al., LSTM: A Search Space Odyssey, arXiv:1503.04069, 2015",
    formula="4*u*(f + u + 1)",
    tags=("ablation",),
    text="""\
i = sigmoid(W_i @ x + U_i @ h + b_i)
f = sigmoid(W_f @ x + U_f @ h + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + b_o)
h = o * tanh(c)""",
)
