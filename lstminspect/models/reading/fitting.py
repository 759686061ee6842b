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
from typing import Any

from lstminspect.errors import LstmInspectError, ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Graph
from lstminspect.models.inference import infer_shapes
from lstminspect.models.reading.fit_case import (
    ON_BATCH,
    TRAINS,
    FitCase,
    FitFault,
    holds,
    written,
)
from lstminspect.models.reading.losses import KERAS, keras_loss
from lstminspect.models.reading.target_checks import check_targets
from lstminspect.models.reading.training import Use
from lstminspect.models.summary import Model, Row
from lstminspect.sizes import product

__all__ = ["check_uses", "fitted"]


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
        shape = written(use.x.shapes[0] or ())
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
        case = FitCase(use, graph, model)
        try:
            notes.extend(_checked(case))
        except FitFault as fault:
            raise _error(case, fault) from None
    return replace(model, notes=(*model.notes, *dict.fromkeys(notes)))


def _error(case: FitCase, fault: FitFault) -> ModelError:
    from lstminspect.explanations.messages import explain_message

    text = f"{_place(case.use)}: {fault.words}{fault.advice and ' '}{fault.advice}"
    note = "the shapes of the layers fit; the data, or the loss, do not"
    above = replace(case.model, notes=(note, *case.model.notes), fault=text, whole=True)
    return ModelError(text, fault.layer, above, explain_message(fault.words))


def _checked(case: FitCase) -> Iterator[str]:
    """The notes on one use. Raises FitFault where Keras raises an error."""
    use = case.use
    if use.stops:
        raise FitFault(*use.stops)
    _check_numbers(use)
    yield from _check_compiled(use)
    if use.method not in ("", *ON_BATCH):
        _check_samples(use)
    ran = _run(case)
    _check_indices(case)
    _check_stateful(case)
    if use.method in TRAINS and ran is not None:
        yield from check_targets(case, ran)


def _check_numbers(use: Use) -> None:
    """Refuse Python lists of numbers: Keras takes them for several inputs, or for nothing."""
    for name, data in (("x", use.x), ("y", use.y)):
        if data.form != "numbers" or (name == "y" and use.method in ("", *ON_BATCH)):
            continue
        words = f"Unrecognized data type: {name}=[...] (of type <class 'list'>)."
        if use.method in ("", *ON_BATCH):
            words = "Only input tensors may be passed as positional arguments, not a list."
        raise FitFault(
            words,
            f"{data.text} is a Python list of numbers, and Keras takes arrays. Write "
            f"np.array({data.text}), of shape {written(data.shapes[0] or ())}.",
        )


