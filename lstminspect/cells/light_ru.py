"""One gate; the candidate sees only the input."""

from lstminspect.cell import Cell

cell = Cell(
    name="light_ru",
    title="Light recurrent unit",
    source=(
        "Ye et al., Light Recurrent Unit: Towards an Interpretable Recurrent Neural Network "
        "for Modeling Long-Range Dependency, Electronics 13(16) 3204, 2024"
    ),
    also=("LightRU",),
    formula="2*u*f + u**2 + u",
    tags=("minimal",),
    text="""\
n = tanh(W_n @ x)
f = sigmoid(W_f @ x + U_f @ h + b_f)
h = (1 - f) * h + f * n""",
)
