"""One JSON Schema for every event type and version, as its readers validate it."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from schemas.envelope import Event, Header
from schemas.generate.descriptions import field_descriptions, models_within
from schemas.platform import DeadLetter
from schemas.topics import REGISTRY, Topic

__all__ = [
    "DEAD_LETTER",
    "DIALECT",
    "example",
    "example_file",
    "file_name",
    "json_schemas",
    "schema_name",
]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DEAD_LETTER = "dead-letter.v1"
"""Name of the one schema that all dead-letter topics share."""

_EXAMPLES = Path(__file__).parent.parent / "examples"

Schema = dict[str, Any]


def schema_name(topic: Topic) -> str | None:
    """Name of the schema of a topic's records; ``None`` for a topic without events."""
    if topic.data is None:
        return None
    return DEAD_LETTER if topic.data is DeadLetter else topic.name


def file_name(name: str) -> str:
    """File of a schema."""
    return f"{name}.schema.json"


def example_file(name: str) -> Path:
    """File of the hand-written example of a schema."""
    return _EXAMPLES / f"{name}.json"


def example(name: str) -> Any:
    """The hand-written example of a schema."""
    return json.loads(example_file(name).read_text(encoding="utf-8"))


def json_schemas() -> dict[str, Schema]:
    """Schema name -> JSON Schema, of everything in the registry that holds events."""
    made: dict[str, Schema] = {}
    for topic in REGISTRY:
        name = schema_name(topic)
        if name is not None and name not in made:
            made[name] = _schema(topic, name)
    return made


def _schema(topic: Topic, name: str) -> Schema:
    if topic.data is None:
        msg = f"topic {topic.name} holds no events"
        raise LookupError(msg)
    body = topic.event_model().model_json_schema(mode="validation")
    definitions = body.pop("$defs")
    properties = body.pop("properties")
    dead = name == DEAD_LETTER
    expected = {"pattern": r"\.dlq$"} if dead else {"const": name}
    properties["type"] = {"type": "string", **expected}
    _describe(properties, Event[topic.data])  # type: ignore[name-defined]
    for model in models_within(topic.data):
        _describe(definitions[model.__name__]["properties"], model)
    for part in (properties, definitions):
        _tidy(part)
    return {
        "$schema": DIALECT,
        "$id": f"urn:productops:schema:{name}",
        "title": name,
        "description": "A record that could not be read or handled." if dead else topic.summary,
        "type": "object",
        # required by CloudEvents, though our reader fills it in
        "required": sorted({*body["required"], "specversion"}, key=list(properties).index),
        "properties": properties,
        "$defs": dict(sorted(definitions.items())),
        "examples": [example(name)],
    }


def _describe(properties: Schema, model: type[BaseModel]) -> None:
    """Add the field docstrings; those of the envelope come from ``Header``."""
    described = {**field_descriptions(Header), **field_descriptions(model)}
    for name in properties.keys() & described.keys() & model.model_fields.keys():
        properties[name]["description"] = described[name]


def _tidy(node: Any) -> None:
    """Remove titles that merely repeat a name; write descriptions as Markdown in one line."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if isinstance(text := node.get("description"), str):
            node["description"] = " ".join(text.replace("``", "`").split())
        for value in node.values():
            _tidy(value)
    elif isinstance(node, list):
        for value in node:
            _tidy(value)
