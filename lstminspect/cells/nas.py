"""The cell that a search by reinforcement found: eight products, combined pairwise."""

from lstminspect.cell import Cell

# e multiplies its two products, as the cell of TensorFlow (tensorflow_addons/rnn/nas_cell.py) does;
# torchrecurrent 0.2.5 adds them.
cell = Cell(
    name="nas",
    title="NAS cell",
    source=(
        "Zoph & Le, Neural Architecture Search with Reinforcement Learning, arXiv:1611.01578, 2016"
    ),
    also=("NASCell",),
    formula="8*u*(f + u + 1)",
    tags=("searched",),
    text="""\
a = sigmoid(W_a @ x + U_a @ h + b_a)
b = relu(W_b @ x + U_b @ h + b_b)
d = sigmoid(W_d @ x + U_d @ h + b_d)
e = relu((W_e @ x) * (U_e @ h + b_e))
f = tanh(W_f @ x + U_f @ h + b_f)
g = sigmoid(W_g @ x + U_g @ h + b_g)
i = tanh(W_i @ x + U_i @ h + b_i)
j = sigmoid(W_j @ x + U_j @ h + b_j)
k = tanh(a * b)
l = tanh(d + e)
m = tanh(f * g)
n = sigmoid(i + j)
c = tanh(k + c) * l
h = tanh(c * tanh(m + n))""",
)
