"""Words that the answers share: a number, a shape, a layer in words, as options.

Thousands have commas, a shape is written as Python writes a tuple, letters as formulas.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lstminspect.layer import OPTIONS, Layer, Option, Shape
from lstminspect.sizes import Quantity, is_array, is_letter
from lstminspect.stored import Stored

__all__ = [
    "NAMES",
    "describe",
    "number",
    "options_of",
    "shape",
    "size_texts",
    "title",
]


def number(value: Quantity) -> str:
    """A count or a size: commas between thousands, `·` between letters, a range for an array.

    >>> number(17408)
    '17,408'
    """
    if is_array(value):
        return f"{value.min():,} to {value.max():,} ({value.size:,} values)"
    if isinstance(value, str):
        return value  # An axis by the name that a framework's documentation gives it.
    if is_letter(value):
        return str(value).replace("**", "^").replace("*", "·")
    return "None" if value is None else f"{value:,}"


def shape(sizes: Shape) -> str:
    """A shape as Python writes a tuple, without commas inside numbers.

    >>> shape((None, 30, 64)), shape((256,))
    ('(None, 30, 64)', '(256,)')
    """
    texts = [number(each).replace(",", "") for each in sizes]
    return f"({texts[0]},)" if len(texts) == 1 else f"({', '.join(texts)})"


def size_texts(layer: Layer | Stored) -> dict[str, str]:
    """The text of every size in a formula; an expression of several terms in parentheses.

    An array has no text of its own there: its name stays. Widths stand in the formula themselves.
    """
    plain = {
        name: value
        for name, value in layer.sizes.items()
        if not is_array(value) and not isinstance(value, tuple)
    }
    texts = {name: number(value).replace(",", "") for name, value in plain.items()}
    return {name: f"({text})" if " " in text else text for name, text in texts.items()}


#: Frameworks that have no word for merging directions: each can do one thing.
UNMERGED = ("pytorch", "onnx")


def describe(layer: Layer) -> str:
    """The configuration in a few words.

    >>> describe(Layer("gru", units=32, features=16, bidirectional=True))
    'gru, 32 units on 16 features, bidirectional (concat)'
    >>> describe(Layer("rnn", units=1, features=1))
    'rnn, 1 unit on 1 feature'
    """
    sizes = (_counted(layer.units, "unit"), _counted(layer.features, "feature"))
    words = [layer.cell.name, " on ".join(sizes)]
    if layer.layers > 1:
        words.append(f"{layer.layers} layers")
    words.extend(
        option.name.replace("_", " ")
        for option in OPTIONS
        if option.takes == "flag" and option.default is False and getattr(layer, option.name)
        if option.name != "bidirectional"
    )
    if layer.bidirectional:
        how = f" ({layer.merge_mode or 'not merged'})"
        words.append(f"bidirectional{'' if layer.framework in UNMERGED else how}")
    if not layer.use_bias:
        words.append("no bias")
    words.extend(
        f"{name.replace('_', ' ')} {value}"
        for name, value in layer.functions.items()
        if value is not None
    )
    return ", ".join(words)


def _counted(size: Quantity, noun: str) -> str:
    """`64 units`, `1 unit`, `u units`."""
    one = isinstance(size, int) and size == 1
    return f"{number(size)} {noun}{'' if one else 's'}"


#: What a cell is called in a sentence, where it has a name that people use.
NAMES = {"lstm": "LSTM", "gru": "GRU", "gru_reset_before": "GRU (reset before)", "rnn": "SimpleRNN"}


def title(layer: Layer) -> str:
    """A layer in a few words.

    >>> title(Layer("gru", units=32, features=16, bidirectional=True))
    'bidirectional GRU(32) on 16 features'
    """
    name = NAMES.get(layer.cell.name, layer.cell.name)
    words = [f"{'bidirectional ' if layer.bidirectional else ''}{name}({layer.units})"]
    words.append(f"on {layer.features} {'feature' if layer.features == 1 else 'features'}")
    if layer.layers > 1:
        words.append(f"{layer.layers} layers")
    if not layer.use_bias:
        words.append("without bias")
    return ", ".join([" ".join(words[:2]), *words[2:]])


def options_of(layer: Layer) -> Iterator[str]:
    """The options of the command line that `layer` has, but for its cell.

    >>> " ".join(options_of(Layer("lstm", units=4, features=3, use_bias=False, batch=2)))
    '--units 4 --features 3 --batch 2 --no-use-bias'
    """
    for option in OPTIONS:
        value = getattr(layer, option.name)
        unset = value is None if option.default is None else value == option.default
        if not unset and option.name != "reset_after":  # The cell is that of its form.
            yield _on_the_command_line(option, value)
    yield from (f"--size {name}={_widths(size)}" for name, size in layer.extra)


def _on_the_command_line(option: Option, value: Any) -> str:
    """`--units 64`, `--stateful`, `--no-use-bias`."""
    if option.takes == "flag":
        return option.spelling if value else f"--no-{option.spelling[2:]}"
    text = "none" if value is None else str(value)
    return f"{option.spelling} '{text}'" if "(" in text else f"{option.spelling} {text}"


def _widths(size: object) -> str:
    return ",".join(map(str, size)) if isinstance(size, tuple) else str(size)
