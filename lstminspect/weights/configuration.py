"""Configuration: what is known of a recurrent layer, and the options in which it differs.

A message shows a layer in part, and a file or code shows it whole: what is not known is None, and
is never compared.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from lstminspect.layer import Layer

__all__ = [
    "BY_GATES",
    "KEY",
    "WORDS",
    "Configuration",
    "Difference",
    "both_sides",
    "configuration_of",
    "differences",
    "from_state_dict",
    "line",
]

#: Names of the tensors of a layer of PyTorch, below the path of the layer.
KEY = re.compile(
    r"(?:(?P<path>.+)\.)?(?P<tensor>weight|bias)_(?P<which>ih|hh|hr)_l(?P<layer>[0-9]{1,3})"
    r"(?P<reverse>_reverse)?"
)
BY_GATES = {1: "RNN", 3: "GRU", 4: "LSTM"}
#: The class of a cell in the code of a framework.
CLASSES = {"lstm": "LSTM", "projected": "LSTM", "gru": "GRU", "gru_reset_before": "GRU"}

#: What each of the options below is called in the code of PyTorch and of Keras.
WORDS = {
    "pytorch": {
        "layer_type": "the class",
        "features": "input_size",
        "units": "hidden_size",
        "layers": "num_layers",
        "projection": "proj_size",
        "bidirectional": "bidirectional",
        "use_bias": "bias",
        "reset_after": "reset_after",
    },
    "keras": {
        "layer_type": "the class",
        "features": "the last axis of the input",
        "units": "units",
        "layers": "the number of layers",
        "projection": "projection",
        "bidirectional": "Bidirectional",
        "use_bias": "use_bias",
        "reset_after": "reset_after",
    },
}
#: What an option is where nobody writes it.
UNWRITTEN = {"layers": 1, "projection": 0, "bidirectional": False, "use_bias": True}


class Configuration(NamedTuple):
    """The class, sizes and options of a recurrent layer; None is not known."""

    layer_type: str | None = None
    features: int | None = None
    units: int | None = None
    layers: int | None = None
    projection: int | None = None
    bidirectional: bool | None = None
    use_bias: bool | None = None
    reset_after: bool | None = None


class Difference(NamedTuple):
    """An option with one value on one side and another on the other side."""

    option: str
    one: object
    other: object

    def sentence(self, framework: str, one: str, other: str) -> str:
        """The difference in the words of the code; `one` and `other` name the sides.

        >>> Difference("units", 512, 256).sentence("pytorch", "code", "file")
        'hidden_size is 512 in the code and 256 in the file'
        """
        word = WORDS[framework][self.option]
        if isinstance(self.one, bool) and self.option in ("bidirectional", "use_bias"):
            if self.option == "bidirectional":
                where = (one, other) if self.other else (other, one)
                return f"{word} is missing in the {where[0]}: the {where[1]} has both directions"
            where = (one, other) if self.one else (other, one)
            return f"the {where[0]} has biases and the {where[1]} has none ({word})"
        return f"{word} is {self.one} in the {one} and {self.other} in the {other}"

    def written(self, framework: str) -> str:
        """The option as code has to give it to be like the other side: `hidden_size=256`."""
        if (framework, self.option) == ("keras", "features"):
            return f"an input of {self.other} features"
        return f"{WORDS[framework][self.option]}={self.other}"


def configuration_of(layer: Layer) -> Configuration:
    """The whole Configuration of a layer; a size that is a letter is not known."""
    sizes = {"features": layer.features, "units": layer.units}
    known = {name: size if isinstance(size, int) else None for name, size in sizes.items()}
    own = dict(layer.extra).get("projection", 0)
    return Configuration(
        CLASSES.get(layer.cell.name, "RNN" if layer.cell.name == "rnn" else layer.cell.name),
        known["features"],
        known["units"],
        layer.layers,
        own if isinstance(own, int) else None,
        layer.bidirectional,
        layer.use_bias,
        layer.cell.name == "gru" if layer.cell.name.startswith("gru") else None,
    )


def differences(one: Configuration, other: Configuration) -> tuple[Difference, ...]:
    """The options whose values are known on both sides and differ."""
    pairs = zip(Configuration._fields, one, other, strict=True)
    return tuple(
        Difference(option, here, there)
        for option, here, there in pairs
        if here is not None and there is not None and here != there
    )


def line(known: Configuration, framework: str, also: Collection[str] = ()) -> str:
    """The line of code that makes the layer, as far as it is known.

    Options that are as nobody writes them are left out, but for those in `also`.

    >>> line(Configuration("LSTM", 80, 256, 2, 0, True), "pytorch")
    'nn.LSTM(input_size=80, hidden_size=256, num_layers=2, bidirectional=True)'
    >>> line(Configuration("GRU", 80, 256, bidirectional=True, reset_after=False), "keras")
    'Bidirectional(GRU(256, reset_after=False)) on 80 features'
    """
    if framework == "keras":
        return _keras_line(known)
    written = ", ".join(
        f"{WORDS['pytorch'][option]}={value}"
        for option, value in known._asdict().items()
        if option not in ("layer_type", "reset_after") and value is not None
        if option in also or value != UNWRITTEN.get(option)
    )
    if known.layer_type is not None:
        return f"nn.{known.layer_type}({written})"
    return f"a layer with {written}" if written else "a layer"


def _keras_line(known: Configuration) -> str:
    name = {"RNN": "SimpleRNN", None: "a layer"}.get(known.layer_type, known.layer_type)
    options = [] if known.units is None else [str(known.units)]
    if known.use_bias is False:
        options.append("use_bias=False")
    if known.reset_after is False:
        options.append("reset_after=False")
    text = f"{name}({', '.join(options)})" if options or known.layer_type else str(name)
    if known.bidirectional:
        text = f"Bidirectional({text})"
    return text if known.features is None else f"{text} on {known.features} features"


def from_state_dict(
    own: Mapping[str, tuple[int, ...] | None], others: Mapping[str, object]
) -> Configuration:
    """The Configuration of the layer whose tensors are `own`, by PyTorch's names without a path.

    A shape may be None. `others` are the names of the other side: a name that one side alone has
    says what the two differ in, and names that neither has agree in a message. A layer that the
    other side alone has is one of no `layers`.
    """
    mine, theirs = _keys(own), _keys(others)
    hidden = next((s for n, s in own.items() if n.startswith("weight_hh") and s), None)
    first = own.get("weight_ih_l0") or own.get("weight_ih_l0_reverse")
    gates, units, projection = _by_hidden(hidden)
    if any(key["which"] == "hr" for key in mine.values()):
        gates, projection = 4, projection or None
        columns = next((s for n, s in own.items() if n.startswith("weight_hr") and s), None)
        units, projection = (columns[1], columns[0]) if columns else (units, projection)
    elif any(key["which"] == "hr" for key in theirs.values()):
        gates, projection = 4, 0
        units = hidden[0] // 4 if hidden else None
    layers, both, bias = _layers(mine, theirs), _both(mine, theirs), _bias(mine, theirs)
    above = own.get("weight_ih_l1")
    if both is None and above and units:
        both = above[1] == 2 * (projection or units)
    elif units is None and above and both is not None and gates is None:
        units = above[1] // (2 if both else 1)
        gates = above[0] // units if units and above[0] % units == 0 else None
    return Configuration(
        BY_GATES.get(gates or 0),
        first[1] if first and len(first) == 2 else None,
        units,
        layers,
        projection,
        both,
        bias,
    )


def _keys(names: Mapping[str, object]) -> dict[str, re.Match[str]]:
    return {name: match for name in names if (match := KEY.fullmatch(name))}


def _by_hidden(shape: tuple[int, ...] | None) -> tuple[int | None, int | None, int | None]:
    """Gates, units and projection by `weight_hh`: (gates x units, units or projection)."""
    if not shape or len(shape) != 2 or not shape[1]:
        return None, None, None
    rows, columns = shape
    if rows % columns == 0 and rows // columns in BY_GATES:
        return rows // columns, columns, 0
    return (4, rows // 4, columns) if rows % 4 == 0 else (None, None, None)


def _layers(mine: Mapping[str, re.Match[str]], theirs: Mapping[str, re.Match[str]]) -> int | None:
    """The number of layers: below the first that the other side alone has, or up to its last."""
    here, there = (
        {int(key["layer"]) for key in keys.values() if (key["tensor"], key["which"], key["reverse"])
         == ("weight", "ih", None)} for keys in (mine, theirs)
    )  # fmt: skip
    if there - here - {int(key["layer"]) for key in mine.values()}:
        return min(there - here)
    return max(here) + 1 if here - there or (here and "weight_hh_l0" in mine) else None


def _both(mine: Mapping[str, re.Match[str]], theirs: Mapping[str, re.Match[str]]) -> bool | None:
    """True for both directions; None where no name says it."""
    here, there = (any(key["reverse"] for key in keys.values()) for keys in (mine, theirs))
    if here:
        return True
    return False if there or _is_whole(mine) else None


def _bias(mine: Mapping[str, re.Match[str]], theirs: Mapping[str, re.Match[str]]) -> bool | None:
    """True for biases; None where no name says it.

    Biases that the other side alone has beside weights that both have are missing here.
    """
    here, there = (
        [{(key["layer"], key["reverse"]) for key in keys.values() if key["tensor"] == tensor}
         for tensor in ("weight", "bias")] for keys in (mine, theirs)
    )  # fmt: skip
    if here[1]:
        return True
    return False if there[1] & (here[0] or there[1] - there[0]) else None


def _is_whole(keys: Mapping[str, re.Match[str]]) -> bool:
    return {"weight_ih_l0", "weight_hh_l0"} <= set(keys)


def both_sides(
    one: Mapping[str, tuple[int, ...] | None], other: Mapping[str, tuple[int, ...] | None]
) -> Iterator[tuple[str, Configuration, Configuration]]:
    """The recurrent layers of two state dicts by their path, each as both sides show it."""
    paths: dict[str, tuple[dict[str, object], dict[str, object]]] = {}
    for at, tensors in enumerate((one, other)):
        for name, shape in tensors.items():
            if match := KEY.fullmatch(name):
                path = match["path"] or ""
                held = paths.setdefault(path, ({}, {}))[at]
                held[name.removeprefix(f"{path}.") if path else name] = shape
    for path, (here, there) in paths.items():
        yield path, from_state_dict(here, there), from_state_dict(there, here)  # type: ignore[arg-type]
