"""The GRU whose reset gate acts after the recurrent product: Keras' default, PyTorch, cuDNN."""

from lstminspect.cell import Cell, Published

# z is the share of the old state that is kept (Keras, PyTorch). Cho 2014 prints the same sense;
# Chung 2014 prints (1 - z) * h + z * n, which needs other weights for the same function.
cell = Cell(
    name="gru",
    title="Gated recurrent unit, reset after the recurrent product",
    source=(
        "Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, "
        "arXiv:1406.1078v1, 2014; the form of cuDNN, Keras reset_after=True and torch.nn.GRU"
    ),
    text="""\
z = sigmoid(W_z @ x + U_z @ h + b_z)
r = sigmoid(W_r @ x + U_r @ h + b_r)
n = tanh(W_n @ x + b_n + r * (U_n @ h + d_n))
h = z * h + (1 - z) * n""",
    published=Published(
        units=10,
        features=10,
        parameters=660,
        convention="keras",
        source="Géron, Hands-On Machine Learning 2nd ed., notebook of chapter 16",
    ),
)
