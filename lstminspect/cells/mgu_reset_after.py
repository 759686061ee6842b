"""The minimal gated unit with the reset after the recurrent product, as Flax linen has it."""

from lstminspect.cell import Cell

# f is the share of the old state here, as in Flax; in the paper it is the share of the new.
cell = Cell(
    name="mgu_reset_after",
    title="Minimal gated unit, reset after the recurrent product",
    source=(
        "Zhou et al., Minimal Gated Unit for Recurrent Neural Networks, arXiv:1603.09420, "
        "2016, in the form of flax.linen.MGUCell (Flax 0.12.8)"
    ),
    also=("linen.MGUCell",),
    formula="2*u*(f + u) + 3*u",
    tags=("minimal",),
    text="""\
f = sigmoid(W_f @ x + U_f @ h + b_f)
n = tanh(W_n @ x + b_n + f * (U_n @ h + d_n))
h = (1 - f) * n + f * h""",
)
