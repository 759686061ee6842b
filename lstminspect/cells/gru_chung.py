"""The GRU with the update gate in the other sense: z is the share of the new."""

from lstminspect.cell import Cell

cell = Cell(
    name="gru_chung",
    title="Gated recurrent unit, (1 - z) h + z n",
    source=(
        "Chung et al., Empirical Evaluation of Gated Recurrent Neural Networks on Sequence "
        "Modeling, arXiv:1412.3555, 2014"
    ),
    also=("Haiku GRU",),
    formula="3*u*(f + u + 1)",
    text="""\
z = sigmoid(W_z @ x + U_z @ h + b_z)
r = sigmoid(W_r @ x + U_r @ h + b_r)
n = tanh(W_n @ x + U_n @ (r * h) + b_n)
h = (1 - z) * h + z * n""",
)
