"""``sources.yaml``: the tools that feedback is read from."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from workers.config.fields import ConfigModel, Duration, Identifier, Since

__all__ = ["FIRST_PULL", "Source", "Sources"]

FIRST_PULL = timedelta(days=30)
"""How far back the first pull of a source reaches where ``since`` says nothing."""


class Source(ConfigModel):
    """One account of one tool."""

    name: Annotated[Identifier, Field(examples=["support"])]
    """Name of this source; part of the id of everything it brings, so do not change it later."""
    connector: Annotated[Identifier, Field(examples=["zendesk"])]
    """Which tool it is; `productops sources list` shows the known ones."""
    every: Annotated[
        Duration, Field(ge=timedelta(seconds=5), le=timedelta(days=7), examples=["60s"])
    ] = timedelta(seconds=60)
    """Time between two readings."""
    since: Annotated[Since | None, Field(examples=["30d"])] = None
    """Where the first reading starts: a date, or a length of time before now. Without it: 30d."""
    settings: Annotated[
        Mapping[str, Any], Field(repr=False, examples=[{"subdomain": "northwind"}])
    ] = Field(default_factory=dict)
    """What the connector needs to know: see the connector's own table below."""

    def start(self, now: datetime) -> datetime:
        """The moment the first pull starts at, when it happens at ``now``."""
        if isinstance(self.since, datetime):
            return self.since
        return now - (FIRST_PULL if self.since is None else self.since)


class Sources(ConfigModel):
    """The whole of ``sources.yaml``."""

    sources: tuple[Source, ...] = ()
    """The sources."""

    def source(self, name: str) -> Source | None:
        """The source of this name."""
        return next((source for source in self.sources if source.name == name), None)
