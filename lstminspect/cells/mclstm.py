"""The LSTM whose gates see a signal of their own, not the output."""

from lstminspect.cell import Cell

cell = Cell(
    name="mclstm",
    title="LSTM with a memory control gate",
    source=(
        "Intel, Sequence Modeling, NIPS workshop paper, 2017, as torchrecurrent 0.2.5 gives it"
    ),
    also=("MCLSTM",),
    formula="5*u*(f + u + 1)",
    text="""\
f = sigmoid(W_f @ x + U_f @ v + b_f)
i = sigmoid(W_i @ x + U_i @ v + b_i)
o = sigmoid(W_o @ x + U_o @ v + b_o)
m = sigmoid(W_m @ x + U_m @ v + b_m)
n = tanh(W_n @ x + U_n @ v + b_n)
c = f * c + i * n
v = m * tanh(c)
h = o * tanh(c)""",
)
