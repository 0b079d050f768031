"""The simulated Slack: what a sender can tell from its answers, and what it keeps."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox.slack import LARKFIELD, make_app
from connectors.sandbox.slack.blocks import problem_with

POST = "/api/chat.postMessage"
TRIAGE = "C05TRIAGE1"


def _message(text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"channel": TRIAGE, "text": text} | more


def _with_key(key: str) -> dict[str, Any]:
    payload = {"event_type": "announced", "event_payload": {"message_id": key}}
    return _message(f"about {key}", metadata=payload)


async def test_a_message_is_accepted_and_kept(chat: Any) -> None:
    """The answer names channel and ts; the record shows the message once."""
    async with chat() as client:
        answer = (await client.post(POST, json=_message("hello"))).json()
        kept = (await client.get("/_sandbox/messages", params={"channel": TRIAGE})).json()
    assert answer["ok"] is True
    assert answer["channel"] == TRIAGE
    assert [(m["text"], m["ts"]) for m in kept["messages"]] == [("hello", answer["ts"])]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"channel": "C0NOWHERE1"}, "channel_not_found"),
        ({"channel": "#board"}, "not_in_channel"),
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"blocks": "[]"}, "invalid_blocks_format"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ],
)
async def test_errors_come_as_200(chat: Any, change: dict[str, Any], error: str) -> None:
    """What Slack does not take is answered by 200 with ok false, and not kept."""
    async with chat() as client:
        answer = await client.post(POST, json=_message() | change)
        counts = (await client.get("/_sandbox/counts")).json()
    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": error})
    assert counts["messages"] == 0


@pytest.mark.parametrize(
    ("header", "error"), [("Bearer xoxb-wrong", "invalid_auth"), ("", "not_authed")]
)
async def test_a_wrong_token_is_named(chat: Any, header: str, error: str) -> None:
    """Authentication errors come as 200 too."""
    async with chat() as client:
        answer = await client.post(POST, json=_message(), headers={"authorization": header})
    assert answer.json() == {"ok": False, "error": error}


async def test_channels_go_by_name_when_posting_only(chat: Any) -> None:
    """chat.postMessage takes a name, conversations.history an id only, as with Slack."""
    async with chat() as client:
        posted = (await client.post(POST, json=_message(channel="#product-triage"))).json()
        assert posted["channel"] == TRIAGE
        query = {"channel": "product-triage"}
        history = (await client.get("/api/conversations.history", params=query)).json()
        assert history["error"] == "channel_not_found"
        listed = (await client.get("/api/conversations.list")).json()
    assert {c["name"]: c["id"] for c in listed["channels"]}["product-triage"] == TRIAGE


async def test_a_channel_takes_about_one_message_a_second(chat: Any, clock: Any) -> None:
    """After a short burst comes 429 with Retry-After; another channel is not concerned."""
    async with chat(per_second=1.0) as client:
        for _ in range(3):
            assert (await client.post(POST, json=_message())).status_code == 200
        refused = await client.post(POST, json=_message())
        assert refused.status_code == 429
        assert refused.json() == {"ok": False, "error": "ratelimited"}
        other = await client.post(POST, json=_message(channel="C05URGENT1"))
        assert other.json()["ok"] is True
        clock.advance(int(refused.headers["retry-after"]))
        assert (await client.post(POST, json=_message())).status_code == 200


async def test_history_finds_a_message_by_its_metadata(chat: Any, clock: Any) -> None:
    """A sender that does not know whether a message arrived can look for its key."""
    async with chat() as client:
        for key in ("a", "b"):
            await client.post(POST, json=_with_key(key))
            clock.advance(5)
        query: dict[str, Any] = {"channel": TRIAGE}
        without = (await client.get("/api/conversations.history", params=query)).json()
        query["include_all_metadata"] = "true"
        found = (await client.get("/api/conversations.history", params=query)).json()
    assert all("metadata" not in message for message in without["messages"])
    keys = [m["metadata"]["event_payload"]["message_id"] for m in found["messages"]]
    assert keys == ["b", "a"]


async def test_history_is_bounded_by_time_and_paged(chat: Any, clock: Any) -> None:
    """The bound oldest is exclusive unless told otherwise; next_cursor leads further back."""
    async with chat(per_second=100.0) as client:
        stamps = []
        for number in range(5):
            stamps.append((await client.post(POST, json=_message(f"m{number}"))).json()["ts"])
            clock.advance(10)
        history = "/api/conversations.history"
        query: dict[str, Any] = {"channel": TRIAGE, "oldest": stamps[1]}
        texts = [m["text"] for m in (await client.get(history, params=query)).json()["messages"]]
        assert texts == ["m4", "m3", "m2"]
        query["inclusive"] = "true"
        texts = [m["text"] for m in (await client.get(history, params=query)).json()["messages"]]
        assert texts == ["m4", "m3", "m2", "m1"]
        page = (await client.get(history, params={"channel": TRIAGE, "limit": 3})).json()
        assert page["has_more"] is True
        cursor = page["response_metadata"]["next_cursor"]
        rest = await client.get(history, params={"channel": TRIAGE, "cursor": cursor})
    assert [m["text"] for m in rest.json()["messages"]] == ["m1", "m0"]
    assert rest.json()["has_more"] is False


async def test_counts_tell_who_got_something_twice(chat: Any) -> None:
    """Messages are counted by channel and by the sender's key."""
    async with chat(per_second=100.0) as client:
        for key in ("a", "b", "a"):
            await client.post(POST, json=_with_key(key))
        await client.post(POST, json=_message("no key", channel="C05URGENT1"))
        counts = (await client.get("/_sandbox/counts")).json()
    assert counts["messages"] == 4
    assert counts["places"] == {"#product-triage": 3, "#urgent-feedback": 1}
    assert counts["keys"] == {"a": 2, "b": 1}
    assert counts["repeated"] == {"a": 2}
    assert counts["without_key"] == 1


