"""Dead letters: the list, and one of them raw with what can be done about it."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from schemas.platform import ErrorClass
from workers.archive.queries import (
    DeadLetterRow,
    dead_letter,
    dead_letter_page,
    unprojected,
)
from workers.letters.choice import ORIGINS
from workers.web.filters import cursors
from workers.web.pages.inbox import Chosen, Empty
from workers.web.pages.item import identifier
from workers.web.pages.letter_actions import DONE, offered
from workers.web.pages.letter_query import LABELS, LetterQuery
from workers.web.pages.many_letters import outcome
from workers.web.site import Site
from workers.web.text.raw import raw_view
from workers.web.text.words import ERROR_CLASSES

__all__ = ["router"]

_MOST_KEY = 512
_ERRORS = tuple((error.value, ERROR_CLASSES.get(error.value, error.value)) for error in ErrorClass)


def origin(row: DeadLetterRow) -> str:
    """Where the record stood, in words."""
    if row.record_id:
        where = f" of {row.source_name}" if row.source_name else ""
        return f"record {row.record_id}{where}"
    if row.origin_partition >= 0:
        return f"partition {row.origin_partition}, offset {row.origin_offset}"
    return row.source_name or ""


def router(site: Site) -> APIRouter:
    """The pages at ``/dead-letters`` and ``/dead-letter``."""
    made = APIRouter()

    @made.get("/dead-letters")
    def show_all(request: Request) -> HTMLResponse:
        query = LetterQuery.read(request.query_params)
        after, before = cursors(request.query_params)
        with site.reading() as connection:
            page = dead_letter_page(
                connection, query.in_archive(site.now()), after=after, before=before
            )
            missed = unprojected(connection)
            frame = site.frame(connection)
        return site.render(
            "dead_letters.html",
            path="/dead-letters",
            frame=frame,
            page=page,
            missed=missed,
            origin=origin,
            link=query.address,
            query=query,
            topics=ORIGINS,
            errors=_ERRORS,
            other_view=replace(query, settled="" if query.settled else "1").address(),
            said=outcome(request),
            acting=site.letters is not None,
            token=site.form_token,
            chosen=[
                Chosen(
                    LABELS[name],
                    ERROR_CLASSES.get(value, value) if name == "error_class" else value,
                    query.without(name),
                )
                for name, value in query.chosen.items()
            ],
            empty=_empty(query),
        )

    @made.get("/dead-letter")
    def show_one(request: Request) -> HTMLResponse:
        letter_id = identifier(request)
        with site.reading() as connection:
            letter = dead_letter(connection, letter_id)
            frame = site.frame(connection)
        if letter is None:
            return site.problem(
                "No such dead letter",
                "The archive does not know it. Dead letters are kept for 90 days.",
                status=404,
                path="/dead-letters",
            )
        return site.render(
            "dead_letter.html",
            path="/dead-letters",
            frame=frame,
            letter=letter,
            row=letter.row,
            raw=raw_view(letter.value),
            key=raw_view(letter.key or b"").content,
            same_key=_same_key(letter.key),
            done=DONE.get(request.query_params.get("done", "")),
            actions=offered(site, letter),
            token=site.form_token,
        )

    return made


def _same_key(key: bytes | None) -> str:
    """The list of the letters with this key; empty for none, or one too long for an address."""
    if not key or len(key) > _MOST_KEY:
        return ""
    try:
        return LetterQuery(key=key.decode()).address()
    except UnicodeDecodeError:
        return LetterQuery(key_hex=key.hex()).address()


def _empty(query: LetterQuery) -> Empty:
    if query.chosen:
        return Empty(
            "No dead letter matches",
            "There may be others.",
            href="/dead-letters",
            action="Show all",
        )
    if query.settled:
        return Empty(
            "No dead letters", "Every record that arrived could be read and handled. Good."
        )
    return Empty(
        "No open dead letters",
        "Every record that arrived could be read and handled, or somebody has settled it. Good.",
    )
