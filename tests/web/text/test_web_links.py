"""Which addresses become links."""

import pytest

from workers.web.text.links import web_link


@pytest.mark.parametrize(
    "address",
    [
        "https://larkfield.zendesk.com/agent/tickets/1?x=a%20b#c",
        "http://127.0.0.1:8900/tickets/1",
        "https://例え.jp/チケット",
    ],
)
def test_web_addresses_are_links(address: str) -> None:
    """Addresses with http or https and a host are linked as they are."""
    assert web_link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://example.com",
        "\x01https://example.com",
        "https://exam\u200bple.com",
        "https://example.com\u202e",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.com",
        "https:///nohost",
        "https://zendesk.com@evil.example/",
        "https://zendesk.com\\@evil.example/",
        "https://example.com:port/",
        "https://[::1",
        "https://example.com/" + "a" * 2_048,
    ],
)
def test_other_addresses_are_not(address: str | None) -> None:
    """Scripts, data, disguised hosts and broken addresses are never linked."""
    assert web_link(address) is None
