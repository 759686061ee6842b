"""A model file: its format, its recurrent layers, which rows are which gate, the rest, totals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lstminspect.answer import Detail, Document, Part, Sentence, Table
from lstminspect.explanations.plausible import RARE, rarity
from lstminspect.files.contents import FileTensor
from lstminspect.files.file_layer import FileLayer
from lstminspect.files.fitting import Fit
from lstminspect.files.model_file import DtypeTotal, FileSummary, ModelFile
from lstminspect.files.rest import RestLayer
from lstminspect.layer import Weight
from lstminspect.sizes import is_letter
from lstminspect.wording import number, title

if TYPE_CHECKING:
    from lstminspect.figures.figure import Picture

__all__ = ["configuration", "data", "document", "picture", "rows", "visible"]

#: The longest name in a table; its middle is left out.
LONGEST = 120
#: The longest sentence.
WHOLE = 1000


def document(answer: ModelFile | FileSummary) -> Document:
    """The recurrent layers with their gates, the rest, the totals, and what is to be known."""
    summary = answer if isinstance(answer, FileSummary) else FileSummary(answer)
    file = summary.file
    wrong = (f"CONTRADICTION: {visible(text, WHOLE)}" for text in file.contradictions)
    parts: list[Part] = [Sentence(text) for text in wrong]
    if file.layers:
        parts.append(_layers(file.layers))
        parts.append(Detail("which rows are which gate", [_gates(each) for each in file.layers]))
    if file.rest:
        parts.append(_rest(file.rest))
    parts.append(_totals(file))
    if len(file.dtypes) > 1:
        parts.append(_dtypes(file))
    parts.extend(_open(file))
    if summary.tensors:
        parts.append(_tensors(file))
    parts.extend(Sentence(text) for text in _sentences(file))
    return Document(_title(file), parts)


def _title(file: ModelFile) -> str:
    count = len(file.layers)
    layers = f"{number(count) if count else 'no'} recurrent layer{'' if count == 1 else 's'}"
    by = f", written by {visible(file.producer)}" if file.producer else ""
    return f"{visible(file.path)} ({file.format}{by}): {layers}, {number(file.parameters)} values"


def visible(text: str, most: int = LONGEST) -> str:
    r"""`text` as a terminal may show it: what it would obey is escaped, and it is cut to `most`.

    >>> visible("lstm\x1b[2J.weight")
    'lstm\\x1b[2J.weight'
    """
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
    if len(shown) <= most:
        return shown
    return f"{shown[: most // 2]}...{shown[-most // 2 :]}"


def configuration(layer: FileLayer) -> str:
    """The layer in a few words, or those that it may be where its tensors fit several.

    A rare cell beside a usual one is only among what tensors do not show.
    """
    rarest = max(rarity(layer.layer.cell.name), RARE - 1)
    usual = [each for each in layer.alternatives if rarity(each.layer.cell.name) <= rarest]
    words = [title(layer.layer), *map(_alternative, usual)]
    return " or ".join(dict.fromkeys(words))


def _alternative(fit: Fit) -> str:
    return f"{title(fit.layer)} of {fit.naming.title}"


def _layers(layers: tuple[FileLayer, ...]) -> Table:
    table = [
        (
            visible(each.name) or "(no name)",
            configuration(each),
            each.stored_as,
            each.parameters,
            sum(tensor.nbytes for tensor in each.tensors),
        )
        for each in layers
    ]
    headers = ("name", "layer", "stored as in", "parameters", "bytes")
    return Table("recurrent layers", headers, table, (3, 4), least=(4, 2))


def _gates(layer: FileLayer) -> Table:
    """The tensors of the first layer and direction: the others have their gates in the same way."""
    first = next(iter(layer.fit.stored.by_direction()))
    table = [
        (visible(_name(layer, weight)), weight.shape, _along(layer, weight), _parts(layer, weight))
        for _, weight in first.tensors
    ]
    headers = ("tensor", "shape", "along", "gates")
    name = f" of {visible(layer.name)}" if layer.name else ""
    alike = len(layer.fit.stored.weights) > len(table)
    return Table(f"gates{name}{': all its tensors are cut alike' * alike}", headers, table, ())


def _name(layer: FileLayer, weight: Weight) -> str:
    tensor = layer.held.get(weight.name)
    return weight.name if tensor is None else tensor.name


def _along(layer: FileLayer, weight: Weight) -> str:
    convention = layer.fit.stored.convention
    ranks = len(weight.shape) - convention.direction_axis
    across = convention.transposed != layer.fit.turned
    return "numbers" if ranks == 1 else "columns" if across else "rows"


def _parts(layer: FileLayer, weight: Weight) -> str:
    """`i 0:32, f 32:64`: each gate and its places, as Python cuts them."""
    convention = layer.fit.stored.convention
    across = convention.transposed or len(weight.shape) - convention.direction_axis == 1
    length = weight.shape[-1 if across else convention.direction_axis]
    gates = weight.gates[: len(weight.gates) // weight.rows]
    if not gates or not isinstance(length, int) or length % len(gates):
        return " ".join(gates)
    each = length // len(gates)
    places = [f"{gate} {at * each}:{(at + 1) * each}" for at, gate in enumerate(gates)]
    more = f", in each of {weight.rows} rows" if weight.rows > 1 else ""
    return f"{', '.join(places)}{more}"


def _rest(rest: tuple[RestLayer, ...]) -> Table:
    table = [
        (
            visible(each.name) or "(no name)",
            each.layer_type,
            ", ".join(f"{visible(name)} {number(size)}" for name, size in each.sizes.items()),
            len(each.tensors),
            each.parameters,
        )
        for each in rest
    ]
    headers = ("name", "type", "sizes", "tensors", "values")
    return Table("the rest", headers, table, (3, 4), missing="", least=(3, 2))


def _totals(file: ModelFile) -> Table:
    recurrent = sum(each.parameters for each in file.layers)
    table: list[tuple[Any, ...]] = [
        ("values in recurrent layers", recurrent),
        ("values in the rest", sum(each.parameters for each in file.rest)),
        ("values in the file", file.parameters),
    ]
    if file.configured is not None and not is_letter(file.configured.parameters):
        table.append(("parameters of its configuration", file.configured.parameters))
    if len(file.dtypes) == 1:
        (only,) = file.dtypes
        table.append((f"bytes as {only.dtype}", only.nbytes))
    table.append(("bytes of the file", file.size))
    return Table("totals", ("", "number"), table)


def _dtypes(file: ModelFile) -> Table:
    headers = ("dtype", "tensors", "values", "bytes")
    return Table("by type of number", headers, [tuple(each) for each in file.dtypes])


def _tensors(file: ModelFile) -> Table:
    owners = _owners(file)
    table = [
        (visible(each.name), each.shape, each.dtype, each.nbytes, visible(owners.get(id(each), "")))
        for each in file.tensors
    ]
    headers = ("tensor", "shape", "dtype", "bytes", "recurrent layer")
    return Table("tensors", headers, table, (3,), least=(4, 2))


def _owners(file: ModelFile) -> dict[int, str]:
    return {id(tensor): each.name for each in file.layers for tensor in each.tensors}


def _open(file: ModelFile) -> Iterator[Table]:
    """The options that tensors do not show, with the layers that they are about."""
    texts: dict[str, list[str]] = {}
    for each in file.layers:
        for text in each.open:
            texts.setdefault(text, []).append(visible(each.name) or "(no name)")
    alike = all(len(names) == len(file.layers) for names in texts.values())
    table = []
    for text, names in texts.items():
        option, _, what = text.partition(": ")
        row = (visible(option), visible(what, WHOLE).rstrip("."))
        table.append(row if alike else (*row, ", ".join(names)))
    headers = ("option", "what is known") if alike else ("option", "what is known", "layers")
    if table:
        yield Table("what tensors do not show", headers, table, ())


def _sentences(file: ModelFile) -> Iterator[str]:
    """The layers that no name tells, and the notes of the file."""
    unsure = [visible(each.name) or "the layer" for each in file.layers if not each.certain]
    if unsure:
        yield f"By shapes alone, since no name says it: {', '.join(unsure)}."
    yield from (visible(text, WHOLE) for text in file.notes)
    if not file.tensors:
        yield "The file holds no weights."
        if file.configured is not None:
            yield (
                "It declares a model, whose layers this shows: "
                f"lstminspect model {visible(file.path, WHOLE)}"
            )


def data(answer: ModelFile | FileSummary) -> dict[str, Any]:
    """The file whole: every layer, every tensor without its values."""
    file = answer.file if isinstance(answer, FileSummary) else answer
    declared = file.configured
    return {
        "path": file.path,
        "bytes": file.size,
        "format": file.format,
        "producer": file.producer,
        "parameters": file.parameters,
        "layers": [_layer(each) for each in file.layers],
        "rest": [
            {
                "name": each.name,
                "class": each.layer_type,
                "sizes": dict(each.sizes),
                "parameters": each.parameters,
                "tensors": [tensor.name for tensor in each.tensors],
            }
            for each in file.rest
        ],
        "dtypes": [_dtype(each) for each in file.dtypes],
        "declared": None
        if declared is None
        else {
            "name": declared.name,
            "parameters": declared.parameters,
            "complete": declared.complete,
        },
        "tensors": [_tensor(each) for each in file.tensors],
        "contradictions": list(file.contradictions),
        "notes": list(file.notes),
    }


def _dtype(each: DtypeTotal) -> dict[str, Any]:
    return {
        "dtype": each.dtype,
        "tensors": each.tensors,
        "parameters": each.parameters,
        "bytes": each.nbytes,
    }


def _layer(each: FileLayer) -> dict[str, Any]:
    layer = each.layer
    return {
        "name": each.name,
        "cell": layer.cell.name,
        "units": layer.units,
        "features": layer.features,
        "layers": layer.layers,
        "bidirectional": layer.bidirectional,
        "use_bias": layer.use_bias,
        "convention": each.convention,
        "stored_as": each.stored_as,
        "parameters": each.parameters,
        "words": title(layer),
        "alternatives": [_alternative(other) for other in each.alternatives],
        "certain": each.certain,
        "open": list(each.open),
        "weights": [
            {
                "name": weight.name,
                "tensor": _name(each, weight),
                "shape": weight.shape,
                "gates": weight.gates,
            }
            for weight in each.fit.stored.weights
        ],
    }


def _tensor(each: FileTensor) -> dict[str, Any]:
    return {
        "name": each.name,
        "shape": each.shape,
        "dtype": each.dtype,
        "bytes": each.nbytes,
        "place": each.place,
    }


def rows(answer: ModelFile | FileSummary) -> Iterator[tuple[Any, ...]]:
    """One row per tensor, with the recurrent layer or the other one that it is of."""
    file = answer.file if isinstance(answer, FileSummary) else answer
    owners = {id(tensor): (each.name, title(each.layer)) for each in file.layers
              for tensor in each.tensors}  # fmt: skip
    owners |= {
        id(tensor): (each.name, each.layer_type) for each in file.rest for tensor in each.tensors
    }
    yield ("tensor", "shape", "dtype", "parameters", "bytes", "layer", "class")
    for each in file.tensors:
        name, words = owners.get(id(each), ("", ""))
        head = (visible(each.name), each.shape, each.dtype, each.parameters, each.nbytes)
        yield (*head, visible(name), words)


def picture(answer: ModelFile | FileSummary) -> Picture:
    """The weights of the first recurrent layer to scale. Raises OptionError if there is none."""
    from lstminspect.errors import OptionError
    from lstminspect.figures.figure import picture

    file = answer.file if isinstance(answer, FileSummary) else answer
    if not file.layers:
        raise OptionError("the file has no recurrent layer, so it has no picture. Choose text.")
    first = file.layers[0]
    return picture(first.layer, "weights", first.convention)
