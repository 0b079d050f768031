"""The committed JSON Schemas and asyncapi.yaml are those of the models and the registry."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from schemas.generate.documents import GENERATED, documents, stale, write
from schemas.topics import REGISTRY

SCHEMA_FILES = sorted(GENERATED.glob("*.schema.json"))
EXAMPLES = sorted((GENERATED.parent / "examples").glob("*.json"))


def load(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def schema_for(example: Path) -> dict[str, Any]:
    """The committed schema of an example."""
    return load(GENERATED / f"{example.stem}.schema.json")


def violations(schema: dict[str, Any], event: dict[str, Any]) -> list[str]:
    """What an independent validator says against an event."""
    return [error.message for error in Draft202012Validator(schema).iter_errors(event)]


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    """The committed document."""
    return yaml.safe_load((GENERATED / "asyncapi.yaml").read_text(encoding="utf-8"))


def test_committed_documents_are_current() -> None:
    """What is committed is what the models and the registry give today (else: make generate)."""
    assert stale(GENERATED, documents(version("productops-workers"))) == []


def test_stale_missing_and_foreign_files_are_all_named(tmp_path: Path) -> None:
    """A changed, a missing and a left-over file are each reported, and writing repairs them."""
    wanted = {"same": "1", "changed": "2", "missing": "3"}
    for name, text in {"same": "1", "changed": "?", "left-over": "4"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    assert stale(tmp_path, wanted) == ["changed", "left-over", "missing"]
    write(tmp_path, wanted)

    assert stale(tmp_path, wanted) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed", "missing", "same"]


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=lambda path: path.name)
def test_each_schema_is_a_valid_json_schema(path: Path) -> None:
    """Every file is a JSON Schema of draft 2020-12 with its own identifier."""
    schema = load(path)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:productops:schema:{path.name.removesuffix('.schema.json')}"


def test_every_schema_has_an_example_and_every_example_a_schema() -> None:
    """Nothing is left without a hand-written example."""
    assert [path.stem for path in EXAMPLES] == [
        path.name.removesuffix(".schema.json") for path in SCHEMA_FILES
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_satisfy_their_schema(path: Path) -> None:
    """Each hand-written example is valid."""
    assert violations(schema_for(path), load(path)) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type", "time", "data"])
def test_an_event_without_a_required_attribute_is_invalid(path: Path, missing: str) -> None:
    """The schemas notice each absent attribute that CloudEvents or the system needs."""
    event = load(path)
    del event[missing]
    assert violations(schema_for(path), event) == [f"'{missing}' is a required property"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_fields_of_a_later_version_are_allowed(path: Path) -> None:
    """A reader of today's schema accepts an event that says more."""
    event = load(path)
    event["data"]["field_of_tomorrow"] = event["extension"] = "x"
    assert violations(schema_for(path), event) == []


def test_a_schema_says_what_its_fields_mean() -> None:
    """The docstring under a field in the model stands in the schema."""
    schema = load(GENERATED / "feedback.item.received.v1.schema.json")
    tier = schema["$defs"]["Customer"]["properties"]["tier"]
    assert tier["description"] == "Plan or customer tier, where the tool knows it."


def test_channels_are_the_topic_registry(asyncapi: dict[str, Any]) -> None:
    """asyncapi.yaml has one channel for each topic, with its partitions, and no other."""
    described = {
        name: channel["bindings"]["kafka"]["partitions"]
        for name, channel in asyncapi["channels"].items()
    }
    assert described == {topic.name: topic.partitions for topic in REGISTRY}
    assert all(name == channel["address"] for name, channel in asyncapi["channels"].items())


def test_channels_carry_the_settings_of_their_topic(asyncapi: dict[str, Any]) -> None:
    """Clean-up, retention and the limits of size and date of a topic stand in its Kafka binding."""
    binding = asyncapi["channels"]["feedback.item.received.v1"]["bindings"]["kafka"]
    assert binding["bindingVersion"] == "0.5.0"
    assert binding["topicConfiguration"] == {
        "cleanup.policy": ["delete"],
        "retention.ms": 400 * 24 * 3600 * 1000,
        "max.message.bytes": 1024 * 1024 + 64 * 1024,
        "message.timestamp.after.max.ms": "3600000",
    }
    changelog = asyncapi["channels"]["platform.feedback.changelog.v1"]["bindings"]["kafka"]
    assert changelog["topicConfiguration"]["cleanup.policy"] == ["compact"]
    assert "retention.ms" not in changelog["topicConfiguration"]


def test_messages_are_cloud_events_with_a_keyed_binding(asyncapi: dict[str, Any]) -> None:
    """Every event message names its content type, its schema file and what its key is."""
    for name, message in asyncapi["components"]["messages"].items():
        assert message["bindings"]["kafka"]["key"]["type"] == "string"
        if name == "changelog":
            continue
        assert message["contentType"] == "application/cloudevents+json"
        reference = message["payload"]["schema"]["$ref"]
        assert load(GENERATED / reference)["title"] == name


def test_every_reference_in_asyncapi_resolves(asyncapi: dict[str, Any]) -> None:
    """No channel points to a message that is not there."""
    for channel in asyncapi["channels"].values():
        for reference in channel["messages"].values():
            _, components, messages, name = reference["$ref"].split("/")
            assert name in asyncapi[components][messages]
