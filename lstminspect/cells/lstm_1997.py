"""The LSTM of 1997: an input and an output gate, and no forget gate."""

from lstminspect.cell import Cell

# The paper squashes with 4 sigmoid(v) - 2 and 2 sigmoid(v) - 1, which are 2 tanh(v / 2) and
# tanh(v / 2); tanh stands for both here, as it has since.
cell = Cell(
    name="lstm_1997",
    title="Original LSTM, without a forget gate",
    source="Hochreiter & Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997",
    also=("OriginalLSTM",),
    formula="3*u*(f + u + 1)",
    text="""\
i = sigmoid(W_i @ x + U_i @ h + b_i)
g = tanh(W_g @ x + U_g @ h + b_g)
o = sigmoid(W_o @ x + U_o @ h + b_o)
c = c + i * g
h = o * tanh(c)""",
)
