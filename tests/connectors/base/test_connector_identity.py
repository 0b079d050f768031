"""Ids, addresses, checkpoints: small rules everything rests on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base.checkpoints import LARGEST, read_epoch, sized
from connectors.base.errors import ConfigurationError
from connectors.base.http.address import checked_base_url
from connectors.base.identity import content_hash, event_id, item_id
from connectors.base.registry import CONNECTORS, spec_named


def test_ids_are_readable() -> None:
    """An item's id names source, kind and record; an event's id kind, record and version."""
    assert item_id("support", "ticket", 35436) == "support:ticket:35436"
    assert event_id("ticket", 35436, 1304553600) == "ticket/35436/1304553600"


@given(st.text(min_size=1, max_size=2_000), st.text(min_size=1, max_size=2_000))
def test_ids_fit_their_fields_and_stay_apart(one: str, other: str) -> None:
    """However long a vendor's ids are, ours fit and different ones stay different."""
    first, second = item_id("s" * 64, "ticket", one), item_id("s" * 64, "ticket", other)
    assert len(first) <= 256
    assert len(event_id("ticket", one, other)) <= 512
    assert (first == second) == (one == other)


def test_a_hash_does_not_depend_on_the_order_of_keys() -> None:
    """The same content is the same row; another content is another."""
    assert content_hash({"a": 1, "b": "x"}) == content_hash({"b": "x", "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": 2})


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://acme.zendesk.com/", "https://acme.zendesk.com"),
        ("http://127.0.0.1:8900", "http://127.0.0.1:8900"),
        ("http://sandbox:8900/x/", "http://sandbox:8900/x"),
        ("http://[::1]:8900", "http://[::1]:8900"),
    ],
)
def test_an_address_is_tidied(written: str, kept: str) -> None:
    """Plain http is for this machine and private networks."""
    assert checked_base_url(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "http://acme.zendesk.com",
        "ftp://acme.zendesk.com",
        "acme.zendesk.com",
        "https://",
        "https://user:pass@acme.zendesk.com",
        "https://acme.zendesk.com/?token=x",
        "http://8.8.8.8",
    ],
)
def test_an_address_that_would_leak_is_refused(written: str) -> None:
    """No token crosses the Internet in the open, none stands in an address."""
    with pytest.raises(ValueError, match=r"http|address"):
        checked_base_url(written)


def test_a_checkpoint_is_small_and_readable() -> None:
    """What is too large or no number is refused with a remedy."""
    assert sized({"a": "1"}) == {"a": "1"}
    with pytest.raises(ConfigurationError) as caught:
        sized({"a": "x" * LARGEST})
    assert caught.value.remedy
    assert read_epoch({}, "since", 5) == 5
    assert read_epoch({"since": "7"}, "since", 5) == 7
    with pytest.raises(ConfigurationError, match="since"):
        read_epoch({"since": "x"}, "since", 5)


def test_every_connector_can_be_found_and_loaded() -> None:
    """Each has a settings model that takes no unknown keys, and a make; a wrong name lists all."""
    for name, spec in CONNECTORS.items():
        assert spec_named(name) is spec
        assert spec.settings.model_config["extra"] == "forbid"
        assert callable(spec.make)
    with pytest.raises(LookupError, match="files, zendesk"):
        spec_named("zendeks")
