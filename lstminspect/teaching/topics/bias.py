"""`bias`: one bias or two, and why frameworks count differently."""

from __future__ import annotations

from dataclasses import replace

from lstminspect import cells, conventions
from lstminspect.answer import Part, Prose, Snippet, Table
from lstminspect.formula import multiplied, of_blocks, written
from lstminspect.layer import Layer
from lstminspect.sizes import product
from lstminspect.teaching.lesson import TopicAnswer
from lstminspect.teaching.snippets import counted, in_code, variants
from lstminspect.wording import NAMES

__all__ = ["bias"]


def bias(layer: Layer) -> TopicAnswer:
    """The number of biases stored, where they are, and what they cost."""
    layer = replace(layer, use_bias=True, reset_after=None)
    if not any(block.is_bias for block in layer.cell.blocks):
        return TopicAnswer(
            f"{layer.cell.name} has no bias: its equations add none.", [*counted(layer)]
        )
    here = layer.stored().title
    cost = _row(layer, layer.convention)[-2]
    bare = layer.parameters - cost
    where = "by its equations" if layer.convention == conventions.EQUATIONS else f"in {here}"
    answer = (
        f"The biases are {cost:,} of the {layer.parameters:,} parameters {where}; without them "
        f"there are {bare:,}."
    )
    rows = [
        _row(layer, name) for name in conventions.CONVENTIONS if not layer.why_unsupported(name)
    ]
    if layer.cell.name == cells.RESET_FORMS[True]:
        rows.append(
            _row(replace(layer, cell=cells.get(cells.RESET_FORMS[False]), framework=None), "keras")
        )
    headers = ("stored by", "biases", "vectors", "numbers", "parameters")
    parts: list[Part] = [
        Table("the biases, as they are stored", headers, tuple(rows)),
        *_why(layer),
        *counted(layer),
        *_bare(layer),
        *in_code(layer),
        *_pytorch(layer),
    ]
    return TopicAnswer(answer, parts)


def _bare(layer: Layer) -> tuple[Snippet, ...]:
    """A command that counts the layer without biases, where its framework has such a layer."""
    return tuple(line for bare in variants(layer, "use_bias", [False]) for line in counted(bare))


def _row(layer: Layer, convention: str) -> tuple[str, str, int, int, int]:
    layout = conventions.get(convention)
    blocks = [block for block in layout.blocks(layer.cell, True) if block.is_bias]
    times = layer.directions * layer.layers
    numbers = times * sum(product(block.stored(layer.sizes)) for block in blocks)
    name = layout.title if convention != conventions.EQUATIONS else "the equations"
    if convention == "keras" and layer.cell.name in cells.RESET_FORMS.values():
        name += f", reset_after={layer.cell.name == cells.RESET_FORMS[True]}"
    count = layer.stored(convention).parameters
    vectors = written(multiplied(times, of_blocks(blocks)))
    return (name, vectors, times * len(blocks), numbers, count)


def _why(layer: Layer) -> list[Part]:
    if layer.why_unsupported("pytorch"):
        return []
    if layer.cell.name == cells.RESET_FORMS[True]:
        return [
            Prose(
                "Keras, PyTorch and ONNX keep two biases for each of the 3 lines. z and r need "
                "one, for two that are only added are as good as one. n needs both: the reset gate "
                "multiplies d_n, as the equations show."
            )
        ]
    text = (
        "PyTorch and ONNX keep one bias for the input and one for the state, as cuDNN's interface "
        "asked for. The two are added at once, so a second one can learn nothing new."
    )
    here, torch = layer.parameters, layer.parameters_in("pytorch")
    if more := torch - here:
        name = NAMES.get(layer.cell.name, layer.cell.name)
        text += f" For this {name}: {torch:,} - {here:,} = {more:,}."
    return [Prose(text)]


def _pytorch(layer: Layer) -> tuple[Snippet, ...]:
    if layer.why_unsupported("pytorch") or layer.framework is not None:
        return ()
    count = layer.parameters_in("pytorch")
    return counted(layer, "--convention pytorch", gives=f"{count:,}")
