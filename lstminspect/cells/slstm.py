"""Exponential gates, a normaliser, and a memory in heads that do not mix."""

from lstminspect.cell import Cell

# m is the larger of d + m and a, which keeps both exponentials at most 1; e is m of the step
# before.
cell = Cell(
    name="slstm",
    title="sLSTM of xLSTM",
    source="Beck et al., xLSTM: Extended Long Short-Term Memory, arXiv:2405.04517, 2024",
    also=("xLSTM",),
    formula="4*u*f + 4*u**2/heads + 4*u",
    text="""\
U_a: blocks(heads)
U_d: blocks(heads)
U_z: blocks(heads)
U_o: blocks(heads)
a = W_a @ x + U_a @ h + b_a
d = W_d @ x + U_d @ h + b_d
z = tanh(W_z @ x + U_z @ h + b_z)
o = sigmoid(W_o @ x + U_o @ h + b_o)
e = m
m = d + m + relu(a - d - m)
i = exp(a - m)
f = exp(d + e - m)
c = f * c + i * z
n = f * n + i
h = o * c / n""",
)
