"""An incompatible change of an event is refused; an additive one is not."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from schemas.generate.compatibility import incompatibilities
from schemas.generate.documents import releases
from schemas.generate.json_schemas import file_name, json_schemas

Schema = dict[str, Any]

OLD: Schema = {
    "type": "object",
    "required": ["id", "data"],
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 10},
        "data": {"$ref": "#/$defs/Answer"},
    },
    "$defs": {
        "Answer": {
            "type": "object",
            "required": ["kind", "score"],
            "properties": {
                "kind": {"$ref": "#/$defs/Kind"},
                "score": {"type": "number", "minimum": 0, "maximum": 10},
                "note": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
                "tags": {"type": "array", "items": {"type": "string", "maxLength": 8}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "at": {"type": "string", "format": "date-time"},
                "repeated": {"type": "boolean", "default": False},
            },
        },
        "Kind": {"type": "string", "enum": ["bug", "praise"]},
    },
}


def changed(change: Callable[[Schema], object]) -> Schema:
    """The old schema with a change made to a copy of it."""
    new = copy.deepcopy(OLD)
    change(new)
    return new


def answer(schema: Schema) -> Schema:
    """The fields of the event's data."""
    return schema["$defs"]["Answer"]["properties"]


REFUSED: dict[str, tuple[Callable[[Schema], object], str]] = {
    "field removed": (lambda s: answer(s).pop("note"), "event.data.note: was removed"),
    "optional field becomes required": (
        lambda s: s["$defs"]["Answer"]["required"].append("note"),
        "event.data.note: is newly required",
    ),
    "new required field": (
        lambda s: (
            answer(s).update(extra={"type": "string"}),
            s["$defs"]["Answer"]["required"].append("extra"),
        ),
        "event.data.extra: is newly required",
    ),
    "required field becomes optional": (
        lambda s: s["$defs"]["Answer"]["required"].remove("score"),
        "event.data.score: is no longer always there",
    ),
    "type changed": (
        lambda s: answer(s)["score"].update(type="string"),
        "event.data.score: type number became string",
    ),
    "null no longer allowed": (
        lambda s: answer(s).update(note={"type": "string", "maxLength": 5}),
        "event.data.note: types null or string became string",
    ),
    "null newly allowed": (
        lambda s: answer(s).update(tags={"anyOf": [answer(s)["tags"], {"type": "null"}]}),
        "event.data.tags: types array became array or null",
    ),
    "enumeration loses a value": (
        lambda s: s["$defs"]["Kind"].update(enum=["bug"]),
        "event.data.kind: no longer allows praise",
    ),
    "text becomes an enumeration": (
        lambda s: s["properties"]["id"].update(enum=["a"]),
        "event.id: any value became an enumeration",
    ),
    "enumeration becomes any text": (
        lambda s: s["$defs"]["Kind"].pop("enum"),
        "event.data.kind: an enumeration became any value",
    ),
    "longest length lowered": (
        lambda s: s["properties"]["id"].update(maxLength=9),
        "event.id: maxLength narrowed from 10 to 9",
    ),
    "length newly limited": (
        lambda s: answer(s)["at"].update(maxLength=30),
        "event.data.at: maxLength narrowed from None to 30",
    ),
    "length inside an optional field lowered": (
        lambda s: answer(s)["note"]["anyOf"][0].update(maxLength=4),
        "event.data.note: maxLength narrowed from 5 to 4",
    ),
    "shortest length raised": (
        lambda s: s["properties"]["id"].update(minLength=2),
        "event.id: minLength narrowed from 1 to 2",
    ),
    "range narrowed": (
        lambda s: answer(s)["score"].update(minimum=1),
        "event.data.score: minimum narrowed from 0 to 1",
    ),
    "items narrowed": (
        lambda s: answer(s)["tags"]["items"].update(maxLength=7),
        "event.data.tags[]: maxLength narrowed from 8 to 7",
    ),
    "values of a mapping changed": (
        lambda s: answer(s)["labels"].update(additionalProperties={"type": "number"}),
        "event.data.labels.*: type string became number",
    ),
    "open object closed": (
        lambda s: s["$defs"]["Answer"].update(additionalProperties=False),
        "event.data.*: additionalProperties True became False",
    ),
    "format dropped": (
        lambda s: answer(s)["at"].pop("format"),
        "event.data.at: format 'date-time' became (none)",
    ),
    "default changed": (
        lambda s: answer(s)["repeated"].update(default=True),
        "event.data.repeated: default False became True",
    ),
}

ALLOWED: dict[str, Callable[[Schema], object]] = {
    "nothing changed": lambda _: None,
    "optional field added": lambda s: answer(s).update(extra={"type": "string"}),
    "enumeration gains a value": lambda s: s["$defs"]["Kind"]["enum"].append("question"),
    "longest length raised": lambda s: s["properties"]["id"].update(maxLength=11),
    "length limit dropped": lambda s: s["properties"]["id"].pop("maxLength"),
    "range widened": lambda s: answer(s)["score"].update(minimum=-1, maximum=11),
    "description changed": lambda s: answer(s)["score"].update(description="better words"),
    "definition renamed": lambda s: (
        s["$defs"].update(Reply=s["$defs"].pop("Answer")),
        s["properties"]["data"].update({"$ref": "#/$defs/Reply"}),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_promise_is_refused_and_named(case: str) -> None:
    """Each kind of incompatible change is found, once, with the place in the event."""
    change, expected = REFUSED[case]
    assert [str(found) for found in incompatibilities(OLD, changed(change))] == [expected]


@pytest.mark.parametrize("case", ALLOWED)
def test_an_additive_change_is_allowed(case: str) -> None:
    """What takes nothing away from readers and old records passes."""
    assert incompatibilities(OLD, changed(ALLOWED[case])) == []


def test_all_broken_promises_are_reported_at_once() -> None:
    """One run names every problem."""

    def change(schema: Schema) -> None:
        answer(schema).pop("note")
        answer(schema).pop("tags")

    found = {item.path for item in incompatibilities(OLD, changed(change))}
    assert found == {"event.data.note", "event.data.tags"}


def test_todays_events_keep_what_the_last_release_promised() -> None:
    """Every released event type is still there and compatible; otherwise it needs a v2."""
    last = releases()[-1]
    today = {file_name(name): schema for name, schema in json_schemas().items()}
    problems = []
    for path in sorted(last.glob("*.schema.json")):
        if path.name not in today:
            problems.append(f"{path.name}: the event type was removed")
            continue
        released = json.loads(path.read_text(encoding="utf-8"))
        problems += [
            f"{path.name}: {found}" for found in incompatibilities(released, today[path.name])
        ]
    assert problems == []
