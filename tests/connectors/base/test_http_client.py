"""The client: waiting, repeating, naming what went wrong."""

import gzip
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.base.errors import ConfigurationError, TransientError
from connectors.base.http import Bearer, Dialect, FieldHeader, HttpClient, Limit, Patience
from tests.connectors.surroundings import HandClock, Notebook, surroundings

TOKEN = "tok-5f2e9c-very-secret"
WORDS = "my invoice is wrong, says Erika Mustermann"

Answers = list[httpx.Response | Exception]


def client_over(
    handler: Callable[[httpx.Request], Any] | Answers,
    clock: HandClock | None = None,
    notebook: Notebook | None = None,
    token: str = TOKEN,
    base_url: str = "https://desk.example",
    **dialect: Any,
) -> HttpClient:
    """A client whose vendor gives these answers, one after another."""
    if isinstance(handler, list):
        answers = iter(handler)

        def handler(request: httpx.Request) -> httpx.Response:
            del request
            answer = next(answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

    dialect = {"limits": {"all": Limit(100, 60.0)}, **dialect}
    return HttpClient(
        Dialect("Desk", **dialect),
        base_url,
        Bearer(SecretStr(token)),
        surroundings(handler, clock=clock, notebook=notebook),
    )


def ok(body: Any = None) -> httpx.Response:
    """A good answer."""
    return httpx.Response(200, json={"fine": True} if body is None else body)


async def test_a_call_carries_the_token_and_counts_against_the_limit() -> None:
    """The answer's JSON comes back, and the observer hears what is left."""
    seen: list[httpx.Request] = []
    notebook = Notebook()

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return ok({"a": 1})

    client = client_over(handler, notebook=notebook)
    answer = await client.get("/things", {"q": "x y"}, limits=("all",))
    assert answer.body == {"a": 1}
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert str(seen[0].url) == "https://desk.example/things?q=x+y"
    assert notebook.left == [99]


async def test_the_vendors_wait_is_kept_to_the_second() -> None:
    """After a 429 with Retry-After: 7 the client sleeps seven seconds and asks again."""
    clock, notebook = HandClock(), Notebook()
    client = client_over([httpx.Response(429, headers={"Retry-After": "7"}), ok()], clock, notebook)
    assert (await client.get("/x")).body == {"fine": True}
    assert clock.slept == [7.0]
    assert notebook.waits == [("support", 7.0, "retry_after")]
    assert notebook.failures == ["transient"]


async def test_back_off_doubles_is_jittered_and_capped() -> None:
    """Without Retry-After the waits grow; half of each is drawn (here: the middle)."""
    clock = HandClock()
    client = client_over(
        [httpx.Response(503)] * 4 + [ok()],
        clock,
        patience=Patience(attempts=5, first=1.0, cap=4.0),
    )
    await client.get("/x")
    assert clock.slept == [0.75, 1.5, 3.0, 3.0]


async def test_a_long_wait_is_the_pollers() -> None:
    """A vendor that asks for an hour is not slept on: the error carries the hour."""
    clock = HandClock()
    client = client_over([httpx.Response(429, headers={"Retry-After": "3600"})], clock)
    with pytest.raises(TransientError) as caught:
        await client.get("/x")
    assert caught.value.retry_after == 3600.0
    assert clock.slept == []


async def test_attempts_end() -> None:
    """After the last attempt the trouble is named, with the path and the status."""
    client = client_over([httpx.Response(500)] * 3, patience=Patience(attempts=3))
    with pytest.raises(TransientError, match=r"Desk \(/x\).*500.*3 attempts"):
        await client.get("/x")


async def test_the_budget_is_waited_for() -> None:
    """The third call of two a minute waits for the first to be a minute old."""
    clock, notebook = HandClock(), Notebook()
    client = client_over([ok(), ok(), ok()], clock, notebook, limits={"all": Limit(2, 60.0)})
    for _ in range(3):
        await client.get("/x", limits=("all",))
    assert notebook.waits == [("support", 60.0, "budget")]


async def test_a_budget_that_is_far_away_is_the_pollers() -> None:
    """A limit by the day is not waited for inside a call."""
    client = client_over([ok(), ok()], limits={"all": Limit(1, 86_400.0)})
    await client.get("/x", limits=("all",))
    with pytest.raises(TransientError) as caught:
        await client.get("/x", limits=("all",))
    assert caught.value.retry_after == 86_400.0


async def test_the_vendors_headers_update_the_budget() -> None:
    """A response that says remaining=0; resets=30 makes the next call wait thirty seconds."""
    clock = HandClock()
    spent = httpx.Response(200, json={}, headers={"X-Calls": "total=10; remaining=0; resets=30"})
    client = client_over(
        [spent, ok()], clock, limits={"all": Limit(10, 60.0, (FieldHeader("x-"),))}
    )
    await client.get("/x", limits=("all",))
    await client.get("/x", limits=("all",))
    assert clock.slept == [30.0]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_refused(status: int) -> None:
    """A redirect stops the source; nobody else is asked, and its address is not repeated."""
    calls: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.host)
        return httpx.Response(status, headers={"Location": f"https://evil.example/?t={TOKEN}"})

    with pytest.raises(ConfigurationError) as caught:
        await client_over(handler).get("/x")
    assert calls == ["desk.example"]
    assert "evil" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 422, 451, 501])
async def test_what_a_person_must_mend_is_not_repeated(status: int) -> None:
    """A refusal is a ConfigurationError with a remedy, after a single call; its pull counts it."""
    notebook = Notebook()
    client = client_over([httpx.Response(status)], notebook=notebook)
    with pytest.raises(ConfigurationError) as caught:
        await client.get("/x")
    assert str(status) in str(caught.value)
    assert caught.value.remedy
    assert notebook.failures == []


