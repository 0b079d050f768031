"""What the compliance suite needs to know about a connector.

To add a connector: a ``World`` of a few records of its vendor, and a line in ``WORLDS`` of
``test_connector_compliance.py`` (and, for one that speaks HTTP, of ``test_http_compliance.py``).
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Protocol

import httpx

from connectors.base.contract import Connector
from tests.connectors.surroundings import HandClock, Notebook

Handler = Callable[[httpx.Request], httpx.Response]


class World(Protocol):
    """A source with a handful of records, in pages of two or so."""

    clock: HandClock
    notebook: Notebook

    @property
    def expected(self) -> AbstractSet[str]:
        """Ids of the events its records are, written down by hand."""
        ...

    @property
    def private(self) -> tuple[str, ...]:
        """Secrets, and words of customers: must not appear in any error."""
        ...

    def connect(self) -> Connector:
        """A new connector, as after a restart."""
        ...

    def damage_one(self) -> AbstractSet[str]:
        """Make one record unreadable; the ids that are gone with it."""
        ...

    def add_unknown_fields(self) -> None:
        """Give every record fields nobody has heard of."""
        ...

    def drop_optional_fields(self) -> None:
        """Leave only what a record cannot be without."""
        ...

    def set_text(self, text: str) -> str:
        """Give one record this text; the id of its item."""
        ...

    def set_created(self, iso: str) -> str:
        """Give one record this time of creation; the id of its item."""
        ...


class HttpWorld(World, Protocol):
    """A source that is read over HTTP."""

    handler: Handler
    """The vendor. A test wraps it to make it fail."""
    calls: int
    """How often the vendor was asked."""
    export_path: str
    """Path of the first list that is read."""

    def insert_empty_page(self) -> None:
        """Let a page without records come before the last."""
        ...

    def get_stuck(self) -> None:
        """Let the vendor hand out the same page for ever."""
        ...


class WebhookWorld(World, Protocol):
    """A source that also pushes."""

    def delivery(self) -> tuple[dict[str, str], bytes]:
        """Headers and body of a signed delivery about a record that a pull gives as well."""
        ...
