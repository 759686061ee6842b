"""One gate multiplies; the state is mixed with what comes out."""

from lstminspect.cell import Cell

cell = Cell(
    name="sgu",
    title="Simple gated unit",
    source="Gao & Glowacka, Deep Gate Recurrent Neural Network, arXiv:1604.02910, 2016",
    also=("SGU",),
    formula="2*u*(f + u) + 2*u",
    tags=("minimal",),
    text="""\
p = W_p @ x + b_p
g = tanh(U_g @ (p * h))
y = softplus(g * h)
z = hard_sigmoid(W_z @ x + U_z @ h + b_z)
h = (1 - z) * h + z * y""",
)
