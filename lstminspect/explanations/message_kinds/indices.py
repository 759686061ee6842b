"""Messages about indices: words that an embedding has no row for, labels of no class."""

from __future__ import annotations

import re

from lstminspect.explanations.explanation import Finding
from lstminspect.explanations.message_kinds.kind import Answered, MessageKind, stated

__all__ = ["KINDS"]

PRINT = "print x.min() and x.max() before the layer: they show which end is wrong"


def _gathered(match: re.Match[str]) -> Answered:
    """TensorFlow's look-up: an index that is not a row of the table."""
    index, rows = int(match["index"]), int(match["rows"])
    place = f"[{match['place']}]" if match["place"] else ""
    answer = f"Entry {place} of the input is {index}, and the table has the rows 0 to {rows - 1}."
    if index < 0:
        return f"{answer} A word that is not in the vocabulary may have been given {index}.", [
            Finding("an index of its own for unknown words, for example 1", "0 for the padding"),
            Finding("x + 1, Embedding(vocabulary + 1, ...)", "where the padding is -1"),
            Finding("check the input", PRINT),
        ]
    more = f"the index {index} needs at least {index + 1} rows"
    findings = [Finding(f"Embedding(input_dim={index + 1}, ...)", more)]
    if index == rows:
        why = "Tokenizer counts words from 1, and 0 is the padding: one row more than words"
        findings.insert(0, Finding("Embedding(input_dim=len(word_index) + 1, ...)", why))
    return answer, [
        *findings,
        Finding(f"keep the {rows} most frequent words: Tokenizer(num_words={rows})", "the others"
                " become the index of unknown words"),
        Finding("check the input", PRINT),
    ]  # fmt: skip


def _outside(match: re.Match[str]) -> Answered:
    index, size = int(match["index"]), int(match["size"])
    if not size:
        return None
    return (
        f"Index {index} is asked for on axis {match['axis']}, which has the indices 0 to "
        f"{size - 1}.",
        [
            Finding(f"x[..., {size - 1}] or x[..., -1]", "the last one"),
            Finding("check the axis", "time steps and batch may have changed places: batch_first"),
            Finding("labels from 0", "a label that is the number of classes is one too high"),
        ],
    )


def _label(match: re.Match[str]) -> Answered:
    label = int(match["label"])
    if label < 0:
        return f"A label is {label}: classes count from 0.", [
            Finding(f"ignore_index={label}", "where it marks the padding"),
            Finding("labels 0 to classes - 1", "an integer for each class"),
        ]
    return f"A label is {label}, and there are at most {label} classes.", [
        Finding(f"Dense({label + 1}) or nn.Linear(..., {label + 1})", "one output for each class"),
        Finding("labels - labels.min()", "where they count from 1"),
    ]


KINDS = (
    MessageKind(
        r"ind(?:ices|ex)\[?(?P<place>[0-9,]*)\]? = (?P<index>-?[0-9]{1,15}) is not in \[0, "
        r"(?P<rows>[0-9]{1,15})\)",
        _gathered,
    ),
    stated(
        r"srcIndex < srcSelectDimSize|indexSelect(?:Small|Large)Index",
        "An index is not smaller than the rows of the nn.Embedding.",
        ("num_embeddings = largest index + 1", "rows 0 to num_embeddings - 1"),
        ("run once on the CPU", "there the message says where: index out of range in self"),
    ),
    stated(
        r"t >= 0 && t < n_classes|cur_target >= 0 && cur_target < n_classes",
        "A label is below 0, or not smaller than the number of classes.",
        ("labels 0 to classes - 1", "print y.min() and y.max()"),
        ("nn.Linear(..., classes)", "one output for each class"),
    ),
    stated(
        r"device-side assert(?:s)? triggered",
        "An index is out of range on the GPU, mostly a label or a word. The line of the traceback "
        "may be a later one.",
        ("run once on the CPU, or with CUDA_LAUNCH_BLOCKING=1", "then the right line is shown"),
        ("labels 0 to classes - 1", "nn.CrossEntropyLoss takes no other; print y.min(), y.max()"),
        ("num_embeddings = largest index + 1", "for nn.Embedding; print x.max()"),
    ),
    stated(
        r"index < sizes\[i\]|idx_dim < index_size|\"index out of bounds\"",
        "An index is out of range on the GPU: of a label, of a gather, or of a time step.",
        ("run once on the CPU, or with CUDA_LAUNCH_BLOCKING=1", "then the right line is shown"),
        ("print the largest index and the size of that axis", "indices count from 0"),
    ),
    MessageKind(r"Target (?P<label>-?[0-9]{1,15}) is out of bounds", _label),
    stated(
        r"Class values must be (?:smaller than num_classes|non-negative)",
        "A label is below 0, or not smaller than num_classes.",
        ("num_classes = y.max() + 1", "classes count from 0"),
        ("y - 1", "where the labels count from 1"),
    ),
    MessageKind(
        r"index (?P<index>-?[0-9]{1,15}) is out of bounds for (?:axis|dimension) (?P<axis>[0-9]+) "
        r"with size (?P<size>[0-9]{1,15})",
        _outside,
    ),
)
