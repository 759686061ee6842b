"""The simple recurrent network: one line, no gate. Keras calls it SimpleRNN."""

from lstminspect.cell import Cell, Published

cell = Cell(
    name="rnn",
    title="Simple recurrent network (Elman)",
    source="Elman, Finding Structure in Time, Cognitive Science 14(2), 1990",
    text="h = tanh(W_h @ x + U_h @ h + b_h)",
    published=Published(
        units=6,
        features=4,
        parameters=66,
        convention="keras",
        source="Flux.jl, src/layers/recurrent.jl, docstring of RNN",
    ),
)
