"""The minimal gated unit: one gate does the work of the GRU's two."""

from lstminspect.cell import Cell

cell = Cell(
    name="mgu",
    title="Minimal gated unit",
    source=(
        "Zhou et al., Minimal Gated Unit for Recurrent Neural Networks, arXiv:1603.09420, 2016"
    ),
    also=("MGUCell",),
    formula="2*u*(f + u + 1)",
    tags=("minimal",),
    text="""\
f = sigmoid(W_f @ x + U_f @ h + b_f)
n = tanh(W_n @ x + U_n @ (f * h) + b_n)
h = (1 - f) * h + f * n""",
)
