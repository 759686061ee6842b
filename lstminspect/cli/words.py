"""The words of other frameworks on the command line, read as the options that they mean."""

from __future__ import annotations

import argparse

from lstminspect.errors import OptionError
from lstminspect.layer.options import projected
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
            found.size = [*(found.size or []), f"{word.option}={value}"]
            found.cell = projected(found.cell or "lstm")
            continue
        old = getattr(found, word.option)
        if old is not None and old != value:
            first = read.get(word.option) or f"--{word.option.replace('_', '-')}"
            what = f"{first} {old} and {word.spelling} {value} are two values of one option"
            raise OptionError(f"{what}. Give one of them.")
        setattr(found, word.option, value)
        read[word.option] = word.spelling
