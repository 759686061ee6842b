"""The chaos-free network: two gates, and a state that dies out without input."""

from lstminspect.cell import Cell

cell = Cell(
    name="cfn",
    title="Chaos-free network",
    source=(
        "Laurent & von Brecht, A recurrent neural network without chaos, arXiv:1612.06212, 2016"
    ),
    also=("CFN",),
    formula="3*u*f + 2*u**2 + 2*u",
    text="""\
t = sigmoid(W_t @ x + U_t @ h + b_t)
i = sigmoid(W_i @ x + U_i @ h + b_i)
h = t * tanh(h) + i * tanh(W_h @ x)""",
)
