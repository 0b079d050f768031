"""Replay or drop all dead letters that match: asked first, with what would be refused."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from workers.letters.seam import LetterActions, LettersError, Sweep
from workers.web.filters import BadQueryError
from workers.web.pages.letter_forms import letter_forms, problem
from workers.web.pages.letter_query import LetterQuery
from workers.web.site import Site

__all__ = ["outcome", "router"]

_DONE = {"replay": "replayed", "drop": "dropped"}
_MOST_SHOWN = 5
_MOST_DIGITS = 6


def router(site: Site) -> APIRouter:
    """The addresses that the forms of the list are sent to; none without Kafka."""
    actions = site.letters
    if actions is None:
        return APIRouter()
    return letter_forms(
        site, "/dead-letters", _DONE, lambda action, fields: _act(site, actions, action, fields)
    )


def outcome(request: Request) -> str:
    """What the list says after an action on many; empty without one."""
    done = request.query_params.get("done", "")
    counts = [request.query_params.get(name, "0") for name in ("count", "refused")]
    if done not in _DONE.values() or not all(_is_number(count) for count in counts):
        return ""
    count, refused = map(int, counts)
    said = f"{count:,} {'was' if count == 1 else 'were'} {done}."
    if refused:
        were = "One was" if refused == 1 else f"{refused:,} were"
        said += f" {were} refused: see on the page of the letter what to do about it."
    return f"{said} This list follows in a moment."


def _act(site: Site, actions: LetterActions, action: str, fields: dict[str, str]) -> Response:
    now = site.now()
    done, sure, force = _DONE[action], "sure" in fields, "force" in fields
    try:
        query = _meant(fields.get("filter", "")).fixed(now)
        back = LetterQuery.decoded(fields.get("list", ""))
        limit = _limit(fields.get("limit", ""))
        chosen = query.in_kafka(now)
    except BadQueryError as error:
        return problem(site, f"Nothing was {done}", f"{error}.", 400)
    try:
        if action == "replay":
            swept = actions.replay_all(chosen, limit=limit, force=force, dry_run=not sure)
        else:
            swept = actions.drop_all(chosen, limit=limit, dry_run=not sure)
    except LettersError as error:
        title = f"They could not be {done}" if sure else "It could not be found out"
        return problem(site, title, f"{error}.", 503)
    refused = sum(reason.count for reason in swept.refused)
    if sure:
        further = {"done": done, "count": str(swept.settled), "refused": str(refused)}
        return RedirectResponse(back.address(**further), status_code=303)
    return _asked(site, action, query, back, limit, swept)


def _asked(  # noqa: PLR0917 - what stands on the page
    site: Site, action: str, query: LetterQuery, back: LetterQuery, limit: int | None, swept: Sweep
) -> Response:
    with site.reading() as connection:
        frame = site.frame(connection)
    forced = sum(reason.count for reason in swept.refused if reason.forceable)
    return site.render(
        "many_letters.html",
        path="/dead-letters",
        frame=frame,
        action=action,
        done=_DONE[action],
        swept=swept,
        shown=swept.refused[:_MOST_SHOWN],
        unshown=sum(reason.count for reason in swept.refused[_MOST_SHOWN:]),
        forced=forced,
        filter=query.encoded,
        list=back.encoded,
        back=back.address(),
        limit=limit,
        token=site.form_token,
    )


def _meant(text: str) -> LetterQuery:
    query = LetterQuery.decoded(text)
    if not query.chosen:
        raise BadQueryError("choose some by a filter first")
    return query


def _limit(text: str) -> int | None:
    if not text.strip():
        return None
    if not _is_number(text.strip()) or int(text) == 0:
        raise BadQueryError("the number of letters is a whole number from 1 on")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
