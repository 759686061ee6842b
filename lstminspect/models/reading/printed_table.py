"""From a printed table of layers to a Model: the shapes and counts are those of the table.

Where a count says what a layer must have been, the rule of its type makes its tensors, and has to
come to the same count. What is not known keeps its printed count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lstminspect.errors import LstmInspectError, ModelError
from lstminspect.explanations.printed.explained import optimizer_of, tables_of
from lstminspect.explanations.printed.options import RECURRENT
from lstminspect.explanations.printed.solved import Fit, SolvedRow, solved_rows, total_faults
from lstminspect.explanations.printed.table import PrintedTable
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Letter
from lstminspect.models.inference import ShapeInference
from lstminspect.models.layers.rules import RULES
from lstminspect.models.spec import LayerResult, LayerSpec, Row, Tensor
from lstminspect.models.summary import Model
from lstminspect.wording import number

__all__ = ["models_of_tables"]

#: Sizes that `print(module)` leaves open.
LETTERS = {"batch": "print(module) shows no shapes", "time": "print(module) shows no shapes"}
OPEN_SHAPES = (
    "the printed module shows arguments and no shapes: the counts are exact, the batch and the "
    "time steps are letters, and what the modules read is not known; parameters that a module "
    "holds itself do not show"
)


def models_of_tables(text: str, sizes: Mapping[str, int]) -> tuple[Model, ...]:
    """The Models of the printed tables in a text, in order. Raises ModelError for none."""
    tables = tables_of(text)
    if not tables:
        raise ModelError("the text holds no table of layers. Give it with its column of counts.")
    return tuple(_model(table, sizes) for table in tables)


def _model(table: PrintedTable, sizes: Mapping[str, int]) -> Model:
    read = solved_rows(table)
    if table.source == "PyTorch":
        return _model_of_module(table, read, sizes)
    if sizes:
        raise ModelError("a printed table leaves no size open. Leave sizes out.")
    rows = [*_first_input(table, read), *_rows(table, read)]
    recurrent = [each for each in read if each.row.layer_type in RECURRENT and each.row.count]
    # What reads what is known where every layer of a Keras table is: a pattern follows from that.
    followed = not table.is_torch and all(_chosen(each) for each in recurrent)
    outputs = (rows[-1].part.outputs or ())[:1] if rows and followed else ()
    title = "Keras" if not table.is_torch else table.source
    return Model(
        table.name,
        tuple(rows),
        outputs,
        "pytorch" if table.is_torch else None,
        is_chain=not table.is_torch and not any(each.row.reads for each in read),
        source=f"table of {title}",
        notes=tuple(_notes(table, read)),
        doubts=(
            *(f"row {each.row.name}: {each.fault}" for each in read if each.fault),
            *total_faults(table, read),
        ),
    )


def _rows(table: PrintedTable, read: tuple[SolvedRow, ...]) -> Iterator[Row]:
    """The rows that bring parameters: of Keras the outermost, of PyTorch the innermost."""
    for at, each in enumerate(read):
        row = each.row
        if row.depth and not table.is_torch:
            continue
        if table.is_torch and each.has_inner and not row.count:
            continue
        result = _trained(_result(each, table), row.trainable)
        if each.has_inner and not table.is_torch:
            result = replace(result, inner=tuple(_inner(table, read, at)), tensors=())
            if result.parameters != row.count:
                result = replace(result, inner=(), tensors=_stated(each).tensors)
        reads = tuple(dict.fromkeys(name for name, _ in row.reads or ()))
        inputs: tuple[Shape | None, ...] = _inputs_of(each)
        yield Row(row.name, result, inputs, reads, first=not row.is_shared)


def _inner(
    table: PrintedTable, read: tuple[SolvedRow, ...], at: int
) -> Iterator[tuple[str, LayerResult]]:
    """The layers that stand below a row, one step in, each with its own below it."""
    depth = read[at].row.depth
    for n in range(at + 1, len(read)):
        each = read[n]
        if each.row.depth <= depth:
            return
        if each.row.depth == depth + 1:
            result = _trained(_result(each, table), each.row.trainable)
            if each.has_inner:
                result = replace(result, inner=tuple(_inner(table, read, n)), tensors=())
            yield each.row.name, result


def _inputs_of(solved: SolvedRow) -> tuple[Shape | None, ...]:
    """The shape that a row reads; the features by its count where the table does not say them."""
    if solved.row.layer_type == INPUT:
        return (solved.row.outputs or (None,))[:1]
    fit = _chosen(solved)
    if fit is None or fit.size is None or fit.option.opens != "features":
        return solved.inputs[:1]
    outputs = solved.row.outputs or ((None, None),)
    for shape in solved.inputs:
        if fit.size in shape:
            return (shape,)
    recurrent = fit.units is not None
    steps = outputs[0][1] if len(outputs[0]) == 3 else None
    if recurrent:
        return ((outputs[0][0], steps, fit.size),)
    return ((*outputs[0][:-1], fit.size),)


def _chosen(solved: SolvedRow) -> Fit | None:
    """The configuration that a row is taken as: the one that fits, or the usual of one class."""
    if not solved.fits or solved.near:
        return None
    first = solved.fits[0]
    classes = {(each.option.inner or ("",))[0] for each in solved.fits}
    sizes = {each.option.config.get("kernel_size") for each in solved.fits}
    layers = {each.option.config.get("num_layers", 1) for each in solved.fits}
    return first if len(classes) == len(sizes) == len(layers) == 1 else None


def _result(solved: SolvedRow, table: PrintedTable) -> LayerResult:
    """The outputs and tensors of a row: by the rule of its type, or as it is printed."""
    row, fit = solved.row, _chosen(solved)
    stated = _stated(solved)
    layer_type = f"torch.{row.layer_type}" if table.is_torch else row.layer_type
    if fit is None or layer_type not in RULES or fit.option.opens not in OPENS:
        return stated
    config = _config(fit, table)
    inputs = _inputs_of(solved)
    try:
        spec = LayerSpec(layer_type, config, row.name, outputs=row.outputs)
        result = ShapeInference(_convention(table), None, None, None).result(spec, inputs, {}, 0)
    except LstmInspectError:
        return stated
    if result.parameters != solved.count:
        return stated
    outputs = row.outputs if row.outputs is not None else result.outputs
    return replace(result, outputs=outputs, note=stated.note, key=None)


OPENS = ("features", "vocabulary")


def _convention(table: PrintedTable) -> str | None:
    return "pytorch" if table.is_torch else None


def _config(fit: Fit, table: PrintedTable) -> dict[str, Any]:
    """The arguments of a layer, as its rule takes them."""
    option = fit.option
    config = dict(option.config)
    if option.inner is not None:
        name, inner = option.inner
        config["layer"] = LayerSpec(name, dict(inner), name.lower())
    if option.first and fit.size is not None:
        config[option.first] = fit.size
    if table.is_torch and option.layer_type in ("LSTM", "GRU", "RNN"):
        config["batch_first"] = True
    return config


def _stated(solved: SolvedRow) -> LayerResult:
    """A row as it is printed: its shapes, and its count as one tensor."""
    row = solved.row
    count = None if row.is_shared else solved.count
    tensors = (Tensor("(as printed)", (count,)),) if count else ()
    opaque = solved.count is None and not row.is_shared
    plain = solved.is_sure and row.layer_type not in RECURRENT
    note = "" if solved.fault or plain else solved.sentence
    return LayerResult(row.layer_type, row.outputs, tensors, None, note=note, opaque=opaque)


def _trained(result: LayerResult, trainable: bool | None) -> LayerResult:
    """`result` with what the table says of its training."""
    if trainable is not False:
        return result
    return replace(
        result,
        tensors=tuple(replace(each, trainable=False) for each in result.tensors),
        inner=tuple((name, _trained(each, False)) for name, each in result.inner),
    )


def _first_input(table: PrintedTable, read: tuple[SolvedRow, ...]) -> Iterator[Row]:
    """The input that a Sequential does not print, with the features that a count says."""
    if table.is_torch or not read or read[0].row.layer_type == INPUT or read[0].row.reads:
        return
    shape = (_inputs_of(read[0]) or (None,))[0]
    if shape is not None and read[0].fits:
        yield Row("input_layer", LayerResult(INPUT, (shape,)), (shape,), ())


def _notes(table: PrintedTable, read: tuple[SolvedRow, ...]) -> Iterator[str]:
    """Sentences on the whole: whether counts and total agree, what is frozen, the optimizer."""
    counted = [each for each in read if each.row.count and not each.has_inner]
    fitting = [each for each in counted if each.fits and not each.fault]
    faults = any(each.fault for each in read) or any(total_faults(table, read))
    if counted and not faults:
        cut = any(each.count is None for each in read)
        total = None if cut else table.totals.get("total")
        agrees = "" if total is None else f", and the total of {number(total)} agrees with the rows"
        several = f"the counts of {len(fitting)} of {len(counted)} layers with parameters"
        yield f"{several} fit their shapes{agrees}"
    if words := optimizer_of(table):
        yield words
    frozen = table.totals.get("non-trainable")
    if frozen:
        yield f"the table says that {number(frozen)} parameters are not trained"


def _model_of_module(
    table: PrintedTable, read: tuple[SolvedRow, ...], sizes: Mapping[str, int]
) -> Model:
    """The Model of `print(module)`: exact counts, and shapes with letters."""
    from sympy import Symbol

    unknown = sorted(set(sizes) - set(LETTERS))
    if unknown:
        raise ModelError(
            f"no size that the text leaves open is named {unknown[0]!r}. It leaves open "
            f"{' and '.join(LETTERS)}."
        )
    letters: dict[str, Any] = {name: sizes.get(name, Symbol(name)) for name in LETTERS}
    rows = [
        Row(each.row.name, _of_arguments(each, letters), (), ())
        for each in read
        if not each.has_inner
    ]
    left = tuple(Letter(name, origin) for name, origin in LETTERS.items() if name not in sizes)
    used = any(row.part.outputs for row in rows)
    return Model(
        table.name,
        tuple(rows),
        (),
        "pytorch",
        source="print(module) of PyTorch",
        notes=(OPEN_SHAPES,),
        letters=left if used else (),
    )


def _of_arguments(solved: SolvedRow, letters: Mapping[str, Any]) -> LayerResult:
    """A module by the rule of its type and the arguments that are printed."""
    row = solved.row
    layer_type = f"torch.{row.layer_type}"
    config = dict(row.config)
    features = config.get("input_size")
    batch, time = letters["batch"], letters["time"]
    recurrent = features is not None
    shape: tuple[Any, ...] = (batch, time, features or 1)
    if recurrent and not config.get("batch_first"):
        shape = (time, batch, features)
    if row.layer_type.endswith("Cell"):
        shape = (batch, features)
    if layer_type in RULES and (recurrent or solved.count):
        given = _shape_for(row.layer_type, config, shape)
        try:
            spec = LayerSpec(layer_type, config, row.name)
            result = ShapeInference("pytorch", None, None, None).result(spec, (given,), {}, 0)
            if solved.count in (None, result.parameters):
                outputs = result.outputs if recurrent else None
                return replace(result, outputs=outputs, work=None, key=None)
        except LstmInspectError:
            pass
    result = replace(_stated(solved), layer_type=layer_type, opaque=False, note="")
    known = solved.count is not None or row.layer_type in KNOWN_BARE or layer_type in RULES
    note = "" if known else "what it holds itself does not show in print(module)"
    return replace(result, note=note)


#: Modules of PyTorch that hold nothing.
KNOWN_BARE = frozenset((
    "ModuleList", "ModuleDict", "Sequential", "Dropout", "ReLU", "Sigmoid", "Tanh", "Softmax",
    "LogSoftmax", "GELU", "Flatten", "Identity",
))  # fmt: skip


def _shape_for(layer_type: str, config: Mapping[str, Any], shape: tuple[Any, ...]) -> Shape:
    """A shape that a module of these arguments takes."""
    width = next(
        (config[name] for name in ("in_features", "num_features", "in_channels", "embed_dim")
         if name in config), None,
    )  # fmt: skip
    if layer_type[-2:-1].isdigit():
        return (shape[0], width, *(1000,) * int(layer_type[-2]))
    normal = config.get("normalized_shape")
    if isinstance(normal, tuple):
        return (shape[0], *normal)
    if layer_type == "GroupNorm":
        return (shape[0], config.get("num_channels"), 1000)
    return shape if width is None else (*shape[:-1], width)
