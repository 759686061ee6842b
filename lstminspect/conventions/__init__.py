"""How each framework stores a cell: a table of its tensors, in one file per framework."""

from lstminspect.conventions.catalogue import CONVENTIONS, EQUATIONS, EVERY, get, storing
from lstminspect.conventions.convention import Layout, Place, Stack, place, stack

__all__ = [
    "CONVENTIONS",
    "EQUATIONS",
    "EVERY",
    "Layout",
    "Place",
    "Stack",
    "get",
    "place",
    "stack",
    "storing",
]
