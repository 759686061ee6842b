"""The words of other frameworks on the command line, read as the options that they mean."""

from __future__ import annotations

import argparse

from lstminspect import cells
from lstminspect.errors import OptionError
from lstminspect.layer.options import PROJECTED, projected
from lstminspect.synonyms import WORDS

__all__ = ["in_own_words"]


def in_own_words(found: argparse.Namespace) -> None:
    """Move the words of other frameworks to the options that they mean.

    Raises OptionError for a word beside an option, or another word, of another value.
    """
    read: dict[str, str] = {}
    for word in WORDS:
        value = getattr(found, word.name, None)
        if value is None:
            continue
        if word.option not in vars(found):
            if value == "0":  # PyTorch's default, for no projection.
                continue
            found.cell = projected(found.cell or "lstm")
            if cells.named(found.cell) and word.option not in cells.get(found.cell).own_sizes:
                whose = f"{word.spelling} projects {' and '.join(PROJECTED)}, not {found.cell}"
                raise OptionError(f"{whose}. Leave it out, or choose one of them.")
            found.size = [*(found.size or []), f"{word.option}={value}"]
            continue
        old = getattr(found, word.option)
        if old is not None and old != value:
            first = read.get(word.option) or f"--{word.option.replace('_', '-')}"
            what = f"{first} {old} and {word.spelling} {value} are two values of one option"
            raise OptionError(f"{what}. Give one of them.")
        setattr(found, word.option, value)
        read[word.option] = word.spelling
