"""What every connector owes that is also pushed to."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from connectors.base.errors import DataError, SignatureError
from tests.connectors.surroundings import NOW, ids_in, pages_of
from tests.contracts.connectors.harness import WebhookWorld
from tests.contracts.connectors.zendesk_world import ZendeskWorld

WORLDS: dict[str, Callable[[], WebhookWorld]] = {"zendesk": ZendeskWorld}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> WebhookWorld:
    """Each connector's world in turn."""
    return WORLDS[request.param]()


async def test_a_delivery_gives_the_ids_a_pull_gives(world: WebhookWorld) -> None:
    """The same change pushed and pulled is one event for everybody behind."""
    headers, body = world.delivery()
    connector = world.connect()
    connector.verify(headers, body, NOW)
    events = connector.parse(headers, body)
    assert events
    assert {event.id for event in events} <= set(ids_in(await pages_of(connector)))
    assert all(event.time <= NOW for event in events)


def test_an_altered_delivery_is_refused(world: WebhookWorld) -> None:
    """One byte more, another header, no header, no signature: nothing passes."""
    headers, body = world.delivery()
    connector = world.connect()
    with pytest.raises(SignatureError):
        connector.verify(headers, body + b" ", NOW)
    with pytest.raises(SignatureError):
        connector.verify({}, body, NOW)
    for name in headers:
        if "signature" not in name:
            continue
        for value in ("", "x", headers[name][:-1], "é"):
            with pytest.raises(SignatureError) as caught:
                connector.verify({**headers, name: value}, body, NOW)
            assert not [word for word in world.private if word in str(caught.value)]


def test_an_old_delivery_is_refused(world: WebhookWorld) -> None:
    """Whoever kept one cannot send it again an hour later."""
    headers, body = world.delivery()
    with pytest.raises(SignatureError):
        world.connect().verify(headers, body, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"type": 5}', b"\xff", b"[" * 99_999]
)
def test_a_body_that_is_none_is_a_data_error(world: WebhookWorld, body: bytes) -> None:
    """Signed nonsense is named, and crashes nothing."""
    with pytest.raises(DataError):
        world.connect().parse({}, body)
