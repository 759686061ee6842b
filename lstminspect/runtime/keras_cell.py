"""Any equations as a trainable Keras cell, for the real `keras.layers.RNN`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lstminspect.cell import Cell

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from lstminspect.names import CellName, KerasOptions
    from lstminspect.runtime.equation_cell import EquationCell

__all__ = ["keras_cell"]


def keras_cell(
    cell: CellName | str | Cell, units: int, **options: Unpack[KerasOptions]
) -> EquationCell:
    """A Keras cell that computes the equations of `cell`, to be put into `keras.layers.RNN`.

    Keras is imported when this is called. Raises MissingFramework if it is not there.
    """
    from lstminspect.runtime.equation_cell import EquationCell

    return EquationCell(cell, units, **options)
