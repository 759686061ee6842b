"""A gated unit with a second, delayed view of its own state."""

from lstminspect.cell import Cell

# d is the state of tau steps ago, given to every step from outside.
cell = Cell(
    name="tau_gru",
    title="tau-GRU",
    source=(
        "Erichson, Lim & Mahoney, Gated Recurrent Neural Networks with Weighted Time-Delay "
        "Feedback, arXiv:2212.00228, 2022"
    ),
    also=("tau-GRU",),
    formula="4*u*(f + u + 1)",
    tags=("continuous",),
    text="""\
d: input(units)
n = tanh(W_n @ x + U_n @ h + b_n)
z = tanh(W_z @ x + U_z @ d + b_z)
g = sigmoid(W_g @ x + U_g @ h + b_g)
a = sigmoid(W_a @ x + U_a @ h + b_a)
h = (1 - g) * h + g * (n + a * z)""",
)
