"""What a reader can do about a dead letter: replay it, or drop it. Forms without a script."""

from dataclasses import dataclass
from urllib.parse import unquote, urlencode

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from schemas.platform import SettledAs
from workers.archive.queries import DeadLetterSeen, dead_letter
from workers.letters.seam import LetterActions, LetterPlace, LettersError
from workers.web.pages.letter_forms import letter_forms, problem
from workers.web.site import Site

__all__ = ["DONE", "Offered", "offered", "router"]

DONE = {
    "replayed": (
        "Replayed. Its record was written back to its topic and is being processed. If it fails "
        "again, this letter opens again with one more attempt."
    ),
    "dropped": "Dropped. Its bytes stay here until they are past their retention.",
}
"""What the page says after an action."""

_DONE = {"replay": "replayed", "drop": "dropped"}


@dataclass(frozen=True, slots=True)
class Offered:
    """What a letter's page offers."""

    replay: bool
    instead: str = ""
    """Why it cannot be replayed, and what to do."""
    anyway: bool = False
    """It was dropped, and can be replayed all the same."""


def offered(site: Site, letter: DeadLetterSeen) -> Offered | None:
    """The actions on a letter; ``None`` where there are none: no Kafka, or it is settled."""
    if site.letters is None or letter.record_offset is None:
        return None
    if letter.row.settled_as:
        dropped = letter.row.settled_as == SettledAs.DROPPED.value
        possible = dropped and letter.row.origin_offset >= 0 and not letter.truncated
        return Offered(replay=False, anyway=True) if possible else None
    if letter.row.origin_offset < 0:
        return Offered(
            replay=False,
            instead="It never was a record in Kafka, so there is nothing to replay: its source "
            "reads it again once it is corrected there. Then drop this letter.",
        )
    if letter.truncated:
        return Offered(
            replay=False, instead="It was cut when it was kept, so it cannot be replayed."
        )
    return Offered(replay=True)


def router(site: Site) -> APIRouter:
    """The addresses that the forms of a letter's page are sent to; none without Kafka."""
    actions = site.letters
    if actions is None:
        return APIRouter()

    def act(action: str, fields: dict[str, str]) -> Response:
        # quoted once more: what a page shows of an id lacks the characters that hide
        letter_id = unquote(fields.get("id", ""))
        return _act(site, actions, letter_id, action, "force" in fields)

    return letter_forms(site, "/dead-letter", _DONE, act)


def _act(site: Site, actions: LetterActions, letter_id: str, action: str, force: bool) -> Response:  # noqa: FBT001 - called by a thread
    done = _DONE[action]
    with site.reading() as connection:
        letter = None if "\x00" in letter_id else dead_letter(connection, letter_id)
    if letter is None or letter.record_offset is None:
        return problem(
            site, "No such dead letter", "The archive does not know it. Nothing was done.", 404
        )
    place = LetterPlace(
        letter.topic, letter.partition, letter.record_offset, letter.row.role, letter.event_id
    )
    try:
        answer = actions.drop(place) if action == "drop" else actions.replay(place, force=force)
    except LettersError as error:
        return problem(site, f"It could not be {done}", f"{error}.", 503)
    if answer.forceable and not force:
        return _refused(site, letter_id, answer.text)
    if not answer.done:
        return problem(site, f"It was not {done}", answer.text, 409)
    address = urlencode({"id": letter_id, "done": done})
    return RedirectResponse(f"/dead-letter?{address}", status_code=303)


def _refused(site: Site, letter_id: str, text: str) -> Response:
    """Why not, and the button that replays it all the same."""
    with site.reading() as connection:
        frame = site.frame(connection)
    return site.render(
        "letter_refused.html",
        path="/dead-letters",
        frame=frame,
        status=409,
        title="It was not replayed",
        text=text,
        letter_id=letter_id,
        token=site.form_token,
    )
