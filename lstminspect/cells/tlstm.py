"""The strongly typed LSTM: its gates see two inputs, never the state."""

from lstminspect.cell import Cell

# p keeps the input for the step after; q is what it kept from the step before.
cell = Cell(
    name="tlstm",
    title="Strongly typed LSTM",
    source="Balduzzi & Ghifary, Strongly-Typed Recurrent Neural Networks, arXiv:1602.02218, 2016",
    also=("T-LSTM",),
    formula="6*u*f + 3*u",
    text="""\
q: features = p
p: features = x
z = V_z @ q + W_z @ x + b_z
f = sigmoid(V_f @ q + W_f @ x + b_f)
o = tanh(V_o @ q + W_o @ x + b_o)
c = f * c + (1 - f) * z
h = c * o""",
)
