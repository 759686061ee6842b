"""The language of equations: from text to a checked tree, and what follows from the tree alone."""
