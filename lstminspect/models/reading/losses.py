"""Losses: the target that each wants for an output, one table for all frameworks.

A loss has one of three forms. EQUAL wants a target of exactly the output's shape; STRETCHED takes
one that can be broadcast to it, which often trains the wrong thing; CLASSES wants whole numbers,
the output's shape without the axis of the classes. `axis` is that axis: -1 in Keras, 1 in PyTorch,
whose CrossEntropyLoss takes probabilities of the output's shape too (`or_equal`). `squeezes` says
that a last axis of 1 is added or taken away where the ranks differ by one, as Keras does.

`disagreement` compares shapes and says which axis differs and what that means; the words for it
belong to the reader of each framework. A size of None, or a letter, agrees with every other.

Sources: keras/src/losses/losses.py, keras/src/losses/loss.py (squeeze_or_expand_to_same_rank),
keras/src/backend/tensorflow/nn.py of Keras 3.15; torch/nn/functional.py of PyTorch 2.13.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lstminspect.layer import Shape

__all__ = [
    "CLASSES",
    "EQUAL",
    "KERAS",
    "METRICS",
    "PYTORCH",
    "STRETCHED",
    "Disagreement",
    "Loss",
    "aligned",
    "disagreement",
    "keras_loss",
]

EQUAL, STRETCHED, CLASSES = "equal", "stretched", "classes"


class Loss(NamedTuple):
    """The target that a loss wants: its form, the axis of the classes, and two permissions."""

    form: str
    axis: int | None = None
    squeezes: bool = False
    or_equal: bool = False
    #: The loss for targets of the other form: one-hot vectors against whole numbers.
    other: str = ""


_ENTRIES = Loss(STRETCHED, squeezes=True)

#: Losses of Keras by the names of their functions.
KERAS: dict[str, Loss] = {
    "mean_squared_error": _ENTRIES,
    "mean_absolute_error": _ENTRIES,
    "mean_absolute_percentage_error": _ENTRIES,
    "mean_squared_logarithmic_error": _ENTRIES,
    "huber": _ENTRIES,
    "log_cosh": _ENTRIES,
    "cosine_similarity": _ENTRIES,
    "poisson": _ENTRIES,
    "kl_divergence": _ENTRIES,
    "hinge": _ENTRIES,
    "squared_hinge": _ENTRIES,
    "categorical_hinge": _ENTRIES,
    "binary_crossentropy": Loss(EQUAL, squeezes=True),
    "binary_focal_crossentropy": Loss(EQUAL, squeezes=True),
    "categorical_crossentropy": Loss(EQUAL, -1, True, other="sparse_categorical_crossentropy"),
    "categorical_focal_crossentropy": Loss(STRETCHED, -1, True),
    "sparse_categorical_crossentropy": Loss(CLASSES, -1, True, other="categorical_crossentropy"),
}
#: Metrics of Keras that stop at shapes which a loss can take.
METRICS: dict[str, Loss] = {
    **KERAS,
    "binary_accuracy": _ENTRIES,
    "sparse_categorical_accuracy": Loss(CLASSES, -1, True),
    **dict.fromkeys(("precision", "recall", "auc"), Loss(EQUAL, squeezes=True)),
}
#: Other names of these, besides those of the classes.
ALIASES = {
    "mse": "mean_squared_error", "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error", "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy", "kld": "kl_divergence", "logcosh": "log_cosh",
    "kullback_leibler_divergence": "kl_divergence", "huber_loss": "huber",
    "cosine_proximity": "cosine_similarity",
}  # fmt: skip

#: Losses of PyTorch by the names of their classes.
PYTORCH: dict[str, Loss] = {
    "MSELoss": Loss(STRETCHED),
    "L1Loss": Loss(STRETCHED),
    "SmoothL1Loss": Loss(STRETCHED),
    "HuberLoss": Loss(STRETCHED),
    "PoissonNLLLoss": Loss(STRETCHED),
    "KLDivLoss": Loss(STRETCHED),
    "BCELoss": Loss(EQUAL),
    "BCEWithLogitsLoss": Loss(EQUAL),
    "CrossEntropyLoss": Loss(CLASSES, 1, or_equal=True),
    "NLLLoss": Loss(CLASSES, 1),
}


class Disagreement(NamedTuple):
    """A difference between a target and what a loss wants for an output.

    `reason` is "steps" (the output has one axis more, often time), "axis more" (the target
    has), "classes" (whole numbers where vectors are wanted), "one-hot" (the other way), "width"
    (the last axis, or that of the classes), "batch", "axis", or "stretched": no error, but one
    of the two is repeated along `axis`. `is_silent` says that the framework runs all the same.
    """

    reason: str
    axis: int | None = None
    is_silent: bool = False


def keras_loss(name: str) -> str:
    """The function's name of a loss of Keras that goes by another, or by that of its class.

    >>> keras_loss("mse"), keras_loss("SparseCategoricalCrossentropy"), keras_loss("KLDivergence")
    ('mean_squared_error', 'sparse_categorical_crossentropy', 'kl_divergence')
    """
    broken = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return ALIASES.get(broken, broken)


def aligned(loss: Loss, target: Shape, output: Shape) -> tuple[Shape, Shape]:
    """Both shapes after a last axis of 1 is added or taken away, where the loss does that.

    >>> aligned(KERAS["mean_squared_error"], (8,), (8, 1))
    ((8, 1), (8, 1))
    """
    if loss.squeezes and len(target) == len(output) + 1 and target[-1] == 1:
        return (target, (*output, 1)) if len(output) == 1 else (target[:-1], output)
    if loss.squeezes and len(output) == len(target) + 1 and output[-1] == 1:
        # A single output for each sample: a column, whichever of the two is one.
        return ((*target, 1), output) if len(target) == 1 else (target, output[:-1])
    return target, output


def disagreement(loss: Loss, target: Shape, output: Shape) -> Disagreement | None:
    """The difference between a target and what a loss wants; None if it fits, or is not known.

    Both shapes have the batch, `axis` counts with it.

    >>> disagreement(KERAS["categorical_crossentropy"], (8, 1), (8, 10))
    Disagreement(reason='classes', axis=1, is_silent=False)
    >>> disagreement(KERAS["mean_squared_error"], (8, 1), (8, 5))
    Disagreement(reason='stretched', axis=1, is_silent=True)
    >>> disagreement(PYTORCH["CrossEntropyLoss"], (8,), (8, 10)) is None
    True
    """
    if loss.form == CLASSES:
        return _of_classes(loss, target, output)
    return _of_entries(loss, *aligned(loss, target, output))


def _of_classes(loss: Loss, target: Shape, output: Shape) -> Disagreement | None:
    """The disagreement of whole numbers with scores, one vector of them for each number."""
    target, output = aligned(loss, target, output)
    place = (loss.axis or 0) % max(len(output), 1)
    wanted = (*output[:place], *output[place + 1 :])
    if loss.squeezes and len(target) == len(output) and target[-1] in (1, None):
        target = target[:-1]
    if loss.or_equal and len(target) == len(output):
        differs = _first(target, output)
        return None if differs is None else _at(differs, place)
    if len(target) == len(wanted):
        differs = _first(target, wanted)
        return None if differs is None else _at(differs, None)
    if len(target) == len(output):
        return Disagreement("one-hot", place)
    return Disagreement("steps" if len(target) < len(wanted) else "axis more")


def _of_entries(loss: Loss, target: Shape, output: Shape) -> Disagreement | None:
    """The disagreement of two shapes that are compared number by number."""
    if loss.form == STRETCHED:
        return _stretched(target, output)
    if len(target) < len(output):
        one_less = loss.axis is not None and len(target) == len(output) - 1
        return Disagreement("classes" if one_less else "steps", len(output) - 1)
    if len(target) > len(output):
        return Disagreement("axis more")
    axis = _first(target, output)
    if axis is None:
        return None
    last = len(output) - 1
    if loss.axis is not None and target[-1] == 1 and axis == last:
        return Disagreement("classes", last)
    return _at(axis, last)


def _stretched(target: Shape, output: Shape) -> Disagreement | None:
    """The disagreement of two shapes of which one is stretched to the other, as NumPy does."""
    most = max(len(target), len(output))
    # Axes are put before the first one: the batch of one can stand beside another axis.
    one, other = (_filled(each, most) for each in (target, output))
    repeated = None
    for axis in [*range(1, most), 0]:
        left, right = one[axis], other[axis]
        if not (_whole(left) and _whole(right)) or left == right:
            continue
        if 1 in (left, right):
            repeated = axis
        elif len(target) != len(output):
            return Disagreement("steps" if len(target) < len(output) else "axis more")
        else:
            return _at(axis, most - 1)
    if len(target) != len(output):
        return Disagreement("steps" if len(target) < len(output) else "axis more", None, True)
    return None if repeated is None else Disagreement("stretched", repeated, True)


def _filled(shape: Shape, rank: int) -> Shape:
    """A shape with axes of 1 before it, up to `rank` axes."""
    return (*[1] * (rank - len(shape)), *shape)


def _at(axis: int, width: int | None) -> Disagreement:
    """The disagreement of two shapes of one rank at an axis."""
    if axis == 0:
        return Disagreement("batch", 0)
    return Disagreement("width" if axis == width else "axis", axis)


def _first(one: Shape, other: Shape) -> int | None:
    """The first axis of which both sizes are known, and differ; those behind the batch first."""
    for axis in range(1, len(one) + 1):
        left, right = one[axis % len(one)], other[axis % len(one)]
        if _whole(left) and _whole(right) and left != right:
            return axis % len(one)
    return None


def _whole(size: Any) -> bool:
    return isinstance(size, int)
