"""The LSTM whose input gate is 1 - f."""

from lstminspect.cell import Cell

cell = Cell(
    name="cifg",
    title="LSTM with coupled input and forget gates",
    source=(
        "Olah, Understanding LSTM Networks, 2015; Greff et al., LSTM: A Search Space Odyssey, "
        "arXiv:1503.04069, 2015 (with peepholes: cifg_peephole)"
    ),
    also=("coupled LSTM",),
    formula="3*u*(f + u + 1)",
    tags=("ablation",),
    text="""\
f = sigmoid(W_f @ x + U_f @ h + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
o = sigmoid(W_o @ x + U_o @ h + b_o)
c = f * c + (1 - f) * g
h = o * tanh(c)""",
)
