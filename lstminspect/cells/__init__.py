"""The catalogue of cells: one file per variant, found by its file name."""

from lstminspect.cells.catalogue import (
    RESET_FORMS,
    TAGS,
    get,
    named,
    names,
    reset_form,
    search,
    tags,
    years,
)

__all__ = ["RESET_FORMS", "TAGS", "get", "named", "names", "reset_form", "search", "tags", "years"]
