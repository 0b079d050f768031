"""Dead letters: the list, and one of them raw with what can be done about it."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from schemas.platform import ErrorClass
from workers.archive.queries import (
    DeadLetterFilter,
    DeadLetterRow,
    dead_letter,
    dead_letter_page,
    unprojected,
)
from workers.web.filters import BadQueryError, cursors
from workers.web.pages.inbox import Chosen, Empty
from workers.web.pages.item import identifier
from workers.web.pages.letter_actions import DONE, offered
from workers.web.site import Site
from workers.web.text.raw import raw_view
from workers.web.text.words import ERROR_CLASSES

__all__ = ["chosen_letters", "router"]

_LABELS = {"topic": "Topic", "source": "Source", "error_class": "Reason"}
_MAX = 256


def chosen_letters(request: Request) -> DeadLetterFilter:
    """The filter in the address; raises ``BadQueryError``."""
    values = {name: request.query_params.get(name, "").strip() for name in _LABELS}
    for name, value in values.items():
        if len(value) > _MAX or "\x00" in value:
            raise BadQueryError(f"{name} is longer than {_MAX} characters or not text")
    known = tuple(error.value for error in ErrorClass)
    if values["error_class"] and values["error_class"] not in known:
        raise BadQueryError(f"error_class can be {', '.join(known)}")
    settled = request.query_params.get("settled", "")
    if settled not in {"", "1"}:
        raise BadQueryError("settled can be 1, for those too that were replayed or dropped")
    return DeadLetterFilter(
        **{name: value or None for name, value in values.items()}, settled_too=settled == "1"
    )


def _set(chosen: DeadLetterFilter) -> dict[str, str]:
    return {name: value for name in _LABELS if (value := getattr(chosen, name))}


def _parameters(chosen: DeadLetterFilter) -> dict[str, str]:
    return {**_set(chosen), **({"settled": "1"} if chosen.settled_too else {})}


def _address(parameters: dict[str, str]) -> str:
    return f"/dead-letters?{urlencode(parameters)}" if parameters else "/dead-letters"


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
        chosen = chosen_letters(request)
        after, before = cursors(request.query_params)
        with site.reading() as connection:
            page = dead_letter_page(connection, chosen, after=after, before=before)
            missed = unprojected(connection)
            frame = site.frame(connection)
        parameters = _parameters(chosen)

        def link(**further: str) -> str:
            return _address({**parameters, **further})

        return site.render(
            "dead_letters.html",
            path="/dead-letters",
            frame=frame,
            page=page,
            missed=missed,
            origin=origin,
            link=link,
            settled_too=chosen.settled_too,
            other_view=_address(
                _set(chosen) if chosen.settled_too else {**parameters, "settled": "1"}
            ),
            chosen=[
                Chosen(
                    _LABELS[name],
                    ERROR_CLASSES.get(value, value) if name == "error_class" else value,
                    _address({key: rest for key, rest in parameters.items() if key != name}),
                )
                for name, value in _set(chosen).items()
            ],
            empty=_empty(chosen),
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
            done=DONE.get(request.query_params.get("done", "")),
            actions=offered(site, letter),
            token=site.form_token,
        )

    return made


def _empty(chosen: DeadLetterFilter) -> Empty:
    if _set(chosen):
        return Empty(
            "No dead letter matches",
            "There may be others.",
            href="/dead-letters",
            action="Show all",
        )
    if chosen.settled_too:
        return Empty(
            "No dead letters", "Every record that arrived could be read and handled. Good."
        )
    return Empty(
        "No open dead letters",
        "Every record that arrived could be read and handled, or somebody has settled it. Good.",
    )
