"""The tables of the read model.

Every table derives from topics and can be dropped and built again. Columns marked
``personal`` may hold personal data. A ``..._version`` column is what makes the projection
independent of order: the columns of its group come from the event with the greatest version,
whichever event arrives first.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from workers.archive.columns import Json, Moment, Version, personal

__all__ = [
    "BOOKKEEPING",
    "PROJECTED",
    "dead_letters",
    "gaps",
    "items",
    "messages",
    "meta",
    "metadata",
    "offsets",
    "parts",
    "sources",
    "unreadable",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

items = Table(
    "items",
    metadata,
    # <source>:<record kind>:<vendor id>
    Column("item_id", String(256), primary_key=True),
    Column("source_name", String(64), nullable=False),
    # received | classified | routed: how far the item has come
    Column("status", String(16), nullable=False),
    # When it first reached Kafka; the newest thing said about it, never in the future.
    Column("arrived_at", Moment),
    Column("activity_at", Moment, nullable=False),
    # --- from feedback.item.received: the opening part, or the newest part until it arrives
    Column("lead_version", Version),
    Column("lead_part", String(16)),
    Column("vendor", String(64)),
    Column("channel", String(16)),
    personal(Column("subject", Text)),
    personal(Column("text", Text)),
    Column("truncated", Boolean),
    Column("stated_language", String(16)),
    Column("tags", Json),
    personal(Column("attributes", Json)),
    Column("url", Text),
    Column("created_at", Moment),
    # The newest version of any of its parts.
    Column("updated_at", Moment),
    # --- the newest event that names the customer
    Column("customer_version", Version),
    Column("customer_id", String(256)),
    personal(Column("customer_name", String(256))),
    personal(Column("customer_email", String(320))),
    Column("organization_id", String(256)),
    personal(Column("organization_name", String(256))),
    Column("customer_tier", String(64)),
    # --- the newest rating
    Column("score_version", Version),
    Column("score_raw", Float),
    Column("score_low", Float),
    Column("score_high", Float),
    Column("score_scale", String(64)),
    Column("score_normalised", Float),
    # --- from feedback.item.classified: the highest revision
    Column("classified_version", Version),
    Column("classified_revision", BigInteger),
    Column("classified_at", Moment),
    Column("language", String(16)),
    Column("kind", String(32)),
    Column("area", String(64)),
    Column("themes", Json),
    Column("sentiment", String(16)),
    Column("urgency", String(16)),
    # 0 low, 1 normal, 2 high, 3 critical: so that urgency can be compared and sorted
    Column("urgency_rank", Integer),
    Column("confidence", Float),
    # A list of label, rule, words, reason; the words are the customer's.
    personal(Column("matches", Json)),
    Column("model_version", String(64)),
    # --- from feedback.item.routed: the highest revision
    Column("routed_version", Version),
    Column("routed_revision", BigInteger),
    Column("routed_on_revision", BigInteger),
    Column("routed_at", Moment),
    Column("team", String(64)),
    Column("owner", String(64)),
    # Of the first target: name or path in routes.yaml.
    Column("route", String(256)),
    # A list of receiver, route, reason.
    Column("targets", Json),
    Column("announced", Boolean),
    Column("due_at", Moment),
    # The inbox: newest first, narrowed by one of these.
    Index(None, "activity_at", "item_id"),
    Index(None, "owner", "activity_at"),
    Index(None, "team", "activity_at"),
    Index(None, "source_name", "activity_at"),
    Index(None, "kind", "activity_at"),
    Index(None, "area", "activity_at"),
    Index(None, "urgency", "activity_at"),
    Index(None, "language", "activity_at"),
    Index(None, "status", "activity_at"),
    # Erasing a person; counting what arrived today.
    Index(None, "customer_id"),
    Index(None, "source_name", "arrived_at"),
)

parts = Table(
    "parts",
    metadata,
    Column(
        "item_id", String(256), ForeignKey("items.item_id", ondelete="CASCADE"), primary_key=True
    ),
    Column("part_id", String(256), primary_key=True),
    Column("version", Version, nullable=False),
    # opening | comment | rating
    Column("part", String(16), nullable=False),
    personal(Column("subject", Text, nullable=False)),
    personal(Column("text", Text, nullable=False)),
    Column("truncated", Boolean, nullable=False),
    Column("customer_id", String(256)),
    Column("score_raw", Float),
    Column("score_low", Float),
    Column("score_high", Float),
    Column("score_scale", String(64)),
    Column("score_normalised", Float),
    Column("url", Text),
    Column("updated_at", Moment, nullable=False),
    # Identity of the event that reported this version.
    Column("event_source", String(512), nullable=False),
    Column("event_id", String(512), nullable=False),
    Column("traceparent", String(128)),
    Index(None, "item_id", "updated_at"),
)

messages = Table(
    "messages",
    metadata,
    # The idempotency key.
    Column("message_id", String(256), primary_key=True),
    Column("receiver", String(64), nullable=False),
    # Id of the item the message is about.
    Column("about", String(256), nullable=False),
    Column("requested_version", Version),
    Column("requested_at", Moment),
    personal(Column("title", String(150))),
    personal(Column("body", Text)),
    Column("link", Text),
    # A list of label, value.
    Column("facts", Json),
    Column("mention", String(64)),
    Column("settled_version", Version),
    Column("settled_at", Moment),
    # delivered | failed | expired; NULL while it is under way
    Column("outcome", String(16)),
    Column("reason", String(512)),
    Column("attempts", BigInteger),
    Column("repeated", Boolean),
    Column("reference", String(256)),
    Index(None, "about"),
    Index(None, "outcome", "requested_at"),
    Index(None, "requested_at", "message_id"),
)

sources = Table(
    "sources",
    metadata,
    Column("source_name", String(64), primary_key=True),
    Column("version", Version, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("vendor", String(64), nullable=False),
    # ok | waiting | stopped
    Column("status", String(16), nullable=False),
    Column("remedy", String(512), nullable=False),
    Column("checkpoint", Json, nullable=False),
    # Of the last page.
    Column("records", BigInteger, nullable=False),
    Column("dead", BigInteger, nullable=False),
    Column("last_success", Moment),
    Column("last_event_time", Moment),
    Column("next_pull_at", Moment),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    # Where the dead letter itself stands.
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("record_offset", BigInteger, primary_key=True),
    # Where the dead record stood; -1 for a record that never was in Kafka.
    Column("origin_topic", String(249), nullable=False),
    Column("origin_partition", BigInteger, nullable=False),
    Column("origin_offset", BigInteger, nullable=False),
    Column("source_name", String(64)),
    Column("record_id", String(512)),
    # decode | process | mapping | oversized
    Column("error_class", String(16), nullable=False),
    Column("message", Text, nullable=False),
    personal(Column("key", LargeBinary)),
    personal(Column("value", LargeBinary, nullable=False)),
    Column("truncated", Boolean, nullable=False),
    Column("headers", Json, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("role", String(64), nullable=False),
    Column("worker_version", String(64), nullable=False),
    Column("first_failed_at", Moment, nullable=False),
    Column("last_failed_at", Moment, nullable=False),
    Index(None, "last_failed_at"),
    Index(None, "origin_topic", "origin_partition", "origin_offset"),
    Index(None, "source_name", "last_failed_at"),
)

unreadable = Table(
    "unreadable",
    metadata,
    # A record of a topic that the archive could not project, and why. The role that
    # reads the same topic usually has a dead letter with the same origin.
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("record_offset", BigInteger, primary_key=True),
    Column("recorded_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    personal(Column("key", LargeBinary)),
    personal(Column("value", LargeBinary)),
)

offsets = Table(
    "offsets",
    metadata,
    # One row a partition read; changed in the transaction that changes the rows.
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    # Where the partition ended when it was last looked at: lag = end_offset - next_offset.
    Column("end_offset", BigInteger, nullable=False),
    # Counts up with each owner; a transaction under an older number is refused.
    Column("fence", BigInteger, nullable=False),
    Column("owner", String(128), nullable=False),
    # On the wall clock: the last rows written; the last time the owner looked at all.
    Column("committed_at", Moment),
    Column("checked_at", Moment),
)

gaps = Table(
    "gaps",
    metadata,
    # Records that were gone before the archive had read them: [first_offset, next_offset).
    Column("topic", String(249), primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("first_offset", BigInteger, primary_key=True),
    Column("next_offset", BigInteger, primary_key=True),
    Column("found_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    # projection_version, cluster_id, rebuilt_at
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

PROJECTED: tuple[Table, ...] = (items, parts, messages, sources, dead_letters, unreadable)
"""What events say, in an order that foreign keys allow to fill."""

BOOKKEEPING: tuple[Table, ...] = (offsets, gaps, meta)
"""What the archive knows about itself."""
