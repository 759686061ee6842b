"""One gate and one candidate that share their matrices."""

from lstminspect.cell import Cell

cell = Cell(
    name="fast_grnn",
    title="FastGRNN",
    source=(
        "Kusupati et al., FastGRNN: A Fast, Accurate, Stable and Tiny Kilobyte Sized Gated "
        "Recurrent Neural Network, arXiv:1901.02358, 2018"
    ),
    formula="u*(f + u) + 2*u + 2",
    tags=("minimal",),
    text="""\
zeta: scalar
nu: scalar
s = W_s @ x + U_s @ h
z = sigmoid(s + b_z)
n = tanh(s + b_n)
h = (sigmoid(zeta) * (1 - z) + sigmoid(nu)) * n + z * h""",
)
