"""Zendesk behind the connector contract."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from connectors.base.checkpoints import epoch
from connectors.base.contract import Checkpoint, Health, Page
from connectors.base.errors import ConfigurationError, TransientError
from connectors.base.http import HttpClient
from connectors.base.registry import ConnectorContext
from connectors.support.zendesk import webhook
from connectors.support.zendesk.mapping import VENDOR, Mapper
from connectors.support.zendesk.pull import DIALECT, Puller
from connectors.support.zendesk.settings import Settings
from schemas.envelope import Event

__all__ = ["Zendesk", "make"]


class Zendesk:
    """A ``Connector`` and a ``WebhookConnector``."""

    vendor: ClassVar[str] = VENDOR

    def __init__(self, settings: Settings, context: ConnectorContext) -> None:
        self._settings = settings
        self._context = context
        self._mapper = Mapper(context.source_name, settings)
        self._client = HttpClient(DIALECT, settings.address, settings.credentials, context)

    def pull(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """Tickets, then comments, then ratings; see ``Connector.pull``."""
        puller = Puller(self._client, self._mapper, self._context.clock)
        return puller.pages(checkpoint, epoch(self._context.since))

    async def health(self) -> Health:
        """Ask Zendesk who we are: an administrator may export, nobody else."""
        try:
            answer = await self._client.get("/api/v2/users/me.json", limits=("account",))
        except ConfigurationError as error:
            return Health(ok=False, summary=str(error), remedy=error.remedy)
        except TransientError as error:
            return Health(ok=False, summary=str(error), remedy="wait; it is tried again by itself")
        user = answer.body.get("user") if isinstance(answer.body, dict) else None
        role = user.get("role") if isinstance(user, dict) and user.get("id") else None
        if role is None:
            # without valid credentials the answer is not a refusal but the anonymous user
            return Health(
                ok=False,
                summary="Zendesk does not know these credentials",
                remedy="renew the token in the environment, then restart the source",
            )
        if role != "admin":
            return Health(
                ok=False,
                summary=f"the user is {role!r}; incremental exports need an administrator",
                remedy="use the token of an administrator, or make this user one",
            )
        return Health(ok=True, summary=f"reads {self._settings.address} as an administrator")

    async def close(self) -> None:
        """Let connections go."""
        await self._client.close()

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Check a delivery's signature and time; raises ``SignatureError``."""
        webhook.verify(self._settings.webhook_secret, headers, body, now)

    def parse(self, headers: Mapping[str, str], body: bytes) -> Sequence[Event[Any]]:
        """The events of a verified delivery; raises ``DataError``."""
        del headers
        return webhook.parse(self._mapper, body, self._context.clock.now())


def make(settings: Settings, context: ConnectorContext) -> Zendesk:
    """The connector of one source."""
    return Zendesk(settings, context)
