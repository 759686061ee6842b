"""The LSTM whose gates see a product of input and state in place of the state."""

from lstminspect.cell import Cell

# The paper puts the output gate inside the last tanh in one variant; this is the form of its
# equation for the mLSTM with the LSTM's own output.
cell = Cell(
    name="multiplicative_lstm",
    title="Multiplicative LSTM",
    source="Krause et al., Multiplicative LSTM for sequence modelling, arXiv:1609.07959, 2016",
    also=("mLSTM of Krause",),
    formula="4*u*(f + u + 1) + u*f + u**2",
    text="""\
m = (W_m @ x) * (U_m @ h)
i = sigmoid(W_i @ x + U_i @ m + b_i)
f = sigmoid(W_f @ x + U_f @ m + b_f)
g = tanh(W_g @ x + U_g @ m + b_g)
o = sigmoid(W_o @ x + U_o @ m + b_o)
c = f * c + i * g
h = tanh(c) * o""",
)