async def test_form_encoded_calls_work_too(chat: Any) -> None:
    """Slack takes forms; blocks and metadata are JSON within."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "hi"}}]
    async with chat() as client:
        data = {"channel": TRIAGE, "text": "hi", "blocks": json.dumps(blocks)}
        answer = (await client.post(POST, data=data)).json()
    assert answer["message"]["blocks"] == blocks


async def test_incoming_webhooks_answer_ok(chat: Any) -> None:
    """A known address answers the text ok; others and empty messages are refused."""
    path = next(iter(LARKFIELD.webhooks))
    async with chat() as client:
        good = await client.post(f"/services/{path}", json={"text": "hello"})
        assert (good.status_code, good.text) == (200, "ok")
        unknown = await client.post("/services/T/B/X", json={"text": "hello"})
        assert (unknown.status_code, unknown.text) == (404, "no_service")
        empty = await client.post(f"/services/{path}", json={})
        assert (empty.status_code, empty.text) == (400, "no_text")
        noise = await client.post(f"/services/{path}", content=b"\xff")
        assert (noise.status_code, noise.text) == (400, "invalid_payload")
        counts = (await client.get("/_sandbox/counts")).json()
    assert counts["places"] == {"#product-triage": 1}


def _signed(body: bytes, identifier: str, seconds: int, secret: str) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{identifier}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": identifier,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1a,bm9wZQ== v1,{signature}",
    }


async def test_signed_webhooks_are_checked_and_deduplicated(chat: Any, clock: Any) -> None:
    """A good signature is accepted, the same webhook-id a second time dropped but counted."""
    body = json.dumps({"type": "x", "data": {"title": "Somebody wants to leave"}}).encode()
    now = int(clock.now().timestamp())
    headers = _signed(body, "msg_1", now, LARKFIELD.hooks["crm"])
    async with chat() as client:
        first = await client.post("/hooks/crm", content=body, headers=headers)
        second = await client.post("/hooks/crm", content=body, headers=headers)
        counts = (await client.get("/_sandbox/counts")).json()
        kept = (await client.get("/_sandbox/messages", params={"channel": "crm"})).json()
    assert first.json() == {"accepted": True, "repeat": False}
    assert second.json() == {"accepted": True, "repeat": True}
    assert counts["keys"] == {"msg_1": 1}
    assert counts["deliveries"] == {"msg_1": 2}
    assert [m["text"] for m in kept["messages"]] == ["Somebody wants to leave"]


@pytest.mark.parametrize("fault", ["body", "id", "time", "missing"])
async def test_a_forged_webhook_is_refused(chat: Any, clock: Any, fault: str) -> None:
    """Another body, another id, an old time or no signature: 401, and nothing is kept."""
    body, now = b'{"type": "x"}', int(clock.now().timestamp())
    age = 301 if fault == "time" else 0
    headers = _signed(body, "msg_1", now - age, LARKFIELD.hooks["crm"])
    if fault == "id":
        headers["webhook-id"] = "msg_2"
    if fault == "missing":
        del headers["webhook-signature"]
    sent = b'{"type": "y"}' if fault == "body" else body
    async with chat() as client:
        answer = await client.post("/hooks/crm", content=sent, headers=headers)
        counts = (await client.get("/_sandbox/counts")).json()
    assert answer.status_code == 401
    assert counts["messages"] == 0


async def test_published_signature_is_understood(clock: Any) -> None:
    """The check agrees with the example of the Standard Webhooks specification."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    workspace = replace(LARKFIELD, hooks={"spec": secret})
    app = make_app(
        workspace=workspace,
        clock=lambda: datetime.fromtimestamp(1_614_265_330, UTC),
        monotonic=clock.monotonic,
    )
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://chat.example"
    ) as client:
        answer = await client.post("/hooks/spec", content=b'{"test": 2432232314}', headers=headers)
    assert answer.status_code == 200


