"""The LSTM whose gates do not see the state, so that it can be trained in parallel."""

from lstminspect.cell import Cell

cell = Cell(
    name="min_lstm",
    title="minLSTM",
    source="Feng et al., Were RNNs All We Needed?, arXiv:2410.01201, 2024",
    formula="3*u*(f + 1)",
    tags=("minimal",),
    text="""\
f = sigmoid(W_f @ x + b_f)
i = sigmoid(W_i @ x + b_i)
n = W_n @ x + b_n
h = f / (f + i) * h + i / (f + i) * n""",
)
