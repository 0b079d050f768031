"""The simulators as real processes and servers: faults on the wire, a kill, a taken port."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.sandbox import slack, zendesk
from connectors.sandbox.slack import LARKFIELD

TOKEN = {"authorization": f"Bearer {LARKFIELD.token}"}
FAULTS = "/_sandbox/faults"
ME = "/api/v2/users/me.json"


@contextmanager
def _process(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A simulator as a process, and the address that it prints."""
    command = [sys.executable, "-m", "connectors.sandbox", *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_accepted_messages_survive_a_kill(tmp_path: Path) -> None:
    """Whatever was answered before SIGKILL is there when the simulator starts again."""
    state = ("--state", str(tmp_path / "slack.jsonl"), "--per-second", "1000")
    accepted = []
    with _process("slack", *state) as (process, url):
        for number in range(20):
            metadata = {"event_type": "x", "event_payload": {"message_id": f"m{number}"}}
            body = {"channel": "#kudos", "text": "hi", "metadata": metadata}
            answer = httpx.post(f"{url}/api/chat.postMessage", json=body, headers=TOKEN)
            if answer.json()["ok"]:
                accepted.append(f"m{number}")
            if number == 12:
                process.kill()
                break
    assert len(accepted) == 13
    with _process("slack", *state) as (_, url):
        counts = httpx.get(f"{url}/_sandbox/counts").json()
    assert counts["keys"] == dict.fromkeys(accepted, 1)


def test_a_killed_desk_serves_the_same_company(tmp_path: Path) -> None:
    """After SIGKILL the founding moment and what had arrived are the same."""
    arguments = ("zendesk", "--state", str(tmp_path / "z.jsonl"), "--live", "0.5")
    query = {"start_time": "0", "per_page": "1000"}
    auth = httpx.BasicAuth("ines@larkfield.example/token", "sandbox-api-token")
    export = "/api/v2/incremental/ticket_events.json"
    with _process(*arguments) as (_, url):
        before = httpx.get(f"{url}{export}", params=query, auth=auth).json()
        founded = httpx.get(f"{url}/_sandbox/counts").json()["founded"]
    with _process(*arguments) as (_, url):
        after = httpx.get(f"{url}{export}", params=query, auth=auth).json()
        assert httpx.get(f"{url}/_sandbox/counts").json()["founded"] == founded
    events = {event["id"]: event for event in after["ticket_events"]}
    for event in before["ticket_events"]:
        assert events[event["id"]]["child_events"] == event["child_events"]


def test_a_taken_port_is_named() -> None:
    """Somebody else's port ends the start with the port's number and no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "connectors.sandbox", "slack", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {port} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def desk_url(served: Any) -> Iterator[str]:
    """A simulated Zendesk on a real socket."""
    with served(zendesk.make_app(seed=7)) as url:
        yield url


@pytest.fixture
def chat_url(served: Any) -> Iterator[str]:
    """A simulated Slack on a real socket."""
    with served(slack.make_app(per_second=1_000)) as url:
        yield url


def _order(url: str, **fault: Any) -> None:
    httpx.post(f"{url}{FAULTS}", json=fault).raise_for_status()


def test_a_storm_passes_after_so_many_requests(desk_url: str) -> None:
    """times=3 requests fail with the ordered status and Retry-After, the fourth works."""
    _order(desk_url, kind="status", status=429, retry_after=7, times=3, path="/api/v2/users")
    auth = httpx.BasicAuth("ines@larkfield.example/token", "sandbox-api-token")
    answers = [httpx.get(f"{desk_url}{ME}", auth=auth) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 200]
    assert answers[0].headers["retry-after"] == "7"


def test_a_fault_waits_for_its_path(desk_url: str) -> None:
    """A fault for one path leaves other requests alone and is still there for its own."""
    _order(desk_url, kind="status", status=500, path="/api/v2/incremental")
    auth = httpx.BasicAuth("ines@larkfield.example/token", "sandbox-api-token")
    assert httpx.get(f"{desk_url}{ME}", auth=auth).status_code == 200
    export = f"{desk_url}/api/v2/incremental/users/cursor.json"
    query = {"start_time": "0"}
    assert httpx.get(export, params=query, auth=auth).status_code == 500
    assert httpx.get(export, params=query, auth=auth).status_code == 200


def test_the_connection_breaks_inside_the_body(desk_url: str) -> None:
    """The client is promised a body and gets half of it."""
    _order(desk_url, kind="reset", path="/api/v2")
    auth = httpx.BasicAuth("ines@larkfield.example/token", "sandbox-api-token")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        httpx.get(f"{desk_url}{ME}", auth=auth)


def test_a_body_may_be_half_of_its_json(desk_url: str) -> None:
    """A truncated answer is complete as HTTP and no JSON."""
    _order(desk_url, kind="truncate", path="/api/v2")
    auth = httpx.BasicAuth("ines@larkfield.example/token", "sandbox-api-token")
    answer = httpx.get(f"{desk_url}{ME}", auth=auth)
    assert answer.status_code == 200
    assert answer.text.startswith('{"user"')
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_refused_connection_says_nothing(desk_url: str) -> None:
    """The server hangs up without a byte."""
    _order(desk_url, kind="refuse", path="/api/v2")
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected without"):
        httpx.get(f"{desk_url}{ME}")


def test_a_message_may_be_taken_although_the_answer_is_500(chat_url: str) -> None:
    """With the fault "after" the work is done and the client cannot know."""
    _order(chat_url, kind="after", path="/api/chat")
    body = {"channel": "#kudos", "text": "hi"}
    answer = httpx.post(f"{chat_url}/api/chat.postMessage", json=body, headers=TOKEN)
    assert answer.status_code == 500
    assert httpx.get(f"{chat_url}/_sandbox/counts").json()["messages"] == 1


def test_a_slow_answer_runs_into_the_clients_timeout(chat_url: str) -> None:
    """With the fault "delay" nothing comes in time."""
    _order(chat_url, kind="delay", seconds=2.0, path="/api/chat")
    body = {"channel": "#kudos", "text": "hi"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{chat_url}/api/chat.postMessage",
            json=body,
            headers=TOKEN,
            timeout=httpx.Timeout(30, read=0.1),
        )


def test_orders_can_be_listed_and_withdrawn(desk_url: str) -> None:
    """What is left of the orders can be seen; DELETE forgets them; nonsense is refused."""
    _order(desk_url, kind="status", times=2)
    left = httpx.get(f"{desk_url}{FAULTS}").json()["faults"]
    assert [(fault["kind"], fault["times"]) for fault in left] == [("status", 2)]
    assert httpx.delete(f"{desk_url}{FAULTS}").json() == {"faults": []}
    for nonsense in ({"kind": "earthquake"}, {"kind": "status", "colour": "red"}):
        assert httpx.post(f"{desk_url}{FAULTS}", json=nonsense).status_code == 400
