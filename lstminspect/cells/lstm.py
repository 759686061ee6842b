"""The LSTM with a forget gate, as Keras, PyTorch, ONNX and Flax have it."""

from lstminspect.cell import Cell, Published

cell = Cell(
    name="lstm",
    title="Long short-term memory with a forget gate",
    source=(
        "Hochreiter & Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997; "
        "forget gate: Gers, Schmidhuber & Cummins, Learning to Forget, 2000"
    ),
    text="""\
i = sigmoid(W_i @ x + U_i @ h + b_i)
f = sigmoid(W_f @ x + U_f @ h + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
o = sigmoid(W_o @ x + U_o @ h + b_o)
c = f * c + i * g
h = o * tanh(c)""",
    published=Published(
        units=256,
        features=4096,
        parameters=4457472,
        convention="keras",
        source="stackoverflow.com/questions/38080035",
    ),
)
