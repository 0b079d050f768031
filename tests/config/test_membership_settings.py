"""A member's name and session from the environment."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.config.settings import Membership, Settings, SettingsError


def membership_of(**environ: str) -> Membership:
    """The membership of an environment."""
    return Settings.from_environment(environ, cwd=Path("/srv")).membership


def test_without_a_name_a_member_is_a_new_one_with_every_start() -> None:
    """And the group waits eight seconds for it."""
    assert membership_of() == Membership(None, 8.0)
    assert membership_of().instance_id("productops-feedback") is None


def test_a_name_makes_a_static_id_in_each_group() -> None:
    """Roles can share the name: their ids begin with their groups."""
    member = membership_of(PRODUCTOPS_REPLICA="feedback-0.a_b")
    assert member.instance_id("productops-feedback") == "productops-feedback-feedback-0.a_b"


@pytest.mark.parametrize("name", ["a b", "a/b", "ü", "a" * 101, "a\n"])
def test_a_name_that_kafka_would_refuse_is_an_error_of_configuration(name: str) -> None:
    """The message says what a name is."""
    with pytest.raises(SettingsError, match=r"PRODUCTOPS_REPLICA=.* 1 to 100 letters, digits"):
        membership_of(PRODUCTOPS_REPLICA=name)


@pytest.mark.parametrize("given", ["5.9", "301", "-8", "nan", "inf", "long"])
def test_a_session_outside_of_its_bounds_is_an_error_of_configuration(given: str) -> None:
    """Below six seconds brokers refuse it."""
    with pytest.raises(SettingsError, match=r"PRODUCTOPS_SESSION_SECONDS=.* from 6 to 300"):
        membership_of(PRODUCTOPS_SESSION_SECONDS=given)


@given(st.floats(6, 300))
def test_a_session_is_longer_than_three_heartbeats(seconds: float) -> None:
    """Two may be lost, and a member learns of a rebalance within two seconds."""
    member = membership_of(PRODUCTOPS_SESSION_SECONDS=repr(seconds))
    assert member.session_seconds == seconds > 3 * member.heartbeat_seconds
    assert 0 < member.heartbeat_seconds <= 2
