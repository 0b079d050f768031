"""The simulated workspace: its channels, who may write to them and by which way."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.sandbox.company.staff import COMPANY, MANAGERS

__all__ = ["LARKFIELD", "Channel", "Workspace"]


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; ``member`` says whether the bot has been invited."""

    id: str
    name: str
    purpose: str
    member: bool = True


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything that is set up by hand in a real workspace."""

    name: str
    channels: tuple[Channel, ...]
    token: str
    """The bot's token."""
    webhooks: Mapping[str, str]
    """Incoming webhooks: the path behind ``/services/`` -> the channel's id."""
    hooks: Mapping[str, str]
    """Generic webhooks: the name behind ``/hooks/`` -> the signing secret."""
    users: Mapping[str, str] = field(default_factory=dict)
    """Names by member id, for the page."""

    def channel(self, name_or_id: str) -> Channel | None:
        """The channel of this id or name, with or without ``#``."""
        name = name_or_id.removeprefix("#")
        return next((c for c in self.channels if c.id == name_or_id or c.name == name), None)


LARKFIELD = Workspace(
    name=COMPANY,
    channels=(
        Channel("C05TRIAGE1", "product-triage", "What no rule claimed"),
        Channel("C05URGENT1", "urgent-feedback", "Somebody is stuck right now"),
        Channel("C05PLAN001", "team-planning", "Feedback about scheduling"),
        Channel("C05MONEY01", "team-billing", "Feedback about invoices and payments"),
        Channel("C05FIELD01", "team-field-app", "Feedback about the mobile app"),
        Channel("C05KUDOS01", "kudos", "Kind words"),
        Channel("C05BOARD01", "board", "Not for robots", member=False),
    ),
    token="xoxb-sandbox-larkfield",  # noqa: S106 - opens nothing but this simulator
    webhooks={"T05LARK01/B05TRIAGE/sandboxincomingwebhook1": "C05TRIAGE1"},
    hooks={"crm": "whsec_c2FuZGJveC1zaWduaW5nLWtleS1vZi1sYXJrZmllbGQ="},
    users={manager.slack: manager.name for manager in MANAGERS},
)
"""The workspace of the demo."""
