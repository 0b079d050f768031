"""Slack's web API: error codes, and finding a message again."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.destinations.contract import Verdict
from connectors.destinations.slack import EVENT_TYPE, Slack
from schemas.notification import MessageRequested

Make = Callable[..., MessageRequested]
Case = Any
Network = Any
SINCE = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def _post(message_id: str, ts: str = "1772440201.000100", **more: Any) -> dict[str, Any]:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"message_id": message_id}}
    return {"type": "message", "ts": ts, "text": "words", "metadata": metadata, **more}


def _page(*posts: Any, cursor: str = "", more: bool = False) -> httpx.Response:
    return httpx.Response(
        200,
        json={
            "ok": True,
            "messages": list(posts),
            "has_more": more or bool(cursor),
            "response_metadata": {"next_cursor": cursor},
        },
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("channel_not_found", (Verdict.REFUSED, "/invite")),
        ("not_in_channel", (Verdict.REFUSED, "/invite")),
        ("is_archived", (Verdict.REFUSED, "another channel")),
        ("invalid_auth", (Verdict.REFUSED, "new bot token")),
        ("token_revoked", (Verdict.REFUSED, "new bot token")),
        ("missing_scope", (Verdict.REFUSED, "chat:write")),
        ("restricted_action", (Verdict.REFUSED, "administrator")),
        ("invalid_blocks", (Verdict.REFUSED, "report it")),
        ("msg_blocks_too_long", (Verdict.REFUSED, "report it")),
        ("some_new_code", (Verdict.REFUSED, "some_new_code")),
        ("Not a code! xoxb-1", (Verdict.REFUSED, "without an error code")),
        (None, (Verdict.REFUSED, "without an error code")),
        ("ratelimited", (Verdict.RETRY, "again")),
        ("service_unavailable", (Verdict.RETRY, "again")),
        ("internal_error", (Verdict.UNKNOWN, "may have arrived")),
        ("fatal_error", (Verdict.UNKNOWN, "may have arrived")),
    ],
)
async def test_errors_in_a_200_are_told_apart(
    slack_case: Case, network: Network, make_message: Make, code: str | None, expected: Any
) -> None:
    """``ok: false`` is a failure although the status is 200, and its code decides which."""
    verdict, words = expected
    network.script = [httpx.Response(200, json={"ok": False, "error": code})]
    attempt = await slack_case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is verdict
    assert words in attempt.reason


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"ok"', b"{", b'{"ok":"yes"}', b"<html>login</html>", b"[" * 50_000]
)
async def test_an_answer_that_is_none_leaves_it_open(
    slack_case: Case, network: Network, make_message: Make, body: bytes
) -> None:
    """Truncated JSON, another page in between, nothing: nobody knows."""
    network.script = [httpx.Response(200, content=body)]
    attempt = await slack_case.destination(network).send(make_message(), repeat=False)
    assert attempt.verdict is Verdict.UNKNOWN


async def test_the_reference_is_channel_and_timestamp(
    slack_case: Case, network: Network, make_message: Make
) -> None:
    """It is kept as text, and values of another form are left out."""
    network.script = [slack_case.good(), httpx.Response(200, json={"ok": True, "ts": 1.5})]
    destination = slack_case.destination(network)
    assert (await destination.send(make_message(), repeat=False)).reference == (
        "C0123456789/1503435956.000247"
    )
    strange = await destination.send(make_message(), repeat=False)
    assert (strange.verdict, strange.reference) == (Verdict.DELIVERED, None)


@pytest.mark.shared
async def test_the_recorded_answer_of_slack_is_understood(
    slack_case: Case, network: Network, make_message: Make, shared: Path
) -> None:
    """The sample in Slack's own specification counts as delivered."""
    recorded = (shared / "payloads/slack/chat_postMessage_response.json").read_bytes()
    network.script = [httpx.Response(200, content=recorded)]
    attempt = await slack_case.destination(network).send(make_message(), repeat=False)
    assert (attempt.verdict, attempt.reference) == (
        Verdict.DELIVERED,
        "C1H9RESGL/1503435956.000247",
    )


