"""The bistable recurrent cell: every unit keeps a memory of its own."""

from lstminspect.cell import Cell

# Biases as in the authors' code (nvecoven/BRC, cells.py): none in the candidate.
cell = Cell(
    name="brc",
    title="Bistable recurrent cell",
    source=(
        "Vecoven, Ernst & Drion, A bio-inspired bistable recurrent cell allows for long-"
        "lasting memory, PLoS ONE 16(6), 2021"
    ),
    also=("BRCell",),
    formula="3*u*f + 4*u",
    text="""\
a = 1 + tanh(W_a @ x + w_a * h + b_a)
k = sigmoid(W_k @ x + w_k * h + b_k)
h = k * h + (1 - k) * tanh(W_h @ x + a * h)""",
)
