"""The recurrent additive network: the content is the input, mapped."""

from lstminspect.cell import Cell

cell = Cell(
    name="ran",
    title="Recurrent additive network",
    source="Lee, Levy & Zettlemoyer, Recurrent Additive Networks, arXiv:1705.07393, 2017",
    also=("RAN",),
    formula="3*u*f + 2*u**2 + 2*u",
    tags=("minimal",),
    text="""\
n = W_n @ x
i = sigmoid(W_i @ x + U_i @ h + b_i)
f = sigmoid(W_f @ x + U_f @ h + b_f)
c = i * n + f * c
h = tanh(c)""",
)
