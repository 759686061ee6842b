"""Meaning of the error of one tensor of PyTorch that does not fit its layer."""

from __future__ import annotations

import re
from itertools import product

from lstminspect import conventions
from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.shapes import read_shape, written
from lstminspect.explanations.tensors import stored_as
from lstminspect.layer import Shape
from lstminspect.weights.configuration import BY_GATES

__all__ = ["by_columns", "torch_weight", "transposed"]


def transposed(built: tuple[int, ...], saved: tuple[int, ...], here: str) -> list[Finding]:
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
    if turned := transposed(_known(built), _known(saved), "pytorch"):
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
        return f"{by_columns(sizes[0])} reading {sizes[1]} features{where}"
    if len(sizes) == 2 and "weight_hr" in name:
        return f"LSTM({sizes[1]}) with proj_size {sizes[0]}{where}"
    if len(sizes) == 1 and "bias" in name:
        return f"{by_columns(sizes[0])}{where}"
    return f"a layer with {written(shape)}{where}"


def by_columns(rows: int) -> str:
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
