"""Weights as arrays: the tensors of a framework to the blocks of the equations, and back."""