class Trickle(httpx.AsyncByteStream):
    """A body that arrives piece by piece while the clock runs."""

    def __init__(self, clock: HandClock, piece: bytes, pieces: int, seconds: float) -> None:
        self.given = 0
        self._clock, self._piece, self._pieces, self._seconds = clock, piece, pieces, seconds

    async def __aiter__(self) -> Any:
        """The pieces."""
        for _ in range(self._pieces):
            self._clock.advance(self._seconds)
            self.given += 1
            yield self._piece


TROUBLES: dict[str, Callable[[], httpx.Response | Exception]] = {
    "no route": lambda: httpx.ConnectError("no route"),
    "reset": lambda: httpx.ReadError("reset"),
    "cut off": lambda: httpx.RemoteProtocolError("incomplete message"),
    "slow": lambda: httpx.ReadTimeout("slow"),
    "408": lambda: httpx.Response(408),
    "425": lambda: httpx.Response(425),
    "500": lambda: httpx.Response(500),
    "502": lambda: httpx.Response(502),
    "599": lambda: httpx.Response(599),
    "half a body": lambda: httpx.Response(200, content=b'{"half": [1, 2'),
    "a page for people": lambda: httpx.Response(200, content=b"<html>maintenance</html>"),
    "no UTF-8": lambda: httpx.Response(200, content=b"\xff\xfe\x00"),
    "nested too deep": lambda: httpx.Response(200, content=b"[" * 100_000),
    "no gzip": lambda: httpx.Response(
        200,
        headers={"Content-Encoding": "gzip"},
        stream=Trickle(HandClock(), b"not packed at all", 1, 0.0),
    ),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_what_may_pass_is_repeated(trouble: str) -> None:
    """Faults of the vendor and the way to it are tried again."""
    assert (await client_over([TROUBLES[trouble](), ok()]).get("/x")).body == {"fine": True}


async def test_an_oversized_body_is_not_read_to_its_end() -> None:
    """Reading stops just beyond the limit, and the remedy speaks of the page size."""
    clock = HandClock()
    stream = Trickle(clock, b"x" * 1024, 10_000, 0.0)
    client = client_over([httpx.Response(200, stream=stream)], clock, largest=64 * 1024)
    with pytest.raises(ConfigurationError, match="64 KiB") as caught:
        await client.get("/x")
    assert stream.given <= 66
    assert "page size" in caught.value.remedy


async def test_a_bomb_is_measured_unpacked() -> None:
    """Ten megabytes of zeros packed into a few kilobytes are too much as well."""
    packed = gzip.compress(b"0" * 10_000_000)
    response = httpx.Response(
        200,
        headers={"Content-Encoding": "gzip"},
        stream=Trickle(HandClock(), packed, 1, 0.0),
    )
    with pytest.raises(ConfigurationError, match="1024 KiB"):
        await client_over([response], largest=1024 * 1024).get("/x")


async def test_a_body_that_trickles_for_ever_is_given_up() -> None:
    """The deadline counts for the whole body, however regularly its bytes come."""
    clock = HandClock()
    slow = httpx.Response(200, stream=Trickle(clock, b" ", 1_000, 10.0))
    client = client_over([slow], clock, patience=Patience(attempts=1), deadline=60.0)
    with pytest.raises(TransientError, match="60 s"):
        await client.get("/x")


@pytest.mark.parametrize(
    ("answer", "token"),
    [
        (httpx.Response(401, json={"error": f"bad token {TOKEN}", "said": WORDS}), TOKEN),
        (httpx.Response(500, text=f"{TOKEN} {WORDS}"), TOKEN),
        (httpx.Response(200, text=f"{TOKEN} {WORDS}"), TOKEN),
        (httpx.Response(302, headers={"Location": f"https://x.example/{TOKEN}"}), TOKEN),
        (httpx.LocalProtocolError(f"Illegal header value b'Bearer {TOKEN}'"), TOKEN),
        (httpx.ConnectError(f"cannot connect with {TOKEN}"), TOKEN),
        (httpx.Response(200, json={}), f"{TOKEN}\u20ac"),
    ],
)
async def test_no_error_holds_a_secret_or_a_customers_words(
    answer: httpx.Response | Exception, token: str
) -> None:
    """Message, remedy, representation and traceback of every error are clean."""
    client = client_over([answer], token=token, patience=Patience(attempts=1))
    with pytest.raises((ConfigurationError, TransientError)) as caught:
        await client.get("/x", {"q": WORDS})
    shown = "".join(
        [
            "".join(traceback.format_exception(caught.value)),
            repr(caught.value),
            getattr(caught.value, "remedy", ""),
            repr(client),
            repr(Bearer(SecretStr(token))),
        ]
    )
    assert TOKEN not in shown
    assert "Erika" not in shown
    assert caught.value.__context__ is None


async def test_the_shared_transport_stays_open() -> None:
    """Closing one source's client does not close the transport that others use."""

    class Watched(httpx.MockTransport):
        closed = False

        async def aclose(self) -> None:
            type(self).closed = True

    context = replace(surroundings(), transport=Watched(lambda _: ok()))
    client = HttpClient(Dialect("Desk"), "https://desk.example", Bearer(SecretStr(TOKEN)), context)
    await client.get("/x")
    await client.close()
    assert not Watched.closed


async def test_each_failure_of_a_call_is_counted_once() -> None:
    """Those that are made again by the client, the last one by whoever pulls."""
    notebook = Notebook()
    client = client_over([httpx.Response(503)] * 10, notebook=notebook)
    with pytest.raises(TransientError, match=r"\((\d+) attempts\)") as caught:
        await client.get("/x")
    attempts = int(str(caught.value).split("(")[-1].split(" ")[0])
    assert notebook.failures == ["transient"] * (attempts - 1)
