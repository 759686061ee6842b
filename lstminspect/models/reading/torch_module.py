"""From a live PyTorch module to a Model.

With an input shape, a copy of the module whose parameters are on the meta device, so that they hold
no numbers, is called once: every module says what it is given and what it returns. Without one,
shapes flow through a Sequential or a single layer by the rules, and anything else is listed.
PyTorch is not imported: whoever has a module has it.
"""

from __future__ import annotations

import copy
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lstminspect.costs.cost import work_of
from lstminspect.costs.work import Work
from lstminspect.errors import LstmInspectError, ModelError, ShapeError
from lstminspect.layer import Shape
from lstminspect.models.graph import INPUT, Graph, sequential
from lstminspect.models.inference import infer_shapes
from lstminspect.models.layers.rules import RULES, rule
from lstminspect.models.spec import LayerContext, LayerResult, LayerSpec, Tensor, total_work
from lstminspect.models.summary import Model, Row

__all__ = ["model_of_module"]

OWN = "parameters of its own, beside those of its layers"
UNSEEN = (
    "give the shape of the input to see shapes and work: input_shape=(batch, timesteps, features)"
)
CONTAINERS = ("container", "transformer")


def model_of_module(module: Any, input_shape: Any = None) -> Model:
    """The Model of a `torch.nn.Module`, with the shapes of a call on `input_shape` if it is given.

    `input_shape` is a shape with its batch, a list of them, or tensors. Raises ModelError, with
    PyTorch's own words, if the module does not take it.
    """
    name = type(module).__name__
    if input_shape is None:
        return _unseen(module, name)
    inputs = _inputs(module, input_shape)
    shapes = [shape for shape, _ in inputs]
    calls, outputs, products = _observed(module, inputs)
    rows = [_input_row(number, shape) for number, shape in enumerate(shapes)]
    rows += _rows(module, calls)
    rows += _outside(rows, products)
    return Model(name, tuple(rows), outputs, "pytorch", source="PyTorch")


def _input_row(number: int, shape: Shape) -> Row:
    name = f"input_{number}" if number else "input"
    return Row(name, LayerResult(INPUT, (shape,)), (shape,), ())


def _inputs(module: Any, given: Any) -> list[tuple[Shape, Any]]:
    """The shapes of the inputs, one or several, each with the type of its numbers.

    A tensor brings its own type; a shape has that of the module's first parameter.
    """
    several: list[Any] = given if isinstance(given, list) else [given]
    if several and all(isinstance(each, int) for each in several):
        several = [tuple(several)]
    first = next((each.dtype for each in module.parameters() if each.is_floating_point()), None)
    found: list[tuple[Shape, Any]] = []
    for each in several:
        shape = getattr(each, "shape", each)
        sizes = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
        whole = all(isinstance(size, int) and not isinstance(size, bool) for size in sizes)
        if not sizes or not whole or min(sizes) < 1:
            raise ModelError(
                f"input_shape must hold positive whole numbers, for example (2, 7, 3), got "
                f"{shape!r}."
            )
        found.append((sizes, getattr(each, "dtype", first)))
    if not found:
        raise ModelError("input_shape holds no shape. Give one, for example (2, 7, 3), or several.")
    return found


def _is_made(parameter: Any) -> bool:
    """True if a parameter has its shape: a lazy one gets it with the first call."""
    return "Uninitialized" not in type(parameter).__name__


def _torch() -> Any:
    return sys.modules["torch"]


def is_leaf(module: Any) -> bool:
    """True for a layer of its own: a module of torch.nn that is not a container, or one bare."""
    home = type(module).__module__
    if home.startswith("torch.nn.modules."):
        return home.rpartition(".")[2] not in CONTAINERS
    return not any(True for _ in module.children())


