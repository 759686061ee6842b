"""Any equations as a trainable Keras cell, for the real `keras.layers.RNN`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lstminspect.cell import Cell

if TYPE_CHECKING:
    from lstminspect.runtime.equation_cell import EquationCell

__all__ = ["keras_cell"]


def keras_cell(cell: str | Cell, units: int, **options: Any) -> EquationCell:
    """A Keras cell that computes the equations of `cell`, to be put into `keras.layers.RNN`.

    Keras is imported when this is called. Raises MissingFramework if it is not there.
    """
    from lstminspect.runtime.equation_cell import EquationCell

    return EquationCell(cell, units, **options)
