"""Trace contexts: read as W3C Trace Context, level 1, says; derived, never drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.trace import TraceParent, accepted, child, found_in, parse, root
from tests.delivery.histories import request

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"


def test_the_specifications_example_is_read() -> None:
    """Trace id, span id and the sampled flag stand where the specification has them."""
    assert parse(GIVEN) == TraceParent(TRACE, SPAN, sampled=True)
    assert parse(f"00-{TRACE}-{SPAN}-00") == TraceParent(TRACE, SPAN, sampled=False)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f" {GIVEN}",
        f"{GIVEN}\n",
        f"cc-{TRACE}-{SPAN}-01x",
    ],
)
def test_what_the_specification_calls_invalid_is_ignored(text: str | None) -> None:
    """Wrong lengths, upper case, ids of zeros, version ff, additions to version 00."""
    assert parse(text) is None
    assert accepted(text, "a#b") == root("a#b")


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    """Additions behind a dash and unknown flags are allowed there, and are not passed on."""
    later = f"cc-{TRACE}-{SPAN}-0b-what-the-future-brings"
    assert parse(later) == TraceParent(TRACE, SPAN, sampled=True)
    assert child(later, "x").startswith(f"00-{TRACE}-")
    assert child(later, "x").endswith("-01")


def test_a_given_context_is_kept_as_it_is() -> None:
    """An event that its sender gave a trace context carries just that."""
    assert accepted(GIVEN, "a#b") == GIVEN


@given(st.text(), st.text())
def test_a_derived_context_is_valid_and_the_same_at_every_replay(one: str, other: str) -> None:
    """A root is a valid, sampled context; two identities share it only when they are one."""
    parsed = parse(root(one))
    assert parsed is not None
    assert parsed.sampled
    assert str(parsed) == root(one)
    assert (root(one) == root(other)) == (one == other)


@given(st.text(), st.text(), st.booleans())
def test_what_is_caused_stays_in_the_trace(one: str, other: str, sampled: bool) -> None:  # noqa: FBT001 - hypothesis
    """Trace id and flag are the cause's, the span id is derived from the effect's identity."""
    cause = f"00-{TRACE}-{SPAN}-0{int(sampled)}"
    first, second = parse(child(cause, one)), parse(child(cause, other))
    assert first is not None
    assert second is not None
    assert (first.trace_id, first.sampled) == (TRACE, sampled)
    assert first.span_id != SPAN
    assert (first.span_id == second.span_id) == (one == other)


def test_the_same_work_in_two_traces_has_two_spans() -> None:
    """Span ids depend on the trace: two causes of one effect do not collide."""
    assert child(root("a"), "x").split("-")[2] != child(root("b"), "x").split("-")[2]


def test_the_context_of_a_broken_event_can_be_found() -> None:
    """An event's JSON is searched, cut off or not; a text that quotes one is no match."""
    event = request("m", traceparent=GIVEN).event
    assert found_in(event.to_json()) == GIVEN
    assert found_in(event.to_json()[:-20]) == GIVEN
    assert found_in(request("m").event.to_json()) is None
    quoting = request("m", body=f'He wrote {{"traceparent": "{GIVEN}"}}').event.to_json()
    assert found_in(quoting) is None
    assert found_in(b'{"traceparent": "00-%s"}' % (b"0" * 60)) is None
    assert found_in(None) is None
