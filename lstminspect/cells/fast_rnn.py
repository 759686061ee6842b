"""A simple RNN with a weighted residual connection: two more numbers."""

from lstminspect.cell import Cell

cell = Cell(
    name="fast_rnn",
    title="FastRNN",
    source=(
        "Kusupati et al., FastGRNN: A Fast, Accurate, Stable and Tiny Kilobyte Sized Gated "
        "Recurrent Neural Network, arXiv:1901.02358, 2018"
    ),
    formula="u*(f + u + 1) + 2",
    tags=("minimal",),
    text="""\
alpha: scalar
beta: scalar
n = tanh(W_n @ x + U_n @ h + b_n)
h = sigmoid(alpha) * n + sigmoid(beta) * h""",
)
