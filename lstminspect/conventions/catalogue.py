"""The conventions by name: one file per framework, found by the name of the convention."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from lstminspect import synonyms
from lstminspect.cell import Cell
from lstminspect.conventions.convention import EQUATIONS, Convention
from lstminspect.errors import OptionError, UnknownConvention, did_you_mean, quoted
from lstminspect.synonyms import plain

if TYPE_CHECKING:
    from lstminspect.names import ConventionName, TermsName

__all__ = [
    "CONVENTIONS",
    "EQUATIONS",
    "EVERY",
    "FRAMEWORKS",
    "chosen",
    "framework",
    "get",
    "named",
    "storing",
]

# Every convention with the file that holds it, in the order of a report.
_FILES: dict[TermsName, str] = {
    "keras": "keras",
    "flax": "flax",
    "nnx": "flax",
    "pytorch": "pytorch",
    "onnx": "onnx",
}
#: The frameworks in whose terms an answer can be.
FRAMEWORKS: tuple[TermsName, ...] = tuple(_FILES)
CONVENTIONS: tuple[ConventionName, ...] = (*FRAMEWORKS, EQUATIONS)
#: Tables beside them, for weights that come from there; a report names them when it is asked to.
_OTHERS: tuple[ConventionName, ...] = (
    "cudnn",
    "coreml",
    "tf1",
    "haiku",
    "openvino",
    "equinox",
    "torchrecurrent",
)
_TABLES = {name: name for name in _OTHERS}
EVERY: tuple[ConventionName, ...] = (*CONVENTIONS, *_TABLES)

_ITSELF = Convention(EQUATIONS, "the equations", "the cell itself", {}, transposed=False)


def get(name: str) -> Convention:
    """The convention that `name` means: see `named`. Raises UnknownConvention if there is none.

    >>> get("pytorch").stacks(__import__("lstminspect").cells.get("rnn"))[0]
    PackedTensor(name='weight_ih_l{index}', blocks=('W_h',), rows=1)
    """
    name = named(name)
    if name == EQUATIONS:
        return _ITSELF
    file = (_FILES | _TABLES)[name]
    tables: Mapping[str, Convention] = import_module(f"{__package__}.{file}").TABLES
    return tables[name]


def named(name: str) -> ConventionName:
    """The name of the convention that `name` means, with the usual synonyms, in any case.

    >>> named("PyTorch"), named("torch"), named("tf.keras"), named("Flax linen")
    ('pytorch', 'pytorch', 'keras', 'flax')
    """
    if isinstance(name, str):
        key = plain(name).replace("_", "")
        if (known := synonyms.FRAMEWORKS.get(key, key)) in EVERY:
            return known
    near = did_you_mean(name, (*EVERY, *synonyms.FRAMEWORKS)) if isinstance(name, str) else ""
    known = ", ".join(EVERY)
    raise UnknownConvention(f"no convention called {quoted(name)}.{near} There are {known}.")


def framework(name: str) -> TermsName:
    """The framework that `name` means: see `named`. Raises UnknownConvention for another table.

    >>> framework("Torch")
    'pytorch'
    """
    try:
        known: Any = named(name)
    except UnknownConvention:
        others = (each for each, known in synonyms.FRAMEWORKS.items() if known in FRAMEWORKS)
        near = did_you_mean(name, (*FRAMEWORKS, *others)) if isinstance(name, str) else ""
        allowed = ", ".join(FRAMEWORKS)
        what = f"no framework called {quoted(name)}"
        raise UnknownConvention(f"{what}.{near} There are {allowed}.") from None
    if known not in FRAMEWORKS:
        hint = f"Count with the convention {known!r}, or choose {', '.join(FRAMEWORKS)}"
        raise UnknownConvention(f"no answers in the terms of {get(known).title}. {hint}.")
    asked: TermsName = known
    return asked


def chosen(convention: ConventionName | None, framework: TermsName | None) -> ConventionName | None:
    """The convention of an answer: that of the framework of its layer, where it has one.

    Raises OptionError for two different ones.

    >>> chosen(None, "pytorch"), chosen("torch", "pytorch"), chosen("onnx", None)
    ('pytorch', 'torch', 'onnx')
    """
    if framework is None or convention is None:
        return framework or convention
    if named(convention) != named(framework):
        first = f"framework {framework!r} counts as {named(framework)}"
        raise OptionError(f"{first}, and the convention is {convention!r}. Give one of them.")
    return convention


def storing(cell: Cell, use_bias: bool = True) -> tuple[ConventionName, ...]:
    """The frameworks that store `cell`, by the names of their conventions.

    >>> storing(__import__("lstminspect").cells.get("peephole"))
    ('onnx',)
    """
    return tuple(name for name in _FILES if not get(name).why_unsupported(cell, use_bias))
