"""The LSTM with only the forget gate; the cell is the output."""

from lstminspect.cell import Cell

cell = Cell(
    name="janet",
    title="JANET, just another network",
    source=(
        "van der Westhuizen & Lasenby, The unreasonable effectiveness of the forget gate, "
        "arXiv:1804.04849, 2018"
    ),
    also=("forget gate only",),
    formula="2*u*(f + u + 1)",
    tags=("minimal",),
    text="""\
s = W_s @ x + U_s @ h + b_s
n = tanh(W_n @ x + U_n @ h + b_n)
beta = 1
c = sigmoid(s) * c + (1 - sigmoid(s - beta)) * n
h = c""",
)
