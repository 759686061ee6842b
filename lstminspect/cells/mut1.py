"""The first of three cells that a search over ten thousand found."""

from lstminspect.cell import Cell

# The paper adds tanh(x) itself, so the input is as wide as the state. torchrecurrent 0.2.5 puts a
# matrix before it, which is another cell: u f + u more.
cell = Cell(
    name="mut1",
    title="MUT1",
    source=(
        "Jozefowicz, Zaremba & Sutskever, An Empirical Exploration of Recurrent Network "
        "Architectures, ICML 2015"
    ),
    formula="4*u**2 + 3*u",
    tags=("searched",),
    text="""\
x: units
z = sigmoid(W_z @ x + b_z)
r = sigmoid(W_r @ x + U_r @ h + b_r)
n = tanh(U_n @ (r * h) + tanh(x) + b_n)
h = n * z + h * (1 - z)""",
)
