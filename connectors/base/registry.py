"""Which connectors exist, as data.

Every vendor's module has the same anatomy: ``Settings`` (a pydantic model of what stands
under ``settings`` in ``sources.yaml``) and ``make(settings, context)``. Modules are imported
on first use, so that reading a configuration with two vendors loads two.
"""

import importlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import httpx
from pydantic import BaseModel

from connectors.base.contract import Clock, Connector, Observer

__all__ = ["CONNECTORS", "ConnectorContext", "ConnectorSpec", "Progress", "spec_named"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pull of known length is, for a bar."""

    done: int
    """Bytes read."""
    total: int
    """Bytes there are."""
    label: str
    """What is being read: a file's name."""


def _unseen(progress: Progress) -> None:
    del progress


@dataclass(frozen=True, slots=True)
class ConnectorContext:
    """What a connector gets from its surroundings; everything a test wants to decide."""

    source_name: str
    """The source's name in ``sources.yaml``."""
    transport: httpx.AsyncBaseTransport
    """The way to the network."""
    clock: Clock
    observer: Observer
    since: datetime
    """A first pull reaches back to this moment."""
    folder: Path = Path()
    """Where relative paths in the settings begin: the configuration's folder."""
    progress: Callable[[Progress], None] = _unseen
    """Told now and then by a connector that knows how much there is. Must not block."""
    # jitter, not security
    randomness: Callable[[], float] = field(default=random.random, repr=False)
    """Numbers in [0, 1) for the jitter of back-off."""


@dataclass(frozen=True, slots=True)
class ConnectorSpec:
    """One vendor: its name in ``sources.yaml``, and where its code is."""

    vendor: str
    module: str
    """Holds ``Settings`` and ``make``; imported when one of them is asked for."""
    summary: str
    """What it reads, in a line."""

    @property
    def settings(self) -> type[BaseModel]:
        """The model of the source's ``settings``."""
        return cast("type[BaseModel]", self._load("Settings"))

    @property
    def make(self) -> Callable[[Any, ConnectorContext], Connector]:
        """Makes a connector from validated settings. Does no I/O and raises nothing."""
        return cast("Callable[[Any, ConnectorContext], Connector]", self._load("make"))

    def _load(self, name: str) -> object:
        return getattr(importlib.import_module(self.module), name)


_SPECS = (
    ConnectorSpec(
        "files",
        "connectors.files",
        "CSV and JSON lines with a column map: the way a team brings its history",
    ),
    ConnectorSpec(
        "zendesk",
        "connectors.support.zendesk",
        "Zendesk Support: tickets, customers' comments, CSAT ratings",
    ),
)

CONNECTORS: Mapping[str, ConnectorSpec] = MappingProxyType({spec.vendor: spec for spec in _SPECS})
"""Every connector by the name that ``connector:`` takes in ``sources.yaml``."""


def spec_named(vendor: str) -> ConnectorSpec:
    """The connector of this name; raises ``LookupError`` that lists the names there are."""
    try:
        return CONNECTORS[vendor]
    except KeyError:
        known = ", ".join(sorted(CONNECTORS))
        raise LookupError(f"no connector {vendor!r}; there are: {known}") from None
