"""The text of `print(module)` in PyTorch: a line for each module, with its arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from lstminspect.explanations.printed.table import PrintedRow, PrintedTable

__all__ = ["module_tables"]

ROOT = re.compile(r"^(?P<type>[A-Za-z_]\w*)\($")
CHILD = re.compile(
    r"^\s*\((?P<name>[^()\s]+)\): (?:(?P<times>\d+) x )?"
    r"(?P<type>[A-Za-z_]\w*)\((?P<rest>.*)$"
)
#: A module of more layers, or deeper, is not read.
MOST_ROWS, MOST_NESTED = 1_500, 60
#: The arguments that a repr shows without their names, in order. Source: `extra_repr`, 2.13.
_RNN = ("input_size", "hidden_size")
UNNAMED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("LSTM", "GRU", "RNN", "LSTMCell", "GRUCell", "RNNCell"), _RNN),
    **dict.fromkeys(("Embedding", "EmbeddingBag"), ("num_embeddings", "embedding_dim")),
    **{f"{name}{rank}d": ("in_channels", "out_channels")
       for name in ("Conv", "ConvTranspose") for rank in (1, 2, 3)},
    **{f"{name}{rank}d": ("num_features",)
       for name in ("BatchNorm", "InstanceNorm") for rank in (1, 2, 3)},
    "SyncBatchNorm": ("num_features",),
    **dict.fromkeys(("LayerNorm", "RMSNorm"), ("normalized_shape",)),
    "GroupNorm": ("num_groups", "num_channels"),
}  # fmt: skip


@dataclass
class _Module:
    """A module of the text, and those in it."""

    name: str
    layer_type: str
    arguments: str = ""
    times: int = 1
    children: list[_Module] = field(default_factory=list)


def module_tables(text: str) -> list[PrintedTable]:
    """The modules that a text shows, each as rows of its layers with their arguments."""
    found = []
    lines = [re.sub(r"^\s*(?:>>>|Out\[\d*\]:|\[\d+\]:)\s*", "", line) for line in text.split("\n")]
    for at, line in enumerate(lines):
        root = ROOT.match(line.strip())
        if root and at + 1 < len(lines) and CHILD.match(lines[at + 1]):
            if re.match(r"\s*\(", line):
                continue
            module = _Module("", root["type"])
            _fill(module, lines[at + 1 :])
            rows = tuple(islice(_rows(module, "", 0), MOST_ROWS + 1))
            if 0 < len(rows) <= MOST_ROWS:
                found.append(PrintedTable("PyTorch", root["type"], rows))
    return found


def _fill(root: _Module, lines: Sequence[str]) -> None:
    """Read the modules that stand in `root`, up to the line that closes it."""
    inside = [root]
    for line in lines:
        bare = line.strip()
        match = CHILD.match(line)
        if match:
            rest = match["rest"]
            child = _Module(match["name"], match["type"], times=int(match["times"] or 1))
            inside[-1].children.append(child)
            if rest.endswith(")") and rest.count("(") < rest.count(")"):
                child.arguments = rest[:-1]
            else:
                child.arguments = rest
                inside.append(child)
                if len(inside) > MOST_NESTED:
                    root.children.clear()
                    return
        elif bare.startswith(")"):
            inside.pop()
            if not inside:
                return
        elif inside[-1] is not root:
            inside[-1].arguments += f" {bare}"


def _rows(module: _Module, path: str, depth: int) -> Iterator[PrintedRow]:
    """The layers in a module; those that are repeated as often as they are."""
    for child in module.children:
        first, _, last = child.name.partition("-")
        names = [child.name]
        if child.times > 1 and first.isdigit() and last.isdigit():
            names = [
                str(number) for number in islice(range(int(first), int(last) + 1), MOST_ROWS + 1)
            ]
        for name in names:
            here = f"{path}.{name}" if path else name
            config = _config(child)
            row = PrintedRow(here, child.layer_type, None, None, depth=depth + 1, config=config)
            if child.layer_type == "MultiheadAttention" and child.children:
                # The projections of q, k and v are parameters of the module itself.
                out = _config(child.children[0])
                width = out.get("in_features")
                config = {"embed_dim": width, "num_heads": 1, "bias": out.get("bias", True)}
                yield replace(row, config=config)
                continue
            yield row
            yield from _rows(child, here, depth + 1)


def _config(module: _Module) -> dict[str, Any]:
    """The arguments that a repr shows, by name; those that are not values are left out."""
    names = UNNAMED.get(module.layer_type, ())
    found: dict[str, Any] = {}
    try:
        call = ast.parse(f"f({module.arguments})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return found
    if not isinstance(call, ast.Call):
        return found
    pairs = [*zip(names, call.args, strict=False),
             *((each.arg, each.value) for each in call.keywords)]  # fmt: skip
    for name, value in pairs:
        try:
            if name is not None and not isinstance(read := ast.literal_eval(value), str):
                found[name] = read
        except (ValueError, RecursionError):
            continue
    return found
