"""The data of a model against its input, its output and its loss, as Keras checks them.

A model is run on the shapes of the data as Keras runs it: a last axis of 1 is added or taken away,
a functional model wants its input shape, a Sequential only what its layers want, and the losses
compare target and output (`losses.py`). A size that is not known agrees with every other.

Sources: `Functional._adjust_input_rank`, `assert_input_compatibility`, `check_data_cardinality`
and `CompileLoss` of Keras 3.15.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from lstminspect.errors import LstmInspectError, ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Graph
from lstminspect.models.inference import infer_shapes
from lstminspect.models.reading.losses import (
    CLASSES,
    EQUAL,
    KERAS,
    Disagreement,
    aligned,
    disagreement,
    keras_loss,
)
from lstminspect.models.reading.target_advice import advice_on_target
from lstminspect.models.reading.training import Use
from lstminspect.models.summary import Model, Row

__all__ = ["check_uses", "fitted"]

ON_BATCH = ("train_on_batch", "test_on_batch")
TRAINS = ("fit", "evaluate", *ON_BATCH)


class _Fault(Exception):
    """A fault of one use: the words of Keras, and what to write instead."""

    def __init__(self, words: str, advice: str = "", layer: str = "") -> None:
        super().__init__(words)
        self.words, self.advice, self.layer = words, advice, layer


class _Case(NamedTuple):
    """A use with the graph that it is about and the shapes of that."""

    use: Use
    graph: Graph
    model: Model


def fitted(graph: Graph, *options: Any) -> Model:
    """The Model of a graph, after its data are compared with it: see `infer_shapes`.

    Raises ModelError where shapes stop, also where they stop on the shape of the data.
    """
    try:
        found = infer_shapes(graph, *options)
    except ModelError as error:
        use = next((each for each in graph.uses if each.builds), None)
        if use is None or not isinstance(error.model, Model):
            raise
        shape = _text(use.x.shapes[0] or ())
        text = f"{_place(use)}: {error} {use.x.text} has the shape {shape}."
        above = replace(error.model, fault=text)
        raise ModelError(text, error.layer, above, error.explanation) from None
    return check_uses(graph, found)


def _place(use: Use) -> str:
    """`line 9, model.fit`: the line of a use and what is called there."""
    return f"{use.place}, {use.name}.{use.method}" if use.method else f"{use.place}, {use.name}()"


def check_uses(graph: Graph, model: Model) -> Model:
    """`model` with a note on each use that trains the wrong thing. Raises ModelError for a fault.

    The error has the model whose shapes stand above it, as one of a layer has.
    """
    notes: list[str] = []
    for use in graph.uses:
        case = _Case(use, graph, model)
        try:
            notes.extend(_checked(case))
        except _Fault as fault:
            raise _error(case, fault) from None
    return replace(model, notes=(*model.notes, *dict.fromkeys(notes)))


def _error(case: _Case, fault: _Fault) -> ModelError:
    from lstminspect.explanations.messages import explain_message

    text = f"{_place(case.use)}: {fault.words}{fault.advice and ' '}{fault.advice}"
    note = "the shapes of the layers fit; the data, or the loss, do not"
    above = replace(case.model, notes=(note, *case.model.notes), fault=text)
    return ModelError(text, fault.layer, above, explain_message(fault.words))


def _checked(case: _Case) -> Iterator[str]:
    """The notes on one use. Raises _Fault where Keras raises an error."""
    use = case.use
    if use.stops:
        raise _Fault(*use.stops)
    _check_numbers(use)
    _check_compiled(use)
    if use.method not in ("", *ON_BATCH):
        _check_samples(use)
    ran = _run(case)
    _check_stateful(case)
    if use.method in TRAINS and ran is not None:
        yield from _check_targets(case, ran)


def _check_numbers(use: Use) -> None:
    """Refuse Python lists of numbers: Keras takes them for several inputs, or for nothing."""
    for name, data in (("x", use.x), ("y", use.y)):
        if data.form != "numbers" or (name == "y" and use.method in ("", *ON_BATCH)):
            continue
        words = f"Unrecognized data type: {name}=[...] (of type <class 'list'>)."
        if use.method in ("", *ON_BATCH):
            words = "Only input tensors may be passed as positional arguments, not a list."
        raise _Fault(
            words,
            f"{data.text} is a Python list of numbers, and Keras takes arrays. Write "
            f"np.array({data.text}), of shape {_text(data.shapes[0] or ())}.",
        )


def _check_compiled(use: Use) -> None:
    """Refuse a model that is trained without a loss, or without targets."""
    if use.method not in TRAINS or use.is_own:
        return
    if use.compiled is None:
        if use.never_compiled:
            raise _Fault(
                "You must call `compile()` before using the model.",
                f"Write {use.name}.compile(optimizer='adam', loss='mse') before this line.",
            )
        return
    named = isinstance(use.compiled.loss, str) and keras_loss(use.compiled.loss) in KERAS
    if named and use.y.form == "none" and use.x.form == "arrays":
        raise _Fault(
            "None values not supported.",
            f"{use.method} is given no targets. Write {use.name}.{use.method}({use.x.text}, y).",
        )


def _check_samples(use: Use) -> None:
    """Refuse data of different lengths."""
    sizes = {}
    for name, data in (("x", use.x), ("y", use.y), ("sample_weight", use.weights)):
        known = [each[0] for each in data.shapes if each and isinstance(each[0], int)]
        if known and data.form != "open":
            sizes[name] = known
    every = {size for several in sizes.values() for size in several}
    if len(every) < 2:
        return
    shown = " ".join(f"'{name}' sizes: {', '.join(map(str, n))}" for name, n in sizes.items())
    words = (
        "Data cardinality is ambiguous. Make sure all arrays contain the same number of samples. "
        f"{shown}."
    )
    least = min(every)
    texts = [data.text for data in (use.x, use.y) if data.form == "arrays"]
    advice = "Axis 0 counts the sequences: one target, or one row of them, for each."
    if len(texts) == 2 and least > 1:
        advice += f" Write {texts[0]}[:{least}], {texts[1]}[:{least}] if the first ones belong "
        advice += "together."
    raise _Fault(words, advice)


def _expected(case: _Case) -> list[tuple[str, Shape]]:
    """The inputs of the model by name, in the order in which it takes them."""
    rows = {row.name: row.inputs[0] for row in case.model.rows if row.part.layer_type == INPUT}
    names = case.use.inputs or tuple(rows)
    return [(name, shape) for name in names if (shape := rows.get(name)) is not None]


def _run(case: _Case) -> Model | None:
    """The model on the shapes of the data; None where too little is known of them."""
    use, wanted = case.use, _expected(case)
    shapes = _shapes(case, wanted)
    if shapes is None:
        return None
    changed: dict[str, Shape] = {}
    for (name, expected), shape in zip(wanted, shapes, strict=False):
        if shape is None:
            continue
        if not use.is_chain and not use.is_own:
            _check_spec(use, name, expected, shape)
        fitted = _ranked(use, expected, shape)
        merged = tuple(
            new if isinstance(new, int) else old
            for old, new in zip(expected[1:], fitted[1:], strict=True)
        )
        if merged != expected[1:]:
            changed[name] = (expected[0], *merged)
    return _inferred(case, changed) if changed else case.model


def _shapes(case: _Case, wanted: Sequence[tuple[str, Shape]]) -> list[Shape | None] | None:
    """The shapes of the data, one for each input. Raises _Fault for another number of them."""
    data = case.use.x
    several = list(data.shapes)
    if data.form == "named":
        named = dict(zip(data.names, several, strict=True))
        if any(name not in named for name, _ in wanted):
            return None
        return [named[name] for name, _ in wanted]
    if data.form == "none" or not several:
        return [None] * len(wanted)
    if case.use.is_chain or case.use.is_own:
        return several if len(several) == len(wanted) else [*several[:1]]
    if len(several) != len(wanted):
        names = ", ".join(name for name, _ in wanted)
        raise _Fault(
            f'Layer "{case.model.name}" expects {len(wanted)} input(s), but it received '
            f"{len(several)} input tensors.",
            f"The model has the inputs {names}. Give a list with one array for each.",
        )
    return several


def _check_spec(use: Use, name: str, expected: Shape, shape: Shape) -> None:
    """Compare a shape with the input of a functional model, but for a last axis of 1."""
    one, other = (each[:-1] if each[-1:] == (1,) else each for each in (expected, shape))
    for wanted, size in zip(one[1:], other[1:], strict=False):
        if isinstance(wanted, int) and isinstance(size, int) and wanted != size:
            raise _Fault(
                f"Input 0 with name '{name}' is incompatible with the layer: expected shape="
                f"{_text((None, *expected[1:]))}, found shape={_text((None, *shape[1:]))}.",
                _reshape(use, expected, shape),
            )


def _ranked(use: Use, expected: Shape, shape: Shape) -> Shape:
    """A shape after Keras has added or taken away a last axis of 1. Raises _Fault if none fits."""
    if len(shape) == len(expected):
        return shape
    if len(shape) == len(expected) + 1 and shape[-1] in (1, None):
        return shape[:-1]
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        return (*shape, 1)
    seen = shape if use.method == "" else (None, *shape[1:])
    raise _Fault(
        f"Invalid input shape for input. Expected shape {_text((None, *expected[1:]))}, but input "
        f"has incompatible shape {_text(seen)}.",
        _reshape(use, expected, shape),
    )


def _reshape(use: Use, expected: Shape, shape: Shape) -> str:
    """The line that gives the data the shape of an input, or the input that of the data."""
    text, wanted = use.x.text or "x", expected[1:]
    head = f"{text} has the shape {_text(shape)}, the model takes {_text((None, *wanted))}."
    if tuple(shape) == tuple(wanted):
        return f"{head} One sequence is a batch of one: write {text}[np.newaxis]."
    inner = ", ".join(str(each) for each in wanted)
    sizes = [each for each in (*wanted, *shape[1:]) if isinstance(each, int)]
    if len(sizes) == len(wanted) + len(shape) - 1 and _product(wanted) == _product(shape[1:]):
        return f"{head} Write {text}.reshape(-1, {inner})."
    if len(shape) == 2 and len(wanted) == 2:
        return (
            f"{head} If each row is a sequence, write {text}.reshape(-1, {shape[1]}, 1) and "
            f"input_shape=({shape[1]}, 1); if each row is one time step, "
            f"{text}.reshape(-1, 1, {shape[1]}) and input_shape=(1, {shape[1]})."
        )
    own = ", ".join("None" if each is None else str(each) for each in shape[1:])
    comma = "," if len(shape) == 2 else ""
    if len(shape) == len(expected):
        return f"{head} Write input_shape=({own}{comma}) if the data are right."
    return f"{head} Give the data {len(expected)} axes, the batch first."


def _product(sizes: Sequence[Any]) -> int:
    found = 1
    for each in sizes:
        found *= each
    return found


def _inferred(case: _Case, changed: dict[str, Shape]) -> Model:
    """The model on inputs of other shapes, with the weights that it has."""
    layers = {
        name: replace(each, config={"batch_shape": changed[name]}) if name in changed else each
        for name, each in case.graph.layers.items()
    }
    try:
        found = infer_shapes(replace(case.graph, layers=layers))
    except ModelError as error:
        advice = _reshape(case.use, *_pair(case, changed))
        raise _Fault(str(error), advice, error.layer) from None
    except LstmInspectError as error:
        raise _Fault(str(error)) from None
    for one, other in zip(case.model.rows, found.rows, strict=False):
        before, now = ([tensor.shape for tensor in row.part.every_tensor] for row in (one, other))
        if before != now:
            _refuse_width(case, changed, one, other)
    return found


def _pair(case: _Case, changed: dict[str, Shape]) -> tuple[Shape, Shape]:
    """The shape of the first input that differs, and that of the data."""
    for (name, expected), shape in zip(_expected(case), case.use.x.shapes, strict=False):
        if name in changed and shape is not None:
            return expected, shape
    return next(iter(changed.values())), next(iter(changed.values()))


def _refuse_width(case: _Case, changed: dict[str, Shape], one: Row, other: Row) -> None:
    """Refuse data that a layer's weights are not made for."""
    wanted, got = one.inputs[0], other.inputs[0]
    if wanted is None or got is None or not isinstance(wanted[-1], int):
        return
    layer = case.graph.layers.get(one.name)
    where = f"{one.name} ({layer.location})" if layer and layer.location else one.name
    raise _Fault(
        f"{where}: expected axis -1 of input shape to have value {wanted[-1]}, but received "
        f"input with shape {_text(got)}.",
        _reshape(case.use, *_pair(case, changed)),
        one.name,
    )


