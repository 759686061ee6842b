"""Open questions: what the tensors of a layer cannot tell, and which answers are possible."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lstminspect import conventions
from lstminspect.files.contents import FileTensor
from lstminspect.files.fitting import Fit

__all__ = ["open_questions"]

MOST_NAMED = 4


def open_questions(
    fit: Fit, others: Sequence[Fit], held: Mapping[str, FileTensor], counted: bool
) -> tuple[str, ...]:
    """Open questions about the layer of `fit`, whose tensors are `held`, a few words each.

    `others` are layers with the same tensors. `counted` says that its layers stand in the file as
    cells that are numbered, and not as one stack.
    """
    dtypes = sorted({tensor.dtype for tensor in held.values()})
    matrices = [tensor.shape for tensor in held.values() if len(tensor.shape) == 2]
    squares = all(rows == columns for rows, columns in matrices)
    return tuple(_questions(fit, others, dtypes, squares, counted))


def _questions(
    fit: Fit, others: Sequence[Fit], dtypes: list[str], squares: bool, counted: bool
) -> Iterator[str]:
    layer, own = fit.layer, fit.convention
    if others:
        titles = list(dict.fromkeys(other.title for other in others))
        more = f" and {len(titles) - MOST_NAMED} more" if len(titles) > MOST_NAMED else ""
        same = ", ".join(titles[:MOST_NAMED])
        yield f"cell: {fit.title} is assumed, and the same tensors are those of {same}{more}"
    if not fit.naming.own and any(
        len(row) > 1 for each in fit.stored.packed for row in each.grid()
    ):
        yield f"order of the gates: that of {fit.naming.table.title} is assumed"
    if not fit.naming.own and squares:
        yield "orientation: the matrices are square, and can be meant transposed"
    if fit.turned and fit.naming.own:
        yield f"matrices: they are transposed from what {fit.naming.title} stores"
    if counted and layer.layers > 1:
        yield f"stack: the {layer.layers} numbered cells can be separate layers too"
    runs = conventions.get(own).runs_of.get(layer.cell.name, conventions.get(own).runs)
    functions = {"activation": "tanh", "recurrent_activation": "sigmoid"}
    functions = {name: each for name, each in functions.items() if len(getattr(runs, name))}
    if layer.cell.name == "rnn":
        functions.pop("recurrent_activation", None)
    for name, each in functions.items():
        old = own == "keras" and name == "recurrent_activation"
        beside = " (by default Keras 1 and 2 have hard_sigmoid)" if old else ""
        yield f"{name}: {each} is assumed{beside}"
    if own == "keras":
        yield "return_sequences, return_state, go_backwards and stateful: False is assumed"
        if layer.bidirectional:
            yield f"merge_mode: {layer.merge_mode} is assumed"
    if own == "pytorch" and any(place.ending.endswith("_l") for place in fit.places.values()):
        yield "batch_first: not stored"
    if own == "onnx":
        yield "direction of a layer with one: forward is assumed"
    if integers := [each for each in dtypes if each.startswith(("int", "uint"))]:
        yield f"scale: the values are {', '.join(integers)}, and what they stand for is not in them"
