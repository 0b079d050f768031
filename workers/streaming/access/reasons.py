"""Errors of the Kafka clients in words: what was refused, which setting, what to do."""

import ssl
from asyncio import IncompleteReadError
from collections.abc import Iterator, Mapping
from socket import gaierror
from typing import Any

from aiokafka import errors
from kafka import errors as blocking_errors

from workers.streaming.access.errors import AccessError, ClusterError
from workers.streaming.access.tokens import TokenUnreadableError

__all__ = ["explained", "in_words", "refused_right", "refused_session"]

_TLS_ALERT = 0x15030300
"""A TLS alert read as the length of a Kafka answer, but for its last byte."""
_WRONG_NAME = (62, 64)
"""OpenSSL's numbers for a certificate of another host name or address."""
_EXPIRED = 10

_RIGHTS: Mapping[type[Exception], str] = {
    errors.TopicAuthorizationFailedError: "a topic",
    errors.GroupAuthorizationFailedError: "the consumer group",
    errors.TransactionalIdAuthorizationFailed: "the transactional id",
    errors.ClusterAuthorizationFailedError: "the cluster",
    blocking_errors.TopicAuthorizationFailedError: "a topic",
    blocking_errors.GroupAuthorizationFailedError: "the consumer group",
    blocking_errors.TransactionalIdAuthorizationFailedError: "the transactional id",
    blocking_errors.ClusterAuthorizationFailedError: "the cluster",
}


def refused_right(error: BaseException | None) -> str | None:
    """What to do about a missing right, if that is what the error or its cause says."""
    for one in _chain(error):
        for kind, what in _RIGHTS.items():
            if isinstance(one, kind) or _wrapped(one) == kind.__name__:
                return (
                    f"Kafka refused a right on {what} ({_names(one)}): grant the principal what "
                    "`productops topics acls` lists for its role, then start again"
                )
    return None


def refused_session(error: BaseException | None) -> str | None:
    """Which settings to look at, if the group found a member's session too short or too long."""
    for one in _chain(error):
        if isinstance(one, errors.InvalidSessionTimeoutError):
            return (
                "Kafka refused the group session: it is outside of what the broker allows. Set "
                "PRODUCTOPS_SESSION_SECONDS to a time from the broker's "
                "group.min.session.timeout.ms to its group.max.session.timeout.ms, or widen these"
            )
    return None


def in_words(error: BaseException) -> str:
    """What to do about it where that is known, else what happened. Never empty."""
    known = refused_right(error) or refused_session(error)
    if known is None and isinstance(error, TimeoutError) and not str(error):
        return "Kafka did not answer in time"
    return known or str(error) or type(error).__name__


def explained(error: BaseException, server: str, client: Mapping[str, Any]) -> ClusterError:
    """Why a connection to ``server`` with these client settings came to nothing.

    ``AccessError`` where only a person can help; ``ClusterError`` where time may.
    """
    right = refused_right(error)
    if right is not None:
        return AccessError(right)
    for one in _chain(error):
        message = _tls(one, server) or _sasl(one, server, client)
        if message is not None:
            return AccessError(message)
    return ClusterError(_away(error, server, client))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _wrapped(error: BaseException) -> str | None:
    """The class of an error that aiokafka has put into another one as text."""
    text = error.args[0] if type(error) is errors.KafkaError and error.args else None
    return text.partition("(")[0] if isinstance(text, str) and text.endswith(")") else None


def _names(error: BaseException) -> str:
    """The names that aiokafka puts into its errors; kafka-python puts whole requests there."""
    name = type(error).__name__
    given = error.args[0] if error.args else None
    if isinstance(given, set | frozenset | list | tuple):
        given = ", ".join(sorted(str(one) for one in given))
    short = isinstance(given, str) and len(given) < 250  # noqa: PLR2004 - a topic's longest name
    return f"{name}: {given}" if short else name


