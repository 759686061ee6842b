"""Coupled oscillators, driven by the input."""

from lstminspect.cell import Cell

cell = Cell(
    name="cornn",
    title="Coupled oscillatory recurrent network",
    source=(
        "Rusch & Mishra, Coupled Oscillatory Recurrent Neural Network (coRNN), "
        "arXiv:2010.00951, 2020"
    ),
    also=("coRNN",),
    formula="u*(f + 2*u + 1)",
    tags=("continuous",),
    text="""\
dt = 0.01
gamma = 1
epsilon = 1
a = tanh(U_a @ h + V_a @ c + W_a @ x + b_a)
c = c + dt * (a - gamma * h - epsilon * c)
h = h + dt * c""",
)
