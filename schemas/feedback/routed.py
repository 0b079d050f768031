"""``feedback.item.routed.v1``: who an item went to, by which rule, for which reason."""

from typing import Annotated

from pydantic import Field

from schemas.envelope import Data, UtcTime

__all__ = ["FeedbackRouted", "Target"]


class Target(Data):
    """One receiver that an item was sent to, and the route that chose it."""

    receiver: Annotated[str, Field(min_length=1, max_length=64)]
    route: Annotated[str, Field(min_length=1, max_length=256)]
    """Path of the route in ``routes.yaml``: ``route.routes[0].routes[1]``, or its name."""
    reason: Annotated[str, Field(max_length=512)]
    """The conditions that held, in words: ``kind = bug and area = billing``."""


class FeedbackRouted(Data):
    """The route of an item; a changed route is a new event with the next revision."""

    item_id: Annotated[str, Field(min_length=1, max_length=256)]
    source_name: Annotated[str, Field(min_length=1, max_length=64)]
    revision: Annotated[int, Field(ge=1)]
    team: Annotated[str, Field(max_length=64)] | None = None
    owner: Annotated[str, Field(max_length=64)] | None = None
    """Id of a person in ``team.yaml``; none where the route names none."""
    targets: tuple[Target, ...] = Field(min_length=1)
    announced: bool
    """Whether people are told; false for history from before ``live_since``, and for a revision
    that a replay has made."""
    classified_revision: Annotated[int, Field(ge=1)]
    due_at: UtcTime | None = None
    """When somebody should have acknowledged it, where the route sets a deadline."""
