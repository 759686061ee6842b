"""Two gates, from the sum and the difference of the mapped input and the mapped state."""

from lstminspect.cell import Cell

# The paper prints no bias; the one here is that of the authors' code (bzhangGo/zero, rnns/atr.py).
cell = Cell(
    name="atr",
    title="Addition-subtraction twin-gated recurrent network",
    source=(
        "Zhang et al., Simplifying Neural Machine Translation with Addition-Subtraction Twin-"
        "Gated Recurrent Networks, arXiv:1810.12546, 2018"
    ),
    also=("ATR",),
    formula="u*(f + u + 1)",
    tags=("minimal",),
    text="""\
p = W_p @ x
q = U_q @ h + b_q
i = sigmoid(p + q)
f = sigmoid(p - q)
h = i * p + f * h""",
)
