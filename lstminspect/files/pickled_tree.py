"""From the root of a pickle to its tensors: every node once, and a name for each leaf.

A state dict keeps its keys, a whole module gives the names that its state_dict would have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lstminspect.errors import FileError
from lstminspect.files.pickle_nodes import Dict, Global, Object, Set

__all__ = ["Leaf", "Tree", "entries", "tree_of"]

#: Bounds: how deep a value may stand, the length of a key, the number of tensors.
MOST_DEPTH, MOST_NAME, MOST_TENSORS = 100, 1000, 200_000
#: Classes that are a dict with more habits.
DICTS = {"collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict"}
#: Lists in which PyTorch's recurrent modules keep their parameters a second time.
AGAIN = {"_flat_weights", "_all_weights", "_flat_weights_names"}
#: The keys of an optimizer's state_dict.
OPTIMIZER = {"state", "param_groups"}
#: What the state of a module keeps, and the role of a tensor there.
PARTS = {"_parameters": "parameter", "_buffers": "buffer", "_modules": ""}


class Leaf(NamedTuple):
    """A tensor of the tree: the keys that lead to it, its node, its role, and what it is."""

    keys: tuple[str, ...]
    tensor: Any
    role: str


class Tree(NamedTuple):
    """The leaves of a pickle, and its modules with the keys that lead to each."""

    leaves: tuple[Leaf, ...]
    modules: tuple[tuple[tuple[str, ...], Object], ...]


def tree_of(
    root: Any, leaf: Callable[[Any], Any], title: str, check: Callable[[], None] = lambda: None
) -> Tree:
    """The tree below `root`. `leaf` gives a tensor for its node, and None for any other.

    Raises FileError, which names `title`, for a tree that is larger than the bounds.
    """
    leaves: list[Leaf] = []
    modules: list[tuple[tuple[str, ...], Object]] = []
    # A node that two others share is walked once: otherwise thirty tuples can be 2^30 paths.
    seen: set[int] = set()
    waiting: list[tuple[tuple[str, ...], Any, str]] = [((), root, "")]
    while waiting:
        keys, node, role = waiting.pop()
        if not isinstance(node, Object | Dict | Set | list | tuple):
            continue
        if (tensor := leaf(node)) is not None:
            leaves.append(Leaf(keys, tensor, role))
            if len(leaves) > MOST_TENSORS:
                raise FileError(f"{title} has more than {MOST_TENSORS:,} tensors.")
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        if not len(seen) % 1024:
            check()
        if len(keys) > MOST_DEPTH:
            raise FileError(f"{title}: its values are nested deeper than {MOST_DEPTH}.")
        if isinstance(node, Object) and _attributes(node):
            modules.append((keys, node))
        below = [((*keys, *key), value, role or part) for key, value, part in _below(node)]
        for path, _, _ in below:
            if path and len(path[-1]) > MOST_NAME:
                raise FileError(f"{title}: a name has more than {MOST_NAME:,} letters.")
        waiting.extend(reversed(below))
    return Tree(tuple(leaves), tuple(modules))


def entries(node: Any) -> dict[str, Any]:
    """The values of a dict, or of an object's attributes, by those of its keys that are text."""
    pairs: list[Any] = []
    if isinstance(node, Dict):
        pairs = node.pairs
    elif isinstance(node, Object) and node.path in DICTS:
        pairs = [*_listed(node.arguments), *node.pairs]
    elif isinstance(node, Object):
        return _attributes(node)
    return {key: value for key, value in pairs if isinstance(key, str)}


def _attributes(node: Object) -> dict[str, Any]:
    """The attributes of an object that was saved as its class and its state."""
    state = node.state
    if isinstance(state, tuple) and len(state) == 2 and isinstance(state[0], Dict):
        state = state[0]
    return entries(state) if isinstance(state, Dict) and node.path not in DICTS else {}


def _listed(arguments: tuple[Any, ...]) -> list[tuple[Any, Any]]:
    """The pairs that Python 2 gives an OrderedDict as lists of two."""
    return [
        (pair[0], pair[1])
        for argument in arguments
        if isinstance(argument, list | tuple)
        for pair in argument
        if isinstance(pair, list | tuple) and len(pair) == 2
    ]


def _below(node: Any) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Children of a node: the keys to it, the value, and the role that its place gives."""
    if isinstance(node, list | tuple):
        yield from (((str(at),), value, "") for at, value in enumerate(node))
    elif isinstance(node, Set):
        yield from (((str(at),), value, "") for at, value in enumerate(node.items))
    elif isinstance(node, Dict):
        yield from _dict(node.pairs)
    elif node.path in DICTS:
        yield from _dict([*_listed(node.arguments), *node.pairs])
    else:
        yield from _object(node)


def _dict(pairs: list[tuple[Any, Any]]) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    role = "optimizer" if {key for key, _ in pairs if isinstance(key, str)} >= OPTIMIZER else ""
    for at, (key, value) in enumerate(pairs):
        plain = isinstance(key, str | int | float | bool | None)
        yield (str(key) if plain else f"key{at}",), value, role


def _object(node: Object) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    attributes = _attributes(node)
    if "_parameters" in attributes and "_modules" in attributes:
        for part, role in PARTS.items():
            # These three stand in the same names, as in a state_dict.
            for keys, value, _ in _below(attributes.get(part) or ()):
                yield keys, value, role
        return
    for name, value in attributes.items():
        if name not in AGAIN:
            yield (name,), value, ""
    if not attributes:
        yield (), node.state if not isinstance(node.state, Global) else None, ""
    yield from (((str(at),), value, "") for at, value in enumerate(node.arguments))
    yield from (((str(at),), value, "") for at, value in enumerate(node.items))
    yield from _dict(node.pairs)
