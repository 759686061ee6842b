"""Pages: the lesson as one HTML file, whose numbers are exported by the engine."""
