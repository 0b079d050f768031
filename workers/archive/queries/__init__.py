"""The read side of the read model: frozen values out, SQLAlchemy Core in.

One file an idea. Every function takes an open connection and changes nothing; ``reading``
opens one and says in plain words when the archive cannot be read.
"""

from sqlalchemy import Connection, Engine

from workers.archive.queries.counts import Attention, attention
from workers.archive.queries.freshness import Freshness, freshness
from workers.archive.queries.gaps import GapSeen, gaps_seen
from workers.archive.queries.items.choices import Choices, choices
from workers.archive.queries.items.evidence import Evidence, ScoreSeen, TargetSeen
from workers.archive.queries.items.inbox import InboxRow, inbox_page, newest_item
from workers.archive.queries.items.inbox_filter import NOBODY, URGENT, InboxFilter, State
from workers.archive.queries.items.item import ItemSeen, PartSeen, item, part_text
from workers.archive.queries.keyset import Cursor, CursorError, Page
from workers.archive.queries.letters.dead_letters import (
    DeadLetterFilter,
    DeadLetterRow,
    DeadLetterSeen,
    Unprojected,
    dead_letter,
    dead_letter_page,
    unprojected,
)
from workers.archive.queries.messages import MessageSeen, message_page, messages_about
from workers.archive.queries.reading import ArchiveUnavailableError, reading
from workers.archive.queries.sources import SourceSeen, sources

__all__ = [
    "NOBODY",
    "URGENT",
    "ArchiveUnavailableError",
    "Attention",
    "Choices",
    "Connection",
    "Cursor",
    "CursorError",
    "DeadLetterFilter",
    "DeadLetterRow",
    "DeadLetterSeen",
    "Engine",
    "Evidence",
    "Freshness",
    "GapSeen",
    "InboxFilter",
    "InboxRow",
    "ItemSeen",
    "MessageSeen",
    "Page",
    "PartSeen",
    "ScoreSeen",
    "SourceSeen",
    "State",
    "TargetSeen",
    "Unprojected",
    "attention",
    "choices",
    "dead_letter",
    "dead_letter_page",
    "freshness",
    "gaps_seen",
    "inbox_page",
    "item",
    "message_page",
    "messages_about",
    "newest_item",
    "part_text",
    "reading",
    "sources",
    "unprojected",
]
