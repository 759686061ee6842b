"""The commands, and what each gives: the one table for help, the tour, completion and the pages."""

from __future__ import annotations

__all__ = ["COMMANDS", "MAIN", "listed", "tour"]

#: The commands, each the name of its file, and what it gives; without one it is `count`.
COMMANDS = {
    "cells": "the catalogue of cells, or one cell with its equations",
    "compare": "cells side by side, of the same units or at equal budgets",
    "completion": "a script for bash, zsh or fish that completes words",
    "convert": "weights in a model file, as another framework stores them",
    "explain": "what is behind a count, a shape, an error, or a word such as units",
    "export": "a layer as code in another language, with or without weights",
    "file": "what is in a model file, or a row for each of many",
    "fits": "does a layer fit flash and RAM, and the largest that does",
    "memory": "how fast layers forget: half-lives, and along which path",
    "model": "every layer of a Keras model: shapes, parameters, work",
    "page": "a lesson or a laboratory to open in a browser, as one file",
    "patterns": "one-to-one, many-to-one and the others, with models",
    "quiz": "a worksheet with its key, the same for the same seed",
    "solve": "the largest units, or another size, within a budget of parameters",
    "sweep": "counts over ranges of sizes, one row each",
    "symbols": "a count in letters: closed form, growth, difference of two cells",
    "validate": "the same figures from real layers of Keras, PyTorch and others",
    "window": "a network that sees a window of steps, against a recurrent layer",
}

#: Names that people give to the main job, which has none.
MAIN = ("count", "layer", "parameters", "params", "report", "summary")

#: What to try first: a line to type, and what it gives.
FIRST = {
    "lstminspect --units 64 --features 3": "the report of a layer",
    "lstminspect explain units": "what a word means",
    "lstminspect explain 9600": "what has this count",
    "lstminspect compare lstm gru --units 64 --features 3": "cells side by side",
    "lstminspect cells lstm": "a cell: its equations",
}


def listed() -> str:
    """The commands, a line each."""
    return "\n".join(f"  {name:<10} {what}" for name, what in COMMANDS.items())


def tour() -> str:
    """The page for a reader who typed the name of the program alone."""
    lines = "\n".join(f"  {line}\n      {what}" for line, what in FIRST.items())
    return (
        "lstminspect counts the parameters of LSTM, GRU and other recurrent layers, shows\n"
        "every shape, and says why each number is what it is.\n\n"
        f"Try:\n{lines}\n\n"
        "`lstminspect --help` lists all commands, `lstminspect explain --help` the options of\n"
        "one, and `lstminspect explain topics` the words that have a lesson."
    )
