"""The strongly typed GRU: its gates see two inputs, never the state."""

from lstminspect.cell import Cell

# p keeps the input for the step after; q is what it kept from the step before.
cell = Cell(
    name="tgru",
    title="Strongly typed GRU",
    source="Balduzzi & Ghifary, Strongly-Typed Recurrent Neural Networks, arXiv:1602.02218, 2016",
    also=("T-GRU",),
    formula="6*u*f + 3*u",
    text="""\
q: features = p
p: features = x
z = V_z @ q + W_z @ x + b_z
f = sigmoid(V_f @ q + W_f @ x + b_f)
o = tanh(V_o @ q + W_o @ x + b_o)
h = f * h + z * o""",
)
