"""From the receivers of ``routes.yaml`` to ways out and patience."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from connectors.base.contract import Clock
from connectors.destinations.contract import Destination, People, Person
from connectors.destinations.http import Transport
from connectors.destinations.slack import Slack
from connectors.destinations.slack_webhook import SlackWebhook
from connectors.destinations.webhook import Webhook
from workers.config.receivers import Receiver, SlackApi
from workers.config.receivers import SlackWebhook as SlackWebhookEntry
from workers.config.team import Team
from workers.delivery.lane import Way
from workers.delivery.policy import Policies, Policy

__all__ = ["destination_of", "people_of", "policies_of", "ways_of"]


def people_of(team: Team) -> People:
    """Who can be mentioned."""
    return {person.id: Person(person.name, person.slack) for person in team.people}


def policies_of(receivers: Iterable[Receiver]) -> Policies:
    """Each receiver's patience."""
    return {
        receiver.name: Policy(receiver.attempts, receiver.max_age // timedelta(milliseconds=1))
        for receiver in receivers
    }


def ways_of(
    receivers: Iterable[Receiver], people: People, clock: Clock, transport: Transport | None
) -> Mapping[str, Way]:
    """Each receiver's way out; raises ``ValueError`` naming the receiver that has none."""
    ways: dict[str, Way] = {}
    for receiver in receivers:
        try:
            destination = destination_of(receiver, people, clock, transport)
        except ValueError as error:
            raise ValueError(f"receiver {receiver.name}: {error}") from None
        ways[receiver.name] = Way(destination, receiver.rate_per_second)
    return ways


def destination_of(
    receiver: Receiver, people: People, clock: Clock, transport: Transport | None
) -> Destination:
    """The receiver's destination; raises ``ValueError`` for an unusable secret."""
    entry = receiver.destination
    if isinstance(entry, SlackApi):
        return Slack(
            channel=entry.channel,
            token=entry.token,
            api_url=entry.api_url,
            clock=clock,
            people=people,
            transport=transport,
        )
    if isinstance(entry, SlackWebhookEntry):
        return SlackWebhook(url=entry.url, clock=clock, people=people, transport=transport)
    return Webhook(url=entry.url, secret=entry.secret, clock=clock, transport=transport)
