"""How a process takes part in its consumer group: its name there, how long it may be silent."""

import re
from dataclasses import dataclass

from workers.config.variables.environment import Environment

__all__ = ["Membership", "read_membership"]

_REPLICA = re.compile(r"[A-Za-z0-9._-]{1,100}")
_SHORTEST_SECONDS = 6.0
"""What brokers allow (``group.min.session.timeout.ms``)."""
_LONGEST_SECONDS = 300.0
_DEFAULT_SECONDS = 8.0
_HEARTBEAT_SECONDS = 2.0
_HEARTBEATS_A_SESSION = 4


@dataclass(frozen=True, slots=True)
class Membership:
    """A member of a group. Without a ``replica`` it is a new one with every start."""

    replica: str | None = None
    """Unique among the replicas of a role. The group knows a member with a name again: restarted
    within its session it gets its partitions back, and no other member is disturbed."""
    session_seconds: float = _DEFAULT_SECONDS
    """How long the group waits for a silent member before others get its partitions. Faust's own
    60 s would hold them for a minute after a SIGKILL."""

    @property
    def heartbeat_seconds(self) -> float:
        """Time between two signs of life, by which a member also learns of a rebalance."""
        return min(_HEARTBEAT_SECONDS, self.session_seconds / _HEARTBEATS_A_SESSION)

    def instance_id(self, group: str) -> str | None:
        """The member's static id in a group (``group.instance.id``); ``None`` without one."""
        return None if self.replica is None else f"{group}-{self.replica}"


def read_membership(env: Environment) -> Membership:
    """The settings; what is wrong with them is added to ``env.problems``."""
    replica = env.text("PRODUCTOPS_REPLICA")
    if replica is not None and _REPLICA.fullmatch(replica) is None:
        env.problems.append(
            f"PRODUCTOPS_REPLICA={replica!r} is no name: give 1 to 100 letters, digits, dots, "
            "hyphens or underscores, unique among the replicas of a role"
        )
        replica = None
    seconds = env.number(
        "PRODUCTOPS_SESSION_SECONDS",
        _DEFAULT_SECONDS,
        _SHORTEST_SECONDS,
        _LONGEST_SECONDS,
    )
    return Membership(replica, seconds)
