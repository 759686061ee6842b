"""Worksheets: random layers, a question about each, the answer worked out."""
