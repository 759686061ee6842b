"""The peephole LSTM with a projected cell and a way around it for the input."""

from lstminspect.cell import Cell

# P is square here, as wide as the cell; R_h goes away where the input is as wide as the output.
cell = Cell(
    name="residual_lstm",
    title="Residual LSTM",
    source=(
        "Kim, El-Khamy & Lee, Residual LSTM: Design of a Deep Recurrent Architecture for "
        "Distant Speech Recognition, arXiv:1701.03360, 2017"
    ),
    also=("ResLSTM",),
    formula="4*u*(f + u + 1) + 3*u + u**2 + u*f",
    text="""\
i = sigmoid(W_i @ x + U_i @ h + p_i * c + b_i)
f = sigmoid(W_f @ x + U_f @ h + p_f * c + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)
h = o * (P @ tanh(c) + R_h @ x)""",
)
