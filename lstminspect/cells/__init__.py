"""The catalogue of cells: one file per variant, found by its file name."""

from lstminspect.cells.catalogue import RESET_FORMS, get, named, names, reset_form

__all__ = ["RESET_FORMS", "get", "named", "names", "reset_form"]
