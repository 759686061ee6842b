"""The GRU with its update gate fixed to one number."""

from lstminspect.cell import Cell

cell = Cell(
    name="miru1",
    title="Minion gated unit 1",
    source=(
        "Minion gated recurrent units, Neurocomputing 132847, 2026, as torchrecurrent 0.2.5 "
        "gives it"
    ),
    also=("MiRU1",),
    formula="2*u*(f + u + 1)",
    tags=("minimal",),
    text="""\
rate = 0.5
r = sigmoid(W_r @ x + U_r @ h + b_r)
n = tanh(W_n @ x + U_n @ (r * h) + b_n)
h = rate * h + (1 - rate) * n""",
)
