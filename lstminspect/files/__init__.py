"""Model files: what is in one, without its framework, and without running anything of it."""
