"""The stored tensors of every cell under every convention, in `golden/stored_tensors.txt`.

The frameworks themselves hold these tables where they are installed; this file holds them
everywhere, and shows a change of a table as a difference that a person can read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sizes import fitting

from lstminspect import Layer, cells
from lstminspect.conventions.catalogue import EVERY, get
from lstminspect.formula import written

GOLDEN = Path(__file__).parent.parent / "golden" / "stored_tensors.txt"


def tables() -> Iterator[str]:
    for convention in EVERY:
        table = get(convention)
        yield f"{convention}: {table.title}, {table.source}"
        yield f"    held at zero: {dict(table.held_at_zero)}, added: {dict(table.added)}"
        yield f"    transposed: {table.transposed}, reads all: {table.reads_all}"
        for name in cells.names():
            sizes = fitting(cells.get(name))
            for use_bias in (True, False) if convention != "equations" else (True,):
                layer = Layer(name, use_bias=use_bias, **sizes)
                if reason := layer.why_unsupported(convention):
                    if name in table.cells or name in ("lstm", "gru"):
                        yield f"{convention} {name}, bias {use_bias}: {reason}"
                    continue
                formula = written(layer.formula(convention))
                count = layer.parameters_in(convention)
                yield f"{convention} {name}, bias {use_bias}: {formula} = {count}"
                yield from stored(layer, convention)
        for name in ("lstm", "gru", "rnn"):
            tall = Layer(name, 4, 3, layers=2, bidirectional=True)
            if not tall.why_unsupported(convention):
                yield f"{convention} {name}, two layers in two directions"
                yield from stored(tall, convention)


def stored(layer: Layer, convention: str) -> Iterator[str]:
    for weight in layer.weights_in(convention):
        place = f"layer {weight.layer} {weight.direction}"
        yield f"    {weight.name} {weight.shape} {place}, {weight.rows}: {' '.join(weight.blocks)}"


def test_every_stored_tensor_is_the_one_that_was_read_and_approved(write_golden: bool) -> None:
    text = "\n".join(tables()) + "\n"
    if write_golden:
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")
