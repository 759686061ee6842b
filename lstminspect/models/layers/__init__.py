"""One shape-inference rule per layer type."""
