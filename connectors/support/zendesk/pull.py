"""Zendesk's streams, one after another: tickets, comments, ratings."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel

from connectors.base.checkpoints import epoch
from connectors.base.contract import Checkpoint, Clock, DeadRecord, Page
from connectors.base.errors import DataError
from connectors.base.http import Dialect, FieldHeader, HttpClient, Limit, NamedHeaders
from connectors.base.http.statuses import Action, Reaction
from connectors.base.moments import parse_moment
from connectors.base.paginators import CursorPages, TimePages
from connectors.base.payload import as_bytes, read_record, records
from connectors.support.zendesk.lookups import Lookups
from connectors.support.zendesk.mapping import Mapper
from connectors.support.zendesk.progress import Progress
from connectors.support.zendesk.records import Comment, Rating, Ticket, TicketEvent
from schemas.envelope import Event
from schemas.feedback import FeedbackReceived
from schemas.topics import RECEIVED

__all__ = ["DIALECT", "Puller"]

_EXPORT = ("account", "export")
"""The limits that an incremental export counts against."""

DIALECT = Dialect(
    vendor="Zendesk",
    limits={
        # 10 calls a minute over all incremental exports; shown in a header per endpoint
        "export": Limit(10, 60.0, (FieldHeader("zendesk-ratelimit-incremental"),)),
        # 200 to 2,500 a minute by plan, which the first response tells
        "account": Limit(
            200,
            60.0,
            (
                NamedHeaders("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),
                NamedHeaders("x-rate-limit", "x-rate-limit-remaining"),
            ),
        ),
    },
    habits={
        409: Reaction(Action.RETRY, "met a conflict with another call"),
        # the vendor's clock is behind ours, and finds a start within its last minute
        422: Reaction(Action.RETRY, "was refused for now: the start is too recent"),
    },
)

_CURSOR = CursorPages(cursor=("after_cursor",), end=("end_of_stream",))
_RATING_PAGES = CursorPages(cursor=("meta", "after_cursor"), more=("meta", "has_more"))
_EVENT_TIMES = TimePages(overlap=60, holdback=60)
"""What changed within the minute before the call is withheld; a later start is refused."""
_RATING_OVERLAP = 600
"""Seconds; ratings are listed by time, and a customer may add words to one for a while."""
_RATING_PAGE_SIZE = 100

M = TypeVar("M", bound=BaseModel)
Received = Event[FeedbackReceived]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one page gave so far; bad records are put aside."""

    events: list[Received]
    dead: list[DeadRecord]

    def read(self, model: type[M], raw: Iterable[Any], kind: str) -> list[tuple[M, Any]]:
        """Those of the records that can be read, each with its raw form."""
        good: list[tuple[M, Any]] = []
        for record in raw:
            try:
                good.append((read_record(model, record, kind), record))
            except DataError as error:
                self.bury(error, record, f"{kind}/{error.record_id or '?'}")
        return good

    def map(self, make: Callable[[], Received | None], raw: Any, name: str) -> None:
        """Add what ``make`` gives."""
        try:
            event = make()
        except DataError as error:
            self.bury(error, raw, name)
        else:
            if event is not None:
                self.events.append(event)

    def bury(self, error: DataError, raw: Any, name: str) -> None:
        """Put a record aside."""
        self.dead.append(DeadRecord(RECEIVED.name, name, f"{name}: {error}", as_bytes(raw)))


