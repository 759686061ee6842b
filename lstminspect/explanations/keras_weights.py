"""Meanings of the errors of Keras about weights that do not fit: their layer, in file and model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.shapes import read_shape, written
from lstminspect.explanations.tensors import same_tensor
from lstminspect.explanations.weight_messages import by_columns, transposed
from lstminspect.weights.configuration import BY_GATES, Configuration, differences, line
from lstminspect.weights.plain_layers import PlainLayer, meaning, plain_layer

__all__ = ["configuration_in", "keras_weight", "variables", "weight_list"]

GATES = {name: gates for gates, name in BY_GATES.items()}
#: What names a class in a message: a layer, its cell, a path of a variable.
CLASSES = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "RNN", "simplernn": "RNN"}
NAMED = re.compile(r"(?<![a-z])(lstm|gru|simple_?rnn)(?:_?cell)?(?:_[0-9]+)?(?![a-z])", re.I)
#: The variable in a message, below the layers that it is in.
VARIABLE = re.compile(r"(?:path=|for weight )(?P<path>[\w/.-]*?)/?(?P<tensor>\w+)(?:[,.\s]|$)")


def configuration_in(text: str) -> Configuration:
    """The class of the layer that a message names, and whether it is in a Bidirectional."""
    found = NAMED.search(text)
    both = True if re.search(r"bidirectional", text, re.I) else None
    return Configuration(CLASSES[found[1].lower()] if found else None, bidirectional=both)


def keras_weight(match: re.Match[str]) -> tuple[str, list[Finding]]:
    """An array that is given for a weight of Keras with another shape."""
    text = match.string
    built, saved = (_known(match[name]) for name in ("built", "saved"))
    side = "file" if re.search(r"saved weight|could not be loaded", text) else "weights"
    answer = f"{written(saved)} is given where {written(built)} fits"
    if turned := transposed(built, saved, "keras"):
        return f"{answer}: its axes are exchanged.", turned
    if forms := _of_reset(built, saved, side):
        return f"{answer}: {forms[0].why}.", forms
    variable = VARIABLE.search(text)
    tensor = variable["tensor"] if variable else ""
    if pair := _plain(text, tensor, built, saved):
        return _of_pair(answer, *pair, side)
    layer = re.search(r"[Ll]ayer (\S+) weight shape", text)
    where = variable["path"] if variable else layer[1] if layer else ""
    model = configuration_in(where)
    if model.layer_type and len(built) == len(saved) == 2:
        rows = "units" if tensor == "recurrent_kernel" else "features"
        here = _with_sizes(model, built, rows)
        others = [*_others(here, saved, rows, "could not be loaded" in text)]
        if others:
            return _of_layers(answer, here, others, side)
    why = "Keras stacks the gates along the last axis: gates x units"
    columns = [shape[-1] if shape else 0 for shape in (saved, built)]
    if len(built) == len(saved) == 2 and built[1] == saved[1]:
        why = f"the weights read {saved[0]} features a step, the layer {built[0]}; the units agree"
        return f"{answer}.", [Finding(f"an input of {saved[0]} features", why)]
    return f"{answer}.", [
        Finding(f"the {side}: {by_columns(columns[0])}", f"{columns[0]} columns. {why}"),
        Finding(f"the layer: {by_columns(columns[1])}", f"{columns[1]} columns"),
    ]


def _known(text: str) -> tuple[int, ...]:
    return tuple(size for size in read_shape(f"({text})") or () if size is not None)


def _with_sizes(layer: Configuration, shape: tuple[int, ...], rows: str) -> Configuration:
    units, rest = divmod(shape[1], GATES[layer.layer_type or "RNN"])
    if rest:
        return layer._replace(units=None)
    return layer._replace(units=units, features=shape[0] if rows == "features" else None)


def _others(
    here: Configuration, saved: tuple[int, ...], rows: str, same_class: bool
) -> Iterator[Configuration]:
    """The layers that the array can be of: of the same units first, then of the same class."""
    layers = []
    for name in GATES if not same_class else (here.layer_type,):
        other = _with_sizes(here._replace(layer_type=name), saved, rows)
        fits = rows == "features" or other.units == saved[0]
        if other.units and fits and (other.units == here.units or name == here.layer_type):
            layers.append(other)
    yield from sorted(layers, key=lambda each: each.units != here.units)


def _of_layers(
    answer: str, here: Configuration, others: list[Configuration], side: str
) -> tuple[str, list[Finding]]:
    """The options that differ, and both configurations."""
    sentences = ["; ".join(_sentences(here, each, side)) for each in others]
    options = [
        Finding(each.written("keras") if each.option != "layer_type" else str(each.other), sentence)
        for other in others
        for each, sentence in zip(
            differences(here, other), _sentences(here, other, side), strict=True
        )
    ]
    layers = " or ".join(line(each, "keras") for each in others)
    return f"{answer}: {', or '.join(sentences)}.", [
        *options,
        Finding(f"the {side}: {layers}", "Keras stacks the gates along the last axis"),
        Finding(f"the model: {line(here, 'keras')}", "gates x units columns"),
    ]


def _sentences(here: Configuration, other: Configuration, side: str) -> list[str]:
    return [each.sentence("keras", "model", side) for each in differences(here, other)]


def _plain(
    text: str, tensor: str, built: tuple[int, ...], saved: tuple[int, ...]
) -> tuple[PlainLayer, PlainLayer] | None:
    """A Dense or an Embedding of the model and of the file."""
    # What else was not loaded stands behind the weight that the message is about.
    text = text.partition("List of objects that could not be loaded")[0]
    found = re.search(r"<(Dense|Embedding) name=|[/(\s](dense|embedding)\w*[/)\s]", text, re.I)
    if not found:
        return None
    is_dense = (found[1] or found[2]).lower() == "dense"
    tensor = tensor or ("kernel" if is_dense else "embeddings")
    one, other = (plain_layer("", tensor, shape) for shape in (built, saved))
    return (one, other) if one and other else None


def _of_pair(
    answer: str, here: PlainLayer, there: PlainLayer, side: str
) -> tuple[str, list[Finding]]:
    sentences = {
        option: f"{option} is {value} in the model and {there.options[option]} in the {side}"
        for option, value in here.options.items()
        if value != there.options[option]
    }
    return f"{answer}: {'; '.join(sentences.values())}.", [
        *(
            Finding(f"{option}={there.options[option]}", f"{text}{meaning(option)}")
            for option, text in sentences.items()
        ),
        Finding(f"the {side}: {there.line}", "by its matrix"),
        Finding(f"the model: {here.line}", "by its matrix"),
    ]


#: What the two forms of the GRU are as an option of Keras'.
RESET = {
    "gru": "reset_after=True keeps two biases for each gate",
    "gru_reset_before": "reset_after=False keeps one bias for each gate",
}


def _of_reset(built: tuple[int, ...], saved: tuple[int, ...], side: str) -> list[Finding]:
    """The layers of two shapes of one tensor that differ by rank: another form of the GRU."""
    pairs = same_tensor(built, saved) if len(built) != len(saved) else []
    findings = [
        Finding(f"the {who}: {each.layer}", f"{where} is {each.axes} there: {what}")
        for where, here, there in pairs[:1]
        for who, each in ((side, there), ("model", here))
        if (what := RESET.get(each.cell))
    ]
    if not findings:
        return []
    here = len(built) > len(saved)
    differ = f"reset_after is {here} in the model and {not here} in the {side}"
    return [Finding(f"reset_after={not here}", differ), *findings]


#: What so many arrays are, as a recurrent layer.
COUNTS = {
    2: Configuration(use_bias=False, bidirectional=False),
    3: Configuration(use_bias=True, bidirectional=False),
    6: Configuration(use_bias=True, bidirectional=True),
}
NAMES = {
    0: "a layer that is not built yet: call it on data, or layer.build(input_shape)",
    2: "a recurrent layer without bias: kernel, recurrent_kernel",
    3: "one recurrent layer of Keras 2 or 3: kernel, recurrent_kernel, bias",
    4: "one direction of PyTorch: two weights, two biases",
    6: "a bidirectional layer of Keras: three arrays per direction",
    9: "a GRU of Keras 1: W, U and b for each of three gates",
    12: "an LSTM of Keras 1: W, U and b for each of four gates",
}


def weight_list(match: re.Match[str]) -> tuple[str, list[Finding]]:
    """A list of arrays of another length than the layer has."""
    saved, built = int(match["first"]), int(match["second"])
    side = "file" if "saved" in match.string else "weights"
    findings = []
    answer = f"{saved} arrays against {built}."
    if saved in COUNTS and built in COUNTS and saved != built:
        sentences = _sentences(COUNTS[built], COUNTS[saved], side)
        answer = f"{answer[:-1]}: {'; '.join(sentences)}."
        findings = [
            Finding(each.written("keras"), sentence)
            for each, sentence in zip(
                differences(COUNTS[built], COUNTS[saved]), sentences, strict=True
            )
        ]
    for who, count in ((side, saved), ("model", built)):
        findings.append(
            Finding(f"the {who}: {count} arrays", NAMES.get(count, "several layers, or of its own"))
        )
    return answer, findings


def variables(match: re.Match[str]) -> tuple[str, list[Finding]]:
    """The arrays of a layer that a file of Keras 3 holds at its place."""
    wanted, got = int(match["wanted"]), int(match["got"])
    here = configuration_in(match["name"])._replace(use_bias=wanted >= 3)
    answer = f"{match['name']} has {wanted} arrays, and the file has {got} at that place."
    if got == 0:
        cells = len(re.findall(r"<\w+Cell name=", match.string.partition("List of objects")[2]))
        around = "the model has a Bidirectional there and the file has none, or another class"
        without = "another class (GRU, LSTM), or a Bidirectional on one side alone"
        return f"{answer} The file has another layer there.", [
            Finding(
                f"the file: {around if cells > 1 else without}, or fewer layers",
                "Keras 3 looks for the arrays under the class of each layer, in their order",
            ),
            Finding(f"the model: {line(here, 'keras')}", f"{wanted} arrays"),
            Finding(
                "build the model with the same code as the one that was saved", "and load again"
            ),
        ]
    if {wanted, got} == {2, 3}:
        there = here._replace(use_bias=got == 3)
        text = "; ".join(_sentences(here, there, "file"))
        why = "kernel and recurrent_kernel, and with a bias three"
        return f"{answer} {text[:1].upper()}{text[1:]}.", [
            Finding(f"use_bias={got == 3}", text),
            *(
                Finding(
                    f"the {side}: {line(each, 'keras')}{' with a bias' * bool(each.use_bias)}", why
                )
                for side, each in (("file", there), ("model", here))
            ),
        ]
    return answer, [Finding("another kind of layer in the file", f"{got} arrays, not {wanted}")]