def _check_stateful(case: _Case) -> None:
    """Refuse a batch that a stateful layer has no states for."""
    use = case.use
    layers = case.graph.layers.values()
    stateful = [each for each in layers if each.config.get("stateful") is True]
    expected = next((shape for _, shape in _expected(case)), None)
    if not stateful or expected is None or not isinstance(expected[0], int):
        return
    size = expected[0]
    shape = use.x.shapes[0] if use.x.shapes and use.x.form != "numbers" else None
    many = shape[0] if shape else None
    if use.batch is not None and (shape is not None or use.batch != 32) and use.batch != size:
        argument = f"batch_size={size}" if use.method not in ("", *ON_BATCH) else f"{size} rows"
        raise _Fault(
            "If an RNN is stateful, the batch size of the input sequences must be the same as the "
            f"batch size of the initial state. Expected batch size: {size}. Received batch size: "
            f"{use.batch}.",
            f"Write {use.method or use.name}(..., {argument}).",
            stateful[0].name,
        )
    if use.method in ("fit", "evaluate", "predict") and isinstance(many, int) and many % size:
        whole = many - many % size
        raise _Fault(
            "In a stateful network, you should only pass inputs with a number of samples that can "
            f"be divided by the batch size {size}. Found: {many} samples.",
            f"The last batch has {many % size} of {size}. Write {use.x.text}[:{whole}].",
            stateful[0].name,
        )


