"""The simple gated unit with one more matrix."""

from lstminspect.cell import Cell

cell = Cell(
    name="dsgu",
    title="Deep simple gated unit",
    source="Gao & Glowacka, Deep Gate Recurrent Neural Network, arXiv:1604.02910, 2016",
    also=("DSGU",),
    formula="2*u*(f + u) + u**2 + 2*u",
    text="""\
p = W_p @ x + b_p
g = tanh(U_g @ (p * h))
y = sigmoid(U_y @ (g * h))
z = hard_sigmoid(W_z @ x + U_z @ h + b_z)
h = (1 - z) * h + z * y""",
)
