"""``docs/data.md``: the tables of the read model as a page."""

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from schemas.topics import REGISTRY
from workers.archive.columns import personal_columns_of
from workers.archive.retention import PERSONAL
from workers.archive.tables import BOOKKEEPING, PROJECTED

HEAD = """# Data

<!-- Generated from workers/archive/tables.py by `make generate`; not edited by hand. -->

The read model is for people, reports and BI tools: query it with SQL, on SQLite or PostgreSQL.
It is a projection of the [topics](events.md): it can be dropped and built again with
`productops archive rebuild`, and no worker reads it to decide anything. Rows and the offsets they
come from are written in one transaction, so what you see is always some point in the topics'
history. `productops archive status` says how old it is.

Times are in UTC. A column without a value has not been said anything about yet: events of
different topics arrive in any order, so an item may have labels before it has words.
"""

PERSONAL_HEAD = """
## Personal data

Columns marked *personal* hold a person's name or address, or words in which anything may stand.
Rows go when the topics' retention has passed, once a day and at each start of the archive.
Erasing one person goes by `customer_id`.

| table | columns | kept |
|---|---|---|"""

TOPICS_HEAD = """
Topics that hold personal data, with their retention:

| topic | kept |
|---|---|"""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for table in (*PROJECTED, *BOOKKEEPING):
        parts += [
            f"\n## {table.name}\n",
            f"{table.info['about']}\n",
            "| column | type | what |",
            "|---|---|---|",
            *(_row(table, column) for column in table.columns),
        ]
    parts.append(PERSONAL_HEAD)
    parts += [
        f"| `{holding.table}` | {', '.join(f'`{name}`' for name in holding.columns)} |"
        f" {holding.kept.days} days |"
        for holding in PERSONAL
    ]
    parts.append(TOPICS_HEAD)
    parts += [
        f"| `{topic.name}` | {_kept(topic.settings().get('retention.ms'))} |"
        for topic in REGISTRY
        if topic.personal
    ]
    return "\n".join(parts) + "\n"


def _row(table: Table, column: Column[object]) -> str:
    kind = str(column.type.compile(dialect=postgresql.dialect())).lower()
    kind = kind.split(" collate")[0]
    marks = [
        "key" if column.primary_key else "",
        "personal" if column.name in personal_columns_of(table.columns) else "",
    ]
    said = "".join(f" *{mark}.*" for mark in marks if mark)
    return f"| `{column.name}` | {kind} | {column.doc}.{said} |"


def _kept(retention_ms: str | None) -> str:
    if retention_ms is None:
        return "compacted: the newest value of each key"
    return f"{int(retention_ms) // 86_400_000} days"
