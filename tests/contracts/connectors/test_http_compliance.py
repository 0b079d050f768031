"""What every connector owes that is read over HTTP: the vendor fails in every way it can."""

import traceback
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base.contract import Page
from connectors.base.errors import ConfigurationError, TransientError
from tests.connectors.surroundings import ids_in, pages_of
from tests.contracts.connectors.harness import Handler, HttpWorld
from tests.contracts.connectors.zendesk_world import ZendeskWorld

WORLDS: dict[str, Callable[[], HttpWorld]] = {"zendesk": ZendeskWorld}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> HttpWorld:
    """Each connector's world in turn."""
    return WORLDS[request.param]()


class _Reset(httpx.AsyncByteStream):
    """A body whose connection is reset within."""

    def __init__(self, whole: bytes) -> None:
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._whole[: len(self._whole) // 2]
        raise httpx.ReadError("connection reset by peer")


class _Endless(httpx.AsyncByteStream):
    """A body without end; it counts what is taken of it."""

    taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            type(self).taken += 1
            yield b'"' + b"x" * 1_048_576


def _reset(good: httpx.Response) -> httpx.Response:
    return httpx.Response(200, stream=_Reset(good.content))


def _truncated(good: httpx.Response) -> httpx.Response:
    return httpx.Response(200, content=good.content[: len(good.content) // 2])


def _refused(_: httpx.Response) -> httpx.Response:
    raise httpx.ConnectError("connection refused")


def _slow(_: httpx.Response) -> httpx.Response:
    raise httpx.ReadTimeout("no byte in time")


FAULTS: dict[str, Callable[[httpx.Response], httpx.Response]] = {
    "429 in seconds": lambda _: httpx.Response(429, headers={"Retry-After": "7"}),
    "429 by date": lambda _: httpx.Response(
        429,
        headers={
            "Date": "Tue, 10 Mar 2026 12:00:00 GMT",
            "Retry-After": "Tue, 10 Mar 2026 12:00:09 GMT",
        },
    ),
    "429 without a word": lambda _: httpx.Response(429),
    "500": lambda _: httpx.Response(500, text="Internal Server Error"),
    "502 as a page": lambda _: httpx.Response(502, text="<html>Bad Gateway</html>"),
    "503": lambda _: httpx.Response(503, headers={"Retry-After": "3"}),
    "reset within the body": _reset,
    "truncated JSON": _truncated,
    "refused": _refused,
    "slow": _slow,
    "a page instead of JSON": lambda _: httpx.Response(200, text="<html>maintenance</html>"),
    "another shape": lambda _: httpx.Response(200, json={"surprise": []}),
    "a list": lambda _: httpx.Response(200, json=[]),
}


def failing(
    good: Handler, faults: dict[int, Callable[[httpx.Response], httpx.Response]]
) -> Handler:
    """The vendor, failing at these calls (counted from 0)."""
    count = -1

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal count
        count += 1
        fault = faults.get(count)
        return good(request) if fault is None else fault(good(request))

    return handler


def always(fault: Callable[[httpx.Response], httpx.Response]) -> Handler:
    """A vendor that only ever fails."""
    return lambda _: fault(httpx.Response(200, json={}))


async def poll(world: HttpWorld) -> tuple[list[Page], int]:
    """What a poller does: go on from the last page written, after every transient error."""
    written: list[Page] = []
    for failures in range(200):
        connector = world.connect()
        try:
            async for page in connector.pull(written[-1].checkpoint if written else None):
                written.append(page)  # noqa: PERF401 - kept also when the next page fails
        except TransientError:
            world.clock.advance(60)
        else:
            return written, failures
        finally:
            await connector.close()
    raise AssertionError("the source never came to its end")


async def test_an_empty_page_is_not_the_end(world: HttpWorld) -> None:
    """The vendor may give a page without records in the middle."""
    world.insert_empty_page()
    assert set(ids_in(await pages_of(world.connect()))) == set(world.expected)


async def test_a_vendor_that_repeats_itself_does_not_hold_the_source(world: HttpWorld) -> None:
    """The same page again and again ends the pull after a few calls."""
    world.get_stuck()
    pages = await pages_of(world.connect())
    assert world.calls < 30
    assert set(ids_in(pages)) <= set(world.expected)


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_at_any_call_loses_nothing(world: HttpWorld, fault: str) -> None:
    """Whichever call it hits, the poller's next tries complete the source."""
    good = world.handler
    await pages_of(world.connect())
    for call in range(world.calls):
        world.handler = failing(good, {call: FAULTS[fault]})
        written, _ = await poll(world)
        assert set(ids_in(written)) == set(world.expected), call


@pytest.mark.parametrize("status", [429, 500])
async def test_a_storm_passes(world: HttpWorld, status: int) -> None:
    """Three failures in a row at every second call are waited out without an error."""
    good, calls = world.handler, 0
    faulty = {call for call in range(300) if call % 5 < 3}

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return httpx.Response(status) if calls - 1 in faulty else good(request)

    world.handler = handler
    assert set(ids_in(await pages_of(world.connect()))) == set(world.expected)
    assert len(world.notebook.failures) > 10


@pytest.mark.parametrize("fault", FAULTS)
async def test_endless_trouble_ends_in_a_transient_error(world: HttpWorld, fault: str) -> None:
    """After a handful of calls the poller is told, and the waits were bounded."""
    world.handler = always(FAULTS[fault])
    with pytest.raises(TransientError):
        await pages_of(world.connect())
    assert world.calls <= 5
    assert sum(world.clock.slept) < 600


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_stops_the_source_with_a_remedy(world: HttpWorld, status: int) -> None:
    """Nothing is tried again; health says it without an exception."""
    world.handler = always(lambda _: httpx.Response(status, json={"error": "no"}))
    with pytest.raises(ConfigurationError) as caught:
        await pages_of(world.connect())
    assert caught.value.remedy
    assert world.calls == 1
    health = await world.connect().health()
    assert not health.ok
    assert health.remedy


async def test_health_survives_everything(world: HttpWorld) -> None:
    """Whatever the vendor does, health answers."""
    for fault in FAULTS.values():
        world.handler = always(fault)
        health = await world.connect().health()
        assert not health.ok
        assert health.summary
        assert health.remedy


async def test_a_redirect_is_refused(world: HttpWorld) -> None:
    """Credentials are not carried to another address."""
    hosts: set[str] = set()

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/login"})

    world.handler = handler
    with pytest.raises(ConfigurationError):
        await pages_of(world.connect())
    assert len(hosts) == 1
    assert "elsewhere.example" not in hosts


async def test_an_oversized_body_is_not_swallowed(world: HttpWorld) -> None:
    """Reading stops at the limit; the remedy is a smaller page."""
    _Endless.taken = 0
    world.handler = always(lambda _: httpx.Response(200, stream=_Endless()))
    with pytest.raises(ConfigurationError) as caught:
        await pages_of(world.connect())
    assert "page size" in caught.value.remedy
    assert _Endless.taken < 70


async def test_no_error_shows_a_secret_or_a_customers_words(world: HttpWorld) -> None:
    """The vendor echoes everything it knows; no error repeats it."""
    echo = " ".join(world.private)

    def answer(status: int, **more: object) -> Handler:
        return always(lambda _: httpx.Response(status, text=echo, **more))  # type: ignore[arg-type]

    def broken(_: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError(f"Illegal header value: {echo}")

    for handler in (
        *(answer(status) for status in (200, 400, 401, 403, 404, 429, 500)),
        answer(302, headers={"Location": f"https://x.example/{echo}".replace(" ", "")}),
        broken,
    ):
        world.handler = handler
        with pytest.raises((ConfigurationError, TransientError)) as caught:
            await pages_of(world.connect())
        health = await world.connect().health()
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        shown += f"{getattr(caught.value, 'remedy', '')} {health}"
        assert not [word for word in world.private if word in shown]


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(sorted(WORLDS)),
    faults=st.dictionaries(st.integers(0, 60), st.sampled_from(sorted(FAULTS)), max_size=30),
)
async def test_any_sequence_of_faults_loses_nothing(name: str, faults: dict[int, str]) -> None:
    """Whatever fails when, what was written in the end is everything, and nothing else."""
    world = WORLDS[name]()
    world.handler = failing(world.handler, {call: FAULTS[kind] for call, kind in faults.items()})
    written, _ = await poll(world)
    assert set(ids_in(written)) == set(world.expected)