async def test_the_key_travels_as_metadata_and_the_token_as_a_header(
    slack_case: Case, network: Network, make_message: Make
) -> None:
    """The body holds the id where history shows it again, and no token."""
    network.script = [slack_case.good()]
    await slack_case.destination(network).send(make_message(), repeat=False)
    (request,) = network.requests
    body = json.loads(request.content)
    assert body["metadata"] == {
        "event_type": EVENT_TYPE,
        "event_payload": {"message_id": make_message().message_id},
    }
    assert body["channel"] == "C0123456789"
    assert "link_names" not in body
    assert (body["unfurl_links"], body["unfurl_media"]) == (False, False)
    assert request.headers["authorization"] == f"Bearer {slack_case.secrets[0]}"
    assert slack_case.secrets[0].encode() not in request.content


async def test_a_message_is_found_by_its_key(
    slack_case: Case, network: Network, make_message: Make
) -> None:
    """History is asked from before the first attempt on, with metadata, page by page."""
    wanted = make_message().message_id
    network.script = [
        _page(_post("other"), {"type": "message", "text": wanted, "ts": "1.2"}, cursor="c1"),
        _page(_post(wanted, ts="1772440201.000200")),
    ]
    found = await slack_case.destination(network).find(make_message(), SINCE)
    assert found is not None
    assert (found.verdict, found.reference) == (
        Verdict.DELIVERED,
        "C0123456789/1772440201.000200",
    )
    first, second = (dict(request.url.params) for request in network.requests)
    assert first["include_all_metadata"] == "true"
    assert float(first["oldest"]) == SINCE.timestamp() - 600
    assert "cursor" not in first
    assert second["cursor"] == "c1"


@pytest.mark.parametrize(
    "posts",
    [
        [],
        [{"type": "message", "ts": "1.1"}],
        [{"metadata": None}, {"metadata": {"event_type": EVENT_TYPE}}, "no post"],
        [_post("x", metadata={"event_type": EVENT_TYPE, "event_payload": None})],
    ],
)
async def test_what_is_not_there_is_surely_absent(
    slack_case: Case, network: Network, make_message: Make, posts: list[Any]
) -> None:
    """A history read to its end without the key: certainly not delivered."""
    network.script = [_page(*posts)]
    found = await slack_case.destination(network).find(make_message(), SINCE)
    assert found is not None
    assert found.verdict is Verdict.RETRY


async def test_the_same_key_of_another_application_is_not_ours(
    slack_case: Case, network: Network, make_message: Make
) -> None:
    """Metadata of another event type do not count."""
    foreign = _post("x")
    foreign["metadata"] = {
        "event_type": "other",
        "event_payload": {"message_id": make_message().message_id},
    }
    network.script = [_page(foreign)]
    found = await slack_case.destination(network).find(make_message(), SINCE)
    assert found is not None
    assert found.verdict is Verdict.RETRY


@pytest.mark.parametrize(
    "step",
    [
        httpx.Response(200, json={"ok": False, "error": "missing_scope"}),
        httpx.Response(200, json={"ok": False, "error": "not_in_channel"}),
        httpx.Response(403),
    ],
    ids=["scope", "membership", "status"],
)
async def test_without_permission_it_cannot_be_told(
    slack_case: Case, network: Network, make_message: Make, step: httpx.Response
) -> None:
    """An app that may not read history cannot find: the answer is ``None``."""
    network.script = [step]
    assert await slack_case.destination(network).find(make_message(), SINCE) is None


@pytest.mark.parametrize(
    "step",
    [
        httpx.Response(429, headers={"retry-after": "20"}),
        httpx.Response(503, headers={"retry-after": "20"}),
        httpx.Response(500),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("silent"),
        httpx.Response(200, content=b'{"ok": true, "messages": ['),
    ],
    ids=["429", "503", "500", "connect", "timeout", "truncated"],
)
async def test_what_cannot_be_asked_now_is_open(
    slack_case: Case, network: Network, make_message: Make, step: Any
) -> None:
    """A look-up that fails says neither yes nor no, and never "surely absent"."""
    network.script = [step]
    found = await slack_case.destination(network).find(make_message(), SINCE)
    assert found is not None
    assert found.verdict is Verdict.UNKNOWN
    assert "looked up" in found.reason
    if isinstance(step, httpx.Response) and "retry-after" in step.headers:
        assert found.retry_after == 20.0


