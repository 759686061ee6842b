"""The GRU whose reset gate acts on the state, before the recurrent product."""

from lstminspect.cell import Cell, Published

cell = Cell(
    name="gru_reset_before",
    title="Gated recurrent unit, reset before the recurrent product",
    source=(
        "Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, "
        "arXiv:1406.1078v3, 2014; Keras reset_after=False, ONNX linear_before_reset=0"
    ),
    text="""\
z = sigmoid(W_z @ x + U_z @ h + b_z)
r = sigmoid(W_r @ x + U_r @ h + b_r)
n = tanh(W_n @ x + U_n @ (r * h) + b_n)
h = z * h + (1 - z) * n""",
    published=Published(
        units=16,
        features=15,
        parameters=1536,
        convention="keras",
        source="stackoverflow.com/questions/44611006",
    ),
)
