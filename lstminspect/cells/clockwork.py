"""Groups of units with clocks of their own; a group hears only itself and slower ones."""

from lstminspect.cell import Cell

# k is 1 for the units whose group is due at this step and 0 for the others: 1 where t is a
# multiple of the group's period. It is given to every step from outside, so any periods can be.
# Groups of several widths, fastest first, are given as groups=(8, 16, 40).
cell = Cell(
    name="clockwork",
    title="Clockwork RNN",
    source="Koutnik et al., A Clockwork RNN, arXiv:1402.3511, ICML 2014",
    also=("CW-RNN",),
    formula="u*f + u*(u + u/groups)/2 + u",
    text="""\
k: input(units)
U_h: triangular(groups)
h = k * tanh(W_h @ x + U_h @ h + b_h) + (1 - k) * h""",
)
