"""A recurrence that neither explodes nor vanishes: its matrix is antisymmetric."""

from lstminspect.cell import Cell

# U is stored whole; only its antisymmetric part acts, which has u (u - 1) / 2 degrees of freedom.
cell = Cell(
    name="antisymmetric_rnn",
    title="AntisymmetricRNN",
    source=(
        "Chang et al., AntisymmetricRNN: A Dynamical System View on Recurrent Neural "
        "Networks, arXiv:1902.09689, 2019"
    ),
    formula="u*(f + u + 1)",
    tags=("continuous",),
    text="""\
gamma = 0.01
epsilon = 0.01
s = tanh(W_s @ x + U_s @ h - transpose(U_s) @ h - gamma * h + b_s)
h = h + epsilon * s""",
)
