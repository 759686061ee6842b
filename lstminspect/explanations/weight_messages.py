"""Meanings of the errors of weights that do not fit their layer, in Keras and in PyTorch."""

from __future__ import annotations

import re
from itertools import product

from lstminspect import conventions
from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.shapes import read_shape, written
from lstminspect.explanations.tensors import same_tensor, stored_as
from lstminspect.layer import Shape

__all__ = ["keras_weight", "torch_weight", "weight_list"]


def _transposed(built: tuple[int, ...], saved: tuple[int, ...], here: str) -> list[Finding]:
    """Advice on a matrix whose axes are exchanged; `here` is the layer's framework."""
    if len(saved) < 2 or saved == built or saved[::-1] != built:
        return []
    there = "pytorch" if here == "keras" else "keras"
    pairs = (
        f" {written(saved)} is {', '.join(given)} of {conventions.get(there).title}."
        for fits, other in product(stored_as(built), stored_as(saved))
        if (fits.cell, fits.sizes) == (other.cell, other.sizes) and here in dict(fits.where)
        if (given := dict(other.where).get(there))
    )
    whose = next(pairs, "")
    return [
        Finding(
            "the weights are transposed: pass x.T",
            f"PyTorch stores a matrix (output, input), Keras (input, output).{whose}",
        ),
        Finding(
            f"lstminspect.convert(weights, {there!r}, {here!r}, layer)",
            "turns the matrices, and brings gates and biases into the other order too",
        ),
    ]


def torch_weight(match: re.Match[str]) -> tuple[str, list[Finding]]:
    """A tensor of a state dict of PyTorch that has another shape in the model."""
    name = match["name"]
    saved, built = read_shape(f"({match['saved']})"), read_shape(f"({match['built']})")
    if saved is None or built is None:
        return "Two shapes that cannot be read.", []
    if turned := _transposed(_known(built), _known(saved), "pytorch"):
        return f"{name} is given the other way round.", turned
    here, there = _recurrent(name, built), _recurrent(name, saved)
    findings = [
        Finding(f"the checkpoint: {there}", f"{name} is {written(saved)}"),
        Finding(f"the model: {here}", f"{name} is {written(built)}"),
    ]
    if there == here:
        return f"{name} differs in size only.", findings
    return f"{there} loaded into {here}.", [*findings, *_advice(name, saved, built)]


def _known(shape: Shape) -> tuple[int, ...]:
    return tuple(size for size in shape if size is not None)


BY_GATES = {1: "RNN", 3: "GRU", 4: "LSTM"}


