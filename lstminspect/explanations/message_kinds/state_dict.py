"""The message of `load_state_dict`: all mismatches, missing and unexpected keys as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import read_sizes
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind
from lstminspect.explanations.shapes import written
from lstminspect.explanations.weight_messages import torch_weight

__all__ = ["KINDS"]

SIZE = (
    r"size mismatch for (?P<name>[\w.]+): copying a param(?:eter)? with shape "
    r"(?:torch\.Size\(\[(?P<saved>[0-9, ]*)\]\)|(?P<older>\([0-9, ]*\))) from checkpoint, "
    r"(?:the shape is |the shape in current model is )?(?:torch\.Size\(\[(?P<built>[0-9, ]*)\]\))"
)
KEY = re.compile(
    r"(?:(?P<path>.+)\.)?(?P<tensor>weight|bias)_(?P<which>ih|hh|hr)_l(?P<layer>[0-9]{1,3})"
    r"(?P<reverse>_reverse)?"
)
BY_GATES = {1: "RNN", 3: "GRU", 4: "LSTM"}
ITS_TENSORS = "by the shapes of its tensors"


class Sizes(NamedTuple):
    """A tensor whose shape is not the same: in the checkpoint and in the model."""

    name: str
    saved: tuple[int, ...]
    built: tuple[int, ...]


class Side(NamedTuple):
    """A recurrent layer as the tensors of one side show it; 0 where they show nothing."""

    gates: int
    units: int
    projection: int
    features: int

    @property
    def layer(self) -> str:
        """The layer in words: `LSTM(300) on 80 features`."""
        if not self.units:
            return f"a layer of {self.features} features" if self.features else "a layer"
        words = f"{BY_GATES[self.gates]}({self.units})"
        if self.projection:
            words += f" with proj_size={self.projection}"
        return f"{words} on {self.features} features" if self.features else words


def _keys(text: str, which: str) -> list[str]:
    found = re.search(rf'{which} key\(s\) in state_dict: ((?:"[^"]*"(?:, )?)+)', text)
    return re.findall(r'"([^"]*)"', found[1]) if found else []


def _sizes(text: str) -> list[Sizes]:
    sizes = []
    for match in re.finditer(SIZE, text):
        saved, built = (read_sizes(each or "") for each in (match["saved"], match["built"]))
        name = match["name"]
        sizes.append(Sizes(name, tuple(s or 0 for s in saved), tuple(b or 0 for b in built)))
    return sizes


def load_state_dict(match: re.Match[str]) -> Answered:
    """The two configurations, and the options that differ."""
    text = match.string
    sizes, missing, unexpected = _sizes(text), _keys(text, "Missing"), _keys(text, "Unexpected")
    if not missing and not unexpected and len(sizes) == 1 and KEY.fullmatch(sizes[0].name):
        return torch_weight(re.search(SIZE, text) or match)
    findings = [*_renamed(missing, unexpected)]
    if not findings:
        findings += _by_keys(missing, unexpected)
    findings += _by_sizes(sizes)
    if not findings:
        findings = [*_plain(missing, unexpected)]
    if not findings:
        return None
    layers = [f.what.partition(": ")[2] for f in findings if f.why.startswith(ITS_TENSORS)]
    answer = "The checkpoint is of another configuration than the model."
    if len(layers) == 2 and layers[0] != layers[1] and "a layer" not in layers:
        answer = f"{layers[0]} loaded into {layers[1]}."
    return answer, [*dict.fromkeys(findings)]


def _renamed(missing: Sequence[str], unexpected: Sequence[str]) -> Iterator[Finding]:
    """The same names with a prefix on one side, or those of a cell."""
    if not missing or len(missing) != len(unexpected):
        return
    one, other = missing[0], unexpected[0]
    if other.endswith(one) and {other[: -len(one)] + each for each in missing} == {*unexpected}:
        prefix = other[: -len(one)]
        wrapped = "nn.DataParallel saved it" if prefix == "module." else "it was saved in a module"
        yield Finding(
            f"{{key.removeprefix({prefix!r}): value for key, value in state.items()}}",
            f"the checkpoint has {prefix!r} before every name: {wrapped}",
        )
    elif one.endswith(other) and {one[: -len(other)] + each for each in unexpected} == {*missing}:
        prefix = one[: -len(other)]
        yield Finding(
            f"{{{prefix!r} + key: value for key, value in state.items()}}",
            f"the model has {prefix!r} before every name, the checkpoint has not: load it into "
            f"that part of the model",
        )
    elif {f"{each}_l0" for each in unexpected} == {*missing}:
        why = "a cell names weight_ih what a layer names weight_ih_l0; the numbers are alike"
        yield Finding("{key + '_l0': value for key, value in state.items()}", why)
    elif {f"{each}_l0" for each in missing} == {*unexpected}:
        why = "a layer names weight_ih_l0 what a cell names weight_ih; the numbers are alike"
        yield Finding("{key.removesuffix('_l0'): value for key, value in state.items()}", why)


def _by_keys(missing: Sequence[str], unexpected: Sequence[str]) -> Iterator[Finding]:
    for keys, is_checkpoint in ((unexpected, True), (missing, False)):
        paths: dict[str, list[re.Match[str]]] = {}
        for match in map(KEY.fullmatch, keys):
            if match:
                paths.setdefault(match["path"] or "", []).append(match)
        for path, matches in paths.items():
            where = f" of {path}" if path else ""
            yield from _options(matches, where, is_checkpoint)


def _options(keys: list[re.Match[str]], where: str, is_checkpoint: bool) -> Iterator[Finding]:
    """The options that make these keys on one side alone."""
    here, there = ("checkpoint", "model") if is_checkpoint else ("model", "checkpoint")
    weights = {(key["layer"], key["reverse"]) for key in keys if key[0].find("weight_ih") >= 0}
    forward = sorted(int(key["layer"]) for key in keys if key["which"] == "ih"
                     and key["tensor"] == "weight" and not key["reverse"])  # fmt: skip
    if forward and forward[0] > 0:
        many, few = forward[-1] + 1, forward[0]
        s = "s" * (many > 1)
        yield Finding(
            f"num_layers={many if is_checkpoint else few}{where}",
            f"the {here} has {many} layer{s}, the {there} {few}",
        )
    elif forward:
        yield Finding(
            f"the layer{where or ' itself'}", f"the {here} has it, the {there} has no such layer"
        )
    if any(reverse and layer not in map(str, forward) for layer, reverse in weights):
        yield Finding(
            f"bidirectional={is_checkpoint}{where}",
            f"the {here} has the weights of the backward direction (_reverse), the {there} has not",
        )
    biases = {(key["layer"], key["reverse"]) for key in keys if key["tensor"] == "bias"}
    if biases - weights:
        yield Finding(
            f"bias={is_checkpoint}{where}", f"the {here} has biases, the {there} has none"
        )
    if any(key["which"] == "hr" and (key["layer"], key["reverse"]) not in weights for key in keys):
        what = "proj_size" if is_checkpoint else "proj_size=0"
        yield Finding(
            f"{what}{where}", f"the {here} has a projection (weight_hr), the {there} has none"
        )


def _by_sizes(sizes: list[Sizes]) -> Iterator[Finding]:
    paths: dict[str, dict[str, Sizes]] = {}
    for each in sizes:
        key = KEY.fullmatch(each.name)
        if key is None:
            yield from _other(each)
        else:
            name = each.name.removeprefix(f"{key['path']}.") if key["path"] else each.name
            paths.setdefault(key["path"] or "", {})[name] = each
    for path, tensors in paths.items():
        yield from _recurrent(path, tensors)


def _recurrent(path: str, tensors: dict[str, Sizes]) -> Iterator[Finding]:
    where = f" of {path}" if path else ""
    saved = _side({name: each.saved for name, each in tensors.items()})
    built = _side({name: each.built for name, each in tensors.items()})
    # Sizes that agree are not in the message: what one side says of them holds for the other.
    yield Finding(f"the checkpoint: {saved.layer}", f"{ITS_TENSORS}{where}")
    yield Finding(f"the model: {built.layer}", f"{ITS_TENSORS}{where}")
    if saved.gates != built.gates and saved.gates in BY_GATES:
        yield Finding(
            f"nn.{BY_GATES[saved.gates]}{where}", f"{saved.gates} gates, the model {built.gates}"
        )
    if saved.units and saved.units != built.units:
        yield Finding(f"hidden_size={saved.units}{where}", f"the model has {built.units}")
    if saved.projection != built.projection:
        yield Finding(
            f"proj_size={saved.projection}{where}", f"the model has proj_size={built.projection}"
        )
    if saved.features and saved.features != built.features:
        yield Finding(f"input_size={saved.features}{where}", f"the model has {built.features}")
    above = tensors.get("weight_ih_l1")
    if above and saved.units == built.units and not saved.features:
        yield from _width_above(above, where)


def _width_above(above: Sizes, where: str) -> Iterator[Finding]:
    one, other = above.saved[-1], above.built[-1]
    if one == 2 * other or other == 2 * one:
        yield Finding(
            f"bidirectional={one > other}{where}",
            f"layer 1 reads {one} = directions x hidden_size in the checkpoint, {other} here",
        )


def _side(tensors: dict[str, tuple[int, ...]]) -> Side:
    """Read one side: `weight_hh` is (gates x units, units), or (4 x units, projection)."""
    squares = [shape for name, shape in tensors.items() if name.startswith("weight_hh")]
    gates = units = projection = 0
    for rows, columns in (shape for shape in squares if len(shape) == 2 and shape[1]):
        gates = rows // columns if rows % columns == 0 else 0
        units = columns
        if gates not in BY_GATES:
            gates, units, projection = 4, rows // 4, columns
        break
    first = next((s for n, s in tensors.items() if n.startswith("weight_ih_l0")), ())
    if not units and first:
        return Side(0, 0, 0, first[-1])
    return Side(gates, units, projection, first[-1] if first else 0)


def _other(each: Sizes) -> Iterator[Finding]:
    """A tensor of a layer that is not recurrent."""
    saved, built = each.saved, each.built
    path, _, tensor = each.name.rpartition(".")
    if len(saved) == len(built) == 2 and tensor == "weight":
        if "emb" in path.lower():
            if saved[0] != built[0]:
                why = f"the model has {built[0]} rows: another vocabulary"
                yield Finding(f"num_embeddings={saved[0]} of {path}", why)
            if saved[1] != built[1]:
                yield Finding(f"embedding_dim={saved[1]} of {path}", f"the model has {built[1]}")
            return
        if saved[0] != built[0]:
            yield Finding(
                f"out_features={saved[0]} of {path}",
                f"the model has {built[0]}: another number of outputs (classes)",
            )
        if saved[1] != built[1]:
            yield Finding(
                f"in_features={saved[1]} of {path}",
                f"the model has {built[1]}: the layer below is of another width",
            )
        return
    if tensor == "bias" and len(saved) == len(built) == 1:
        yield Finding(f"{saved[0]} outputs of {path}", f"the model has {built[0]} (its bias)")
        return
    yield Finding(f"{each.name}: {written(saved)}", f"the model has {written(built)}")


def _plain(missing: Sequence[str], unexpected: Sequence[str]) -> Iterator[Finding]:
    for keys, what, why in (
        (missing, "missing", "the model has these, the checkpoint has not"),
        (unexpected, "unexpected", "the checkpoint has these, the model has not"),
    ):
        if keys:
            more = f" and {len(keys) - 3} more" * (len(keys) > 3)
            yield Finding(f"{what}: {', '.join(keys[:3])}{more}", why)


KINDS = (
    MessageKind(r"(?:Missing|Unexpected) key\(s\) in state_dict: \"", load_state_dict),
    MessageKind(SIZE, load_state_dict),
)