def _check_targets(case: _Case, ran: Model) -> Iterator[str]:
    """Compare each target with its output under its loss; the notes on those that only run."""
    use, outputs = case.use, ran.outputs
    targets = _targets(use, len(outputs))
    if targets is None or use.compiled is None:
        return
    losses = _losses(use, len(outputs))
    for number, (target, output) in enumerate(zip(targets, outputs, strict=True)):
        if target is None or output is None:
            continue
        given = losses[number] if number < len(losses) else None
        name = keras_loss(given) if isinstance(given, str) else ""
        if name not in KERAS:
            continue
        batch = use.batch if use.batch is not None else None
        first = target[0] if use.method in ON_BATCH else batch
        one, other = (first, *target[1:]), (batch, *output[1:])
        found = disagreement(KERAS[name], one, other)
        if found is None:
            continue
        advice = advice_on_target(case.graph, ran, use, name, found, number)
        if not found.is_silent:
            raise _Fault(_words(name, found, one, other), advice)
        shapes = aligned(KERAS[name], target, (target[0], *output[1:]))
        yield (
            f"{use.place}: {use.name}.{use.method} runs, and compares a target of "
            f"{_text((None, *shapes[0][1:]))} with an output of {_text((None, *shapes[1][1:]))}: "
            f"one is stretched to the other, and {name} is not what is meant. {advice}"
        )


