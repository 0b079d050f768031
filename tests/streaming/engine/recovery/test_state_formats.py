"""Rows of another format: what the real codecs say, and what a role that meets one says."""

import json
from typing import Any

import pytest
from aiokafka import TopicPartition

from schemas.topics import DELIVERY_CHANGELOG, FEEDBACK_CHANGELOG, Topic
from tests.delivery import histories as delivery
from tests.feedback.items import NOW, processor, received, ticked
from workers.delivery.rows import OutboxCodec
from workers.feedback.item.codec import RowCodec
from workers.processor import Codec, OtherFormatError, Upgrading
from workers.streaming.engine.recovery.formats import refusal

REAL: list[tuple[Codec[Any], Topic, bytes]] = [
    (RowCodec(), FEEDBACK_CHANGELOG, b'[2,"s",5]'),
    (OutboxCodec(), DELIVERY_CHANGELOG, b'{"v":2,"row":"swept","at":5}'),
]
"""Codec, changelog, and a row that a next version may have written."""


class Second:
    """``2:text``; ``1:text`` can be brought up to date, ``0:text`` cannot."""

    def encode(self, row: str, /) -> bytes:
        """The row as bytes."""
        return f"2:{row}".encode()

    def decode(self, raw: bytes, /) -> str:
        """The row again."""
        number, _, text = raw.decode().partition(":")
        if number != "2":
            raise OtherFormatError(int(number), 2)
        return text

    def upgrade(self, raw: bytes, /) -> bytes | None:
        """From the first format."""
        number, _, text = raw.decode().partition(":")
        if number == "1":
            return self.encode(text)
        self.decode(raw)
        return None


def said(codec: Codec[Any], raw: bytes, topic: str = "platform.feedback.changelog.v1") -> str:
    """What a role says that meets this row in partition 3."""
    with pytest.raises(ValueError, match=r"\w") as caught:
        codec.decode(raw)
    return refusal(TopicPartition(topic, 3), codec, raw, caught.value)


def test_an_older_format_names_the_command_that_migrates() -> None:
    """Topic, partition, both formats, the command, and that nothing has happened."""
    assert said(Second(), b"1:x") == (
        "platform.feedback.changelog.v1 partition 3 holds rows of format 1, this version has 2: "
        "stop the role everywhere, then bring them up to date with "
        "`productops state migrate feedback`, then start it again. Nothing was changed"
    )


def test_a_newer_format_names_the_version_to_run() -> None:
    """No command of this version helps."""
    told = said(Second(), b"3:x")
    assert "holds rows of format 3, this version has 2: run the version that wrote them" in told
    assert "migrate" not in told


def test_an_older_format_that_nobody_knows_any_more_is_no_case_for_the_command() -> None:
    """The command would refuse it as well."""
    assert "cannot bring them up to date" in said(Second(), b"0:x")


@pytest.mark.parametrize(("codec", "changelog", "newer"), REAL)
def test_the_real_codecs_tell_a_newer_format(
    codec: Codec[Any], changelog: Topic, newer: bytes
) -> None:
    """Found and wanted are told as such, to decode and to migrate."""
    with pytest.raises(OtherFormatError) as caught:
        codec.decode(newer)
    assert (caught.value.found, caught.value.wanted) == (2, 1)
    assert isinstance(codec, Upgrading)
    with pytest.raises(OtherFormatError):
        codec.upgrade(newer)
    assert "of format 2, this version has 1: run the version" in said(codec, newer, changelog.name)


def test_rows_of_today_are_up_to_date() -> None:
    """Every kind of row that the real processors write."""
    feedback = processor()
    outcome = feedback.process([received("the app crashes"), ticked()], {}, NOW)
    outbox = delivery.outbox()
    asked = outbox.process([delivery.request("m1")], {}, delivery.NOW)
    rows: list[tuple[Codec[Any], Any]] = [(feedback.codec, row) for row in outcome.changes.values()]
    rows += [(outbox.codec, row) for row in asked.changes.values()]
    assert len(rows) == 4
    for codec, row in rows:
        assert isinstance(codec, Upgrading)
        assert codec.upgrade(codec.encode(row)) is None


def test_a_damaged_row_is_told_without_what_it_holds() -> None:
    """Rows of delivery hold the text of messages."""
    row = {"v": 1, "row": "message", "request": {"title": "the customer's words"}}
    told = said(OutboxCodec(), json.dumps(row).encode(), DELIVERY_CHANGELOG.name)
    assert "platform.delivery.changelog.v1 partition 3 cannot be read" in told
    assert "customer" not in told
    assert "rebuild the state" in told


def test_what_a_library_quotes_of_a_row_is_left_out() -> None:
    """Only the first line of its error is told: what follows may be the row."""
    place = TopicPartition("platform.feedback.changelog.v1", 3)
    error = ValueError("1 error\ninput_value=the customer's words")
    told = refusal(place, Second(), b"x", error)
    assert "cannot be read (1 error). Run the version" in told
    assert "customer" not in told
