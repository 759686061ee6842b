"""`bidirectional`: two layers, one of them from the end; outputs merge, states do not."""

from __future__ import annotations

from dataclasses import replace

from lstminspect.answer import Part, Prose, Table
from lstminspect.layer import MERGE_MODES, Layer
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import calls, counted, in_code, outputs_of, states_of, variants

__all__ = ["bidirectional"]

HOW = {
    "concat": "side by side (the default)",
    "sum": "added",
    "mul": "multiplied, number by number",
    "ave": "half their sum",
    None: "left apart: two tensors",
}


def bidirectional(layer: Layer) -> TopicAnswer:
    """The cost of two directions, and what they return."""
    one = replace(layer, bidirectional=False, merge_mode="concat")
    both = replace(one, bidirectional=True, merge_mode=layer.merge_mode)
    times = "twice the parameters" if both.parameters == 2 * one.parameters else "its own weights"
    answer = (
        "A bidirectional layer is two layers, one reading from the start and one from the end: "
        f"{times}, {both.parameters:,} for {one.parameters:,}."
    )
    modes = [mode for mode in MERGE_MODES if mode is not None or layer.layers == 1]
    modes = [mode for mode in modes if _goes(both, mode)]
    merged = variants(both, "merge_mode", modes)
    rows = tuple((str(each.merge_mode), HOW[each.merge_mode], outputs_of(each)) for each in merged)
    stated = replace(both, return_state=True)
    states = tuple(states_of(stated).items())
    parts: list[Part] = [
        Table("how the two outputs are merged", ("merge_mode", "the outputs", "shape"), rows),
        Prose("The merge has no parameters. The states are never merged:"),
        Table("the states", ("state", "shape"), states),
        Prose(
            "The backward layer's last output belongs to the first time step: it has read the "
            "sequence from its end."
        ),
        *counted(both),
        *in_code(both),
        *calls(stated),
    ]
    if not states:
        del parts[1:3]
    return TopicAnswer(answer, parts)


def _goes(layer: Layer, mode: str | None) -> bool:
    """Tell whether such layers can be stacked: those of a cell that adds its input may not."""
    return not (layer.layers > 1 and mode == "concat" and layer.cell.ties_features)
