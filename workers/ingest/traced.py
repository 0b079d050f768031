"""Where an event enters the system, its trace begins. Pure."""

from dataclasses import replace

from connectors.base.contract import Page
from schemas.trace import accepted

__all__ = ["traced"]


def traced(page: Page) -> Page:
    """The page, with a ``traceparent`` on each event: its sender's, or one of its identity.

    Here and not in the connectors, so that none can forget it.
    """
    return replace(
        page,
        events=[
            event.model_copy(update={"traceparent": accepted(event.traceparent, event.identity)})
            for event in page.events
        ],
    )
