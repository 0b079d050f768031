"""A route's reason taken apart."""

import pytest

from workers.web.text.words import conditions, initials


@pytest.mark.parametrize(
    ("reason", "pieces"),
    [
        ("kind = bug and area = billing", ("kind = bug", "area = billing")),
        ('text =~ "this and that" and kind = bug', ('text =~ "this and that"', "kind = bug")),
        ("default: no other route took it", ("no other route took it",)),
        ('text =~ "open and never closed', ('text =~ "open and never closed',)),
    ],
)
def test_conditions_are_told_apart_but_quotations_stay_whole(
    reason: str, pieces: tuple[str, ...]
) -> None:
    """An "and" inside quotation marks separates nothing, and nothing is lost."""
    assert conditions(reason) == pieces


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Maya Lindqvist", "ML"), ("maya", "MA"), ("Ana-Lena de Souza", "AS"), ("", ""), ("-", "-")],
)
def test_initials_stand_for_a_name(name: str, letters: str) -> None:
    """At most two letters, whatever the name looks like."""
    assert initials(name) == letters
