"""The way each framework stores a cell: a table of its tensors, in one file per framework."""

from lstminspect.conventions.catalogue import (
    CONVENTIONS,
    EQUATIONS,
    EVERY,
    FRAMEWORKS,
    chosen,
    framework,
    get,
    named,
    storing,
)
from lstminspect.conventions.convention import Convention, PackedTensor, Slot, packed, slot

__all__ = [
    "CONVENTIONS",
    "EQUATIONS",
    "EVERY",
    "FRAMEWORKS",
    "Convention",
    "PackedTensor",
    "Slot",
    "chosen",
    "framework",
    "get",
    "named",
    "packed",
    "slot",
    "storing",
]