@pytest.mark.parametrize("endless", [True, False])
async def test_a_history_without_end_cannot_be_told(
    slack_case: Case, network: Network, make_message: Make, *, endless: bool
) -> None:
    """More messages than are read, or than can be reached: ``None``, not "absent"."""
    network.script = [
        lambda _: _page(_post("other"), cursor="next") if endless else _page(more=True)
    ]
    assert await slack_case.destination(network).find(make_message(), SINCE) is None
    assert len(network.requests) == (10 if endless else 1)


def _named(network: Network) -> Slack:
    clock = type("Clock", (), {"now": lambda _self: SINCE})()
    return Slack(
        channel="#payments",
        token=SecretStr("xoxb-1"),
        clock=clock,
        people={},
        api_url="https://slack.test/api/",
        transport=network.transport(),
    )


def _channels(*pairs: tuple[str, str], cursor: str = "") -> httpx.Response:
    channels = [{"id": found, "name": name} for name, found in pairs]
    metadata = {"next_cursor": cursor}
    body = {"ok": True, "channels": channels, "response_metadata": metadata}
    return httpx.Response(200, json=body)


async def test_a_channel_given_by_name_is_looked_up_once(
    network: Network, make_message: Make
) -> None:
    """History takes ids: the name is resolved page by page and then remembered."""
    network.script = [
        _channels(("other", "C0000000001"), cursor="c"),
        _channels(("payments", "C0000000002")),
        _page(),
    ]
    slack = _named(network)
    for _ in range(2):
        found = await slack.find(make_message(), SINCE)
        assert found is not None
        assert found.verdict is Verdict.RETRY
    paths = [request.url.path for request in network.requests]
    assert paths == [
        "/api/conversations.list",
        "/api/conversations.list",
        "/api/conversations.history",
        "/api/conversations.history",
    ]
    assert network.requests[-1].url.params["channel"] == "C0000000002"


async def test_a_channel_that_nobody_lists_cannot_be_asked(
    network: Network, make_message: Make
) -> None:
    """Unknown name or no permission to list: ``None``; a failure on the way: open."""
    network.script = [_channels(("other", "C0000000001"))]
    assert await _named(network).find(make_message(), SINCE) is None
    network.script = [httpx.Response(200, json={"ok": False, "error": "missing_scope"})]
    assert await _named(network).find(make_message(), SINCE) is None
    network.script = [httpx.Response(503)]
    found = await _named(network).find(make_message(), SINCE)
    assert found is not None
    assert found.verdict is Verdict.UNKNOWN


async def test_slack_tells_the_channels_id_in_its_answer(
    network: Network, make_message: Make
) -> None:
    """A message sent by name teaches the id; no list is needed afterwards."""
    sent = httpx.Response(200, json={"ok": True, "channel": "C0000000009", "ts": "1.1"})
    network.script = [sent, _page()]
    slack = _named(network)
    await slack.send(make_message(), repeat=False)
    await slack.find(make_message(), SINCE)
    assert json.loads(network.requests[0].content)["channel"] == "#payments"
    assert network.requests[1].url.params["channel"] == "C0000000009"


@pytest.mark.parametrize("token", ["", "xoxb 1", "xoxb-1\nx-evil: 1", "xoxb-ü"])
def test_a_token_that_is_no_token_is_refused_at_the_start(token: str) -> None:
    """It would break the header; the message does not show it."""
    with pytest.raises(ValueError, match="token") as caught:
        Slack(
            channel="C0123456789",
            token=SecretStr(token),
            clock=type("Clock", (), {})(),
            people={},
        )
    assert not token or token not in str(caught.value)
