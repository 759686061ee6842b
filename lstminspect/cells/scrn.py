"""A slow context beside the fast state, with a width of its own."""

from lstminspect.cell import Cell

# The paper's y, a softmax over U h + V s, is the output layer above. torchrecurrent 0.2.5 counts
# it and returns it as h, gives the context the width of the state, and adds biases.
cell = Cell(
    name="scrn",
    title="Structurally constrained recurrent network",
    source=(
        "Mikolov et al., Learning Longer Memory in Recurrent Neural Networks, arXiv:1412.7753, 2014"
    ),
    also=("SCRN",),
    formula="context*f + context*u + u*f + u**2",
    text="""\
a = 0.95
c: context = (1 - a) * (B_c @ x) + a * c
h = sigmoid(P_h @ c + W_h @ x + U_h @ h)""",
)
