"""The second of three cells that a search over ten thousand found."""

from lstminspect.cell import Cell

# The paper adds x itself in r, so the input is as wide as the state. torchrecurrent 0.2.5 puts a
# matrix before it, which is another cell: u f more.
cell = Cell(
    name="mut2",
    title="MUT2",
    source=(
        "Jozefowicz, Zaremba & Sutskever, An Empirical Exploration of Recurrent Network "
        "Architectures, ICML 2015"
    ),
    formula="5*u**2 + 3*u",
    tags=("searched",),
    text="""\
x: units
z = sigmoid(W_z @ x + U_z @ h + b_z)
r = sigmoid(x + U_r @ h + b_r)
n = tanh(U_n @ (r * h) + W_n @ x + b_n)
h = n * z + h * (1 - z)""",
)
