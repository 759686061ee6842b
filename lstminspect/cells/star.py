"""The stackable recurrent cell: one gate, and a candidate that sees only the input."""

from lstminspect.cell import Cell

cell = Cell(
    name="star",
    title="Stackable recurrent cell (STAR)",
    source=(
        "Turkoglu et al., Gating Revisited: Deep Multi-layer RNNs That Can Be Trained, "
        "arXiv:1911.11033, 2019"
    ),
    also=("STAR",),
    formula="2*u*f + u**2 + 2*u",
    text="""\
z = tanh(W_z @ x + b_z)
k = sigmoid(W_k @ x + U_k @ h + b_k)
h = tanh((1 - k) * h + k * z)""",
)
