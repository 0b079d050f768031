"""Logs: one line a unit of work, JSON for machines and text for a terminal, no secrets.

Invariant 10: events are logged by name with fields; words of customers, addresses and tokens
never are.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer

from workers.observability.noise import NOISE, OncePerMinute

__all__ = ["configure_logging", "mask_secrets"]

_SECRET_FIELD = re.compile(r"token|secret|password|authorization|api_?key|signature", re.IGNORECASE)
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    ExceptionDictTransformer(show_locals=False)  # locals hold tokens and customers' words
)
_SECRETS_IN_TEXT = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}"), r"\1 ***"),
    (re.compile(r"\b(xox[a-z]-|whsec_)[\w+/=-]+"), r"\1***"),  # Slack; Standard Webhooks
    (re.compile(r"(?i)(hooks\.slack\.com/services/)[\w/-]+"), r"\1***"),
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), r"\1:***@"),  # the password of an address
)
_QUIET = (
    "aiokafka",
    "kafka",
    "faust",
    "mode",
    "httpx",
    "httpcore",
    "asyncio",
    "uvicorn",
    "alembic",
    # Faust logs its services under the module of the subclass
    "workers.streaming.app",
    "workers.streaming.monitor",
    "workers.streaming.transport",
)

_WIRE = ("aiokafka.conn", "kafka.net", "kafka.protocol")
"""They tell at debug what they send, and with SASL that is the password or the token."""


def mask_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: masks what must not be read, at any depth.

    That is the values of fields with telling names, and what looks like a credential in a text.
    """
    for name, value in event.items():
        event[name] = _masked(value) if name == "event" else _masked_field(name, value)
    return event


def _masked_field(name: object, value: Any) -> Any:
    if isinstance(name, str) and _SECRET_FIELD.search(name):
        return "***"
    return _masked(value)


def _masked(value: Any) -> Any:
    match value:
        case str():
            for pattern, masked in _SECRETS_IN_TEXT:
                value = pattern.sub(masked, value)
            return value
        case Mapping():
            return {name: _masked_field(name, inner) for name, inner in value.items()}
        case list() | tuple():
            return [_masked(inner) for inner in value]
        case _:
            return value


def configure_logging(
    role: str, *, form: str = "auto", stream: TextIO | None = None, debug: bool = False
) -> None:
    """Send structlog and standard logging to ``stream`` (standard error by default).

    ``form`` is ``json``, ``text`` or ``auto`` (text on a terminal). Third-party loggers speak
    from warning on.
    """
    out = stream or sys.stderr
    as_text = form == "text" or (form == "auto" and out.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Masked last, when exceptions have become text.
    renderer: list[structlog.typing.Processor] = (
        [
            structlog.processors.format_exc_info,
            mask_secrets,
            structlog.dev.ConsoleRenderer(
                colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
        if as_text
        else [_TRACEBACKS, mask_secrets, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    if not debug:
        handler.addFilter(OncePerMinute("aiokafka", "kafka", "faust", "mode"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if debug else logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if debug else logging.WARNING)
    for name in _WIRE:
        logging.getLogger(name).setLevel(logging.INFO if debug else logging.WARNING)
    for name, noise in NOISE:
        logger = logging.getLogger(name)
        if debug:
            logger.removeFilter(noise)
        else:
            logger.addFilter(noise)
    structlog.contextvars.bind_contextvars(role=role)
