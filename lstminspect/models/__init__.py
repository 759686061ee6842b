"""Whole models: layers, shape inference, the summary, and reading them."""