def _recurrent(name: str, shape: Shape) -> str:
    """The layer that has a tensor of PyTorch's of this shape: rows are gates times units."""
    sizes = [size for size in shape if size is not None]
    where = ", backward" if "_reverse" in name else ""
    if len(sizes) == 2 and "weight_hh" in name:
        rows, columns = sizes
        name_of = BY_GATES.get(rows // columns if rows % columns == 0 else 0)
        if name_of:
            return f"{name_of}({columns}){where}"
        if rows % 4 == 0:
            return f"LSTM({rows // 4}) with proj_size {columns}{where}"
    if len(sizes) == 2 and "weight_ih" in name:
        return f"{_by_rows(sizes[0])} reading {sizes[1]} features{where}"
    if len(sizes) == 2 and "weight_hr" in name:
        return f"LSTM({sizes[1]}) with proj_size {sizes[0]}{where}"
    if len(sizes) == 1 and "bias" in name:
        return f"{_by_rows(sizes[0])}{where}"
    return f"a layer with {written(shape)}{where}"


def _by_rows(rows: int) -> str:
    """Rows alone leave the kind open."""
    layers = [f"{BY_GATES[gates]}({rows // gates})" for gates in (4, 3, 1) if rows % gates == 0]
    return " or ".join(layers)


def _advice(name: str, saved: Shape, built: Shape) -> list[Finding]:
    one, other = saved[0] or 0, built[0] or 0
    if "weight_ih" in name and one == other:
        return [
            Finding(
                f"build the model with input_size {saved[1]}, not {built[1]}",
                "the rows agree, so the kind and the units do; the input is of another width"
                + (", which above the first layer is directions x units" * ("_l0" not in name)),
            )
        ]
    if len(saved) == 2 and saved[1] == built[1] and "weight_hh" in name:
        why = f"the same {saved[1]} units, but {one} rows are not {other}: another number of gates"
        return [Finding("build the model with the checkpoint's kind of layer", why)]
    return [Finding("build the model with the checkpoint's sizes", "weights fit one configuration")]


def keras_weight(match: re.Match[str]) -> tuple[str, list[Finding]]:
    """An array that is given for a weight of Keras with another shape."""
    built, saved = (_known(read_shape(f"({match[name]})") or ()) for name in ("built", "saved"))
    answer = f"{written(saved)} is given where {written(built)} fits"
    if turned := _transposed(built, saved, "keras"):
        return f"{answer}: its axes are exchanged.", turned
    if forms := _of_reset(built, saved):
        return f"{answer}.", forms
    if other := _not_gates(match.string, built, saved):
        return f"{answer}.", other
    why = "Keras stacks the gates along the last axis: gates x units"
    columns = [shape[-1] if shape else 0 for shape in (saved, built)]
    return f"{answer}.", [
        Finding(f"the weights: {_by_rows(columns[0])}", f"{columns[0]} columns. {why}"),
        Finding(f"the layer: {_by_rows(columns[1])}", f"{columns[1]} columns"),
    ]


def _not_gates(text: str, built: tuple[int, ...], saved: tuple[int, ...]) -> list[Finding]:
    """The findings of a Dense or an Embedding, or of a kernel for another input."""
    layer = re.search(
        r"<(Dense|Embedding) name=|path=\S*(dense|embedding)\w*/", text, re.IGNORECASE
    )
    same_rank = len(built) == len(saved)
    if layer and same_rank:
        name = (layer[1] or layer[2]).capitalize()
        words = {"Dense": ("features", "units"), "Embedding": ("words", "numbers per word")}[name]
        return [
            Finding(f"{name}: {saved[axis]} {words[axis - len(built)]}", f"the model has {size}")
            for axis, size in enumerate(built)
            if size != saved[axis]
        ]
    if same_rank and len(built) == 2 and built[1] == saved[1]:
        why = f"the weights read {saved[0]} features a step, the layer {built[0]}; the units agree"
        return [Finding(f"an input of {saved[0]} features", why)]
    return []


def _of_reset(built: tuple[int, ...], saved: tuple[int, ...]) -> list[Finding]:
    """The layers of two shapes of one tensor that differ by rank: another form of the GRU."""
    pairs = same_tensor(built, saved) if len(built) != len(saved) else []
    return [
        Finding(f"the {who}: {each.layer}", f"{where} is {each.axes} there: {what}")
        for where, here, there in pairs[:1]
        for who, each in (("weights", there), ("layer", here))
        if (what := RESET.get(each.cell))
    ]


#: What the two forms of the GRU are as an option of Keras'.
RESET = {
    "gru": "reset_after=True keeps two biases for each gate",
    "gru_reset_before": "reset_after=False keeps one bias for each gate",
}


def weight_list(match: re.Match[str]) -> tuple[str, list[Finding]]:
    """A list of arrays of another length than the layer has."""
    one, other = int(match["first"]), int(match["second"])
    answer = f"{one} arrays against {other}."
    names = {
        0: "a layer that is not built yet: call it on data, or layer.build(input_shape)",
        2: "a recurrent layer without bias: kernel, recurrent_kernel",
        3: "one recurrent layer of Keras 2 or 3: kernel, recurrent_kernel, bias",
        4: "one direction of PyTorch: two weights, two biases",
        6: "a bidirectional layer of Keras: three arrays per direction",
        9: "a GRU of Keras 1: W, U and b for each of three gates",
        12: "an LSTM of Keras 1: W, U and b for each of four gates",
    }
    return answer, [
        Finding(f"{count} arrays", names.get(count, "several layers")) for count in (one, other)
    ]
