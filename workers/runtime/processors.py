"""The processor of each role that has one, for those who want to look at its state."""

from collections.abc import Callable, Mapping
from typing import Any

from connectors.base.clock import SystemClock
from workers.config.load import Configuration
from workers.observability.metrics import Metrics
from workers.processor import Processor

__all__ = ["PROCESSORS"]


def _feedback(configuration: Configuration) -> Processor[Any, Any]:
    from workers.feedback.factory import make_processor  # noqa: PLC0415 - each role loads its own

    return make_processor(configuration)


def _delivery(configuration: Configuration) -> Processor[Any, Any]:
    from workers.delivery.role import make_delivery  # noqa: PLC0415

    processor, _ = make_delivery(configuration, SystemClock(), None, Metrics())
    return processor


PROCESSORS: Mapping[str, Callable[[Configuration], Processor[Any, Any]]] = {
    "feedback": _feedback,
    "delivery": _delivery,
}
"""How to make the processor of a role."""
