"""Layers beside the real frameworks: one file per framework."""
