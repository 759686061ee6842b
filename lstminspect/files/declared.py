"""Declared layers: those that a container names itself, held against the tensors that they have.

The tensors decide the sizes; what the container declares decides what tensors cannot tell. There is
a sentence where the two differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lstminspect.activations import REPLACES
from lstminspect.errors import LstmInspectError, quoted
from lstminspect.files.contents import Contents, Declared, FileTensor
from lstminspect.files.file_layer import FileLayer
from lstminspect.files.fitting import fits
from lstminspect.files.grouping import groups
from lstminspect.files.uncertain import open_questions
from lstminspect.runtime.onnx_node import activations_of

__all__ = ["declared_layers", "with_declared"]

#: The option of a Layer that a framework's word declares, where a tensor shows it.
SHOWN = {
    "hidden_size": "units", "units": "units", "num_units": "units", "input_size": "features",
    "num_layers": "layers", "proj_size": "projection", "projection": "projection",
    "bias": "use_bias", "use_bias": "use_bias", "bidirectional": "bidirectional",
}  # fmt: skip
#: The letter of the block whose tensor shows an option.
LETTERS = {"units": "U", "features": "W", "projection": "P", "use_bias": "b"}
#: Options that no tensor shows, by the names that Keras and PyTorch have for them.
UNSEEN = {
    "activation": "activation", "recurrent_activation": "recurrent_activation",
    "return_sequences": "return_sequences", "return_state": "return_state",
    "go_backwards": "go_backwards", "merge_mode": "merge_mode", "batch_first": "batch_first",
    "nonlinearity": "activation", "clip": "clip",
}  # fmt: skip


def declared_layers(contents: Contents) -> Iterator[FileLayer]:
    """The layers that `contents` declares together with their tensors."""
    tensors = {tensor.name: tensor for tensor in contents.tensors}
    for declared in _of_their_time(contents):
        stored = {name: tensors[own] for name, own in declared.tensors.items() if own in tensors}
        sources = [tensors[name] for name in declared.sources if name in tensors]
        own = tuple(dict.fromkeys([*stored.values(), *sources]))
        if own and (layer := _layer(declared, {**stored, **declared.computed}, own)):
            yield layer


def with_declared(layers: Sequence[FileLayer], contents: Contents) -> list[FileLayer]:
    """`layers`, each with what `contents` declares of the one layer that has its name."""
    named: dict[str, list[Declared]] = {}
    for each in _of_their_time(contents):
        if not each.tensors and not each.computed:
            named.setdefault(each.name.rpartition("/")[2], []).append(each)
    changed = []
    for layer in layers:
        parts = dict.fromkeys(layer.name.replace(".", "/").split("/"))
        own = [each for part in parts for each in named.get(part, ())]
        changed.append(_with_options(layer, own[0]) if len(own) == 1 else layer)
    return changed


def _of_their_time(contents: Contents) -> tuple[Declared, ...]:
    """Declared layers with the functions that their version of Keras had.

    hard_sigmoid was clip(0.2 * v + 0.5, 0, 1) before Keras 3, where it is clip(v / 6 + 0.5, 0, 1).
    """
    if not contents.producer.startswith(("Keras 0", "Keras 1", "Keras 2")):
        return contents.declared
    old = {"hard_sigmoid": "hard_sigmoid(0.2, 0.5)"}
    return tuple(
        replace(
            each, options={name: old.get(str(value), value) for name, value in each.options.items()}
        )
        for each in contents.declared
    )


def _layer(
    declared: Declared, weights: Mapping[str, FileTensor], own: tuple[FileTensor, ...]
) -> FileLayer | None:
    """The layer that is declared, or None if its tensors are not those of one."""
    made = groups(replace(tensor, name=name) for name, tensor in weights.items())
    if len(made) != 1:
        return None
    (group,) = made
    fitted = [each for each in fits(group) if each.naming.convention == declared.convention]
    fitted.sort(key=lambda each: not _is_declared(each.layer.cell.name, declared))
    if not fitted:
        return None
    best, *others = fitted
    others = [each for each in others if _is_declared(each.layer.cell.name, declared)]
    held = {
        name: weights[group.sides[side][ending].name]
        for name, (side, ending) in best.places.items()
    }
    questions = open_questions(best, others, held, group.counted)
    layer = FileLayer(
        declared.name, best.layer, best, held, own, questions, alternatives=tuple(others)
    )
    return _with_options(layer, declared)


def _is_declared(cell: str, declared: Declared) -> bool:
    """True if `cell` is of the type that is declared, in the form that the options say."""
    layer_type, options = declared.layer_type.lower(), declared.options
    if "lstm" in layer_type:
        coupled = bool(options.get("input_forget", 0))
        return cell in ("lstm", "peephole", "projected") or (coupled and cell.startswith("cifg"))
    if "gru" not in layer_type:
        return cell == "rnn"
    known = {"onnx": options.get("linear_before_reset", 0), "keras": options.get("reset_after")}
    after = known.get(declared.convention, True)
    if after is None:  # Keras 1 and 2.0 have no such option.
        return cell in ("gru", "gru_reset_before")
    return cell == ("gru" if after else "gru_reset_before")


def _with_options(layer: FileLayer, declared: Declared) -> FileLayer:
    """`layer` with the options that are declared, and a sentence for each contradiction."""
    who = declared.name[:100] if declared.name else "the file"
    made, wrong, answered = layer.layer, list(layer.contradictions), {"direction"}
    if _is_declared(made.cell.name, declared):
        answered.add("cell" if not layer.alternatives else "")
    else:
        is_of = f"is declared as {declared.layer_type}, and its tensors are those of"
        wrong.append(f"{who} {is_of} {made.cell.name}.")
    for name, value in declared.options.items():
        option = SHOWN.get(name)
        here = dict(made.extra).get(option, getattr(made, option, 0)) if option else value
        if option and value is not None and value != here:
            wrong.append(f"{who} declares {name} {quoted(value)}, and {_shown(layer, option)}.")
    try:
        unseen = _unseen(declared, layer)
    except (LstmInspectError, TypeError, ValueError) as error:
        unseen = {}
        wrong.append(f"{who} declares functions that are not known here: {error}")
    answered |= UNSEEN.keys() & _always(declared)
    for name, value in unseen.items():
        if value == REPLACES.get(name):  # The cell's own function.
            answered.add(name)
            continue
        try:
            made = replace(made, **{name: value})
            answered.add(name)
        except LstmInspectError:
            where = f"{made.cell.name} of {layer.stored_as}"
            wrong.append(f"{who} declares {name} {quoted(value)}, which {where} has not.")
    questions = [each for each in layer.open if not answered & _options_of(each)]
    return replace(layer, layer=made, open=tuple(questions), contradictions=tuple(wrong))


def _options_of(question: str) -> set[str]:
    words = question.partition(":")[0].replace(" and ", ", ").split(", ")
    return {word.partition(" ")[0] for word in words}


def _always(declared: Declared) -> set[str]:
    """The options that are known without a word, as a node or a cell has no other form."""
    if declared.convention == "onnx":
        return {"activation", "recurrent_activation"}
    return {"batch_first"} if declared.layer_type.endswith("Cell") else set()


def _unseen(declared: Declared, layer: FileLayer) -> dict[str, Any]:
    """The options that no tensor shows, by the names of a Layer."""
    options = declared.options
    known = {UNSEEN[name]: value for name, value in options.items() if name in UNSEEN}
    if not layer.layer.bidirectional:
        known.pop("merge_mode", None)
    if declared.convention == "onnx":
        known |= {"go_backwards": options.get("direction", "forward") in ("reverse", b"reverse")}
        known |= activations_of(declared.layer_type, options, layer.layer.directions)
    return {
        name: value for name, value in known.items() if value is not None or name == "merge_mode"
    }


def _shown(layer: FileLayer, option: str) -> str:
    """`lstm/kernel of (3, 80) is that of units 20`: the tensor that shows an option, and what."""
    here = dict(layer.layer.extra).get(option, getattr(layer.layer, option, 0))
    letter = LETTERS.get(option, "W")
    for weight in layer.fit.stored.weights:
        if any(text.lstrip("-~").startswith(letter) for text in weight.blocks):
            tensor = layer.held[weight.name]
            return f"{tensor.name} of {tensor.shape} is that of {option} {here}"
    return f"its tensors are those of {option} {here}"
