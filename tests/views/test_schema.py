"""The JSON of every answer is as `docs/schema/` says it, and nothing is said that no answer has.

A new field is described there: add it to the type in `$defs`, with a description.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy
import pytest
from answers import ANSWERS, answer
from jsonschema import Draft202012Validator

import lstminspect as li
from lstminspect.models.summary import Summary
from lstminspect.views.formats.json import SCHEMA
from lstminspect.views.render import SEVERAL, VIEWS, render

PATH = Path(__file__).parents[2] / "docs" / "schema" / f"answer-{SCHEMA}.json"
PUBLISHED = json.loads(PATH.read_text("utf-8"))
VALIDATOR = Draft202012Validator(PUBLISHED)
#: Answers with fields that are seldom there.
MORE = {
    "arrays": lambda: li.report(li.Layer("lstm", units=numpy.array([4, 8]), features=3)),
    "wide state": lambda: li.report(li.Layer("slstm", 8, 3, heads=2, timesteps="T", batch=2)),
    "letters of a cost": lambda: li.cost(li.Layer("lstm", "u", "f", timesteps="T")),
    "part of a cost": lambda: li.cost(li.Layer("gru", 4, 3)),
    "questions": lambda: dataclasses.replace(li.quiz(seed=3, questions=40), shows="questions"),
    "key": lambda: li.quiz(seed=3, questions=40).key_only(),
    "opaque": lambda: Summary(li.model("LSTM(4, input_shape=(5, 3)), Mine(3)")),
    "open sizes": lambda: Summary(
        li.model(
            "def build(n):\n    return Sequential([LSTM(4, input_shape=(5, n))])\nm = build(3)\n"
            "k = Sequential([LSTM(q.n, input_shape=(5, 2)), Dense(2)])"
        )
    ),
    "error": lambda: li.explain("expected ndim=3, found ndim=2"),
    "catalogue": lambda: [li.cells.get(name) for name in li.cells.names()],
}


@cache
def content(name: str) -> Any:
    thing = MORE[name]() if name in MORE else answer(name)
    return json.loads(render(thing, "json"))


def places(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in `value`, itself first, with the names of the fields that lead to it."""
    if isinstance(value, dict):
        yield path, value
        for name, each in value.items():
            yield from places(each, f"{path}.{name}")
    if isinstance(value, list):
        for each in value:
            yield from places(each, path)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["$id"].endswith(PATH.name)
    assert PUBLISHED["properties"]["schema"] == {
        "const": SCHEMA,
        "description": "The version of this schema.",
    }


@pytest.mark.parametrize("name", [*ANSWERS, *MORE])
def test_an_answer_is_as_the_schema_says(name: str) -> None:
    errors = [
        f"{error.json_path}: {error.message[:300]} (say it in docs/schema/{PATH.name})"
        for error in VALIDATOR.iter_errors(content(name))
    ]
    assert errors == []


@pytest.mark.parametrize("name", ANSWERS)
def test_an_unknown_field_fails_wherever_it_stands(name: str) -> None:
    mutant = copy.deepcopy(content(name))
    # The last of several of one sort stands for all.
    for path, place in dict(places(mutant)).items():
        place["surprise"] = {"of": None}
        assert not VALIDATOR.is_valid(mutant), path
        del place["surprise"]
    assert VALIDATOR.is_valid(mutant)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_missing_field_fails(name: str) -> None:
    for field in content(name):
        without = {key: value for key, value in content(name).items() if key != field}
        assert not VALIDATOR.is_valid(without), field


def test_every_type_of_an_answer_is_in_the_schema() -> None:
    types = PUBLISHED["properties"]["type"]["enum"]
    assert sorted(types) == sorted({*VIEWS.values(), *SEVERAL.values()})
    assert set(types) <= set(PUBLISHED["$defs"])
    assert {content(name)["type"] for name in ANSWERS} == set(types)


def described(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field that the schema names: where it stands, and what is said of it."""
    if isinstance(schema, dict):
        for name, field in schema.get("properties", {}).items():
            yield f"{path}/{name}", field
        for key, inner in schema.items():
            if key != "allOf":
                yield from described(inner, f"{path}/{key}")


def test_every_field_has_a_description() -> None:
    fields = dict(described(PUBLISHED))
    assert len(fields) > 100
    bare = [path for path, field in fields.items() if field.get("description", "")[-1:] != "."]
    assert bare == []


def seen(schema: Any, value: Any) -> Iterator[int]:
    """The fields of the schema that `value` has, by their identity."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        yield from seen(PUBLISHED["$defs"][schema["$ref"].rpartition("/")[2]], value)
    for each in schema.get("anyOf", ()):
        yield from seen(each, value)
    if isinstance(value, list):
        for each in value:
            yield from seen(schema.get("items"), each)
    if isinstance(value, dict):
        for name, field in schema.get("properties", {}).items():
            if name in value:
                yield id(field)
                yield from seen(field, value[name])
        for name, each in value.items():
            if name not in schema.get("properties", {}):
                yield from seen(schema.get("additionalProperties"), each)


def test_the_schema_names_no_field_that_no_answer_has() -> None:
    known = set(seen({"properties": PUBLISHED["properties"]}, content("report")))
    for name in [*ANSWERS, *MORE]:
        known |= set(seen(PUBLISHED["$defs"][content(name)["type"]], content(name)))
    assert [path for path, field in described(PUBLISHED) if id(field) not in known] == []
