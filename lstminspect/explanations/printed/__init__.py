"""Tables of layers as frameworks print them: rows of text, and the configurations behind counts."""