async def test_a_restart_remembers_everything(chat: Any, tmp_path: Path) -> None:
    """Messages, keys and the order of stamps outlive the process, a torn last line does not."""
    state = tmp_path / "slack.jsonl"
    async with chat(state=state) as client:
        stamp = (await client.post(POST, json=_with_key("a"))).json()["ts"]
    with state.open("ab") as file:
        file.write(b'{"via": "api", "pla')
    async with chat(state=state) as client:
        counts = (await client.get("/_sandbox/counts")).json()
        again = (await client.post(POST, json=_with_key("b"))).json()["ts"]
    assert counts["keys"] == {"a": 1}
    assert float(again) > float(stamp)
    async with chat(state=state) as client:
        assert (await client.get("/_sandbox/counts")).json()["keys"] == {"a": 1, "b": 1}


async def test_page_shows_messages_and_escapes_them(chat: Any) -> None:
    """A person sees channels, texts, links and mentions; nobody's markup is run."""
    nasty = "&lt;script&gt;alert(1)&lt;/script&gt; <javascript:alert(1)|click> <script>x</script>"
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "<b>Bug</b> in Billing"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "For <@U05GRACE01>: *soon*"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": nasty}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "<https://x.example/1?a=1|Open>"}},
    ]
    async with chat() as client:
        await client.post(POST, json=_message("x", blocks=blocks))
        page = await client.get("/")
        other = await client.get("/", params={"channel": "C05URGENT1"})
    assert "<script" not in page.text
    assert "&lt;b&gt;Bug&lt;/b&gt;" in page.text
    assert 'href="javascript' not in page.text
    assert '<a href="https://x.example/1?a=1"' in page.text
    assert "@Grace Okafor" in page.text
    assert "<strong>soon</strong>" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "in Billing" not in other.text
    assert "No message yet" in other.text


def test_block_limits_are_those_of_slack() -> None:
    """The longest allowed texts pass, one character more does not."""

    def section(length: int) -> list[dict[str, Any]]:
        return [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}]

    def header(length: int) -> list[dict[str, Any]]:
        return [{"type": "header", "text": {"type": "plain_text", "text": "x" * length}}]

    assert problem_with(section(3_000)) is None
    assert problem_with(section(3_001)) == "invalid_blocks"
    assert problem_with(header(150)) is None
    assert problem_with(header(151)) == "invalid_blocks"
    assert problem_with([{"type": "divider"}] * 50) is None
    assert problem_with([{"type": "divider"}] * 51) == "invalid_blocks"
