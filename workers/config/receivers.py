"""Receivers: the places that messages go to. They stand in ``routes.yaml``."""

import base64
import binascii
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from workers.config.fields import ConfigModel, Duration, HttpAddress, Identifier, refusal

__all__ = ["Receiver", "SlackApi", "SlackWebhook", "Webhook"]

SIGNING_SECRET_BYTES = (24, 64)
"""Length of a signing key. Source: Standard Webhooks specification, "Secret key"."""


def _signing_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().removeprefix("whsec_")
    try:
        length = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        length = -1
    low, high = SIGNING_SECRET_BYTES
    if not low <= length <= high:
        raise refusal(
            "signing_secret",
            f"is not a signing secret (whsec_ and {low} to {high} random bytes in base64)",
            "make one with: echo whsec_$(openssl rand -base64 32)",
        )
    return secret


def _incoming_webhook(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if not text.startswith(("https://", "http://")) or any(part.isspace() for part in text):
        raise refusal("address", "is not a web address", "write it in full, starting with https://")
    return url


class SlackApi(ConfigModel):
    """A Slack channel, written to by a bot (`chat.postMessage`)."""

    channel: Annotated[str, Field(min_length=1, max_length=80, examples=["#product-feedback"])]
    """Channel name or id. The bot must be a member of it."""
    token: Annotated[SecretStr, Field(min_length=1, examples=["${SLACK_BOT_TOKEN}"])]
    """Bot token of your Slack app (starts with `xoxb-`, needs the scope `chat:write`)."""
    api_url: Annotated[HttpAddress, Field(examples=["https://slack.com/api"])] = (
        "https://slack.com/api"
    )
    """Address of Slack's API; change it only for a proxy or a test."""


class SlackWebhook(ConfigModel):
    """A Slack channel, written to through an incoming webhook."""

    url: Annotated[
        SecretStr, AfterValidator(_incoming_webhook), Field(examples=["${SLACK_WEBHOOK_URL}"])
    ]
    """Address Slack gave you. Whoever knows it can write to the channel: it is a secret."""


class Webhook(ConfigModel):
    """Any HTTP endpoint of yours; messages are signed by Standard Webhooks."""

    url: Annotated[HttpAddress, Field(examples=["https://tools.example.com/hooks/feedback"])]
    """Where messages are posted to."""
    secret: Annotated[
        SecretStr, AfterValidator(_signing_secret), Field(examples=["${HOOK_SIGNING_SECRET}"])
    ]
    """Key that signs each message: `whsec_` and 24 to 64 random bytes in base64."""


class Receiver(ConfigModel):
    """A named place for messages; exactly one of `slack`, `slack_webhook` and `webhook`."""

    name: Annotated[Identifier, Field(examples=["payments-channel"])]
    """Name that routes refer to."""
    slack: SlackApi | None = None
    """A Slack channel, through a bot."""
    slack_webhook: SlackWebhook | None = None
    """A Slack channel, through an incoming webhook."""
    webhook: Webhook | None = None
    """Any HTTP endpoint."""
    rate_per_second: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False, examples=[1])] = 1.0
    """Messages a second at most; Slack allows one a second and channel."""
    attempts: Annotated[int, Field(ge=1, le=50, examples=[8])] = 8
    """How often a message is tried before it counts as failed."""
    max_age: Annotated[
        Duration,
        Field(ge=timedelta(minutes=1), le=timedelta(days=30), examples=["24h"]),
    ] = timedelta(hours=24)
    """A message that could not be sent for this long is dropped as too old."""

    @model_validator(mode="after")
    def _one_kind(self) -> "Receiver":
        given = [
            kind
            for kind in ("slack", "slack_webhook", "webhook")
            if getattr(self, kind) is not None
        ]
        if len(given) != 1:
            raise refusal(
                "receiver_kind",
                f"has {' and '.join(given) or 'no place to send to'}",
                "give it exactly one of slack, slack_webhook and webhook",
            )
        return self

    @property
    def destination(self) -> SlackApi | SlackWebhook | Webhook:
        """The one kind that is given."""
        chosen = self.slack or self.slack_webhook or self.webhook
        if chosen is None:
            msg = f"receiver {self.name} has no destination"
            raise ValueError(msg)
        return chosen
