"""The GRU with both gates fixed to one number each."""

from lstminspect.cell import Cell

cell = Cell(
    name="miru2",
    title="Minion gated unit 2",
    source=(
        "Minion gated recurrent units, Neurocomputing 132847, 2026, as torchrecurrent 0.2.5 "
        "gives it"
    ),
    also=("MiRU2",),
    formula="u*(f + u + 1)",
    tags=("minimal",),
    text="""\
rate = 0.5
kept = 0.5
n = tanh(W_n @ x + U_n @ (kept * h) + b_n)
h = rate * h + (1 - rate) * n""",
)
