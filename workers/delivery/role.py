"""The delivery role, put together from configuration."""

from typing import Protocol

from connectors.base.contract import Clock
from connectors.destinations.http import Transport
from workers.config.routes import Routes
from workers.config.team import Team
from workers.delivery.outbox import Outbox
from workers.delivery.receivers import people_of, policies_of, ways_of
from workers.delivery.sender import Sender
from workers.observability.catalogue import RECEIVER
from workers.observability.metrics import Metrics
from workers.observability.tracing.tracer import NO_TRACER, Tracer

__all__ = ["DeliveryConfiguration", "make_delivery"]


class DeliveryConfiguration(Protocol):
    """The part of the configuration that delivery needs."""

    @property
    def team(self) -> Team:
        """``team.yaml``: whom to mention."""
        ...

    @property
    def routes(self) -> Routes:
        """``routes.yaml``: the receivers."""
        ...


def make_delivery(
    configuration: DeliveryConfiguration,
    clock: Clock,
    transport: Transport | None,
    metrics: Metrics,
    tracer: Tracer = NO_TRACER,
) -> tuple[Outbox, Sender]:
    """The role's processor and its side effects.

    ``transport`` is the way to the network, ``None`` for the real one. Raises ``ValueError``
    naming a receiver whose secret cannot be used.
    """
    receivers = configuration.routes.receivers
    metrics.expect(RECEIVER, [receiver.name for receiver in receivers])
    ways = ways_of(receivers, people_of(configuration.team), clock, transport)
    return Outbox(policies_of(receivers)), Sender(ways, clock, metrics, tracer)
