"""Lines of a text in Python, and functions of it that several libraries have."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from lstminspect.equations.shapes import FEATURES
from lstminspect.errors import OptionError
from lstminspect.sizes import product

if TYPE_CHECKING:
    from lstminspect.exports.source import Source
    from lstminspect.layer import Layer

__all__ = [
    "about_masks",
    "about_states",
    "assigned",
    "class_name",
    "each_direction",
    "head_of",
    "indented",
    "loop_of",
    "masks_of",
    "merged_by",
    "passed_above",
    "refuse_names",
    "sizes_of",
    "title_of",
    "width_above",
]

WIDTH = 88


def assigned(name: str, text: str) -> str:
    """A line that assigns, in parentheses over several lines if it is long."""
    line = f"{name} = {text}"
    if _fits(line):
        return line
    head, inner = _call_of(text)
    return "\n".join([f"{name} = {head}(", *indented(_lines(inner)), ")"])


def indented(lines: Sequence[str]) -> list[str]:
    """`lines`, each four columns to the right."""
    return [f"    {line}" for line in lines]


def _fits(line: str) -> bool:
    return len(re.sub("[‹›]|\\|size", "", line).replace("|", "_")) <= WIDTH


def _lines(text: str) -> list[str]:
    """`text` in lines: a summand a line, else a factor a line, else what a call takes."""
    if _fits(f"    {text}"):
        return [text]
    for signs in ("+-", "*/"):
        parts = _parts(text, signs)
        if len(parts) > 1:
            return [line for part in parts for line in _lines(part)]
    sign = text[:2] if text[1:2] == " " else ""
    own = text[len(sign) :]
    head, inner = _call_of(own)
    return [text] if inner == own else [f"{sign}{head}(", *indented(_lines(inner)), ")"]


def _call_of(text: str) -> tuple[str, str]:
    """The function and the argument of a text that is one call; else nothing, and the text."""
    match = re.match(r"[\w.]*\(", text)
    if match is None or not text.endswith(")"):
        return "", text
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == ")" and not depth:
            whole = place == len(text) - 1
            return (match[0][:-1], text[match.end() : -1]) if whole else ("", text)
    return "", text


def _parts(text: str, signs: str) -> list[str]:
    """`text` cut before each of `signs` that stands in no parentheses."""
    parts, depth, start = list[str](), 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if not depth and sign in signs and text[place - 1 : place + 2] == f" {sign} ":
            parts.append(text[start : place - 1])
            start = place
    return [*parts, text[start:]]


def head_of(name: str, arguments: Sequence[str], result: str = "") -> str:
    """The head of a function, an argument a line if it is long."""
    line = f"def {name}({', '.join(arguments)}){result}:"
    if _fits(f"    {line}"):
        return line
    return "\n".join([f"def {name}(", *(f"    {each}," for each in arguments), f"){result}:"])


def sizes_of(source: Source) -> dict[str, str]:
    """The sizes that the text needs, each with its default as an argument has it."""
    lengths = {name for shape in source.cell.lengths.values() for name in shape}
    lengths |= {*source.inputs.values(), *(block.parts for block in source.cell.blocks)}
    sizes = source.layer.sizes
    return {
        name: f"{name}={sizes[name]}" if isinstance(sizes[name], int | tuple) else name
        for name in source.cell.size_names
        if name in lengths
    }


MASKS = """\
def {structure}(rows, columns, parts):
    \"""True where a matrix {about} has entries.\"""
{owners}
    return row[:, None] {sign} column"""
EQUAL = """\
    row = np.arange(rows) * parts // rows
    column = np.arange(columns) * parts // columns"""
WIDTHS = """\
    row = np.repeat(np.arange(len(parts)), parts)
    column = row"""


def masks_of(source: Source) -> list[str]:
    """Functions in NumPy for the matrices of the cell that are mostly zero."""
    texts = {}
    for block in source.masked:
        triangular = block.structure == "triangular"
        widths = isinstance(source.layer.sizes[block.parts], tuple)
        texts[block.structure] = MASKS.format(
            structure=block.structure,
            about=f"of blocks {'on and above' if triangular else 'on'} the diagonal",
            owners=WIDTHS if widths else EQUAL,
            sign="<=" if triangular else "==",
        )
    return list(texts.values())


