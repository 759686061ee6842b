"""Names for the packed tensors of layers that `torch.ao` has quantized: those of nn.LSTM.

A quantized LSTM or GRU keeps a list with one entry for each layer and direction; what is a weight
and what a bias stands at fixed places in it. How many directions there are follows from the shapes.
Source: `torch/ao/nn/quantized/dynamic/modules/rnn.py`, PyTorch 2.13.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from lstminspect.files.contents import FileTensor

__all__ = ["unpacked"]

#: Entry of a list of layers and directions, and the place of a tensor in it.
ENTRY = re.compile(
    r"(?P<scope>.*?)_all_weight_values\.(?P<number>\d{1,3})\.param\.(?P<place>0\.[\d.]+)"
)
PLACES = {
    "0.4.0.0.0": "weight_ih", "0.4.0.0.1": "bias_ih",
    "0.4.1.0.0": "weight_hh", "0.4.1.0.1": "bias_hh",
}  # fmt: skip
#: The biases once more.
AGAIN = {"0.1.0": "0.4.0.0.1", "0.1.1": "0.4.1.0.1"}
#: Tensors of a quantized cell and of a quantized Linear.
SINGLE = (
    (re.compile(r"(.*?)_packed_weight_(ih|hh)\.0\.0"), r"\1weight_\2"),
    (re.compile(r"(.*?)_packed_weight_(ih|hh)\.0\.1"), r"\1bias_\2"),
    (re.compile(r"(.*?)_packed_params\._packed_params\.0"), r"\1weight"),
    (re.compile(r"(.*?)_packed_params\._packed_params\.1"), r"\1bias"),
)


def unpacked(tensors: Iterable[FileTensor]) -> tuple[tuple[FileTensor, ...], list[str]]:
    """The tensors under the names of a layer that is not quantized, and a note if there are any.

    Where one direction in two layers and two directions look alike, the names stay as they are.
    """
    tensors = tuple(tensors)
    packed: dict[str, dict[tuple[int, str], FileTensor]] = {}
    for tensor in tensors:
        match = ENTRY.fullmatch(tensor.name)
        if match:
            key = int(match["number"]), match["place"]
            packed.setdefault(match["scope"], {})[key] = tensor
    names: dict[str, str | None] = {}
    notes = []
    for scope, entries in packed.items():
        directions = _directions(entries)
        if directions is None:
            notes.append(f"{scope}_all_weight_values: layers or directions: the shapes fit both.")
            continue
        for (number, place), tensor in entries.items():
            names[tensor.name] = _name(scope, number, place, directions, entries)
    for tensor in tensors:
        for pattern, name in SINGLE:
            if pattern.fullmatch(tensor.name):
                names[tensor.name] = pattern.sub(name, tensor.name)
    taken = {tensor.name for tensor in tensors}
    if not names or taken & {name for old, name in names.items() if name and name != old}:
        return tensors, notes
    found = [(names.get(each.name, each.name), each) for each in tensors]
    notes.append(
        "packed tensors of torch.ao have the names of layers that are not quantized, and biases "
        "that stand there twice are listed once"
    )
    return tuple(replace(each, name=name) for name, each in found if name is not None), notes


def _directions(entries: dict[tuple[int, str], FileTensor]) -> int | None:
    """1 or 2 directions, by how wide the weights of the second or third entry are."""
    many = 1 + max(number for number, _ in entries)
    shapes = [
        (entries.get((number, "0.4.0.0.0")), entries.get((number, "0.4.1.0.0")))
        for number in range(min(many, 3))
    ]
    if any(one is None or len(one.shape) != 2 for pair in shapes for one in pair):
        return None
    widths = [each.shape[1] for each, _ in shapes if each is not None]
    units = shapes[0][1].shape[1] if shapes[0][1] is not None else 0
    if many == 1 or many % 2:
        return 1
    if many > 2:
        return {units: 1, 2 * units: 2}.get(widths[2])
    if widths[1] == widths[0]:
        return None if widths[0] == units else 2
    return 1 if widths[1] == units else None


def _name(
    scope: str,
    number: int,
    place: str,
    directions: int,
    entries: dict[tuple[int, str], FileTensor],
) -> str | None:
    """The name in nn.LSTM; None for a bias that stands there twice."""
    if place in AGAIN:
        first = entries.get((number, AGAIN[place]))
        again = entries[number, place]
        return None if first and first.shape == again.shape else again.name
    if place not in PLACES:
        return entries[number, place].name
    layer, direction = divmod(number, directions)
    return f"{scope}{PLACES[place]}_l{layer}{'_reverse' * direction}"
