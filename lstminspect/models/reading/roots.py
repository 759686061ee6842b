"""Functions and classes of a file that nobody calls, read with their arguments as letters."""

from __future__ import annotations

from lstminspect.errors import ModelError
from lstminspect.models.reading.keras_semantics import KerasSemantics
from lstminspect.models.reading.values import ClassObject, DefinedFunction, Instance

__all__ = ["read_roots"]

#: Methods that do not build, and those that their framework calls.
PASSED_OVER = ("call", "__call__", "get_config", "from_config", "compute_output_shape",
               "compute_mask", "__repr__", "__str__", "__len__", "__getitem__")  # fmt: skip


def read_roots(semantics: KerasSemantics) -> list[tuple[str, ModelError]]:
    """Read what is never called and makes layers; the errors of those that cannot be read.

    One that another of them calls is read by way of it.
    """
    interpreter = semantics.interpreter
    waiting = [each for each in interpreter.functions if _makes(semantics, each)]
    failures: list[tuple[str, ModelError]] = []
    ordered = [each for each in waiting if not _is_mentioned(semantics, each, waiting)]
    for function in [*ordered, *waiting]:
        if function.was_called or _belongs(semantics, function):
            continue
        try:
            _read(semantics, function)
        except ModelError as error:
            failures.append((function.name, error))
        except RecursionError:
            failures.append((function.name, ModelError("it is nested too deep.")))
    semantics.read_classes(interpreter.classes, failures)
    return failures


def _makes(semantics: KerasSemantics, function: DefinedFunction) -> bool:
    """True for a function that is not called and whose lines make layers."""
    if function.was_called:
        return False
    return semantics.matters(function.node, {})


def _is_mentioned(
    semantics: KerasSemantics, function: DefinedFunction, others: list[DefinedFunction]
) -> bool:
    """True if another function that is waiting names this one."""
    own = getattr(function.node, "name", "")
    return any(
        own in semantics.relevance.names_in(each.node)
        for each in others
        if each.node is not function.node
    )


def _belongs(semantics: KerasSemantics, function: DefinedFunction) -> bool:
    """True for a method that its class, or the framework, calls when it is used."""
    owner = function.owner
    if owner is None:
        return False
    name = getattr(function.node, "name", "")
    if name == "__init__":
        return bool(owner.instances) or semantics.is_own_layer(owner)
    if name in ("__call__", "build", "call"):
        # A class that is no layer can build its model under any of these names.
        return semantics.is_own_layer(owner) or (name == "call" and any(owner.bases))
    return name in PASSED_OVER


def _read(semantics: KerasSemantics, function: DefinedFunction) -> None:
    """Read a function with its arguments as letters; a method on an object of its class."""
    calls = semantics.interpreter.calls
    if function.owner is None or function.form == "static":
        calls.function(function, [], {})
        return
    owner = function.owner
    if getattr(function.node, "name", "") == "__init__":
        semantics.interpreter.calls.instance(owner, [], {})
        return
    if function.form == "class":
        calls.function(function, [owner], {})
        return
    calls.function(function, [an_instance(semantics, owner)], {})


def an_instance(semantics: KerasSemantics, cls: ClassObject) -> Instance:
    """The last object that the text makes of a class, or one whose arguments are letters."""
    if cls.instances:
        return cls.instances[-1]
    try:
        return semantics.interpreter.calls.instance(cls, [], {})
    except ModelError as error:
        semantics.note(f"{cls.name} is not read whole: {error}", matters=False)
        return cls.instances[-1] if cls.instances else Instance(cls)
