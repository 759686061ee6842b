"""Two states with learned time steps."""

from lstminspect.cell import Cell

# h takes the new c, as in the authors' code (tk-rusch/LEM, sMNIST/network.py); torchrecurrent 0.2.5
# takes the old one.
cell = Cell(
    name="lem",
    title="Long expressive memory",
    source="Rusch et al., Long Expressive Memory for Sequence Modeling, arXiv:2110.04744, 2021",
    also=("LEM",),
    formula="4*u*(f + u + 1)",
    tags=("continuous",),
    text="""\
dt = 1
a = dt * sigmoid(W_a @ x + U_a @ h + b_a)
b = dt * sigmoid(W_b @ x + U_b @ h + b_b)
c = (1 - b) * c + b * tanh(W_c @ x + U_c @ h + b_c)
h = (1 - a) * h + a * tanh(W_h @ x + U_h @ c + b_h)""",
)
