"""Running the equations in NumPy: compiled, interpreted, in time."""
