"""Undamped oscillators, each on its own, with learned frequencies."""

from lstminspect.cell import Cell

cell = Cell(
    name="unicornn",
    title="UnICORNN",
    source=(
        "Rusch & Mishra, UnICORNN: A recurrent model for learning very long time "
        "dependencies, arXiv:2103.05487, 2021"
    ),
    formula="u*f + 3*u",
    tags=("continuous",),
    text="""\
dt = 0.1
alpha = 1
c = c - dt * sigmoid(a_c) * (tanh(w_c * h + V_c @ x + b_c) + alpha * h)
h = h + dt * sigmoid(a_c) * c""",
)
