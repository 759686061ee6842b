"""Full gate recurrence: every gate sees the last value of every gate, through nine matrices."""

from lstminspect.cell import Cell

# A line above the gates keeps what a gate was at the step before, for the gates below it.
cell = Cell(
    name="fgr",
    title="LSTM with peepholes and full gate recurrence",
    source="Greff et al., LSTM: A Search Space Odyssey, arXiv:1503.04069, 2015",
    formula="4*u*(f + u + 1) + 3*u + 9*u**2",
    tags=("ablation",),
    text="""\
j = i
k = f
i = sigmoid(W_i @ x + U_i @ h + p_i * c + I_i @ i + F_i @ f + O_i @ o + b_i)
f = sigmoid(W_f @ x + U_f @ h + p_f * c + I_f @ j + F_f @ f + O_f @ o + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + I_o @ j + F_o @ k + O_o @ o + b_o)
h = o * tanh(c)""",
)
