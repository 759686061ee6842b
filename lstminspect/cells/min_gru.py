"""The GRU whose gate does not see the state, so that it can be trained in parallel."""

from lstminspect.cell import Cell

cell = Cell(
    name="min_gru",
    title="minGRU",
    source="Feng et al., Were RNNs All We Needed?, arXiv:2410.01201, 2024",
    formula="2*u*(f + 1)",
    tags=("minimal",),
    text="""\
z = sigmoid(W_z @ x + b_z)
n = W_n @ x + b_n
h = (1 - z) * h + z * n""",
)
