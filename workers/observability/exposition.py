"""What a scrape of ``/metrics`` gets: the registry, and whether the role is ready just now."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from workers.observability.metrics import Metrics

__all__ = ["exposition"]


def exposition(metrics: Metrics, role: str, *, ready: bool) -> Response:
    """The answer to a scrape, in Prometheus' text format."""
    metrics.gauge("productops_ready", role).set(int(ready))
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