def _targets(use: Use, many: int) -> list[Shape | None] | None:
    """The shapes of the targets, one for each output. Raises _Fault for another number of them."""
    data = use.y
    if data.form in ("open", "none") or (data.form == "numbers" and use.method not in ON_BATCH):
        return None
    if data.form == "named":
        named = dict(zip(data.names, data.shapes, strict=True))
        whole = len(use.outputs) == many and all(name in named for name in use.outputs)
        return [named[name] for name in use.outputs] if whole else None
    if len(data.shapes) == many:
        return list(data.shapes)
    shown = [", ".join(["*"] * n) for n in (len(data.shapes), many)]
    raise _Fault(
        f"y_true and y_pred have different structures. y_true: [{shown[0]}] y_pred: [{shown[1]}].",
        f"The model has {many} output{'s' if many > 1 else ''}, and y holds "
        f"{len(data.shapes)}. Give one array of targets for each output"
        f"{', in a list' if many > 1 else ', not a list'}.",
    )


def _losses(use: Use, many: int) -> list[Any]:
    """The losses, one for each output, where they are known."""
    loss = None if use.compiled is None else use.compiled.loss
    if isinstance(loss, dict):
        return [loss.get(name) for name in use.outputs] if len(use.outputs) == many else []
    if isinstance(loss, list):
        return loss if len(loss) == many else []
    return [loss] * many


def _words(name: str, found: Disagreement, target: Shape, output: Shape) -> str:
    """The sentence of Keras for a target that does not fit."""
    loss = KERAS[name]
    one, other = aligned(loss, target, output)
    one, other = (None, *one[1:]), (None, *other[1:])
    received = f"Received: target.shape={_text(one)}, output.shape={_text(other)}."
    if loss.form == CLASSES and len(one) != len(other) - 1:
        return f"Argument `output` must have rank (ndim) `target.ndim - 1`. {received}"
    if loss.form == EQUAL and len(one) != len(other):
        return f"Arguments `target` and `output` must have the same rank (ndim). {received}"
    if found.reason == "batch":
        received = f"Received: target.shape={_text(target)}, output.shape={_text(output)}."
    return f"Arguments `target` and `output` must have the same shape. {received}"


def _text(shape: Sequence[Any]) -> str:
    """`(None, 5, 3)`: a shape as Python writes it."""
    return str(tuple(shape))
