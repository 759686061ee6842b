"""Code in other languages, from the equations of a cell."""
