"""``routes.yaml``: where feedback goes, as a tree of routes, and the receivers it goes to."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from workers.config.fields import ConfigModel, Duration, Identifier, refusal
from workers.config.receivers import Receiver

__all__ = ["Route", "Routes"]


def _one_is_enough(value: Any) -> Any:
    """A single condition may stand without a list."""
    return (value,) if isinstance(value, str) else value


class Route(ConfigModel):
    """One branch of the tree.

    Feedback enters at the root and goes down: of the routes beneath, the first whose
    conditions all hold takes it, and the ones after it only if that route says `continue`.
    A route without `receiver`, `owner`, `team` or `due_in` has those of the route above it.
    Where several routes take it, each receiver is told once, owner and team are those of the
    route that ended the search, and the shortest `due_in` counts.
    """

    name: Annotated[Identifier | None, Field(examples=["billing-bugs"])] = None
    """Name shown as the reason on the page; without it, the route's place in the file."""
    match: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=1_000)], ...],
        BeforeValidator(_one_is_enough),
        Field(examples=[["kind = bug", "area in (billing, checkout)"]]),
    ] = ()
    """Conditions that must all hold. Without any the route takes everything."""
    receiver: Annotated[Identifier | None, Field(examples=["payments-channel"])] = None
    """Name of the receiver that is told."""
    continue_: Annotated[bool, Field(alias="continue", examples=[True])] = False
    """Whether the routes after this one are tried as well."""
    owner: Annotated[Identifier | None, Field(examples=["area"])] = None
    """Who it belongs to: a person's id, or `area` for the owner of the product area."""
    team: Annotated[Identifier | None, Field(examples=["payments"])] = None
    """Id of the team it belongs to; without it, the team of the product area."""
    due_in: Annotated[
        Duration | None,
        Field(ge=timedelta(minutes=1), le=timedelta(days=365), examples=["24h"]),
    ] = None
    """How soon somebody should have looked at it."""
    routes: tuple["Route", ...] = ()
    """Routes beneath this one, tried in order."""


def _is_root(route: Route) -> Route:
    if route.match:
        raise refusal(
            "root_match",
            "has conditions, but the first route takes everything",
            "move them to a route beneath it, under `routes`",
        )
    if route.receiver is None:
        raise refusal(
            "root_receiver",
            "names no receiver, and feedback that no other route takes would go nowhere",
            "add `receiver:` with the name of a receiver",
        )
    return route


class Routes(ConfigModel):
    """The whole of ``routes.yaml``."""

    receivers: Annotated[tuple[Receiver, ...], Field(min_length=1)]
    """The places that messages go to."""
    route: Annotated[Route, AfterValidator(_is_root)]
    """The root of the tree. It must name a receiver, the default, and has no conditions."""

    def receiver(self, name: str) -> Receiver | None:
        """The receiver of this name."""
        return next((receiver for receiver in self.receivers if receiver.name == name), None)
