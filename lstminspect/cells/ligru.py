"""The GRU without a reset gate, with a rectified candidate."""

from lstminspect.cell import Cell

# The paper normalises W x over the batch, whose shift is the bias; the gains are not counted.
cell = Cell(
    name="ligru",
    title="Light gated recurrent unit",
    source=(
        "Ravanelli et al., Light Gated Recurrent Units for Speech Recognition, "
        "arXiv:1803.10225, 2018"
    ),
    also=("Li-GRU",),
    formula="2*u*(f + u + 1)",
    tags=("minimal",),
    text="""\
z = sigmoid(W_z @ x + U_z @ h + b_z)
n = relu(W_n @ x + U_n @ h + b_n)
h = z * h + (1 - z) * n""",
)
