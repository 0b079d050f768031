"""A page on its way in: its events get their traces, and nobody is told of it."""

from dataclasses import replace

import structlog
from structlog.testing import capture_logs

from schemas.trace import root
from tests.ingest.scripts import Notebook, Script, StepClock, page, source, to_its_end
from workers.ingest.poller import Poller
from workers.ingest.watch import SourceWatch
from workers.observability.metrics import Metrics

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def written(script: Script) -> Notebook:
    """What is written of the script's pulls."""
    book, clock = Notebook(None), StepClock(1)
    poller = Poller(source(), lambda _: script, book, SourceWatch(Metrics()), clock)
    await to_its_end(poller.run(), clock)
    return book


async def test_every_event_enters_with_a_trace() -> None:
    """Its sender's, where it gave a valid one; else one of its identity, the same at each pull."""
    pulled = page("support", 1, 1, 2, 3)
    events = [
        event.model_copy(update={"traceparent": trace})
        for event, trace in zip(pulled.events, [GIVEN, "nonsense", None], strict=True)
    ]
    book = await written(Script([replace(pulled, events=events)]))
    first, _ = book.written[0]
    assert [event.traceparent for event in first.events] == [
        GIVEN,
        root("/sources/support#ticket/2/1"),
        root("/sources/support#ticket/3/1"),
    ]


async def test_a_source_that_is_read_well_says_nothing() -> None:
    """Pages come and go without a line at info."""
    structlog.reset_defaults()
    with capture_logs() as lines:
        book = await written(Script([page("support", 1, 1), page("support", 2, 2)]))
    assert len(book.written) > 2
    assert [line for line in lines if line["log_level"] != "debug"] == []
