"""From what people have to a Model: lines of code, Keras' JSON, a live model.

Nothing that is read is ever run, and no framework is imported: a live model is asked about itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from lstminspect.errors import ModelError
from lstminspect.layer import Shape
from lstminspect.models.graph import Graph, sizes_of
from lstminspect.models.inference import infer_shapes
from lstminspect.models.reading.choices import Choice
from lstminspect.models.reading.fitting import fitted
from lstminspect.models.reading.source import is_notebook
from lstminspect.models.summary import Model
from lstminspect.sizes import plain, whole
from lstminspect.wording import number

if TYPE_CHECKING:
    from lstminspect.names import ConventionName

__all__ = ["MOST_CHARACTERS", "model"]

#: Choices of a text that are read the other way too, and the steps of reading that this may take.
MOST_CHOICES, MOST_STEPS_AGAIN = 6, 60_000

#: Of a text: more is not a model that a person wrote, nor its architecture.
MOST_CHARACTERS = 5_000_000


def model(
    source: object,
    input_shape: Sequence[object] | Mapping[str, object] | None = None,
    batch: int | None = None,
    timesteps: int | None = None,
    convention: ConventionName | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Model:
    """The Model of `source`: code or JSON as text, a config, a live Keras or PyTorch model.

    `input_shape` is what the model takes, without the batch for Keras: `(timesteps, features)`;
    a PyTorch module takes it whole, `(batch, timesteps, features)`, or a list of them. `batch` and
    `timesteps` stand where the model leaves them open. `convention` counts recurrent layers as
    another framework stores them. Raises ModelError, with `layer` and `model` where shapes stop.

    Code may leave sizes open: they are letters, named as the text names them, and the counts and
    shapes are expressions of them. `sizes` puts numbers in: `{"n": 7}`. A file that makes several
    models gives the one that is meant; the others are its `others`.

    >>> found = model("LSTM(25, input_shape=(5, 10)), Dense(10, activation='softmax')")
    >>> [(row.name, row.part.parameters) for row in found.rows]
    [('input_layer', 0), ('lstm', 3600), ('dense', 260)]
    """
    if isinstance(source, str) and _may_hold_table(source):
        return _of_table(source, sizes, input_shape, batch, timesteps, convention)
    return _of_source(source, sizes, input_shape, batch, timesteps, convention)


def _may_hold_table(text: str) -> bool:
    """True for a text with a mark of a printed table, which is then looked for in it."""
    marks = ("(type", "\u2500", "[-1, ", "): ", "(None, ")
    if len(text) > MOST_CHARACTERS or _is_json(text) or not any(each in text for each in marks):
        return False
    from lstminspect.explanations.printed.explained import tables_of

    return bool(tables_of(text))


def _of_table(
    text: str,
    sizes: Mapping[str, int] | None,
    *options: Any,
) -> Model:
    """The Model of a text with a printed table: of the code in it where that says it all."""
    from lstminspect.models.reading.printed_table import models_of_tables

    try:
        found = _of_source(text, sizes, *options)
        if found.complete and found.parameters:
            return found
    except ModelError as error:
        if error.model is not None:
            raise
    if any(each is not None for each in options):
        raise ModelError(
            "a printed table has its own shapes and counts. Leave input_shape, batch, timesteps "
            "and convention out."
        )
    first, *others = models_of_tables(text, _whole_sizes(sizes))
    return replace(first, others=tuple(others))


def _of_source(
    source: object,
    sizes: Mapping[str, int] | None,
    input_shape: Any = None,
    batch: int | None = None,
    timesteps: int | None = None,
    convention: ConventionName | None = None,
) -> Model:
    """The Model of what is not a printed table."""
    if _is_from(source, "torch"):
        from lstminspect.models.reading.torch_module import model_of_module

        if (batch, timesteps, convention) != (None, None, None):
            raise ModelError(
                "a PyTorch module takes its input shape whole, for example input_shape=(2, "
                "7, 3), and is "
                "counted as PyTorch stores it. Leave batch, timesteps and convention out."
            )
        return model_of_module(source, input_shape)
    if isinstance(source, str) and not _is_json(source):
        own = _Options(convention, None, batch, timesteps)
        return _of_text(source, own, input_shape, _whole_sizes(sizes))
    options = _Options(convention, _shape(input_shape), batch, timesteps)
    if sizes:
        raise ModelError("sizes are for code, which can leave them open. Leave sizes out.")
    return infer_shapes(_graph(source), *options)


class _Options(NamedTuple):
    """The options of a caller, besides the model."""

    convention: str | None
    shape: Shape | None
    batch: int | None
    timesteps: int | None


def _whole_sizes(sizes: Mapping[str, int] | None) -> dict[str, int]:
    """The sizes that are put in, each a whole number from 1."""
    return {str(name): whole(str(name), value, least=1) for name, value in (sizes or {}).items()}


def _of_code(text: str, options: _Options, sizes: Mapping[str, int]) -> Model:
    """The Model that code means, with the other models of the text, and what is left open."""
    from lstminspect.models.reading.keras_code import read_code

    opens = options.shape is None
    reading = read_code(text, sizes, opens=opens)
    first, *rest = reading.graphs
    others = [_or_fault(each, options) for each in rest]
    try:
        found = fitted(first, *options)
    except ModelError as error:
        if isinstance(error.model, Model):
            error.model = replace(error.model, others=tuple(others))
        raise
    others = _unlike(found, others)
    doubts = []
    many = min(MOST_CHOICES, MOST_STEPS_AGAIN // reading.steps)
    doubts += [
        f"{choice.place}: {choice.text!r} is not known, and other ways to take it are not read"
        for choice in reading.choices[many:][:MOST_CHOICES]
    ]
    for choice in reading.choices[:many]:
        try:
            fixed = {choice.key: 1 - choice.taken}
            other = infer_shapes(read_code(text, sizes, fixed, opens).graphs[0], *options)
        except ModelError:
            doubts += _unread(choice)
            continue
        doubts += _difference(choice, found, other)
    return replace(found, others=tuple(others), doubts=(*found.doubts, *doubts))


def _of_text(text: str, options: _Options, input_shape: Any, sizes: Mapping[str, int]) -> Model:
    """The Model of a text in its own framework; of a mixture, the models of each of them."""
    from lstminspect.models.reading.frameworks import check_framework, frameworks_of

    if len(text) > MOST_CHARACTERS:
        most = f"a model's text has at most {MOST_CHARACTERS:,} characters"
        raise ModelError(f"the text is too long: {most}. Give the architecture alone.")
    check_framework(text)
    names: tuple[str, ...] = frameworks_of(text) or ("Keras",)
    if len(names) == 1:
        return _of_framework(names[0], text, options, input_shape, sizes)
    found: dict[str, Model] = {}
    faults: list[ModelError] = []
    for name in names:
        shape = None if found else input_shape
        try:
            read = _of_framework(name, text, options, shape, {} if found else sizes)
        except ModelError as error:
            if error.model is not None and not found:
                raise
            faults.append(error)
            continue
        if name == "Keras" and read.opaque and not read.parameters:
            faults.append(ModelError("no layer of Keras is made in the text."))
        elif name == "Keras" or read.parameters != 0 or not found:
            found[name] = read
    if not found:
        # A line of another framework's that is wrong says more than that there is no Keras model.
        raise next((each for each in faults if str(each).startswith("line ")), faults[0])
    (name, first), *rest = found.items()
    text_of_names = " and ".join([", ".join(names[:-1]), names[-1]])
    words = f"both {text_of_names}" if len(names) == 2 else text_of_names
    note = f"the text has words of {words}; that of {name} is read"
    if rest:
        more = " and ".join(each for each, _ in rest)
        note += f", and those of {more} are among the other models"
    others = [
        replace(each, label=f"{each.source} {each.label}".strip(), others=())
        for _, own in rest
        for each in (own, *own.others)
    ]
    return replace(first, notes=(*first.notes, note), others=(*first.others, *others))


def _of_framework(
    name: str, text: str, options: _Options, input_shape: Any, sizes: Mapping[str, int]
) -> Model:
    """The Model of a text that is in one framework."""
    if name == "Keras":
        return _of_code(text, options._replace(shape=_shape(input_shape)), sizes)
    return _of_modules(name, text, options, input_shape, sizes)


def _of_modules(
    name: str, text: str, options: _Options, input_shape: Any, sizes: Mapping[str, int]
) -> Model:
    """The Model of PyTorch or Flax code; what the text leaves open is read the other way too."""
    from lstminspect.models.reading.source import source_of

    if name == "Flax":
        from lstminspect.models.reading.flax_code import models_of_flax as models_of

        own: tuple[str, ...] = ("flax", "nnx")
    else:
        from lstminspect.models.reading.torch_code import models_of_torch as models_of

        own = ("pytorch",)
    if options.convention not in (None, *own):
        raise ModelError(f"{name} code is counted as {name} stores it. Leave convention out.")
    letters = {"batch": options.batch, "time": options.timesteps}
    sizes = {**{name: each for name, each in letters.items() if each is not None}, **sizes}
    (found, *others), choices, steps = models_of(source_of(text), sizes, input_shape)
    many = min(MOST_CHOICES, MOST_STEPS_AGAIN // (1 + steps))
    doubts = [
        f"{choice.place}: {choice.text!r} is not known, and other ways to take it are not read"
        for choice in choices[many:][:MOST_CHOICES]
    ]
    for choice in choices[:many]:
        fixed = {choice.key: 1 - choice.taken}
        try:
            (other, *rest), *_ = models_of(source_of(text), sizes, input_shape, fixed)
        except ModelError:
            doubts += _unread(choice)
            continue
        doubts += _difference(choice, found, other)
        others = [_doubted(choice, each, (other, *rest)) for each in others]
    return replace(found, others=tuple(others), doubts=(*found.doubts, *doubts))


def _doubted(choice: Choice, found: Model, others: Sequence[Model]) -> Model:
    """A model with the difference that a choice makes to the one of its name."""
    more = [each for other in others if other.name == found.name
            for each in _difference(choice, found, other)]  # fmt: skip
    return replace(found, doubts=(*found.doubts, *more))


def _unlike(found: Model, others: list[Model]) -> list[Model]:
    """The other models without those that the same function makes again with the same sizes."""
    kept: dict[object, Model] = {_form(found): found}
    for each in others:
        kept.setdefault(_form(each), each)
    return [each for each in kept.values() if each is not found]


def _form(model: Model) -> object:
    rows = [(row.layer_type, str(row.part.outputs), str(row.part.parameters)) for row in model.rows]
    return (model.label.partition(": ")[0], *rows, model.fault)


def _or_fault(graph: Graph, options: _Options) -> Model:
    """The Model of a graph, or what stands above the layer that its shapes stop at."""
    own = options._replace(shape=None, batch=None, timesteps=None)
    try:
        return fitted(graph, *own)
    except ModelError as error:
        if isinstance(error.model, Model):
            return error.model
        return Model(graph.name, (), (), label=graph.label, fault=str(error))


def _unread(choice: Choice) -> list[str]:
    """A sentence on a choice whose other way cannot be read: a loop can still run again."""
    if choice.form != "passes":
        return []
    return [
        f"{choice.place}: how often this loop runs depends on {choice.text!r}, which the text does "
        "not say; it is read once"
    ]


def _difference(choice: Choice, found: Model, other: Model) -> list[str]:
    """A sentence on the difference that a choice makes; nothing if the count stays."""
    one, two = plain(found.parameters), plain(other.parameters)
    if one == two:
        return []
    if choice.form == "passes":
        more = number(plain(two - one))
        return [
            f"{choice.place}: how often this loop runs depends on {choice.text!r}, which the text "
            f"does not say; it is read once, and each further time adds {more} parameters"
        ]
    if choice.form == "key":
        return [
            f"{choice.place}: {choice.text!r} is not known; the first of its layers is taken, "
            f"and with the second there are {number(two)} parameters"
        ]
    if choice.form == "flag":
        return [
            f"{choice.place}: {choice.text!r} is taken as {bool(choice.taken)}, which the text "
            f"does not say; as {not choice.taken} there are {number(two)} parameters"
        ]
    return [
        f"{choice.place}: whether {choice.text!r} is so is not known; it is taken as "
        f"{not choice.taken}, and otherwise there are {number(two)} parameters"
    ]


def _is_json(text: str) -> bool:
    """True for the JSON of a model."""
    return text.lstrip().startswith("{") and not is_notebook(text)


def _graph(source: object) -> Graph:
    if isinstance(source, Mapping):
        from lstminspect.models.reading.keras_config import graph_of_config

        return graph_of_config(source)
    if isinstance(source, str):
        return _graph_of_json(source)
    if _is_from(source, "keras") or _is_from(source, "tensorflow") or _is_from(source, "tf_keras"):
        from lstminspect.models.reading.keras_model import graph_of_model

        return graph_of_model(source)
    raise ModelError(
        f"{type(source).__name__} is not a model. Give Keras code or JSON as text, a config, a "
        "keras.Model or a torch.nn.Module."
    )


def _graph_of_json(text: str) -> Graph:
    if len(text) > MOST_CHARACTERS:
        most = f"a model's text has at most {MOST_CHARACTERS:,} characters"
        raise ModelError(f"the text is too long: {most}. Give the architecture alone.")
    from lstminspect.models.reading.keras_config import graph_of_json

    return graph_of_json(text)


def _shape(value: Any) -> Shape | None:
    """An input shape without its batch, with None for the batch put before it."""
    if value is None:
        return None
    return (None, *sizes_of(value, "input_shape"))


def _is_from(source: object, package: str) -> bool:
    """True if `source` is an object of a class of `package`, which is not imported for this."""
    return any(
        base.__module__.partition(".")[0] == package
        and base.__name__ in ("Module", "Layer", "Model")
        for base in type(source).__mro__
    )
