"""A recurrent network that never mixes its state with the input's type."""

from lstminspect.cell import Cell

# torchrecurrent 0.2.5 gives z a bias too: u more.
cell = Cell(
    name="trnn",
    title="Strongly typed RNN",
    source="Balduzzi & Ghifary, Strongly-Typed Recurrent Neural Networks, arXiv:1602.02218, 2016",
    also=("T-RNN",),
    formula="2*u*f + u",
    text="""\
z = W_z @ x
f = sigmoid(W_f @ x + b_f)
h = f * h + (1 - f) * z""",
)
