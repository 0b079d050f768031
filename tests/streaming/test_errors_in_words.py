"""Errors of the Kafka clients are told with the right or the setting to look at."""

from datetime import UTC, datetime

import pytest
from aiokafka import errors
from kafka import errors as blocking_errors

from workers.streaming.access.dates import refused_date
from workers.streaming.access.reasons import in_words, refused_right, refused_session

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def caused(error: BaseException, by: BaseException) -> BaseException:
    """``error``, raised because of another one."""
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.TopicAuthorizationFailedError({"b", "a"}), "a topic (TopicAuthorizationFailed"),
        (errors.GroupAuthorizationFailedError("mine"), "the consumer group ("),
        (errors.TransactionalIdAuthorizationFailed("mine"), "the transactional id ("),
        (errors.ClusterAuthorizationFailedError(), "the cluster ("),
        (blocking_errors.TopicAuthorizationFailedError(), "a topic ("),
        (blocking_errors.GroupAuthorizationFailedError(), "the consumer group ("),
        (blocking_errors.TransactionalIdAuthorizationFailedError(), "the transactional id ("),
        (blocking_errors.ClusterAuthorizationFailedError(), "the cluster ("),
        # as aiokafka tells what its background sender was refused
        (errors.KafkaError("TransactionalIdAuthorizationFailed('x')"), "the transactional id ("),
    ],
)
def test_a_right_that_is_missing_is_told_with_the_command_that_lists_it(
    error: BaseException, told: str
) -> None:
    """Whichever client says so, and also where it is but the cause of what was raised."""
    for one in (error, caused(RuntimeError("x"), caused(OSError("y"), error))):
        found = refused_right(one)
        assert found is not None
        assert found.startswith(f"Kafka refused a right on {told}")
        assert "`productops topics acls`" in found
        assert in_words(one) == found


def test_topics_that_may_not_be_read_are_named_in_order() -> None:
    """A long text, as kafka-python's whole request, is not repeated."""
    named = refused_right(errors.TopicAuthorizationFailedError({"b", "a"}))
    assert named is not None
    assert "(TopicAuthorizationFailedError: a, b)" in named
    long = refused_right(errors.TopicAuthorizationFailedError("x" * 5_000))
    assert long is not None
    assert "(TopicAuthorizationFailedError)" in long


@pytest.mark.parametrize(
    "error",
    [None, errors.KafkaError("NotCoordinator"), errors.KafkaError(), OSError("TopicAuthorization")],
)
def test_another_error_is_no_missing_right(error: BaseException | None) -> None:
    """Nor is it a refused session or date."""
    assert (refused_right(error), refused_session(error)) == (None, None)
    assert refused_date(error, NOW) is None


def test_a_session_that_is_refused_names_the_setting() -> None:
    """Ours, and those of the broker."""
    told = in_words(caused(RuntimeError("x"), errors.InvalidSessionTimeoutError()))
    assert "PRODUCTOPS_SESSION_SECONDS" in told
    assert "group.min.session.timeout.ms" in told


def test_words_are_never_empty() -> None:
    """An error without a text is told by its name, a time-out as what it means."""
    assert in_words(TimeoutError()) == "Kafka did not answer in time"
    assert in_words(TimeoutError("no coordinator has answered")) == "no coordinator has answered"
    assert in_words(ConnectionResetError()) == "ConnectionResetError"
    assert in_words(OSError("away")) == "away"


def test_a_date_that_is_refused_tells_this_machines_time() -> None:
    """Also where it is but the cause: which clock is wrong a person decides."""
    refused = errors.InvalidTimestampError()
    for one in (refused, caused(RuntimeError("x"), caused(OSError("y"), refused))):
        told = refused_date(one, NOW)
        assert told is not None
        assert "this machine's clock says 2026-03-02 09:00:00 UTC" in told
        assert "message.timestamp.after.max.ms" in told
