"""One gate, which mixes the mapped input with the state."""

from lstminspect.cell import Cell

cell = Cell(
    name="sgrn",
    title="Simple gated recurrent network",
    source=(
        "Simple gated recurrent network, IET Generation, Transmission & Distribution, "
        "doi:10.1049/gtd2.12056, 2020"
    ),
    also=("SGRN",),
    formula="u*(f + u + 1)",
    text="""\
p = W_p @ x
f = sigmoid(p + U_f @ h + b_f)
h = tanh((1 - f) * p + f * h)""",
)
