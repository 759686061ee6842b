"""The projected LSTM with peepholes, as the paper draws it."""

from lstminspect.cell import Cell

cell = Cell(
    name="projected_peephole",
    title="LSTM with a projection and peepholes",
    source=(
        "Sak, Senior & Beaufays, Long Short-Term Memory Based Recurrent Neural Network "
        "Architectures for Large Vocabulary Speech Recognition, arXiv:1402.1128, 2014"
    ),
    also=("LSTMP",),
    formula="4*u*(f + projection + 1) + u*projection + 3*u",
    text="""\
i = sigmoid(W_i @ x + U_i @ h + p_i * c + b_i)
f = sigmoid(W_f @ x + U_f @ h + p_f * c + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c: units = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)
h: projection = P @ (o * tanh(c))""",
)
