"""What Slack's error codes mean for a message, with the remedy in words.

Source: error tables of ``chat.postMessage``, ``conversations.history`` and incoming
webhooks in Slack's API reference; for ``internal_error`` and ``fatal_error`` they say that
part of the operation may have succeeded.
"""

import re
from types import MappingProxyType

from connectors.destinations.contract import Attempt, Verdict

__all__ = ["attempt_for"]

_REISSUE = (
    "create a new bot token (Slack app, OAuth & Permissions, reinstall) and put it where "
    "routes.yaml refers to"
)
_INVITE = "invite the app to the channel (/invite) or correct the channel in routes.yaml"
_ADMIN = "ask a Slack administrator to allow the app to post there"
_WEBHOOK = "create a new incoming webhook and put its address where routes.yaml refers to"
_OURS = "this is a fault of this software, please report it"
_LATER = "it is tried again"

_REFUSED = MappingProxyType(
    {
        "not_authed": f"no token was sent: {_REISSUE}",
        "invalid_auth": f"the token is not valid: {_REISSUE}",
        "account_inactive": f"the token belongs to a deleted user or workspace: {_REISSUE}",
        "token_expired": f"the token has expired: {_REISSUE}",
        "token_revoked": f"the token was revoked: {_REISSUE}",
        "not_allowed_token_type": f"it is the wrong kind of token (xoxb- is needed): {_REISSUE}",
        "missing_scope": "the app lacks a permission: add the scope chat:write and reinstall it",
        "no_permission": f"the app may not post there: {_INVITE}",
        "access_denied": f"access is denied: {_ADMIN}",
        "accesslimited": f"access from this network is restricted: {_ADMIN}",
        "team_access_not_granted": f"the app has no access to the workspace: {_ADMIN}",
        "org_login_required": f"the workspace is being moved: {_ADMIN}",
        "two_factor_setup_required": f"the workspace asks for two-factor sign-in: {_ADMIN}",
        "ekm_access_denied": f"posting has been suspended: {_ADMIN}",
        "enterprise_is_restricted": f"the organisation restricts this call: {_ADMIN}",
        "restricted_action": f"a workspace setting forbids posting: {_ADMIN}",
        "restricted_action_read_only_channel": f"the channel is read-only: {_ADMIN}",
        "restricted_action_thread_only_channel": f"the channel takes replies only: {_ADMIN}",
        "restricted_action_non_threadable_channel": f"the channel is restricted: {_ADMIN}",
        "action_prohibited": f"a workspace setting forbids this webhook: {_ADMIN}",
        "posting_to_general_channel_denied": f"posting to this channel is restricted: {_ADMIN}",
        "channel_not_found": f"the channel does not exist, or the app cannot see it: {_INVITE}",
        "not_in_channel": f"the app is not in the channel: {_INVITE}",
        "is_archived": "the channel is archived: choose another channel in routes.yaml",
        "channel_is_archived": "the channel is archived: choose another channel in routes.yaml",
        "user_not_found": "the user does not exist: correct the channel in routes.yaml",
        "invalid_token": f"the webhook is not valid: {_WEBHOOK}",
        "no_service": f"the webhook was removed or is disabled: {_WEBHOOK}",
        "no_active_hooks": f"the webhook is disabled: {_WEBHOOK}",
        "no_team": f"the workspace of the webhook does not exist: {_WEBHOOK}",
        "invalid_blocks": f"the message was not understood: {_OURS}",
        "invalid_blocks_format": f"the message was not understood: {_OURS}",
        "invalid_payload": f"the message was not understood: {_OURS}",
        "invalid_arguments": f"the message was not understood: {_OURS}",
        "msg_too_long": f"the message is too long: {_OURS}",
        "msg_blocks_too_long": f"the message is too long: {_OURS}",
        "metadata_too_large": f"the message's metadata are too large: {_OURS}",
        "no_text": f"the message has no text: {_OURS}",
    }
)
_RETRY = MappingProxyType(
    {
        "ratelimited": f"too many messages: {_LATER}",
        "rate_limited": f"too many messages: {_LATER}",
        "message_limit_exceeded": f"the workspace's message limit is reached: {_LATER}",
        "service_unavailable": f"Slack is not available: {_LATER}",
        "team_added_to_org": f"the workspace is being moved: {_LATER}",
        "request_timeout": f"the request did not arrive whole: {_LATER}",
    }
)
_UNKNOWN = MappingProxyType(
    {
        "internal_error": "Slack failed; the message may have arrived",
        "fatal_error": "Slack failed; the message may have arrived",
        "rollup_error": "Slack failed; the message may have arrived",
    }
)
_CODE = re.compile(r"[a-z0-9_]{1,64}")


def attempt_for(code: object, *, retry_after: float | None = None) -> Attempt:
    """How an attempt ended that Slack answered with this error code."""
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return Attempt(
            Verdict.REFUSED, "Slack refused the message without an error code that we know"
        )
    if code in _RETRY:
        return Attempt(Verdict.RETRY, f"Slack: {_RETRY[code]} ({code})", retry_after)
    if code in _UNKNOWN:
        return Attempt(Verdict.UNKNOWN, f"{_UNKNOWN[code]} ({code})", retry_after)
    remedy = _REFUSED.get(code, "see the error codes of chat.postMessage in Slack's reference")
    return Attempt(Verdict.REFUSED, f"Slack: {remedy} ({code})")
