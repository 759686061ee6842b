"""The LSTM whose gates see the cell through a vector each."""

from lstminspect.cell import Cell

# The output gate stands below the line of c: it sees the new cell, the others the old one.
# Gers' nets leave the tanh of the output out, h = o * c; this is the form that stayed (Greff 2015,
# Sak 2014, ONNX). No parameter differs.
cell = Cell(
    name="peephole",
    title="LSTM with peepholes (diagonal)",
    source=(
        "Gers & Schmidhuber, Recurrent Nets that Time and Count, IJCNN 2000; Gers, "
        "Schraudolph & Schmidhuber, JMLR 3, 2002"
    ),
    also=("PeepholeLSTM",),
    formula="4*u*(f + u + 1) + 3*u",
    text="""\
i = sigmoid(W_i @ x + U_i @ h + p_i * c + b_i)
f = sigmoid(W_f @ x + U_f @ h + p_f * c + b_f)
g = tanh(W_g @ x + U_g @ h + b_g)
c = f * c + i * g
o = sigmoid(W_o @ x + U_o @ h + p_o * c + b_o)
h = o * tanh(c)""",
)
