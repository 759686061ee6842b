"""The bistable recurrent cell with gates that see every unit."""

from lstminspect.cell import Cell

# Biases as in the authors' code (nvecoven/BRC, cells.py): none in the candidate.
cell = Cell(
    name="nbrc",
    title="Recurrently neuromodulated bistable recurrent cell",
    source=(
        "Vecoven, Ernst & Drion, A bio-inspired bistable recurrent cell allows for long-"
        "lasting memory, PLoS ONE 16(6), 2021"
    ),
    also=(
        "nBRC",
        "NBRCell",
    ),
    formula="3*u*f + 2*u**2 + 2*u",
    text="""\
a = 1 + tanh(W_a @ x + U_a @ h + b_a)
k = sigmoid(W_k @ x + U_k @ h + b_k)
h = k * h + (1 - k) * tanh(W_h @ x + a * h)""",
)
