"""One row a dead letter, however often it failed, with what became of it.

The rows are made anew: the archive reads the dead-letter topics again from their beginning.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Replace the table."""
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
        sa.Column("settled_as", sa.String(16)),
        sa.Column("settled_at", MOMENT),
        sa.Column("record_offset", sa.BigInteger()),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary()),
        sa.Column("truncated", sa.Boolean()),
        sa.Column("headers", JSON),
        sa.PrimaryKeyConstraint("topic", "role", "letter_id", name="pk_dead_letters"),
    )
    op.create_index(
        "ix_dead_letters_settled_as_last_failed_at",
        "dead_letters",
        ["settled_as", "last_failed_at"],
    )
    op.create_index("ix_dead_letters_last_failed_at", "dead_letters", ["last_failed_at"])
    op.create_index(
        "ix_dead_letters_source_name_last_failed_at",
        "dead_letters",
        ["source_name", "last_failed_at"],
    )
    op.execute("UPDATE offsets SET next_offset = -1 WHERE topic LIKE '%.dlq'")
