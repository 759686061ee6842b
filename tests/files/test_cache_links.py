"""Shards in the cache of Hugging Face are links to the blobs of their model: these are followed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

import lstminspect as li
from lstminspect.errors import FileError
from lstminspect.weights.saved import safetensors

NAMES = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
HASHES = ("a" * 64, "0" * 64)


def cache(folder: Path, *, commit: str = "c" * 40) -> Path:
    """A snapshot as huggingface_hub makes it: an LSTM of 4 units on 3 features in two shards."""
    root = folder / "models--someone--lstm"
    (root / "blobs").mkdir(parents=True)
    snapshot = root / "snapshots" / commit
    snapshot.mkdir(parents=True)
    tensors = (
        {"lstm.weight_ih_l0": np.zeros((16, 3), "f"), "lstm.bias_ih_l0": np.zeros(16, "f")},
        {"lstm.weight_hh_l0": np.zeros((16, 4), "f"), "lstm.bias_hh_l0": np.zeros(16, "f")},
    )
    weights = {key: name for name, each in zip(NAMES, tensors, strict=True) for key in each}
    (root / "blobs" / ("b" * 40)).write_text(json.dumps({"weight_map": weights}))
    os.symlink(f"../../blobs/{'b' * 40}", snapshot / "model.safetensors.index.json")
    for name, blob, each in zip(NAMES, HASHES, tensors, strict=True):
        (root / "blobs" / blob).write_bytes(safetensors(each))
        os.symlink(f"../../blobs/{blob}", snapshot / name)
    return snapshot


def relinked(snapshot: Path, target: str) -> None:
    (snapshot / NAMES[0]).unlink()
    os.symlink(target, snapshot / NAMES[0])


def test_the_shards_of_a_cache_are_read(tmp_path: Path) -> None:
    found = li.open_file(cache(tmp_path))
    assert [(each.layer.units, each.layer.features) for each in found.layers] == [(4, 3)]


TARGETS = (
    "../../blobs/../secret",
    "../../../models--other--lstm/blobs/" + "a" * 64,
    "../../blobs/secret",
    "/etc/passwd",
    "../../blobs/" + "d" * 64 + "/../" + "a" * 64,
    "model-00001-of-00002.safetensors",
)


@pytest.mark.parametrize("target", TARGETS)
def test_any_other_link_in_a_cache_is_refused(tmp_path: Path, target: str) -> None:
    snapshot = cache(tmp_path)
    relinked(snapshot, target)
    with pytest.raises(FileError, match="is a link, which is not followed"):
        li.open_file(snapshot)


def test_a_blob_that_is_itself_a_link_is_refused(tmp_path: Path) -> None:
    snapshot = cache(tmp_path)
    blob = snapshot.parents[1] / "blobs" / HASHES[0]
    blob.rename(tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", blob)
    with pytest.raises(FileError, match="is a link, which is not followed"):
        li.open_file(snapshot)


def test_a_folder_of_blobs_that_is_a_link_is_refused(tmp_path: Path) -> None:
    snapshot = cache(tmp_path)
    blobs = snapshot.parents[1] / "blobs"
    blobs.rename(tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", blobs)
    with pytest.raises(FileError, match="is a directory, without an index"):
        li.open_file(snapshot)


def test_links_of_that_form_outside_of_a_cache_are_refused(tmp_path: Path) -> None:
    snapshot = cache(tmp_path)
    other = snapshot.parents[1] / "other" / "folder"
    other.parent.mkdir()
    snapshot.rename(other)
    with pytest.raises(FileError, match="is a directory, without an index"):
        li.open_file(other)