def _tls(error: BaseException, server: str) -> str | None:
    if isinstance(error, IncompleteReadError):
        if (error.expected or 0) & ~0xFF != _TLS_ALERT:
            return None
        return (
            f"{server} speaks TLS, and KAFKA_SECURITY_PROTOCOL asks for none: set it to SSL, or "
            "to SASL_SSL where it wants a user"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return _distrusted(error, server)
    reason = (error.reason or "") if isinstance(error, ssl.SSLError) else ""
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return (
            f"{server} wants a certificate of ours that it trusts ({reason}): set "
            "KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE to one that its authority has signed"
        )
    if "WRONG_VERSION" in reason or "RECORD_LAYER" in reason:
        return (
            f"{server} speaks no TLS: set KAFKA_SECURITY_PROTOCOL to PLAINTEXT or SASL_PLAINTEXT, "
            "or give the port of its TLS listener in KAFKA_BOOTSTRAP_SERVERS"
        )
    return None


def _distrusted(error: ssl.SSLCertVerificationError, server: str) -> str:
    said = error.verify_message.rstrip(".")
    if error.verify_code in _WRONG_NAME:
        return (
            f"the certificate of {server} is another host's ({said}): name it in "
            "KAFKA_BOOTSTRAP_SERVERS as its certificate does, or, if you must, set "
            "KAFKA_SSL_CHECK_HOSTNAME=false"
        )
    if error.verify_code == _EXPIRED:
        return f"the certificate of {server} has expired: it must be renewed at the broker"
    return (
        f"the certificate of {server} is signed by nobody we trust ({said}): set KAFKA_SSL_CAFILE "
        "to the certificate of the authority that signed it"
    )


def _sasl(error: BaseException, server: str, client: Mapping[str, Any]) -> str | None:
    mechanism = client.get("sasl_mechanism", "")
    if isinstance(error, TokenUnreadableError):
        return str(error)
    if isinstance(error, errors.UnsupportedSaslMechanismError):
        return (
            f"{server} does not sign in with {mechanism}: set KAFKA_SASL_MECHANISM to one that its "
            "listener has in sasl.enabled.mechanisms"
        )
    if isinstance(error, errors.IllegalSaslStateError):
        return (
            f"{server} signs nobody in: set KAFKA_SECURITY_PROTOCOL to "
            f"{client['security_protocol'].removeprefix('SASL_')}, or give the port of its SASL "
            "listener in KAFKA_BOOTSTRAP_SERVERS"
        )
    if isinstance(error, errors.SaslAuthenticationFailed | errors.AuthenticationFailedError):
        if mechanism == "OAUTHBEARER":
            return (
                f"{server} refused the token: check that KAFKA_SASL_TOKEN_FILE holds one that has "
                "not expired and is meant for this cluster"
            )
        return (
            f"{server} refused user {client.get('sasl_plain_username')!r} with {mechanism}: check "
            "KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD and that the user exists for "
            f"KAFKA_SASL_MECHANISM={mechanism}"
        )
    return None


def _away(error: BaseException, server: str, client: Mapping[str, Any]) -> str:
    protocol = client.get("security_protocol", "PLAINTEXT")
    if isinstance(error, gaierror):
        return f"no host of the name in {server} is known: check KAFKA_BOOTSTRAP_SERVERS"
    if isinstance(error, ConnectionRefusedError):
        return f"no Kafka answers at {server}: check KAFKA_BOOTSTRAP_SERVERS and that it runs"
    if isinstance(error, ConnectionResetError | errors.KafkaConnectionError):
        return (
            f"{server} hung up: check that the listener is one for "
            f"KAFKA_SECURITY_PROTOCOL={protocol}, and that the broker runs"
        )
    if isinstance(error, TimeoutError | errors.RequestTimedOutError):
        return (
            f"{server} did not answer in time: check KAFKA_BOOTSTRAP_SERVERS, the way to the "
            f"network, and that the listener is one for KAFKA_SECURITY_PROTOCOL={protocol}"
        )
    return f"no Kafka answers at {server}: {type(error).__name__}: {error}"
