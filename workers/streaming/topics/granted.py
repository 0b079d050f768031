"""Whether a cluster grants us rights, as far as it tells: of transactional ids it tells nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from workers.streaming.access.errors import AccessError
from workers.streaming.access.rights import Resource, Right, constant

__all__ = ["described_with_rights"]

Described = Mapping[str, Mapping[str, Any]]


def described_with_rights(admin: KafkaAdminClient, rights: Iterable[Right]) -> Described:
    """What the cluster says of the topics that the rights are about, by name.

    Raises ``AccessError`` naming every right that is missing.
    """
    needed = sorted(rights)
    names = {right.name for right in needed if right.resource is Resource.TOPIC}
    described = {found["name"]: found for found in admin.describe_topics(sorted(names))}
    missing = [right for right in needed if not _allowed(admin, right, described)]
    if missing:
        raise AccessError(
            f"Kafka does not let us {', '.join(map(str, missing))}: grant the principal what "
            "`productops topics acls` lists for its role"
        )
    return described


def _allowed(admin: KafkaAdminClient, right: Right, described: Described) -> bool:
    if right.resource is Resource.GROUP:
        try:
            admin.describe_groups([right.name])
        except GroupAuthorizationFailedError:
            return False
        except KafkaError:  # its coordinator is being made
            return True
    if right.resource is not Resource.TOPIC:
        return True
    found = described.get(right.name, {})
    if found.get("error_code") == TopicAuthorizationFailedError.errno:
        return False
    operations = found.get("authorized_operations")
    return not operations or constant(right.operation) in operations
