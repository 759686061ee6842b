"""The simple recurrent unit: no recurrent matrix, and a highway from its input."""

from lstminspect.cell import Cell

# The highway adds the input to the cell, so the two have one width; r sees the cell of the step
# before, as f does.
cell = Cell(
    name="sru",
    title="Simple recurrent unit",
    source=(
        "Lei et al., Simple Recurrent Units for Highly Parallelizable Recurrence, "
        "arXiv:1709.02755, 2017"
    ),
    formula="3*u**2 + 4*u",
    text="""\
x: units
f = sigmoid(W_f @ x + v_f * c + b_f)
r = sigmoid(W_r @ x + v_r * c + b_r)
c = f * c + (1 - f) * (W_c @ x)
h = r * c + (1 - r) * x""",
)
