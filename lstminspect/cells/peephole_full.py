"""The LSTM whose gates see the cell through full matrices: W [C, h, x]."""

from lstminspect.cell import Cell

cell = Cell(
    name="peephole_full",
    title="LSTM with peepholes (full matrices)",
    source=(
        "The notation of Olah, Understanding LSTM Networks, 2015, read as it stands; the "
        "paper's own peepholes are diagonal (`peephole`)"
    ),
    formula="4*u*(f + u + 1) + 3*u**2",
    text="""\
f = sigmoid(W_f @ x + U_f @ h + V_f @ c + b_f)
i = sigmoid(W_i @ x + U_i @ h + V_i @ c + b_i)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + V_o @ c + b_o)
h = o * tanh(c)""",
)
