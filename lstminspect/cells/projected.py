"""The LSTM whose output is a projection of what the cell gives."""

from lstminspect.cell import Cell

cell = Cell(
    name="projected",
    title="LSTM with a projection",
    source=(
        "Sak, Senior & Beaufays, Long Short-Term Memory Based Recurrent Neural Network "
        "Architectures for Large Vocabulary Speech Recognition, arXiv:1402.1128, 2014; "
        "torch.nn.LSTM(proj_size=...)"
    ),
    also=(
        "LSTMP",
        "proj_size",
    ),
    formula="4*u*(f + projection + 1) + u*projection",
    text="""\
i = sigmoid(W_i @ x + U_i @ h + b_i)
f = sigmoid(W_f @ x + U_f @ h + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
o = sigmoid(W_o @ x + U_o @ h + b_o)
c: units = f * c + i * g
h: projection = P @ (o * tanh(c))""",
)
