"""`reset_after`: where the GRU's reset gate acts, and the bias that follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lstminspect import cells
from lstminspect.answer import Part, Prose, Sketch, Table
from lstminspect.conventions import get
from lstminspect.equations.syntax import text_of
from lstminspect.layer import Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code
from lstminspect.wording import NAMES, title

__all__ = ["reset_after"]

_BEFORE = cells.get(cells.RESET_FORMS[False])
#: The configuration that people ask about: 9,600 or 9,408.
ASKED: dict[str, Any] = {"units": 32, "features": 16, "bidirectional": True}


def reset_after(layer: Layer) -> TopicAnswer:
    """The two forms of the GRU, and what they differ in."""
    parts: list[Part] = []
    if layer.framework is not None and get(layer.framework).why_unsupported(_BEFORE):
        layer = replace(layer, framework=None)  # Both forms are in Keras.
    if layer.cell.name not in cells.RESET_FORMS.values():
        name = NAMES.get(layer.cell.name, layer.cell.name)
        sizes: dict[str, Any] = {
            "units": layer.units,
            "features": layer.features,
            "timesteps": layer.timesteps,
        }
        framework = layer.framework
        layer = Layer("gru", **sizes, use_bias=layer.use_bias, bidirectional=layer.bidirectional)
        layer = replace(layer, framework=framework)
        parts.append(Prose(f"reset_after is an option of the GRU, not of {name}: here is a GRU."))
    after, before = (_form(layer, flag) for flag in (True, False))
    more = after.parameters - before.parameters
    answer = (
        f"With reset_after, Keras' default, a GRU has {after.parameters:,} parameters; without it "
        f"{before.parameters:,}. The {more:,} more are a second bias for each of its 3 lines."
    )
    if not more:
        answer = f"Without biases both forms of the GRU have {after.parameters:,} parameters."
    asked = Layer("gru", **ASKED)
    rows = tuple(
        (title(each), str(flag), form.parameters)
        for each in dict.fromkeys((_form(layer, True), asked))
        for flag, form in ((True, _form(each, True)), (False, _form(each, False)))
    )
    lines = [
        f"{name}: n = {_candidate(form)}" for name, form in (("after ", after), ("before", before))
    ]
    directions = " × 2 directions" * layer.bidirectional
    parts += [
        Sketch("\n".join(lines), "The reset gate r acts after the product with h, or before it."),
        *_why(layer, more, directions),
        Table("both forms in Keras", ("layer", "reset_after", "parameters"), rows),
        Prose(
            "PyTorch and cuDNN have the form with reset_after alone. Weights of one form do not "
            "fit the other: the two compute different things."
        ),
        *counted(after),
        *counted(before),
        *in_code(after),
        *in_code(before),
    ]
    return TopicAnswer(answer, parts, after)


def _form(layer: Layer, flag: bool) -> Layer:
    return replace(layer, cell=cells.reset_form(layer.cell, flag), reset_after=None)


def _candidate(layer: Layer) -> str:
    line = next(line for line in layer.running_cell.lines if line.name == "n")
    return text_of(line.expression)


def _why(layer: Layer, more: int, directions: str) -> list[Part]:
    if not more:
        return []
    deep = f" × {layer.layers} layers" * (layer.layers > 1)
    return [
        Prose(
            f"{more:,} = 3 × {layer.units:,} units{directions}{deep}. Where r multiplies the "
            "product, the bias inside it, d_n, is not the bias outside, b_n, so both are kept. "
            "For z and r two biases add up to one, but Keras stores them too, as cuDNN does."
        )
    ]
