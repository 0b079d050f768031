"""What stands under ``settings`` of a Zendesk source."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.support.zendesk import Settings

TOKEN = "zd-token-8841"


@pytest.mark.parametrize(
    "settings",
    [
        {"subdomain": "acme"},
        {"oauth_token": TOKEN},
        {"subdomain": "acme", "base_url": "https://x.example", "oauth_token": TOKEN},
        {"subdomain": "acme", "email": "a@b.example", "api_token": TOKEN, "oauth_token": TOKEN},
        {"subdomain": "acme", "email": "a@b.example", "oauth_token": TOKEN},
        {"subdomain": "acme", "api_token": TOKEN},
        {"subdomain": "acme.zendesk.com", "oauth_token": TOKEN},
        {"subdomain": "acme", "oauth_token": TOKEN, "brands": ["x"]},
        {"subdomain": "acme", "oauth_token": TOKEN, "page_size": 0},
        {"subdomain": "acme", "oauth_token": TOKEN, "colour": "red"},
        {"base_url": "http://acme.zendesk.com", "oauth_token": TOKEN},
    ],
)
def test_half_and_double_settings_are_refused_without_a_secret(settings: dict[str, Any]) -> None:
    """Which account and which credentials has one answer; the token is not in the message."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(settings)
    assert TOKEN not in str(caught.value)


def test_both_kinds_of_credentials() -> None:
    """An API token goes with the mail address, an OAuth token alone."""
    by_token = Settings.model_validate(
        {"subdomain": "acme", "email": "a@b.example", "api_token": TOKEN}
    )
    header = by_token.credentials.headers()["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == f"a@b.example/token:{TOKEN}"
    by_oauth = Settings.model_validate({"subdomain": "acme", "oauth_token": TOKEN})
    assert by_oauth.credentials.headers() == {"Authorization": f"Bearer {TOKEN}"}
    assert by_oauth.address == "https://acme.zendesk.com"
    for settings in (by_token, by_oauth):
        assert TOKEN not in f"{settings!r} {settings} {settings.credentials!r}"


def test_a_sandbox_has_an_address_of_its_own() -> None:
    """Links lead there as well."""
    settings = Settings.model_validate(
        {"base_url": "http://127.0.0.1:8900/", "oauth_token": TOKEN, "brands": [5, "6"]}
    )
    assert settings.address == "http://127.0.0.1:8900"
    assert settings.brands == ("5", "6")
