"""`half_life`: how long a layer remembers at its start, as a number of steps."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.errors import LstmInspectError
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer

if TYPE_CHECKING:
    from lstminspect.names import StartName

__all__ = ["half_life"]

#: The starts of the table, and the steps and the seeds that it takes.
COLUMNS: tuple[StartName, ...] = ("keras", "pytorch", "chrono")
STEPS, SEEDS, MOST_UNITS = 100, 3, 64


def half_life(layer: Layer) -> TopicAnswer:
    """Half-lives of a layer with the starts of frameworks, measured, beside the closed form."""
    answer = (
        "The influence of a state on later states gets smaller at each step. Its half-life is the "
        "number of steps after which half of it is left."
    )
    parts: list[Part] = [
        *_measured(layer),
        Prose(
            "In an LSTM the cell state is multiplied by the forget gate f at each step. Along this "
            "path alone the half-life is ln 2 / -ln f: 1 step where f is 0.5, at a bias of 0; 2.2 "
            "steps where it is 0.73, at a bias of 1 as in Keras; 69 steps where it is 0.99."
        ),
        Prose(
            "In a plain RNN everything goes through the matrix of the state and tanh. PyTorch "
            "draws the matrix with a spectral radius near 1 / sqrt(3), 0.58, so that half is "
            "lost at about each step. An orthogonal matrix loses nothing by itself; tanh "
            "still does."
        ),
        Prose(
            "Chrono is a start for long sequences: forget biases up to log(T - 1) let units keep "
            "what they hold for 1 to T steps. Training changes all of these numbers."
        ),
        Prose(
            "Source: Pascanu et al. 2013, arXiv 1211.5063; Tallec and Ollivier 2018, arXiv "
            "1804.11188; Jozefowicz et al. 2015, ICML (a forget bias of 1)."
        ),
        Snippet(
            "python",
            (
                "import lstminspect as li",
                "layer = li.Layer('lstm', units=8, features=3, timesteps=50)",
                "keras, chrono = li.memory(layer, start=['keras', 'chrono'], seeds=3).rows",
                "print(chrono.half_life > 5 * keras.half_life)",
            ),
            "True",
        ),
        Snippet("command", ("lstminspect memory --units 8 --features 3",), "half-lives in steps"),
    ]
    return TopicAnswer(answer, parts)


def _measured(layer: Layer) -> list[Part]:
    """The table of the layer's cell, for the starts that it can have."""
    from lstminspect.analysis.memory import memory

    if layer.units > MOST_UNITS:
        return [Prose(f"The numbers of a layer come with at most {MOST_UNITS} units.")]
    one = replace(
        layer,
        layers=1,
        bidirectional=False,
        merge_mode="concat",
        timesteps=STEPS,
    )
    rows = []
    for start in COLUMNS:
        try:
            (row,) = memory(one, start=start, seeds=SEEDS).rows
        except LstmInspectError:  # A cell without a forget gate has no chrono start.
            continue
        gate = "-" if row.gate is None else _text(row.gate)
        rows.append((start, _text(row.half_life), gate))
    headers = ("weights as", "half-life in steps", "ln 2 / -ln f")
    return (
        [
            Table("measured before training", headers, rows, right=(1, 2)),
            Prose(
                f"Measured with one layer over {STEPS} steps of random input, the middle of "
                f"{SEEDS} draws. The last column is the gate of the unit that keeps longest, alone."
            ),
        ]
        if rows
        else []
    )


def _text(value: float) -> str:
    return "no decay" if value == inf else f"{value:.3g}"
