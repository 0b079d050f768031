"""When a reason is said."""

from workers.observability.said import Said


def test_a_reason_is_said_at_once_when_it_changes_and_every_minute() -> None:
    """The same again within the minute is not due; after it, or after another one, it is."""
    now = 5.0
    said = Said(lambda: now)
    assert said.due("away")
    now = 65.0
    assert not said.due("away")
    now = 65.1
    assert said.due("away")
    assert said.due("refused")
    assert said.due("away")


def test_what_was_forgotten_is_said_anew() -> None:
    """As when all was well in between."""
    said = Said(lambda: 5.0)
    assert said.due("away")
    said.forget()
    assert said.reason == ""
    assert said.due("away")
