"""One file for each container: how it is known by its first bytes, and what it holds."""