def _check_compiled(use: Use) -> Iterator[str]:
    """Refuse a model that is trained without a loss, or without targets.

    An excerpt of a program leaves `compile` out, as it does with the data: that is a note.
    """
    if use.method not in TRAINS or use.is_own:
        return
    if use.compiled is None:
        if use.never_compiled and not use.is_program:
            needs = f"{use.name}.compile(...)"
            yield f"{_place(use)} needs {needs} before it, which the text does not show"
        elif use.never_compiled:
            raise FitFault(
                "You must call `compile()` before using the model.",
                f"Write {use.name}.compile(optimizer='adam', loss='mse') before this line.",
            )
        return
    named = isinstance(use.compiled.loss, str) and keras_loss(use.compiled.loss) in KERAS
    if named and use.y.form == "none" and use.x.form == "arrays":
        raise FitFault(
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
    raise FitFault(words, advice)


def _expected(case: FitCase) -> list[tuple[str, Shape]]:
    """The inputs of the model by name, in the order in which it takes them."""
    rows = {row.name: row.inputs[0] for row in case.model.rows if row.part.layer_type == INPUT}
    names = case.use.inputs or tuple(rows)
    return [(name, shape) for name in names if (shape := rows.get(name)) is not None]


def _run(case: FitCase) -> Model | None:
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


def _shapes(case: FitCase, wanted: Sequence[tuple[str, Shape]]) -> list[Shape | None] | None:
    """The shapes of the data, one for each input. Raises FitFault for another number."""
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
        raise FitFault(
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
            raise FitFault(
                f"Input 0 with name '{name}' is incompatible with the layer: expected shape="
                f"{written((None, *expected[1:]))}, found shape={written((None, *shape[1:]))}.",
                _reshape(use, expected, shape),
            )


def _ranked(use: Use, expected: Shape, shape: Shape) -> Shape:
    """A shape after Keras has added or taken away a last axis of 1. Raises FitFault for none."""
    if len(shape) == len(expected):
        return shape
    if len(shape) == len(expected) + 1 and shape[-1] in (1, None):
        return shape[:-1]
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        return (*shape, 1)
    seen = shape if use.method == "" else (None, *shape[1:])
    raise FitFault(
        f"Invalid input shape for input. Expected shape {written((None, *expected[1:]))}, but "
        f"input has incompatible shape {written(seen)}.",
        _reshape(use, expected, shape),
    )


def _reshape(use: Use, expected: Shape, shape: Shape) -> str:
    """The line that gives the data the shape of an input, or the input that of the data."""
    text, wanted = use.x.text or "x", expected[1:]
    head = f"{text} has the shape {written(shape)}, the model takes {written((None, *wanted))}."
    if tuple(shape) == tuple(wanted):
        return f"{head} One sequence is a batch of one: write {text}[np.newaxis]."
    inner = ", ".join(str(each) for each in wanted)
    sizes = [each for each in (*wanted, *shape[1:]) if isinstance(each, int)]
    if len(sizes) == len(wanted) + len(shape) - 1 and product(wanted) == product(shape[1:]):
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


def _inferred(case: FitCase, changed: dict[str, Shape]) -> Model:
    """The model on inputs of other shapes, with the weights that it has."""
    layers = {
        name: replace(each, config={"batch_shape": changed[name]}) if name in changed else each
        for name, each in case.graph.layers.items()
    }
    try:
        found = infer_shapes(replace(case.graph, layers=layers))
    except ModelError as error:
        advice = _reshape(case.use, *_pair(case, changed))
        raise FitFault(str(error), advice, error.layer) from None
    except LstmInspectError as error:
        raise FitFault(str(error)) from None
    for one, other in zip(case.model.rows, found.rows, strict=False):
        before, now = ([tensor.shape for tensor in row.part.every_tensor] for row in (one, other))
        if before != now:
            _refuse_width(case, changed, one, other)
    return found


def _pair(case: FitCase, changed: dict[str, Shape]) -> tuple[Shape, Shape]:
    """The shape of the first input that differs, and that of the data."""
    for (name, expected), shape in zip(_expected(case), case.use.x.shapes, strict=False):
        if name in changed and shape is not None:
            return expected, shape
    return next(iter(changed.values())), next(iter(changed.values()))


def _refuse_width(case: FitCase, changed: dict[str, Shape], one: Row, other: Row) -> None:
    """Refuse data that a layer's weights are not made for."""
    wanted, got = one.inputs[0], other.inputs[0]
    if wanted is None or got is None or not isinstance(wanted[-1], int):
        return
    layer = case.graph.layers.get(one.name)
    where = f"{one.name} ({layer.location})" if layer and layer.location else one.name
    raise FitFault(
        f"{where}: expected axis -1 of input shape to have value {wanted[-1]}, but received "
        f"input with shape {written(got)}.",
        _reshape(case.use, *_pair(case, changed)),
        one.name,
    )


def _check_stateful(case: FitCase) -> None:
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
        raise FitFault(
            "If an RNN is stateful, the batch size of the input sequences must be the same as the "
            f"batch size of the initial state. Expected batch size: {size}. Received batch size: "
            f"{use.batch}.",
            f"Write {use.method or use.name}(..., {argument}).",
            stateful[0].name,
        )
    if use.method in ("fit", "evaluate", "predict") and isinstance(many, int) and many % size:
        whole = many - many % size
        raise FitFault(
            "In a stateful network, you should only pass inputs with a number of samples that can "
            f"be divided by the batch size {size}. Found: {many} samples.",
            f"The last batch has {many % size} of {size}. Write {use.x.text}[:{whole}].",
            stateful[0].name,
        )


def _check_indices(case: FitCase) -> None:
    """Refuse numbers beyond the first Embedding, where it is as good as sure that there are."""
    first = [each for each in case.graph.layers.values() if each.layer_type != INPUT][:1]
    if not first or first[0].layer_type != "Embedding" or len(case.use.x.shapes) != 1:
        return
    words, high = first[0].config.get("input_dim"), case.use.x.high
    if high is not None and holds(case.use.x, words):
        raise FitFault(
            f"indices[0,0] = {high - 1} is not in [0, {words}).",
            f"The numbers of {case.use.x.text} go up to {high - 1}. Write Embedding({high}, ...): "
            "one row for each number, 0 too.",
            first[0].name,
        )
