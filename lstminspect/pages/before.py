"""The parts of a page that read before its script runs, or without one, for one layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape
from typing import Any

from lstminspect import conventions, terms
from lstminspect.equations.block import Block, count_of
from lstminspect.equations.mathml import equations
from lstminspect.equations.shapes import UNITS
from lstminspect.figures.figure import picture
from lstminspect.layer import Layer
from lstminspect.pages.calls import CODED, is_written
from lstminspect.pages.numbers import counted, decimal, numbers
from lstminspect.pages.start import OWN_SIZE
from lstminspect.pages.traces import STEPS, inputs, nearest, traced
from lstminspect.wording import options_of, shape

__all__ = ["parts_of"]


def parts_of(layer: Layer, texts: dict[str, Any]) -> dict[str, str]:
    """The parts of the page by the names that stand in its template, as HTML."""
    words = numbers(layer, layer.convention, texts) | {"grows": _grows(layer, texts)}

    def filled(text: str) -> str:
        return escape(text.format_map(words))

    return {
        "sentence": filled(texts["sentence"]),
        "count": words["count"],
        "delta": filled(texts["one_more_words"]),
        "weights": picture(layer, "weights").svg,
        "equations": equations(layer.cell.lines),
        "strip": picture(layer, "layer").svg,
        "strip_note": escape(texts["strip_last"]),
        "sum": f"<p>{escape(words['formula'])} = {escape(words['numbers'])} = {words['count']}</p>",
        "conventions": _conventions(layer, texts),
        "tensors_title": filled(texts["tensors"]),
        "tensors": _tensors(layer, texts),
        "shapes": _shapes(layer, texts),
        "steps": _listed(_walk(texts)),
        "beliefs": "".join(
            f"<li><p>{filled(each['says'])}</p><details><summary>{escape(texts['false'])}</summary>"
            f"<p>{filled(each['answer'])}</p></details></li>"
            for each in texts["belief"]
        ),
        "trace": _trace(layer, texts),
        "trace_own": escape(_trace_note(layer, texts)),
        "sheet": _sheet(texts, filled),
        "copies": _copies(layer, texts),
    }


def _grows(layer: Layer, texts: dict[str, Any]) -> str:
    """Which blocks one more unit makes larger, and how."""
    kinds: dict[str, list[str]] = {}
    for block in layer.cell.blocks:
        along = [size == UNITS for size in block.shape]
        alone = "row" if along[:1] == [True] else "column"
        kind = "number" if len(along) == 1 else "both" if all(along) else alone
        if any(along):
            kinds.setdefault(kind, []).append(block.name)
    parts = [texts["grows"][kind].format(blocks=", ".join(kinds[kind])) for kind in kinds]
    return "; ".join(parts)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td>{escape(each)}</td>" for each in rest)
        body.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _listed(texts: Iterable[str]) -> str:
    return "".join(f"<li>{escape(each)}</li>" for each in texts)


def _conventions(layer: Layer, texts: dict[str, Any]) -> str:
    once = Counter(layer.stored(conventions.EQUATIONS).blocks)
    rows = []
    for name in conventions.EVERY:
        if not layer.why_unsupported(name):
            stored = layer.stored(name)
            here = Counter(stored.blocks)
            reasons = [
                _reason(layer, blocks, side, texts)
                for side, blocks in (("more", here - once), ("fewer", once - here))
                if blocks
            ]
            reason = "; ".join(reasons) or texts["reason_same"]
            rows.append((stored.title, counted(stored.parameters, texts), reason))
    return _table((texts["convention_column"], texts["parameters"], texts["reason"]), rows)


def _reason(layer: Layer, blocks: Counter[Block], side: str, texts: dict[str, Any]) -> str:
    every = list(blocks.elements())
    count = layer.directions * count_of(every, layer.sizes)
    reason: str = texts[f"reason_{side}"]
    return reason.format(count=counted(count, texts), blocks=", ".join(each.name for each in every))


def _tensors(layer: Layer, texts: dict[str, Any]) -> str:
    rows = [
        (each.name, shape(each.shape), counted(each.parameters, texts), " ".join(each.blocks))
        for each in layer.weights
    ]
    return _table((texts["tensor"], texts["shape"], texts["parameters"], texts["blocks"]), rows)


def _shapes(layer: Layer, texts: dict[str, Any]) -> str:
    named = layer.convention in conventions.FRAMEWORKS
    own = terms.get(layer.convention if named else "keras")
    rows = [
        (f"{texts[what]}: {each.name}", shape(each.shape))
        for what, tensors in (
            ("input", own.inputs(layer)),
            ("returned", own.returned(layer)),
            ("states", own.states(layer)),
        )
        for each in tensors
    ]
    return _table((texts["tensor"], texts["shape"]), rows)


def _walk(texts: dict[str, Any]) -> list[str]:
    """The sentences of the walk, each for the layer that its controls would set."""
    options: dict[str, Any] = {}
    sentences = []
    for step in texts["walk"]:
        options.update(step["set"])
        own = {name: value for name, value in options.items() if name not in ("more", "convention")}
        words = numbers(Layer(**own), options["convention"], texts)
        sentences.append(step["text"].format_map(words))
    return sentences


def _trace(layer: Layer, texts: dict[str, Any]) -> str:
    units, features = nearest(layer.cell, layer.units, layer.features)
    steps = min(STEPS, layer.timesteps)
    rows_of = {"x": inputs()[:features], **traced(layer.cell, units, features)}
    tables = []
    for name, rows in rows_of.items():
        unit = "x{number}" if name == "x" else texts["unit"]
        heads = (texts["trace_of"].format(name=name), *map(str, range(1, steps + 1)))
        body = (
            (unit.format(number=number), *(decimal(each, texts) for each in row[:steps]))
            for number, row in enumerate(rows, start=1)
        )
        tables.append(_table(heads, body))
    return "".join(tables)


def _trace_note(layer: Layer, texts: dict[str, Any]) -> str:
    """Which size is traced, and how it differs from the layer."""
    cell, own = layer.cell, dict(layer.extra)
    units, features = nearest(cell, layer.units, layer.features)
    same = all(size == OWN_SIZE for size in own.values())
    exact = (units, features) == (layer.units, layer.features) and same
    steps = min(STEPS, layer.timesteps)
    notes = [
        "trace_own" if exact else "trace_other",
        "trace_sizes" if own and not exact else "",
        "trace_first" if steps < layer.timesteps else "",
        "" if layer.use_bias else "trace_bias",
        "trace_forward" if layer.bidirectional else "",
    ]
    words = {
        "units": units,
        "features": features,
        "own_units": layer.units,
        "own_features": layer.features,
        "names": ", ".join(own),
        "own": OWN_SIZE,
        "steps": steps,
        "timesteps": layer.timesteps,
    }
    return " ".join(texts[each].format_map(words) for each in notes if each)


def _sheet(texts: dict[str, Any], filled: Any) -> str:
    head = filled(texts["worksheet_head"].replace("{number}", "0"))
    asks = "".join(
        f'<li>{filled(each["asks"])}<div class="blank"></div></li>' for each in texts["questions"]
    )
    answers = "".join(f"<li>{filled(each['answer'])}</li>" for each in texts["questions"])
    summary = f"<summary>{escape(texts['answers'])}</summary>"
    return f"<p>{head}</p><ol>{asks}</ol><details>{summary}<ol>{answers}</ol></details>"


def _copies(layer: Layer, texts: dict[str, Any]) -> str:
    codes = {
        name: "\n".join(terms.get(name).lines(layer))
        for name in CODED
        if is_written(layer.cell, name) and not terms.why_not(layer, name)
    }
    if is_written(layer.cell, "command"):
        codes["command"] = f"lstminspect --cell {layer.cell.name} {' '.join(options_of(layer))}"
    return "".join(
        f'<div><h3>{escape(texts[f"copy_{name}"])}</h3><pre tabindex="0">{escape(code)}</pre></div>'
        for name, code in codes.items()
    )
