"""The third of three cells that a search over ten thousand found."""

from lstminspect.cell import Cell

cell = Cell(
    name="mut3",
    title="MUT3",
    source=(
        "Jozefowicz, Zaremba & Sutskever, An Empirical Exploration of Recurrent Network "
        "Architectures, ICML 2015"
    ),
    formula="3*u*(f + u + 1)",
    tags=("searched",),
    text="""\
z = sigmoid(W_z @ x + U_z @ tanh(h) + b_z)
r = sigmoid(W_r @ x + U_r @ h + b_r)
n = tanh(U_n @ (r * h) + W_n @ x + b_n)
h = n * z + h * (1 - z)""",
)