def leaves(module: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every layer in a module with its path; modules with parameters of their own too."""
    if is_leaf(module):
        yield path or type(module).__name__, module
        return
    if module._parameters:
        yield path or type(module).__name__, module
    for name, child in module.named_children():
        yield from leaves(child, f"{path}.{name}" if path else name)


def spec_of_module(module: Any, path: str) -> LayerSpec:
    """A module as it describes itself: its attributes, and the tensors it holds."""
    home = type(module).__module__.startswith("torch.nn.")
    layer_type = f"torch.{type(module).__name__}" if home else type(module).__name__
    plain = (int, float, str, bool, tuple, list)
    config = {name: value for name, value in vars(module).items() if isinstance(value, plain)}
    if "bias" not in config and ("bias" in module._parameters or hasattr(module, "bias")):
        config["bias"] = getattr(module, "bias", None) is not None
    config["tensors"] = tuple(
        (
            name,
            tuple(each.shape),
            bool(each.requires_grad),
            name.rpartition(".")[2].startswith("bias"),
        )
        for name, each in module.named_parameters(recurse=is_leaf(module), remove_duplicate=False)
        if _is_made(each)
    )
    return LayerSpec(layer_type, config, path)


@dataclass
class _ModuleCall:
    """One call of a layer: what it was given and what it returned, and how many real steps."""

    path: str
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    packed: int | None = None


def _observed(
    module: Any, inputs: Sequence[tuple[Shape, Any]]
) -> tuple[list[_ModuleCall], tuple[Shape, ...], int]:
    """The calls of one run without numbers, the shapes of its results, the MACs PyTorch counts."""
    try:
        return _run(_without_numbers(module), inputs, "meta")
    except (Exception, SystemExit):
        # Some modules make or keep tensors elsewhere: those run on zeros.
        try:
            return _run(copy.deepcopy(module), inputs, "cpu")
        except (Exception, SystemExit) as error:
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            reason = reason.partition(". ")[0][:150].rstrip(".")
            if "deepcopy" in reason:
                reason = "it keeps a tensor of an earlier call. Set that to None first"
            what = ", ".join(str(shape) for shape, _ in inputs)
            from lstminspect.explanations.messages import explain_message

            raise ModelError(
                f"{type(module).__name__} does not take {what}: {reason}.",
                explanation=explain_message(reason),
            ) from None


def _without_numbers(module: Any) -> Any:
    """A copy whose parameters and buffers have shapes and no numbers."""
    torch = _torch()
    memo: dict[int, Any] = {}
    for each in module.parameters():
        memo[id(each)] = torch.nn.Parameter(each.detach().to("meta"), each.requires_grad)
    for each in module.buffers():
        memo[id(each)] = each.detach().to("meta")
    return copy.deepcopy(module, memo)


def _run(
    module: Any, given: Sequence[tuple[Shape, Any]], device: str
) -> tuple[list[_ModuleCall], tuple[Shape, ...], int]:
    torch = _torch()
    from torch.utils.flop_counter import FlopCounterMode

    calls: list[_ModuleCall] = []
    module.eval()
    for path, layer in leaves(module):
        if is_leaf(layer):
            layer.register_forward_hook(_hook(path, calls), with_kwargs=True)
        if type(layer).__name__.startswith("Embedding"):
            layer.register_forward_pre_hook(_whole)
    inputs = [torch.zeros(shape, dtype=dtype, device=device) for shape, dtype in given]
    counter = FlopCounterMode(display=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # oneDNN runs a whole LSTM as one operation, in which PyTorch counts nothing.
        plain = torch.backends.mkldnn.flags(enabled=False)
        with torch.no_grad(), torch.device(device), plain, counter:
            found = module(*inputs)
    return calls, tuple(shape for shape, _ in _tensors(found)), counter.get_total_flops() // 2


def _whole(_: Any, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """An embedding reads whole numbers, whatever the input was made of."""
    return (arguments[0].long(), *arguments[1:])


def _hook(path: str, calls: list[_ModuleCall]) -> Any:
    def hook(_: Any, arguments: tuple[Any, ...], options: dict[str, Any], found: Any) -> None:
        given = list(_tensors([*arguments, *options.values()]))
        packed = next((steps for _, steps in given if steps is not None), None)
        outputs = tuple(shape for shape, _ in _tensors(found))
        calls.append(_ModuleCall(path, tuple(shape for shape, _ in given), outputs, packed))

    return hook


def _tensors(value: Any) -> Iterator[tuple[Shape, int | None]]:
    """The shapes of all tensors in a value; a packed one as it would be padded, with its steps."""
    if hasattr(value, "batch_sizes") and hasattr(value, "data"):
        sizes = value.batch_sizes
        shape = (len(sizes), int(sizes[0]), *value.data.shape[1:])
        yield shape, int(value.data.shape[0])
    elif hasattr(value, "shape") and hasattr(value, "dtype"):
        yield tuple(value.shape), None
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _rows(module: Any, calls: Sequence[_ModuleCall]) -> Iterator[Row]:
    """A row for every call, and one for parameters that no layer holds."""
    known = dict(leaves(module))
    seen: set[str] = set()
    tied: dict[int, str] = {}
    for path, layer in known.items():
        if not is_leaf(layer):
            result = _own(spec_of_module(layer, path), OWN)
            yield Row(path, _untied(result, layer, path, tied), (), ())
    for call in calls:
        result = _part(spec_of_module(known[call.path], call.path), call)
        result = (
            _untied(result, known[call.path], call.path, tied) if call.path not in seen else result
        )
        yield Row(call.path, result, call.inputs[:1], (), call.path not in seen)
        seen.add(call.path)
    for path, layer in known.items():
        if is_leaf(layer) and path not in seen:
            result = _own(spec_of_module(layer, path), "never called")
            result = replace(result, work=Work(), opaque=False)
            yield Row(path, _untied(result, layer, path, tied), (), ())


def _own(found: LayerSpec, note: str) -> LayerResult:
    """A module of which only the tensors are known."""
    tensors = tuple(Tensor(*each) for each in found.config["tensors"])
    return LayerResult(found.layer_type, None, tensors, Work() if note == OWN else None, note=note)


def _part(found: LayerSpec, call: _ModuleCall) -> LayerResult:
    """The result of a layer, by its rule; its outputs are those that were seen."""
    given = _given(found, call.inputs[:1])
    tensors = tuple(Tensor(*each) for each in found.config["tensors"])
    # What it multiplies is in the row of the products that PyTorch counts elsewhere.
    result = LayerResult(found.layer_type, None, tensors, Work())
    if found.layer_type in RULES:
        try:
            result = rule(found.layer_type)(_packed(given, call))
        except LstmInspectError as error:
            result = replace(result, note=str(error))
    if call.packed is not None and result.layer is not None:
        work = work_of(result.layer, result.layer.stored("pytorch"))
        result = replace(result, work=work * call.packed)
    return replace(_trained(result, found), outputs=call.outputs or None)


def _trained(result: LayerResult, found: LayerSpec) -> LayerResult:
    """`part` with what is trained in the module itself."""
    trained = {name: trainable for name, _, trainable, _ in found.config["tensors"]}
    tensors = tuple(
        replace(each, trainable=trained.get(each.name, True)) for each in result.tensors
    )
    return replace(result, tensors=tensors)


def _given(found: LayerSpec, shapes: tuple[Shape, ...]) -> LayerContext:
    def build(*_: Any) -> LayerResult:
        raise ShapeError("no layer of PyTorch wraps another.")

    return LayerContext(found.layer_type, found.config, shapes, {}, "pytorch", build)


def _packed(given: LayerContext, call: _ModuleCall) -> LayerContext:
    """A packed sequence as its layer would take it padded."""
    if call.packed is None or not given.flag("batch_first", False):
        return given
    steps, batch, *rest = given.shape
    return given._replace(inputs=((batch, steps, *rest),))


def _untied(result: LayerResult, module: Any, path: str, tied: dict[int, str]) -> LayerResult:
    """`part` without parameters that another layer has brought already."""
    kept, others = [], []
    alive = dict(module.named_parameters(recurse=is_leaf(module), remove_duplicate=False))
    for tensor in result.tensors:
        key = id(alive.get(tensor.name))
        if alive.get(tensor.name) is not None and key in tied:
            others.append(f"{tensor.name} is that of {tied[key]}")
            continue
        tied[key] = path
        kept.append(tensor)
    note = "; ".join([*([result.note] if result.note else []), *others])
    return replace(result, tensors=tuple(kept), note=note)


def _outside(rows: list[Row], products: int) -> Iterator[Row]:
    """Products in the code between layers, where PyTorch counts more than the rows do."""
    work = total_work(row.part for row in rows)
    more = 0 if work is None else products - work.macs
    if more > 0:
        note = "matrix products between the layers, and in those that show none, by PyTorch's count"
        yield Row(
            "(between layers)", LayerResult("code", None, work=Work(macs=more), note=note), (), ()
        )


def _unseen(module: Any, name: str) -> Model:
    """A module without an input shape: a chain by the rules, anything else as a list."""
    layers = [(path, each) for path, each in leaves(module)]
    chain = is_leaf(module) or type(module).__name__ == "Sequential"
    if (
        chain
        and layers
        and all(spec_of_module(each, path).layer_type in RULES for path, each in layers)
    ):
        found = [spec_of_module(each, path) for path, each in layers]
        graph: Graph = sequential(name, found, _first_shape(found[0]))
        try:
            return _own_weights(infer_shapes(graph, "pytorch", source="PyTorch"), layers)
        except ModelError:
            pass  # An LSTM returns three tensors, which the next layer of a Sequential cannot take.
    tied: dict[int, str] = {}
    rows = []
    for path, each in layers:
        result = replace(_own(spec_of_module(each, path), ""), work=None)
        rows.append(Row(path, _untied(result, each, path, tied), (), ()))
    return Model(name, tuple(rows), (), "pytorch", source="PyTorch", notes=(UNSEEN,))


def _own_weights(model: Model, layers: list[tuple[str, Any]]) -> Model:
    """`model` with what the modules themselves say of their weights: trained or not, tied."""
    tied: dict[int, str] = {}
    rows, alive = [], dict(layers)
    for row in model.rows:
        module = alive.get(row.name)
        if module is not None:
            result = _trained(row.part, spec_of_module(module, row.name))
            row = replace(row, part=_untied(result, module, row.name, tied))
        rows.append(row)
    return replace(model, rows=tuple(rows))


def _first_shape(first: LayerSpec) -> Shape:
    """The input shape of a first layer, with None for what it leaves open."""
    config = first.config
    if first.layer_type == "torch.Embedding":
        return (None, None)
    if first.layer_type.removesuffix("Cell") in ("torch.LSTM", "torch.GRU", "torch.RNN"):
        width = config["input_size"]
        return (None, width) if first.layer_type.endswith("Cell") else (None, None, width)
    if first.layer_type == "torch.Linear":
        return (None, config["in_features"])
    raise ModelError(
        f"{first.layer_type} takes any shape. Give that of the input, for example "
        f"input_shape=(2, 7, 3)."
    )
