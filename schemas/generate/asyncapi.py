"""``asyncapi.yaml``: the topic registry in AsyncAPI 3.0, with Kafka's own settings."""

from typing import Any

import yaml

from schemas.envelope import CONTENT_TYPE
from schemas.generate.json_schemas import (
    DEAD_LETTER,
    example,
    file_name,
    json_schemas,
    schema_name,
)
from schemas.topics import REGISTRY, Cleanup, Topic

__all__ = ["BINDING_VERSION", "CHANGELOG_MESSAGE", "asyncapi_yaml"]

BINDING_VERSION = "0.5.0"
"""Version of the Kafka binding that the document follows."""
CHANGELOG_MESSAGE = "changelog"
"""The message of topics that hold the state of a role rather than events."""

_INTEGERS = ("retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes")

Node = dict[str, Any]


def asyncapi_yaml(version: str) -> str:
    """The document as YAML."""
    text = yaml.safe_dump(
        _document(version), sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    return f"# Generated from schemas/topics.py by `make generate`; not edited by hand.\n{text}"


def _document(version: str) -> Node:
    return {
        "asyncapi": "3.0.0",
        "id": "urn:productops:workers",
        "info": {
            "title": "ProductOps workers",
            "version": version,
            "description": (
                "The topics through which connectors and workers speak. Every event is a"
                " CloudEvent 1.0 in structured JSON; its `partitionkey` is the record key,"
                " UTF-8 encoded and partitioned by murmur2. Additive changes keep the version"
                " in a topic's name, others make the next one."
            ),
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {topic.name: _channel(topic) for topic in REGISTRY},
        "components": {"messages": _messages()},
    }


def _message_name(topic: Topic) -> str:
    return schema_name(topic) or CHANGELOG_MESSAGE


def _channel(topic: Topic) -> Node:
    name = _message_name(topic)
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.summary} Key: {topic.key}."
        + (" Holds personal data." if topic.personal else ""),
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": BINDING_VERSION,
            }
        },
        "x-personal-data": topic.personal,
    }


def _configuration(topic: Topic) -> Node:
    """Settings as the binding types them; the others as Kafka's strings."""
    made: Node = {}
    for name, value in sorted(topic.settings().items()):
        if name == "cleanup.policy":
            made[name] = value.split(",")
        else:
            made[name] = int(value) if name in _INTEGERS else value
    return made


def _messages() -> Node:
    made: Node = {}
    for name, schema in json_schemas().items():
        made[name] = {
            "name": name,
            "title": name,
            "summary": schema["description"],
            "contentType": CONTENT_TYPE,
            "headers": {
                "type": "object",
                "properties": {"content-type": {"const": CONTENT_TYPE}},
            },
            "payload": {
                "schemaFormat": "application/schema+json;version=draft-2020-12",
                "schema": {"$ref": file_name(name)},
            },
            "bindings": {"kafka": _key(name)},
            "examples": [{"name": "written-by-hand", "payload": example(name)}],
        }
    if any(topic.cleanup is Cleanup.COMPACT and topic.data is None for topic in REGISTRY):
        made[CHANGELOG_MESSAGE] = {
            "name": CHANGELOG_MESSAGE,
            "title": "state row",
            "summary": "One row of a role's state in the role's own encoding; null deletes it.",
            "contentType": "application/octet-stream",
            "bindings": {"kafka": _key(CHANGELOG_MESSAGE)},
        }
    return made


def _key(name: str) -> Node:
    kinds = {topic.key for topic in REGISTRY if _message_name(topic) == name}
    meaning = (
        "The key of the record that died." if name == DEAD_LETTER else f"The {', '.join(kinds)}."
    )
    return {
        "key": {"type": "string", "description": meaning},
        "bindingVersion": BINDING_VERSION,
    }
