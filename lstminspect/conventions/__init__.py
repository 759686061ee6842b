"""The way each framework stores a cell: a table of its tensors, in one file per framework."""

from lstminspect.conventions.catalogue import CONVENTIONS, EQUATIONS, EVERY, get, named, storing
from lstminspect.conventions.convention import Convention, PackedTensor, Slot, packed, slot

__all__ = [
    "CONVENTIONS",
    "EQUATIONS",
    "EVERY",
    "Convention",
    "PackedTensor",
    "Slot",
    "get",
    "named",
    "packed",
    "slot",
    "storing",
]
