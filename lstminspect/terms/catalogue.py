"""The frameworks by name, and a layer in the terms of one of them."""

from __future__ import annotations

from importlib import import_module

from lstminspect import conventions
from lstminspect.answer import Snippet
from lstminspect.errors import UnknownConvention
from lstminspect.layer import SIZES, Layer, Shape, checked_layer
from lstminspect.terms.terms import InTerms, Terms, example

__all__ = ["get", "in_terms", "returned_shapes", "why_not"]

# The file that holds the terms of a framework, where it has not its name.
_FILES = {"nnx": "flax"}


def get(framework: str) -> Terms:
    """The terms of `framework`, by any of its names. Raises UnknownConvention if there are none.

    >>> get("torch").title
    'PyTorch'
    """
    name = conventions.framework(framework)
    tables: dict[str, Terms] = import_module(f"{__package__}.{_FILES.get(name, name)}").TERMS
    return tables[name]


def why_not(layer: Layer, framework: str) -> str:
    """Why `framework` does not have `layer`, its options included, or an empty text.

    >>> why_not(Layer("lstm", 4, 3, go_backwards=True), "pytorch")
    'PyTorch reads forward, or both ways'
    """
    name = conventions.named(framework)
    if reason := layer.why_unsupported(name):
        return reason
    terms = get(name)
    if layer.bidirectional and layer.go_backwards and terms.one_way:
        return terms.one_way
    for lack in terms.lacks:
        if getattr(layer, lack.option) not in lack.has:
            return lack.why
    return ""


def in_terms(layer: Layer, framework: str) -> InTerms:
    """`layer` in the terms of `framework`. Raises UnknownConvention if it has no such layer.

    >>> answer = in_terms(Layer("lstm", 64, 3, timesteps=30, batch=8, batch_first=True), "PyTorch")
    >>> answer.written
    'nn.LSTM(3, 64, batch_first=True)'
    >>> [(tensor.name, tensor.shape) for tensor in (*answer.outputs, *answer.states)]
    [('output', (8, 30, 64)), ('h_n', (1, 8, 64)), ('c_n', (1, 8, 64))]
    """
    name, terms = conventions.named(framework), get(framework)
    layer = checked_layer(layer)
    if reason := why_not(layer, name):
        able = [each for each in conventions.FRAMEWORKS if not why_not(layer, each)]
        hint = f"This layer is in {', '.join(able)}" if able else "No framework here has it"
        raise UnknownConvention(f"{reason}. {hint}.")
    return InTerms(
        framework=name,
        title=terms.title,
        written=terms.written(layer),
        inputs=terms.inputs(layer),
        outputs=terms.outputs(layer),
        states=terms.states(layer),
        remark=terms.remark(layer),
        check=_check(layer, name, terms),
    )


def returned_shapes(layer: Layer) -> tuple[Shape, ...]:
    """The shape of everything that a call returns, as the framework of `layer` has it, or Keras.

    >>> returned_shapes(Layer("gru", 4, 3, timesteps=7, batch=2, framework="pytorch"))
    ((7, 2, 4), (1, 2, 4))
    """
    terms = get(layer.framework or "keras")
    return tuple(tensor.shape for tensor in terms.returned(layer))


def _check(layer: Layer, name: str, terms: Terms) -> Snippet | None:
    sizes = [getattr(layer, each) for each in SIZES] + list(layer.sizes.values())
    if any(not isinstance(size, int | None) for size in sizes):
        return None  # A framework takes no letter.
    called = example(layer)
    lines = terms.lines(called)
    if not lines:
        return None
    shapes = (str(tensor.shape) for tensor in terms.returned(called))
    return Snippet("python", lines, " ".join([str(called.stored(name).parameters), *shapes]))
