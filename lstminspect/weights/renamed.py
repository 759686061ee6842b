"""Tensors of the same layers under other names: the prefix that differs, and the line to write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import NamedTuple

__all__ = ["Rename", "renamed"]

#: What puts a prefix before every name of a state dict.
WRAPPERS = {
    "module.": "nn.DataParallel saved it",
    "_orig_mod.": "torch.compile saved it",
    "model.": "it was saved inside a module that holds it as model",
}
#: Keys of a checkpoint below which people save the state dict of a model.
HOLDERS = ("state_dict", "model_state_dict", "model_state")

#: The tensor that every recurrent layer of PyTorch has.
RECURRENT = "weight_hh_l0"


class Rename(NamedTuple):
    """A prefix of names in a state dict, and what stands there in the model."""

    saved: str
    built: str

    def __call__(self, name: str) -> str:
        """The name that the model has for a name of the state dict."""
        if not name.startswith(self.saved):
            return name
        return self.built + name[len(self.saved) :]

    @property
    def line(self) -> str:
        """The line of Python that brings a state dict to the names of the model."""
        if self.saved[:-1] in HOLDERS and not self.built:
            return f"state = checkpoint[{self.saved[:-1]!r}]"
        key = f"{self.built!r} + key"
        if self.saved:
            key = f"key.removeprefix({self.saved!r})"
            if self.built:
                key = f"{self.built!r} + {key} if key.startswith({self.saved!r}) else key"
        return f"state = {{{key}: value for key, value in state.items()}}"

    def reason(self, file: str, code: str) -> str:
        """The difference in words; `file` and `code` name the two sides."""
        if self.saved and self.built:
            return f"the {file} names {self.saved!r} what the {code} names {self.built!r}"
        if self.saved[:-1] in HOLDERS:
            return f"the {file} holds the state dict below the key {self.saved[:-1]!r}"
        if self.saved:
            why = WRAPPERS.get(self.saved, "it was saved in a module")
            return f"the {file} has {self.saved!r} before every name: {why}"
        return (
            f"the {code} has {self.built!r} before every name, the {file} has not: load it into "
            "that part of the model"
        )


def renamed(saved: Collection[str], built: Collection[str]) -> tuple[Rename, ...]:
    """The prefixes of the names `saved` to exchange, so that most are names of `built`.

    >>> renamed(["module.lstm.weight_ih_l0"], ["rnn.weight_ih_l0"])
    (Rename(saved='module.lstm.', built='rnn.'),)
    >>> renamed(["fc.weight", "lstm.weight_ih_l0"], ["fc.weight", "lstm.weight_hh_l0"])
    ()
    """
    whole = _whole(set(saved), set(built))
    names = {whole(name) for name in saved} if whole else set(saved)
    parts = tuple(_parts(names - set(built), set(built) - names))
    if whole and not (names & set(built)) and len(parts) == 1:
        return (Rename(whole.saved + parts[0].saved, parts[0].built),)
    return ((whole,) if whole else ()) + parts


def _whole(saved: set[str], built: set[str]) -> Rename | None:
    """One prefix before every name of a side, if more names are alike without it."""
    best, most = None, len(saved & built)
    for prefix in _shared(saved):
        count = len({name.removeprefix(prefix) for name in saved} & built)
        if count > most:
            best, most = Rename(prefix, ""), count
    for prefix in _shared(built):
        count = len({prefix + name for name in saved} & built)
        if count > most:
            best, most = Rename("", prefix), count
    return best


def _shared(names: set[str]) -> Iterator[str]:
    """The prefixes that every name has, up to a dot: the shortest first."""
    parts = min(names, default="").split(".")
    for end in range(1, len(parts)):
        prefix = ".".join(parts[:end]) + "."
        if all(name.startswith(prefix) for name in names):
            yield prefix


def _parts(saved: set[str], built: set[str]) -> Iterator[Rename]:
    """A path of one side for a path of the other that has the same tensors.

    Recurrent layers that differ in directions or layers have some of them.
    """
    here, there = _by_path(saved), _by_path(built)
    ends = Counter(here.values())
    for path, own in here.items():
        alike = [other for other, held in there.items() if held == own]
        if not alike and RECURRENT in own:
            alike = [other for other, held in there.items() if RECURRENT in held]
            alike *= sum(RECURRENT in held for held in here.values()) == 1
        if len(alike) == 1 and ends[own] == 1:
            yield Rename(f"{path}." if path else "", f"{alike[0]}." if alike[0] else "")


def _by_path(names: set[str]) -> dict[str, frozenset[str]]:
    paths: dict[str, set[str]] = {}
    for name in sorted(names):
        path, _, own = name.rpartition(".")
        paths.setdefault(path, set()).add(own)
    return {path: frozenset(own) for path, own in paths.items()}
