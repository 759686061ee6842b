"""The message of `load_state_dict`: all mismatches, missing and unexpected keys as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.comparison import read_sizes
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind
from lstminspect.explanations.shapes import written
from lstminspect.explanations.weight_messages import torch_weight
from lstminspect.weights.configuration import (
    KEY,
    Configuration,
    both_sides,
    differences,
    line,
)
from lstminspect.weights.plain_layers import meaning, plain_pairs
from lstminspect.weights.renamed import renamed

__all__ = ["KINDS"]

SIZE = (
    r"size mismatch for (?P<name>[\w.]+): copying a param(?:eter)? with shape "
    r"(?:torch\.Size\(\[(?P<saved>[0-9, ]*)\]\)|(?P<older>\([0-9, ]*\))) from checkpoint, "
    r"(?:the shape is |the shape in current model is )?(?:torch\.Size\(\[(?P<built>[0-9, ]*)\]\))"
)
#: The same in PyTorch 0.4, where the model comes first.
OLD_SIZE = (
    r'While copying the parameter named "?(?P<name>[\w.]+)"?, whose dimensions in the model are '
    r"torch\.Size\(\[(?P<built>[0-9, ]*)\]\) and whose dimensions in the checkpoint are "
    r"torch\.Size\(\[(?P<saved>[0-9, ]*)\]\)"
)
#: Keys of a checkpoint below which people save the state dict of a model.
HOLDERS = ("state_dict", "model_state_dict", "model", "net", "model_state", "network", "weights")
MOST_PATHS = 3


class Sizes(NamedTuple):
    """A tensor whose shape is not the same: in the checkpoint and in the model."""

    name: str
    saved: tuple[int, ...]
    built: tuple[int, ...]


def _keys(text: str, which: str) -> list[str]:
    found = re.search(rf'{which} key\(s\) in state_dict: ((?:"[^"]*"(?:, )?)+)', text)
    return re.findall(r'"([^"]*)"', found[1]) if found else []


def _sizes(text: str) -> list[Sizes]:
    sizes = []
    for match in (*re.finditer(SIZE, text), *re.finditer(OLD_SIZE, text)):
        saved, built = (read_sizes(each or "") for each in (match["saved"], match["built"]))
        name = match["name"]
        sizes.append(Sizes(name, tuple(s or 0 for s in saved), tuple(b or 0 for b in built)))
    return sizes


def load_state_dict(match: re.Match[str]) -> Answered:
    """The two configurations, and the options that differ."""
    text = match.string
    sizes, missing, unexpected = _sizes(text), _keys(text, "Missing"), _keys(text, "Unexpected")
    alone = not missing and not unexpected and len(sizes) == 1 and "Error(s) in" not in text
    if alone and KEY.fullmatch(sizes[0].name):
        return torch_weight(re.search(SIZE, text) or re.search(OLD_SIZE, text) or match)
    answers: list[str] = []
    findings = [*_renamed(missing, unexpected, answers)]
    moved = _moved(missing, unexpected)
    saved: dict[str, tuple[int, ...] | None] = {each.name: each.saved for each in sizes}
    built: dict[str, tuple[int, ...] | None] = {each.name: each.built for each in sizes}
    if not findings or moved:
        saved |= dict.fromkeys(moved or unexpected)
        built |= dict.fromkeys(missing)
    named = re.search(r"loading state_dict for (LSTM|GRU|RNN)\b", text)
    for path, model, checkpoint in both_sides(built, saved):
        if named and not path and (model.layer_type, checkpoint.layer_type) == (None, None):
            model, checkpoint = (each._replace(layer_type=named[1]) for each in (model, checkpoint))
        findings += _recurrent(path, model, checkpoint, answers)
    findings += _plain(built, saved, answers)
    others = [each for each in sizes if not _is_explained(each.name, built)]
    findings += [
        Finding(f"{each.name}: {written(each.saved)}", f"the model has {written(each.built)}")
        for each in others
    ]
    if not findings:
        findings = [*_listed(missing, unexpected)]
    if not findings:
        return None
    answer = "The checkpoint is of another configuration than the model."
    return " ".join(answers[:MOST_PATHS]) or answer, [*dict.fromkeys(findings)]


def _recurrent(
    path: str, model: Configuration, checkpoint: Configuration, answers: list[str]
) -> Iterator[Finding]:
    """The options of the layer at `path` that differ, and both configurations."""
    where = f" of {path}" if path else ""
    if (model.layers == 0) != (checkpoint.layers == 0):
        here, there = ("model", "checkpoint") if model.layers else ("checkpoint", "model")
        why = f"the {here} has it, the {there} has no such layer"
        answers.append(f"The recurrent layer{f' {path}' * bool(path)}: {why}.")
        yield Finding(f"the layer{where or ' itself'}", why)
        return
    found = differences(model, checkpoint)
    sentences = [each.sentence("pytorch", "model", "checkpoint") for each in found]
    names = [_short(each) for each in (checkpoint, model)]
    said = f"{'; '.join(sentences)}." if found else ""
    said = f"{said[:4].replace('the ', 'The ')}{said[4:]}"
    loaded = f"{names[0]} loaded into {names[1]}. " if all(names) and names[0] != names[1] else ""
    if found:
        answers.append(f"{f'{path}: ' * bool(path)}{loaded}{said}")
    for each, sentence in zip(found, sentences, strict=True):
        option = f"nn.{each.other}" if each.option == "layer_type" else each.written("pytorch")
        yield Finding(f"{option}{where}", sentence)
    also = [each.option for each in found]
    for side, shown in (("checkpoint", checkpoint), ("model", model)):
        if any(each is not None for each in shown):
            yield Finding(f"the {side}: {line(shown, 'pytorch', also)}", f"by its tensors{where}")


def _plain(
    built: Mapping[str, tuple[int, ...] | None],
    saved: Mapping[str, tuple[int, ...] | None],
    answers: list[str],
) -> Iterator[Finding]:
    """The sizes of a Linear or an Embedding that differ, and both layers."""
    for path, model, checkpoint in plain_pairs(built, saved):
        for option, here in model.options.items():
            there = checkpoint.options[option]
            if here != there:
                differ = f"{option} is {here} in the model and {there} in the checkpoint"
                answers.append(f"{path}: {differ}.")
                yield Finding(f"{option}={there} of {path}", f"{differ}{meaning(option)}")
        yield Finding(f"the checkpoint: {checkpoint.line}", f"by the weight of {path}")
        yield Finding(f"the model: {model.line}", f"by the weight of {path}")


def _is_explained(name: str, built: Mapping[str, object]) -> bool:
    """True for a tensor of a recurrent layer, and for the weight and the bias of another one."""
    path, _, tensor = name.rpartition(".")
    shape = built.get(f"{path}.weight" if path else "weight")
    matrix = isinstance(shape, tuple) and len(shape) == 2
    return KEY.fullmatch(name) is not None or (matrix and tensor in ("weight", "bias"))


def _short(side: Configuration) -> str:
    """`LSTM(300) on 80 features`, or nothing where the class or the size is not known."""
    if side.layer_type is None or side.units is None:
        return ""
    words = f"{side.layer_type}({side.units})"
    if side.projection:
        words += f" with proj_size={side.projection}"
    return f"{words} on {side.features} features" if side.features else words


def _renamed(
    missing: Sequence[str], unexpected: Sequence[str], answers: list[str]
) -> Iterator[Finding]:
    """The same names with a prefix on one side, inside a checkpoint, or those of a cell."""
    if not missing or not unexpected:
        return
    cell = "a cell names weight_ih what a layer names weight_ih_l0; the numbers are alike"
    holder = next((key for key in HOLDERS if key in unexpected), None)
    if holder is not None and not any("." in key or KEY.fullmatch(key) for key in unexpected):
        why = f"the file holds the state dict below the key {holder!r}, beside other things"
        found = [Finding(f"model.load_state_dict(checkpoint[{holder!r}])", why)]
    elif {f"{each}_l0" for each in unexpected} == {*missing}:
        found = [Finding("state = {key + '_l0': value for key, value in state.items()}", cell)]
    elif {f"{each}_l0" for each in missing} == {*unexpected}:
        line = "state = {key.removesuffix('_l0'): value for key, value in state.items()}"
        found = [Finding(line, cell)]
    else:
        found = [
            Finding(each.line, each.reason("checkpoint", "model"))
            for each in renamed(unexpected, missing)
        ]
    if found:
        answers.append(f"The names differ: {'; '.join(each.why for each in found[:MOST_PATHS])}.")
    yield from found


def _moved(missing: Sequence[str], unexpected: Sequence[str]) -> list[str]:
    """The unexpected keys by the names of the model, where some do not fit even so."""
    if any(not KEY.fullmatch(each) and "." not in each for each in unexpected):
        return []
    moved = list(unexpected)
    for rename in (renames := renamed(unexpected, missing)):
        moved = [rename(each) for each in moved]
    return moved if renames and {*moved} != {*missing} else []


def _listed(missing: Sequence[str], unexpected: Sequence[str]) -> Iterator[Finding]:
    for keys, what, why in (
        (missing, "missing", "the model has these, the checkpoint has not"),
        (unexpected, "unexpected", "the checkpoint has these, the model has not"),
    ):
        if keys:
            more = f" and {len(keys) - 3} more" * (len(keys) > 3)
            yield Finding(f"{what}: {', '.join(keys[:3])}{more}", why)


KINDS = (
    MessageKind(r"(?:Missing|Unexpected) key\(s\) in state_dict: \"[^\"]*\"", load_state_dict),
    MessageKind(SIZE, load_state_dict),
    MessageKind(OLD_SIZE, load_state_dict),
)
