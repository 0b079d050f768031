"""Rights as they are granted: who may do what, for ``kafka-acls`` or as JSON."""

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workers.streaming.access.rights import Operation, Resource, Right, constant

__all__ = ["Grant", "as_commands", "as_objects", "grants"]


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """What a principal may do with resources of a kind."""

    principal: str
    resource: Resource
    operations: tuple[Operation, ...]
    prefixed: bool
    """Whether all resources are meant whose names begin so."""
    names: tuple[str, ...]


def grants(
    rights: Mapping[str, Iterable[Right]], *, prefix: str, one_principal: bool = False
) -> Sequence[Grant]:
    """The grants of all roles, sorted: a principal a role, ``<prefix><role>``.

    ``one_principal``: all roles sign in as ``prefix`` itself, and no right is listed twice.
    """
    operations: defaultdict[tuple[str, Resource, bool, str], set[Operation]] = defaultdict(set)
    for role, needed in rights.items():
        principal = prefix if one_principal else f"{prefix}{role}"
        for right in needed:
            place = (principal, right.resource, right.prefixed, right.name)
            operations[place].add(right.operation)
    names: defaultdict[tuple[str, Resource, tuple[Operation, ...], bool], list[str]]
    names = defaultdict(list)
    for (principal, resource, prefixed, name), allowed in sorted(operations.items()):
        names[principal, resource, tuple(sorted(allowed)), prefixed].append(name)
    return sorted(Grant(*what, tuple(which)) for what, which in names.items())


def as_commands(granted: Iterable[Grant]) -> Iterable[str]:
    """One call of Kafka's ``kafka-acls.sh`` a grant.

    ``$KAFKA_BOOTSTRAP_SERVERS`` is of the shell; ``admin.properties`` holds what the one who
    grants signs in with.
    """
    for grant in granted:
        words = ['kafka-acls.sh --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS"']
        words.append("--command-config admin.properties --add")
        words.append(f"--allow-principal {shlex.quote(grant.principal)}")
        words += [f"--operation {operation}" for operation in grant.operations]
        words += [f"--{grant.resource} {shlex.quote(name)}" for name in grant.names]
        if grant.prefixed:
            words.append("--resource-pattern-type prefixed")
        yield " ".join(words)


def as_objects(granted: Iterable[Grant]) -> Iterable[Mapping[str, str]]:
    """The same for programs, in the words of Kafka's own listings."""
    for grant in granted:
        for name in grant.names:
            for operation in grant.operations:
                yield {
                    "principal": grant.principal,
                    "host": "*",
                    "permissionType": "ALLOW",
                    "operation": constant(operation),
                    "resourceType": constant(grant.resource),
                    "patternType": "PREFIXED" if grant.prefixed else "LITERAL",
                    "name": name,
                }
