"""The independently recurrent network: every unit sees only its own past."""

from lstminspect.cell import Cell

cell = Cell(
    name="indrnn",
    title="Independently recurrent neural network",
    source="Li et al., Independently Recurrent Neural Network (IndRNN), arXiv:1803.04831, 2018",
    formula="u*(f + 2)",
    text="""\
h = relu(W_h @ x + u_h * h + b_h)""",
)
