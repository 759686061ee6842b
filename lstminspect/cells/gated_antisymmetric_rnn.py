"""The antisymmetric recurrence with an input gate that shares its matrix."""

from lstminspect.cell import Cell

cell = Cell(
    name="gated_antisymmetric_rnn",
    title="AntisymmetricRNN with gating",
    source=(
        "Chang et al., AntisymmetricRNN: A Dynamical System View on Recurrent Neural "
        "Networks, arXiv:1902.09689, 2019"
    ),
    formula="2*u*f + u**2 + 2*u",
    tags=("continuous",),
    text="""\
gamma = 0.01
epsilon = 0.01
s = U_s @ h - transpose(U_s) @ h - gamma * h
z = sigmoid(s + W_z @ x + b_z)
n = tanh(s + W_n @ x + b_n)
h = h + epsilon * z * n""",
)
