"""The input is mapped once; one gate decides how much of the state stays."""

from lstminspect.cell import Cell

cell = Cell(
    name="minimal_rnn",
    title="MinimalRNN",
    source=(
        "Chen, MinimalRNN: Toward More Interpretable and Trainable Recurrent Neural Networks, "
        "arXiv:1711.06788, 2017"
    ),
    formula="u*f + 2*u**2 + 2*u",
    tags=("minimal",),
    text="""\
z = tanh(W_z @ x + b_z)
g = sigmoid(U_g @ h + V_g @ z + b_g)
h = g * h + (1 - g) * z""",
)
