"""The update gate RNN: one gate mixes the old state with a candidate."""

from lstminspect.cell import Cell

cell = Cell(
    name="ugrnn",
    title="Update gate RNN",
    source=(
        "Collins, Sohl-Dickstein & Sussillo, Capacity and Trainability in Recurrent Neural "
        "Networks, arXiv:1611.09913, 2016"
    ),
    formula="2*u*(f + u + 1)",
    tags=("minimal",),
    text="""\
n = tanh(W_n @ x + U_n @ h + b_n)
g = sigmoid(W_g @ x + U_g @ h + b_g)
h = g * h + (1 - g) * n""",
)
