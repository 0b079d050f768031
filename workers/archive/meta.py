"""Facts about the read model itself, by name."""

from sqlalchemy import Engine, delete, insert, select

from workers.archive.projection import PROJECTION_VERSION
from workers.archive.tables import items, meta, offsets

__all__ = ["REBUILT_AT", "VERSION", "fact", "projection_is_current", "set_facts"]

VERSION = "projection_version"
REBUILT_AT = "rebuilt_at"


def fact(engine: Engine, name: str) -> str | None:
    """The fact, or ``None``."""
    with engine.connect() as connection:
        value = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar()
        return None if value is None else str(value)


def set_facts(engine: Engine, **facts: str) -> None:
    """Set these facts."""
    with engine.begin() as connection:
        connection.execute(delete(meta).where(meta.c.name.in_(facts)))
        rows = [{"name": name, "value": value} for name, value in facts.items()]
        connection.execute(insert(meta), rows)


def projection_is_current(engine: Engine) -> bool:
    """Whether the rows were made by this program's projection; an empty model becomes so."""
    found = fact(engine, VERSION)
    if found is not None:
        return found == str(PROJECTION_VERSION)
    with engine.connect() as connection:
        touched = connection.execute(select(offsets.c.topic).limit(1)).scalar()
        filled = connection.execute(select(items.c.item_id).limit(1)).scalar()
    if touched is None and filled is None:
        set_facts(engine, **{VERSION: str(PROJECTION_VERSION)})
        return True
    return False