class Puller:
    """One pull: made anew for each, so that nothing is kept between pulls."""

    def __init__(self, client: HttpClient, mapper: Mapper, clock: Clock) -> None:
        self._client = client
        self._mapper = mapper
        self._clock = clock
        self._lookups = Lookups(client)

    async def pages(self, checkpoint: Checkpoint | None, since: int) -> AsyncIterator[Page]:
        """Pages of every stream; each carries the progress of all of them."""
        progress = Progress.read(checkpoint, since)
        streams = [self._tickets]
        if self._mapper.settings.comments:
            streams.append(self._comments)
        if self._mapper.settings.csat:
            streams.append(self._ratings)
        for stream in streams:
            async for batch, after in stream(progress):
                progress = after
                yield Page(batch.events, progress.checkpoint(), batch.dead)

    async def _tickets(self, progress: Progress) -> AsyncIterator[tuple[_Batch, Progress]]:
        cursor, last = progress.tickets, False
        while not last:
            answer = await self._client.get(
                "/api/v2/incremental/tickets/cursor.json",
                {"per_page": str(self._mapper.settings.page_size)}
                | ({"cursor": cursor} if cursor else {"start_time": str(self._start(progress))}),
                limits=_EXPORT,
            )
            cursor, last = _CURSOR.following(answer.body, cursor)
            progress = replace(progress, tickets=cursor)
            yield await self._opened(records(answer.body, "tickets")), progress

    def _start(self, progress: Progress) -> int:
        """Where a first pull begins; a start within the withheld minute would be refused."""
        return min(progress.since, epoch(self._clock.now()) - _EVENT_TIMES.holdback - 1)

    async def _opened(self, raw: list[Any]) -> _Batch:
        batch, now = _Batch([], []), self._clock.now()
        tickets = [
            (ticket, record)
            for ticket, record in batch.read(Ticket, raw, "ticket")
            if self._mapper.wanted(ticket)
        ]
        known = await self._lookups.known((), (ticket for ticket, _ in tickets))
        for ticket, record in tickets:
            make = partial(self._mapper.opening, ticket, known, now)
            batch.map(make, record, f"ticket/{ticket.id}")
        return batch

    async def _comments(self, progress: Progress) -> AsyncIterator[tuple[_Batch, Progress]]:
        start = _EVENT_TIMES.beginning(progress.events, progress.since, epoch(self._clock.now()))
        last = start is None
        while start is not None and not last:
            answer = await self._client.get(
                "/api/v2/incremental/ticket_events.json",
                {"start_time": str(start), "include": "comment_events"},
                limits=_EXPORT,
            )
            raw = records(answer.body, "ticket_events")
            start, last = _EVENT_TIMES.following(
                start,
                _whole(answer.body.get("end_time")),
                ended=answer.body.get("end_of_stream") is True,
                now=epoch(self._clock.now()),
            )
            progress = replace(progress, events=max(progress.events, start))
            yield await self._commented(raw), progress

    async def _commented(self, raw: list[Any]) -> _Batch:
        batch, now = _Batch([], []), self._clock.now()
        said = [
            (comment, record, event.ticket_id)
            for event, _ in batch.read(TicketEvent, raw, "ticket_event")
            if not event.creates
            for comment, record in batch.read(Comment, event.comments, "comment")
            if comment.public and comment.author_id
        ]
        tickets = await self._wanted(
            batch, [(ticket_id, f"comment/{each.id}", record) for each, record, ticket_id in said]
        )
        said = [each for each in said if each[2] in tickets]
        known = await self._lookups.known((each.author_id for each, _, _ in said), tickets.values())
        for comment, record, ticket_id in said:
            make = partial(self._mapper.comment, comment, tickets[ticket_id], known, now)
            batch.map(make, record, f"comment/{comment.id}")
        return batch

    async def _ratings(self, progress: Progress) -> AsyncIterator[tuple[_Batch, Progress]]:
        start = max(progress.ratings - _RATING_OVERLAP, progress.since)
        page, last = progress.rating_page, False
        newest = max(progress.rating_newest, progress.ratings)
        while not last:
            answer = await self._client.get(
                "/api/v2/satisfaction_ratings.json",
                {
                    "score": "received",
                    "start_time": str(start),
                    "page[size]": str(_RATING_PAGE_SIZE),
                }
                | ({"page[after]": page} if page else {}),
                limits=("account",),
            )
            page, last = _RATING_PAGES.following(answer.body, page)
            batch, newest = await self._rated(records(answer.body, "satisfaction_ratings"), newest)
            progress = (
                replace(progress, ratings=newest, rating_page=None, rating_newest=0)
                if last
                else replace(progress, rating_page=page, rating_newest=newest)
            )
            yield batch, progress

    async def _rated(self, raw: list[Any], newest: int) -> tuple[_Batch, int]:
        batch, now = _Batch([], []), self._clock.now()
        ratings = batch.read(Rating, raw, "rating")
        newest = max([newest, *(min(_moment(each), epoch(now)) for each, _ in ratings)])
        tickets = await self._wanted(
            batch, [(each.ticket_id, f"rating/{each.id}", record) for each, record in ratings]
        )
        ratings = [each for each in ratings if each[0].ticket_id in tickets]
        known = await self._lookups.known(
            (each.requester_id for each, _ in ratings), tickets.values()
        )
        for rating, record in ratings:
            make = partial(self._mapper.rating, rating, tickets[rating.ticket_id], known, now)
            batch.map(make, record, f"rating/{rating.id}")
        return batch, newest

    async def _wanted(
        self, batch: _Batch, parts: Sequence[tuple[str, str, Any]]
    ) -> dict[str, Ticket]:
        """The tickets of these parts, as far as the settings ask for them.

        A part (ticket's id, own name, raw record) whose ticket cannot be read is put aside.
        """
        found = await self._lookups.tickets(ticket_id for ticket_id, _, _ in parts)
        for ticket_id, name, raw in parts:
            ticket = found.get(ticket_id)
            if isinstance(ticket, DataError):
                batch.bury(DataError(f"its ticket cannot be read: {ticket}"), raw, name)
        return {
            key: ticket
            for key, ticket in found.items()
            if isinstance(ticket, Ticket) and self._mapper.wanted(ticket)
        }


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(rating: Rating) -> int:
    """Seconds since 1970 of a rating; 0 where it tells no time."""
    try:
        return epoch(parse_moment(rating.updated_at or rating.created_at, "updated_at"))
    except DataError:
        return 0
