"""The roles that run a processor on the streaming platform.

A new worker is a pure processor and a registration of a few lines here.
"""

from collections.abc import Callable, Mapping

from connectors.base.clock import SystemClock
from workers.config.load import Configuration
from workers.config.routes import Route
from workers.config.team import Team
from workers.observability.metrics import Metrics
from workers.observability.tracing.tracer import Tracer
from workers.streaming.engine.role import Role

__all__ = ["STREAM_ROLES", "feedback_role"]


def feedback_role(team: Team, route: Route) -> Role:
    """The feedback role, which needs the team and the routes, and no secret."""
    from workers.feedback.factory import make_processor  # noqa: PLC0415 - each role loads its own

    return Role(make_processor(team, route))


def _feedback(configuration: Configuration, metrics: Metrics, tracer: Tracer) -> Role:
    del metrics, tracer
    return feedback_role(configuration.team, configuration.routes.route)


def _delivery(configuration: Configuration, metrics: Metrics, tracer: Tracer) -> Role:
    from workers.delivery.role import make_delivery  # noqa: PLC0415

    processor, sender = make_delivery(configuration, SystemClock(), None, metrics, tracer)
    return Role(processor, sender)


STREAM_ROLES: Mapping[str, Callable[[Configuration, Metrics, Tracer], Role]] = {
    "feedback": _feedback,
    "delivery": _delivery,
}
"""How each is put together."""
