"""The trace context of events: derived, so that a replay tells the same trace. Pure.

Source: W3C Trace Context, level 1 (``traceparent``: version, trace id, span id, flags). An event
that enters the system has its sender's context, or one derived from its identity. An event that
another one causes keeps the trace id and has a span id derived from its own identity: the same
input gives the same bytes, whoever processes it and however often.

The flag ``sampled`` is set where a trace begins here. It says that the caller *may* have
recorded the trace; what a process records is its own affair and must not change what it writes.
Without it, those who receive our messages and follow the caller, as OpenTelemetry does unless
told otherwise, would leave their part of the trace out.
"""

import re
from hashlib import blake2b
from typing import NamedTuple

__all__ = ["TraceParent", "accepted", "child", "found_in", "parse", "root"]

_FORMAT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_IN_JSON = re.compile(rb'"traceparent"\s*:\s*"([0-9a-f-]{55,128})"')
_SAMPLED = 1
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16


class TraceParent(NamedTuple):
    """A ``traceparent`` in its parts, ids as lower-case hexadecimal digits."""

    trace_id: str
    span_id: str
    sampled: bool

    def __str__(self) -> str:
        """As a header's or an event's value. Flags that level 1 does not know are not passed on."""
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


def parse(text: str | None) -> TraceParent | None:
    """The parts; ``None`` for what is no valid ``traceparent`` and has to be ignored.

    A version above 00 is read as far as it is known: that is the rule of the specification.
    """
    match = _FORMAT.fullmatch(text) if text else None
    if match is None:
        return None
    version, trace_id, span_id, flags, more = match.groups()
    if version == "ff" or (more is not None and version == "00"):
        return None
    if trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return TraceParent(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))


def root(identity: str) -> str:
    """The ``traceparent`` of an occurrence that nobody gave one; ``identity``: source and id."""
    digest = _digest(identity, 24)
    return str(TraceParent(digest[:32], digest[32:], sampled=True))


def accepted(given: str | None, identity: str) -> str:
    """The ``traceparent`` of an occurrence: what it was given, unless that is none or invalid."""
    return given if given is not None and parse(given) is not None else root(identity)


def child(cause: str | None, identity: str) -> str:
    """The ``traceparent`` of what ``identity`` names, caused within the trace of ``cause``.

    Begins a trace where ``cause`` is none or no valid one.
    """
    parent = parse(cause)
    if parent is None:
        return root(identity)
    span_id = _digest(f"{parent.trace_id}/{identity}", 8)
    return f"00-{parent.trace_id}-{span_id}-{'01' if parent.sampled else '00'}"


def found_in(raw: bytes | None) -> str | None:
    """The ``traceparent`` of an event that may be broken otherwise, looked for in its JSON."""
    match = _IN_JSON.search(raw) if raw else None
    if match is None:
        return None
    text = match[1].decode()
    return text if parse(text) is not None else None


def _digest(identity: str, size: int) -> str:
    """Never all zeros, in either part of a root: such ids are invalid."""
    digest = blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()
    if digest.startswith(_NO_TRACE[: min(size * 2, 32)]) or digest.endswith(_NO_SPAN):
        return f"1{digest[1:-1]}1"
    return digest
