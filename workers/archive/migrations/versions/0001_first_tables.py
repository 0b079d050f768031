"""The first tables of the read model."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
VERSION = sa.String(640).with_variant(sa.String(640, collation="C"), "postgresql")


def upgrade() -> None:
    """Make every table."""
    _dead_letters()
    _gaps()
    _items()
    _messages()
    _meta()
    _offsets()
    _sources()
    _unreadable()
    _parts()


def _dead_letters() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("topic", sa.String(249), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("record_offset", sa.BigInteger(), nullable=False),
        sa.Column("origin_topic", sa.String(249), nullable=False),
        sa.Column("origin_partition", sa.BigInteger(), nullable=False),
        sa.Column("origin_offset", sa.BigInteger(), nullable=False),
        sa.Column("source_name", sa.String(64)),
        sa.Column("record_id", sa.String(512)),
        sa.Column("error_class", sa.String(16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("headers", JSON, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("worker_version", sa.String(64), nullable=False),
        sa.Column("first_failed_at", MOMENT, nullable=False),
        sa.Column("last_failed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", "record_offset", name="pk_dead_letters"),
    )
    op.create_index("ix_dead_letters_last_failed_at", "dead_letters", ["last_failed_at"])
    op.create_index(
        "ix_dead_letters_origin_topic_origin_partition_origin_offset",
        "dead_letters",
        ["origin_topic", "origin_partition", "origin_offset"],
    )
    op.create_index(
        "ix_dead_letters_source_name_last_failed_at",
        "dead_letters",
        ["source_name", "last_failed_at"],
    )


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("topic", sa.String(249), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("first_offset", sa.BigInteger(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "topic", "partition", "first_offset", "next_offset", name="pk_gaps"
        ),
    )


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("item_id", sa.String(256), nullable=False),
        sa.Column("source_name", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("arrived_at", MOMENT),
        sa.Column("activity_at", MOMENT, nullable=False),
        sa.Column("lead_version", VERSION),
        sa.Column("lead_part", sa.String(16)),
        sa.Column("vendor", sa.String(64)),
        sa.Column("channel", sa.String(16)),
        sa.Column("subject", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("truncated", sa.Boolean()),
        sa.Column("stated_language", sa.String(16)),
        sa.Column("tags", JSON),
        sa.Column("attributes", JSON),
        sa.Column("url", sa.Text()),
        sa.Column("created_at", MOMENT),
        sa.Column("updated_at", MOMENT),
        sa.Column("customer_version", VERSION),
        sa.Column("customer_id", sa.String(256)),
        sa.Column("customer_name", sa.String(256)),
        sa.Column("customer_email", sa.String(320)),
        sa.Column("organization_id", sa.String(256)),
        sa.Column("organization_name", sa.String(256)),
        sa.Column("customer_tier", sa.String(64)),
        sa.Column("score_version", VERSION),
        sa.Column("score_raw", sa.Float()),
        sa.Column("score_low", sa.Float()),
        sa.Column("score_high", sa.Float()),
        sa.Column("score_scale", sa.String(64)),
        sa.Column("score_normalised", sa.Float()),
        sa.Column("classified_version", VERSION),
        sa.Column("classified_revision", sa.BigInteger()),
        sa.Column("classified_at", MOMENT),
        sa.Column("language", sa.String(16)),
        sa.Column("kind", sa.String(32)),
        sa.Column("area", sa.String(64)),
        sa.Column("themes", JSON),
        sa.Column("sentiment", sa.String(16)),
        sa.Column("urgency", sa.String(16)),
        sa.Column("urgency_rank", sa.Integer()),
        sa.Column("confidence", sa.Float()),
        sa.Column("matches", JSON),
        sa.Column("model_version", sa.String(64)),
        sa.Column("routed_version", VERSION),
        sa.Column("routed_revision", sa.BigInteger()),
        sa.Column("routed_on_revision", sa.BigInteger()),
        sa.Column("routed_at", MOMENT),
        sa.Column("team", sa.String(64)),
        sa.Column("owner", sa.String(64)),
        sa.Column("route", sa.String(256)),
        sa.Column("targets", JSON),
        sa.Column("announced", sa.Boolean()),
        sa.Column("due_at", MOMENT),
        sa.PrimaryKeyConstraint("item_id", name="pk_items"),
    )
    op.create_index("ix_items_activity_at_item_id", "items", ["activity_at", "item_id"])
    op.create_index("ix_items_area_activity_at", "items", ["area", "activity_at"])
    op.create_index("ix_items_customer_id", "items", ["customer_id"])
    op.create_index("ix_items_kind_activity_at", "items", ["kind", "activity_at"])
    op.create_index("ix_items_language_activity_at", "items", ["language", "activity_at"])
    op.create_index("ix_items_announced_activity_at", "items", ["announced", "activity_at"])
    op.create_index("ix_items_owner_activity_at", "items", ["owner", "activity_at"])
    op.create_index("ix_items_source_name_activity_at", "items", ["source_name", "activity_at"])
    op.create_index("ix_items_source_name_arrived_at", "items", ["source_name", "arrived_at"])
    op.create_index("ix_items_status_activity_at", "items", ["status", "activity_at"])
    op.create_index("ix_items_team_activity_at", "items", ["team", "activity_at"])
    op.create_index("ix_items_urgency_activity_at", "items", ["urgency", "activity_at"])


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("message_id", sa.String(256), nullable=False),
        sa.Column("receiver", sa.String(64), nullable=False),
        sa.Column("about", sa.String(256), nullable=False),
        sa.Column("requested_version", VERSION),
        sa.Column("requested_at", MOMENT),
        sa.Column("title", sa.String(150)),
        sa.Column("body", sa.Text()),
        sa.Column("link", sa.Text()),
        sa.Column("facts", JSON),
        sa.Column("mention", sa.String(64)),
        sa.Column("settled_version", VERSION),
        sa.Column("settled_at", MOMENT),
        sa.Column("outcome", sa.String(16)),
        sa.Column("reason", sa.String(512)),
        sa.Column("attempts", sa.BigInteger()),
        sa.Column("repeated", sa.Boolean()),
        sa.Column("reference", sa.String(256)),
        sa.PrimaryKeyConstraint("message_id", name="pk_messages"),
    )
    op.create_index("ix_messages_about", "messages", ["about"])
    op.create_index("ix_messages_outcome_requested_at", "messages", ["outcome", "requested_at"])
    op.create_index(
        "ix_messages_requested_at_message_id", "messages", ["requested_at", "message_id"]
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )


def _offsets() -> None:
    op.create_table(
        "offsets",
        sa.Column("topic", sa.String(249), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("end_offset", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(128), nullable=False),
        sa.Column("committed_at", MOMENT),
        sa.Column("checked_at", MOMENT),
        sa.PrimaryKeyConstraint("topic", "partition", name="pk_offsets"),
    )


def _sources() -> None:
    op.create_table(
        "sources",
        sa.Column("source_name", sa.String(64), nullable=False),
        sa.Column("version", VERSION, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("vendor", sa.String(64), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("remedy", sa.String(512), nullable=False),
        sa.Column("checkpoint", JSON, nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("dead", sa.BigInteger(), nullable=False),
        sa.Column("last_success", MOMENT),
        sa.Column("last_event_time", MOMENT),
        sa.Column("next_pull_at", MOMENT),
        sa.PrimaryKeyConstraint("source_name", name="pk_sources"),
    )


def _unreadable() -> None:
    op.create_table(
        "unreadable",
        sa.Column("topic", sa.String(249), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("record_offset", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("topic", "partition", "record_offset", name="pk_unreadable"),
    )


def _parts() -> None:
    op.create_table(
        "parts",
        sa.Column("item_id", sa.String(256), nullable=False),
        sa.Column("part_id", sa.String(256), nullable=False),
        sa.Column("version", VERSION, nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("customer_id", sa.String(256)),
        sa.Column("score_raw", sa.Float()),
        sa.Column("score_low", sa.Float()),
        sa.Column("score_high", sa.Float()),
        sa.Column("score_scale", sa.String(64)),
        sa.Column("score_normalised", sa.Float()),
        sa.Column("url", sa.Text()),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("event_source", sa.String(512), nullable=False),
        sa.Column("event_id", sa.String(512), nullable=False),
        sa.Column("traceparent", sa.String(128)),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.item_id"], name="fk_parts_item_id_items", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "part_id", name="pk_parts"),
    )
    op.create_index("ix_parts_item_id_updated_at", "parts", ["item_id", "updated_at"])
