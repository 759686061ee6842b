"""The +RNN: one gate for the state in time, one for the output in depth."""

from lstminspect.cell import Cell

# The state of time is c here; h is what goes up to the next layer. The input is mixed with it, so
# it has as many entries.
cell = Cell(
    name="intersection_rnn",
    title="Intersection RNN (+RNN)",
    source=(
        "Collins, Sohl-Dickstein & Sussillo, Capacity and Trainability in Recurrent Neural "
        "Networks, arXiv:1611.09913, 2016"
    ),
    also=("+RNN",),
    formula="8*u**2 + 4*u",
    text="""\
x: units
p = relu(W_p @ x + U_p @ c + b_p)
q = tanh(W_q @ x + U_q @ c + b_q)
y = sigmoid(W_y @ x + U_y @ c + b_y)
r = sigmoid(W_r @ x + U_r @ c + b_r)
c = r * c + (1 - r) * q
h = y * x + (1 - y) * p""",
)