def about_masks(source: Source) -> str:
    """A sentence on the matrices of the cell that are mostly zero, or nothing."""
    blocks = source.masked
    if not blocks:
        return ""
    names = ", ".join(block.name for block in blocks)
    text = f"\n{names} are whole, and a mask keeps the zeros outside of their blocks"
    if source.is_sized:
        sizes = source.layer.sizes
        used = sum(product(block.stored(sizes)) for block in blocks)
        whole = sum(product(sizes[size] for size in block.shape) for block in blocks)
        text += f":\n{used:,} of their {whole:,} numbers count"
    return f"{text}."


def title_of(source: Source) -> str:
    """The title of the cell, as it can stand in quotes."""
    return source.head.partition(":")[0]


def class_name(name: str) -> str:
    """The name of a class: `LayernormLstm`."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


#: Modules that a text imports, and names from them that a class of it would hide.
LIBRARIES = {"jax", "keras", "numpy", "onnx", "onnxruntime", "torch", "typing", "sys", "pathlib"}
LIBRARIES |= {"list", "none", "true", "false", "optional", "tensor", "tuple"}


def refuse_names(source: Source, taken: Collection[str], what: str) -> None:
    """Raise OptionError for a name that `what`, or Python, has for something else."""
    if keyword.iskeyword(source.name) or source.name in LIBRARIES:
        raise OptionError(
            f"{source.name} is a name that Python has for something else. Give the code another "
            "name, for example my_lstm."
        )
    for name in (*(block.name for block in source.cell.blocks), *sizes_of(source)):
        if name in taken or keyword.iskeyword(name):
            raise OptionError(
                f"{name} is a name that {what} has for something else. Give it another name in the "
                f"equations of {source.cell.name}."
            )


def about_states(source: Source) -> str:
    """A sentence on the states of the cell."""
    states = source.cell.states
    return f"States: {', '.join(states)}; at first zeros." if states else "No states."


def width_above(source: Source) -> str:
    """The features of a layer above the first, by the names of the sizes."""
    width = source.cell.width
    return f"2 * {width}" if source.layer.concatenated else width


def passed_above(sizes: Iterable[str]) -> str:
    """The arguments of one layer of several, whose features are `width`."""
    return ", ".join("width" if each == FEATURES else each for each in sizes)


def each_direction(source: Source) -> str:
    """A remark on what a stack has of each direction, or nothing."""
    return ", forward before backward" if source.layer.bidirectional else ""


LOOP = '''

def run_layers(weights, x, states=None):
    """{about}.

    Gives what `{run}` gives. `weights` and `states` are in a list, an entry for every layer{each}.
    """
    states = [None] * len(weights) if states is None else states
    last = []
{loop}
    return x, last
'''
ONE_WAY = """\
    for own, before in zip(weights, states):
        x, after = {run}(own, {one}, before)
        last.append(after)"""
BOTH_WAYS = """\
    for k in range(0, len(weights), 2):
        one, after = {run}(weights[k], {one}, states[k])
        last.append(after)
        other, after = {run}(weights[k + 1], {other}, states[k + 1])
        last.append(after)
        # The backward direction reads from the end: its output is turned to the order of time.
        other = other[:, ::-1]
        x = {merged}"""
MERGES = {
    "concat": "{concatenate}([one, other], -1)",
    "sum": "one + other",
    "mul": "one * other",
    "ave": "(one + other) / 2",
}


def merged_by(layer: Layer, concatenate: str) -> str:
    """The outputs `one` and `other` of two directions as one, where a library has `concatenate`."""
    return MERGES[str(layer.merge_mode)].format(concatenate=concatenate)


def loop_of(source: Source, run: str, concatenate: str) -> str:
    """A function that runs several layers, or two directions, by the function `run` of one."""
    layer = source.layer
    one, other = ("x[:, ::-1]", "x") if layer.go_backwards else ("x", "x[:, ::-1]")
    merged = merged_by(layer, concatenate)
    loop = (BOTH_WAYS if layer.bidirectional else ONE_WAY).format(
        run=run, one=one, other=other, merged=merged
    )
    return LOOP.format(about=source.about, run=run, each=each_direction(source), loop=loop)
