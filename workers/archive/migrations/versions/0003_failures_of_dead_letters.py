"""Failures and settlements of a dead letter apart, so that a dropped record can stay dropped.

The rows are made anew: the archive reads the dead-letter topics again from their beginning.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Replace the table, and add the one of the failures."""
    op.drop_table("dead_letters")
    op.create_table(
        "dead_letters",
        sa.Column("topic", sa.String(249), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("letter_id", sa.String(512), nullable=False),
        sa.Column("latest_offset", sa.BigInteger(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("origin_topic", sa.String(249), nullable=False),
        sa.Column("origin_partition", sa.BigInteger(), nullable=False),
        sa.Column("origin_offset", sa.BigInteger(), nullable=False),
        sa.Column("source_name", sa.String(64)),
        sa.Column("record_id", sa.String(512)),
        sa.Column("error_class", sa.String(16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("worker_version", sa.String(64), nullable=False),
        sa.Column("first_failed_at", MOMENT, nullable=False),
        sa.Column("last_failed_at", MOMENT, nullable=False),
        sa.Column("settled_offset", sa.BigInteger()),
        sa.Column("settled_as", sa.String(16)),
        sa.Column("settled_at", MOMENT),
        sa.Column("settled_digest", sa.String(64)),
        sa.Column("record_offset", sa.BigInteger()),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary()),
        sa.Column("truncated", sa.Boolean()),
        sa.Column("headers", JSON),
        sa.Column("digest", sa.String(64)),
        sa.PrimaryKeyConstraint("topic", "role", "letter_id", name="pk_dead_letters"),
    )
    op.create_index("ix_dead_letters_last_failed_at", "dead_letters", ["last_failed_at"])
    op.create_index(
        "ix_dead_letters_source_name_last_failed_at",
        "dead_letters",
        ["source_name", "last_failed_at"],
    )
    op.create_table(
        "failures",
        sa.Column("topic", sa.String(249), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("letter_id", sa.String(512), nullable=False),
        sa.Column("record_offset", sa.BigInteger(), nullable=False),
        sa.Column("failed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("topic", "role", "letter_id", "record_offset", name="pk_failures"),
    )
    op.execute("UPDATE offsets SET next_offset = -1 WHERE topic LIKE '%.dlq'")
