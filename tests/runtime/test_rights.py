"""The rights of each role: exactly what its clients need, listed for who grants them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from schemas.topics import REGISTRY
from workers.cli.topics import topics
from workers.runtime.rights import HOLDERS, rights_by_holder
from workers.runtime.roles import ROLES
from workers.streaming.access.rights import Resource

LISTED = Path(__file__).with_name("acls.txt")


def listed(*options: str) -> str:
    """What the command prints."""
    done = CliRunner().invoke(topics, ["acls", *options])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_the_commands_are_those_that_were_reviewed() -> None:
    """A right more or less is a change that somebody has to look at: ``acls.txt`` says which."""
    assert listed() == LISTED.read_text(encoding="utf-8")


def test_the_rights_of_a_stream_role_in_full() -> None:
    """Feedback reads its inputs, writes its outputs and letters, keeps its state, commits.

    And of each of these topics it may see the settings, which are checked at its start.
    """
    found = {str(right) for right in HOLDERS["feedback"]()}
    seen = {right for right in found if right.startswith("DescribeConfigs on topic ")}
    used = {right.split(" on topic ")[1] for right in found - seen if " on topic " in right}
    assert seen == {f"DescribeConfigs on topic {name}" for name in used}
    assert found - seen == {
        "Read on topic feedback.item.received.v1",
        "Read on topic platform.clock.ticked.v1",
        "Read on topic platform.feedback.changelog.v1",
        "Write on topic feedback.item.classified.v1",
        "Write on topic feedback.item.routed.v1",
        "Write on topic notification.message.requested.v1",
        "Write on topic feedback.item.received.v1.dlq",
        "Write on topic platform.feedback.changelog.v1",
        "Read on group productops-feedback",
        "Write on transactional-id productops-feedback-*",
    }


def test_every_role_that_speaks_to_kafka_has_rights() -> None:
    """A new role cannot be forgotten; the pages speak to a broker for their buttons alone."""
    assert set(ROLES) <= set(HOLDERS)
    assert HOLDERS["web"]() == HOLDERS["letters"]()


def test_no_right_is_wider_than_a_registered_topic() -> None:
    """No wildcard, no cluster, and prefixes only where ids are numbered or named by people."""
    known = {topic.name for topic in REGISTRY}
    for rights in rights_by_holder().values():
        for right in rights:
            if right.resource is Resource.TOPIC:
                assert right.name in known
                assert not right.prefixed
            elif right.prefixed:
                assert right.resource is Resource.TRANSACTIONAL_ID
                assert right.name in {"source-", "productops-feedback-", "productops-delivery-"}


def test_one_principal_may_stand_for_all_roles() -> None:
    """A single machine signs in once: the same rights, each granted once."""
    entries = json.loads(listed("--principal", "User:all", "--format", "json"))
    assert {entry["principal"] for entry in entries} == {"User:all"}
    unique = {tuple(sorted(entry.items())) for entry in entries}
    assert len(unique) == len(entries)
    assert len(entries) == len(set().union(*rights_by_holder().values()))


def test_programs_get_kafkas_own_words() -> None:
    """The same constants as in Kafka's listings and in its clients."""
    entries = json.loads(listed("--principal-prefix", "User:x-", "--format", "json"))
    assert {
        "principal": "User:x-connectors",
        "host": "*",
        "permissionType": "ALLOW",
        "operation": "WRITE",
        "resourceType": "TRANSACTIONAL_ID",
        "patternType": "PREFIXED",
        "name": "source-",
    } in entries
    assert {entry["operation"] for entry in entries if entry["principal"] == "User:x-topics"} == {
        "ALTER_CONFIGS",
        "CREATE",
        "DESCRIBE",
        "DESCRIBE_CONFIGS",
    }


@pytest.mark.parametrize("option", ["--principal", "--principal-prefix"])
def test_a_principal_without_its_kind_is_refused(option: str) -> None:
    """Kafka would take the name and match nobody."""
    done = CliRunner().invoke(topics, ["acls", option, "productops"])
    assert done.exit_code == 2
    assert "write User:productops" in done.stderr
