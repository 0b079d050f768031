"""What stands under ``settings`` of a Zendesk source."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from connectors.base.http import Basic, Bearer, Credentials
from connectors.base.http.address import checked_base_url

__all__ = ["Settings"]


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Id = Annotated[str, BeforeValidator(_number_as_text), Field(pattern=r"^\d{1,20}$")]
"""Zendesk's own number of something."""


class Settings(BaseModel):
    """A Zendesk account and what to read of it.

    Credentials are those of an administrator: incremental exports are refused to others.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    subdomain: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=63)] | None = None
    """The first part of the account's address: `acme` for acme.zendesk.com."""
    base_url: str | None = None
    """The whole address instead, for a sandbox."""
    email: Annotated[str, Field(min_length=3, max_length=320)] | None = None
    """The administrator whose API token is used."""
    api_token: SecretStr | None = None
    """API token, from Admin Center, Apps and integrations, Zendesk API."""
    oauth_token: SecretStr | None = None
    """OAuth access token with the scope `read`, instead of email and API token."""
    webhook_secret: SecretStr | None = None
    """Signing secret of the webhook, where one delivers to us."""
    brands: tuple[Id, ...] = ()
    """Only tickets of these brands (their ids); without, all."""
    tags: tuple[str, ...] = ()
    """Only tickets with at least one of these tags; without, all."""
    without_tags: tuple[str, ...] = ()
    """No tickets with one of these tags."""
    comments: bool = True
    """Whether customers' later comments are read."""
    csat: bool = True
    """Whether satisfaction ratings (good, bad) are read."""
    custom_fields: Mapping[str, Id] = Field(default_factory=dict)
    """Ticket fields to carry along for routing rules: name of the attribute -> the field's id."""
    tier_field: str | None = None
    """Key of the organisation's or person's field that holds the customer's tier."""
    page_size: Annotated[int, Field(ge=1, le=1000)] = 500
    """Records asked for in one call."""

    @field_validator("base_url")
    @classmethod
    def _usable(cls, value: str | None) -> str | None:
        return None if value is None else checked_base_url(value)

    @model_validator(mode="after")
    def _complete(self) -> "Settings":
        if (self.subdomain is None) == (self.base_url is None):
            raise ValueError("give either subdomain or base_url")
        by_token = self.email is not None and self.api_token is not None
        if by_token == (self.oauth_token is not None) or (
            (self.email is None) != (self.api_token is None)
        ):
            raise ValueError("give either email and api_token, or oauth_token")
        return self

    @property
    def address(self) -> str:
        """Where the account is, without a trailing slash."""
        return self.base_url or f"https://{self.subdomain}.zendesk.com"

    @property
    def credentials(self) -> Credentials:
        """Who we are to the account."""
        if self.oauth_token is not None:
            return Bearer(self.oauth_token)
        return Basic(f"{self.email}/token", self.api_token or SecretStr(""))
