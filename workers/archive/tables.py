"""The tables of the read model.

Every table derives from topics and can be dropped and built again. Columns marked
``personal`` may hold personal data. A ``..._version`` column is what makes the projection
independent of order: the columns of its group come from the event with the greatest version,
whichever event arrives first. ``docs/data.md`` is generated from the words given here.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from workers.archive.columns import Json, Moment, Version, column

__all__ = [
    "BOOKKEEPING",
    "PROJECTED",
    "dead_letters",
    "failures",
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
_VERSION = "which event the columns below come from; for the projection only"

items = Table(
    "items",
    metadata,
    column("item_id", String(256), "`<source>:<record kind>:<vendor id>`", primary_key=True),
    column("source_name", String(64), "name in `sources.yaml`", nullable=False),
    column(
        "status", String(16), "how far it has come: received, classified, routed", nullable=False
    ),
    column("arrived_at", Moment, "when it first reached Kafka"),
    column(
        "activity_at", Moment, "the newest thing said of it, never in the future", nullable=False
    ),
    # From feedback.item.received: the opening part, or the newest part until it arrives.
    column("lead_version", Version, _VERSION),
    column("lead_part", String(16), "the part whose words these are: opening, comment, rating"),
    column("vendor", String(64), "the tool"),
    column("channel", String(16), "ticket, survey, review, post, call, message"),
    column("subject", Text, "as the tool has it", personal=True),
    column("text", Text, "the words, at most 100,000 characters", personal=True),
    column("truncated", Boolean, "whether the words were longer"),
    column("stated_language", String(16), "as the tool states it"),
    column("tags", Json, "list of the tool's tags"),
    column("attributes", Json, "the tool's other fields", personal=True),
    column("url", Text, "where a person opens it in the tool"),
    column("created_at", Moment, "when it was created in the tool"),
    column("updated_at", Moment, "newest version of any of its parts, as the tool dates it"),
    # The newest event that names the customer.
    column("customer_version", Version, _VERSION),
    column("customer_id", String(256), "the vendor's id of the person; also what erasing goes by"),
    column("customer_name", String(256), "name", personal=True),
    column("customer_email", String(320), "mail address", personal=True),
    column("organization_id", String(256), "the vendor's id of the organisation"),
    column("organization_name", String(256), "name of the organisation", personal=True),
    column("customer_tier", String(64), "plan or tier"),
    # The newest rating.
    column("score_version", Version, _VERSION),
    column("score_raw", Float, "as given"),
    column("score_low", Float, "worst value of the scale"),
    column("score_high", Float, "best value of the scale"),
    column("score_scale", String(64), "name of the scale"),
    column("score_normalised", Float, "from 0 (worst) to 1 (best)"),
    # From feedback.item.classified: the highest revision.
    column("classified_version", Version, _VERSION),
    column("classified_revision", BigInteger, "counts up with each change of the labels"),
    column("classified_at", Moment, "event time of this revision"),
    column("language", String(16), "as detected, ISO 639-1, or `und`"),
    column("kind", String(32), "bug, feature_request, question, complaint, praise, other"),
    column("area", String(64), "product area in `team.yaml`"),
    column("themes", Json, "list of themes"),
    column("sentiment", String(16), "negative, neutral, positive"),
    column("urgency", String(16), "low, normal, high, critical"),
    column("urgency_rank", Integer, "0 low to 3 critical, to compare and sort by"),
    column("confidence", Float, "of the kind, from 0 to 1"),
    column("matches", Json, "list of label, rule, words (the customer's), reason", personal=True),
    column("model_version", String(64), "of the classifier"),
    # From feedback.item.routed: the highest revision.
    column("routed_version", Version, _VERSION),
    column("routed_revision", BigInteger, "counts up with each change of the route"),
    column("routed_on_revision", BigInteger, "revision of the labels it was routed on"),
    column("routed_at", Moment, "event time of this revision"),
    column("team", String(64), "id in `team.yaml`"),
    column("owner", String(64), "id of a person in `team.yaml`"),
    column("route", String(256), "of the first target: name or path in `routes.yaml`"),
    column("targets", Json, "list of receiver, route, reason"),
    column("announced", Boolean, "whether people are told; false for history"),
    column("due_at", Moment, "when somebody should have acknowledged it"),
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
    Index(None, "announced", "activity_at"),
    # Erasing a person; counting what arrived today.
    Index(None, "customer_id"),
    Index(None, "source_name", "arrived_at"),
    info={"about": "One row an item of feedback: its words, labels, and where it went."},
)

parts = Table(
    "parts",
    metadata,
    column(
        "item_id",
        String(256),
        "the item",
        ForeignKey("items.item_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    column("part_id", String(256), "identifies the part within its item", primary_key=True),
    column("version", Version, _VERSION, nullable=False),
    column("part", String(16), "opening, comment, rating", nullable=False),
    column("subject", Text, "as the tool has it", nullable=False, personal=True),
    column("text", Text, "the words", nullable=False, personal=True),
    column("truncated", Boolean, "whether the words were longer", nullable=False),
    column("customer_id", String(256), "who said it"),
    column("score_raw", Float, "as given"),
    column("score_low", Float, "worst value of the scale"),
    column("score_high", Float, "best value of the scale"),
    column("score_scale", String(64), "name of the scale"),
    column("score_normalised", Float, "from 0 (worst) to 1 (best)"),
    column("url", Text, "where a person opens it in the tool"),
    column("updated_at", Moment, "when this version was made", nullable=False),
    column("event_source", String(512), "`source` of the event", nullable=False),
    column("event_id", String(512), "`id` of the event", nullable=False),
    column("traceparent", String(128), "trace of the work that caused it"),
    Index(None, "item_id", "updated_at"),
    info={"about": "The opening, comments and ratings of an item, each in its newest version."},
)

messages = Table(
    "messages",
    metadata,
    column("message_id", String(256), "the idempotency key", primary_key=True),
    column("receiver", String(64), "name in `routes.yaml`", nullable=False),
    column("about", String(256), "id of the item it is about", nullable=False),
    column("requested_version", Version, _VERSION),
    column("requested_at", Moment, "when it was decided"),
    column("title", String(150), "first line", personal=True),
    column("body", Text, "quotation, addresses and numbers masked", personal=True),
    column("link", Text, "where it leads"),
    column("facts", Json, "list of label, value"),
    column("mention", String(64), "id of the person mentioned"),
    column("settled_version", Version, _VERSION),
    column("settled_at", Moment, "when it ended"),
    column("outcome", String(16), "delivered, failed, expired; NULL while it is under way"),
    column("reason", String(512), "of a failure, with what to do"),
    column("attempts", BigInteger, "calls made"),
    column("repeated", Boolean, "whether it may have arrived twice"),
    column("reference", String(256), "the destination's own id"),
    Index(None, "about"),
    Index(None, "outcome", "requested_at"),
    Index(None, "requested_at", "message_id"),
    info={"about": "The outbox: what was to be told to whom, and how it ended."},
)

sources = Table(
    "sources",
    metadata,
    column("source_name", String(64), "name in `sources.yaml`", primary_key=True),
    column("version", Version, _VERSION, nullable=False),
    column("saved_at", Moment, "when it said so", nullable=False),
    column("vendor", String(64), "the tool", nullable=False),
    column("status", String(16), "ok, waiting, stopped", nullable=False),
    column("remedy", String(512), "what happened and what to do", nullable=False),
    column("checkpoint", Json, "the connector's resume point", nullable=False),
    column("records", BigInteger, "events of the last page", nullable=False),
    column("dead", BigInteger, "dead letters of the last page", nullable=False),
    column("last_success", Moment, "when it was last read to its end"),
    column("last_event_time", Moment, "newest event it gave"),
    column("next_pull_at", Moment, "when it is read next"),
    info={"about": "How far each source has been read, and whether it is well."},
)

dead_letters = Table(
    "dead_letters",
    metadata,
    column("topic", String(249), "the dead-letter topic", primary_key=True),
    column("role", String(64), "who gave it up", primary_key=True),
    column("letter_id", String(512), "`id` of the letter's events", primary_key=True),
    # From the letter's newest record, be it a failure or a settlement.
    column("latest_offset", BigInteger, _VERSION, nullable=False),
    column("partition", Integer, "where the letter stands", nullable=False),
    column("origin_topic", String(249), "where the record stood, or was meant for", nullable=False),
    column("origin_partition", BigInteger, "-1: it never was in Kafka", nullable=False),
    column("origin_offset", BigInteger, "-1: it never was in Kafka", nullable=False),
    column("source_name", String(64), "the source, for a connector's record"),
    column("record_id", String(512), "the vendor's id, or `file:line`"),
    column("error_class", String(16), "decode, process, mapping, oversized", nullable=False),
    column("message", Text, "what is wrong and where", nullable=False),
    column(
        "attempts",
        BigInteger,
        "how often it was tried; of a connector's record see `failures`",
        nullable=False,
    ),
    column("worker_version", String(64), "version of who gave it up", nullable=False),
    # The earliest that any record of it says.
    column("first_failed_at", Moment, "first failure", nullable=False),
    column("last_failed_at", Moment, "last failure", nullable=False),
    # From its newest settlement.
    column("settled_offset", BigInteger, "where the newest settlement stands; " + _VERSION),
    column("settled_as", String(16), "replayed, dropped; holds unless it failed again since"),
    column("settled_at", Moment, "when somebody settled it"),
    column("settled_digest", String(64), "`digest` of what was settled"),
    # From its newest failure.
    column("record_offset", BigInteger, "where the newest failure stands; " + _VERSION),
    column("key", LargeBinary, "raw key", personal=True),
    column("value", LargeBinary, "raw bytes", personal=True),
    column("truncated", Boolean, "whether there were more bytes"),
    column("headers", Json, "headers of the record"),
    column("digest", String(64), "SHA-256 of a connector's record"),
    Index(None, "last_failed_at"),
    Index(None, "source_name", "last_failed_at"),
    info={
        "about": "Records that could not be read or handled, raw, with the reason and what "
        "became of them."
    },
)

failures = Table(
    "failures",
    metadata,
    column("topic", String(249), "the dead-letter topic", primary_key=True),
    column("role", String(64), "who gave it up", primary_key=True),
    column("letter_id", String(512), "`id` of the letter's events", primary_key=True),
    column("record_offset", BigInteger, "where the failure stands", primary_key=True),
    column("failed_at", Moment, "when it failed", nullable=False),
    info={
        "about": "Every failure of a connector's record: a connector does not know of the former "
        "ones, so that they are counted here."
    },
)

unreadable = Table(
    "unreadable",
    metadata,
    column("topic", String(249), "where the record stands", primary_key=True),
    column("partition", Integer, "where the record stands", primary_key=True),
    column("record_offset", BigInteger, "where the record stands", primary_key=True),
    column("recorded_at", Moment, "when it was written to Kafka", nullable=False),
    column("reason", Text, "what is wrong, without the record's words", nullable=False),
    column("key", LargeBinary, "raw key", personal=True),
    column("value", LargeBinary, "raw bytes", personal=True),
    info={
        "about": "Records that the archive itself could not project. The role that reads the "
        "same topic usually has a dead letter with the same origin."
    },
)

offsets = Table(
    "offsets",
    metadata,
    column("topic", String(249), "partition that is read", primary_key=True),
    column("partition", Integer, "partition that is read", primary_key=True),
    column(
        "next_offset", BigInteger, "next record to be read; -1: the first there is", nullable=False
    ),
    column(
        "end_offset", BigInteger, "where the partition ended when last looked at", nullable=False
    ),
    column(
        "fence", BigInteger, "counts up with each owner; an older one is refused", nullable=False
    ),
    column("owner", String(128), "host and process that reads it", nullable=False),
    column("committed_at", Moment, "when rows were last written, on the wall clock"),
    column("checked_at", Moment, "when the owner last looked at all, on the wall clock"),
    info={"about": "How far each partition has been read; written together with the rows."},
)

gaps = Table(
    "gaps",
    metadata,
    column("topic", String(249), "partition with the gap", primary_key=True),
    column("partition", Integer, "partition with the gap", primary_key=True),
    column("first_offset", BigInteger, "record that was to be read next", primary_key=True),
    column("next_offset", BigInteger, "record that was read instead", primary_key=True),
    column("found_at", Moment, "on the wall clock", nullable=False),
    column("reason", Text, "what happened", nullable=False),
    info={"about": "Records that were gone before the archive had read them."},
)

meta = Table(
    "meta",
    metadata,
    column("name", String(64), "projection_version, cluster_id, rebuilt_at", primary_key=True),
    column("value", Text, "the fact", nullable=False),
    info={"about": "Facts about the read model itself."},
)

PROJECTED: tuple[Table, ...] = (items, parts, messages, sources, dead_letters, failures, unreadable)
"""What events say, in an order that foreign keys allow to fill."""

BOOKKEEPING: tuple[Table, ...] = (offsets, gaps, meta)
"""What the archive knows about itself."""
