"""A consumer with a static id in its group that notices when somebody else takes the id.

Kafka gives a static id (``group.instance.id``, KIP-345) to whoever came last, and tells the
former holder by FENCED_INSTANCE_ID. aiokafka 0.14 knows neither that error nor the heartbeat
that can be answered with it: two processes with one id would take it from each other for ever.
"""

from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct
from aiokafka.protocol.group import HeartbeatRequest, HeartbeatResponse_v1
from aiokafka.protocol.types import Int32, Schema, String

__all__ = ["ReplicaTakenError", "StaticMember"]

_FENCED_INSTANCE_ID = 82


class ReplicaTakenError(KafkaError):
    """Another process has our static id. The message names the setting and the remedy."""

    def __str__(self) -> str:
        return str(self.args[0])


class _Response(HeartbeatResponse_v1):
    API_VERSION = 3


class _Heartbeat(RequestStruct):
    """Version 3, the first that bears the static id; Kafka 2.3 and newer."""

    API_KEY = 12
    API_VERSION = 3
    RESPONSE_TYPE = _Response
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("generation_id", Int32),
        ("member_id", String("utf-8")),
        ("group_instance_id", String("utf-8")),
    )


class _HeartbeatRequest(Request[_Heartbeat]):
    API_KEY = 12

    def __init__(self, group: str, generation: int, member: str, instance: str) -> None:
        self._values = (group, generation, member, instance)

    def build(self, request_struct_class: type[_Heartbeat]) -> _Heartbeat:
        return request_struct_class(*self._values)


class _Coordinator(GroupCoordinator):
    """Sends heartbeats with the static id; once another has it, everything ends with that."""

    taken: ReplicaTakenError | None = None

    async def _send_req(self, request: Any) -> Any:
        instance = self._group_instance_id
        if isinstance(request, HeartbeatRequest):
            request = _HeartbeatRequest(self.group_id, self.generation, self.member_id, instance)
        response = await super()._send_req(request)
        if getattr(response, "error_code", 0) == _FENCED_INSTANCE_ID:
            replica = instance.removeprefix(f"{self.group_id}-")
            self.taken = ReplicaTakenError(
                f"another process has joined group {self.group_id} with our name, "
                f"PRODUCTOPS_REPLICA={replica}: end one of the two, or give each replica of a role "
                "a name of its own (in Kubernetes the pod's name in a StatefulSet)"
            )
            raise self.taken
        return response

    async def ensure_coordinator_known(self) -> None:
        """Whoever sent the request tries again after any error, and asks here first."""
        if self.taken is not None:
            raise self.taken
        await super().ensure_coordinator_known()


class StaticMember(AIOKafkaConsumer):
    """The consumer; it must not have topics before it is started."""

    async def start(self) -> None:
        """Start; the coordinator is made in there, of a class that cannot be given."""
        await super().start()
        self._coordinator.__class__ = _Coordinator
