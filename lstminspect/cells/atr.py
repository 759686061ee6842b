"""Two gates, from the sum and the difference of what the input and the state say."""

from lstminspect.cell import Cell

cell = Cell(
    name="atr",
    title="Addition-subtraction twin-gated recurrent network",
    source=(
        "Zhang et al., Simplifying Neural Machine Translation with Addition-Subtraction Twin- "
        "Gated Recurrent Networks, arXiv:1810.12546, 2018"
    ),
    also=("ATR",),
    formula="u*(f + u + 1)",
    text="""\
p = W_p @ x + b_p
q = U_q @ h
i = sigmoid(p + q)
f = sigmoid(p - q)
h = i * p + f * h""",
)
