"""Messages: what people were told, and what never reached them, with the remedy."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from workers.archive.queries import message_page
from workers.web.filters import BadQueryError, cursors
from workers.web.pages.inbox import Empty
from workers.web.site import Site
from workers.web.text.words import OUTCOMES

__all__ = ["chosen_outcome", "router"]


@dataclass(frozen=True, slots=True)
class Tab:
    """One choice above the list."""

    title: str
    href: str
    current: bool


def chosen_outcome(request: Request) -> str:
    """The outcome in the address, or empty; raises ``BadQueryError``."""
    outcome = request.query_params.get("outcome", "")
    if outcome and outcome not in OUTCOMES:
        raise BadQueryError(f"outcome can be {', '.join(OUTCOMES)}")
    return outcome


def _address(outcome: str, **further: str) -> str:
    parameters = {**({"outcome": outcome} if outcome else {}), **further}
    return f"/messages?{urlencode(parameters)}" if parameters else "/messages"


def router(site: Site) -> APIRouter:
    """The page at ``/messages``."""
    made = APIRouter()

    @made.get("/messages")
    def show(request: Request) -> HTMLResponse:
        outcome = chosen_outcome(request)
        after, before = cursors(request.query_params)
        with site.reading() as connection:
            page = message_page(connection, outcome or None, after=after, before=before)
            frame = site.frame(connection)

        def link(**further: str) -> str:
            return _address(outcome, **further)

        titles = {"": "All", **OUTCOMES}
        return site.render(
            "messages.html",
            path="/messages",
            frame=frame,
            page=page,
            link=link,
            tabs=[Tab(title, _address(code), code == outcome) for code, title in titles.items()],
            empty=_empty(outcome),
        )

    return made


def _empty(outcome: str) -> Empty:
    if outcome == "failed":
        return Empty("No message failed", "Whatever was to be said was said, or is under way.")
    if outcome:
        return Empty("No such message", "No message is in this state now.")
    return Empty(
        "Nobody has been told anything yet",
        "Messages go out for items that arrive after live_since in team.yaml; without that date "
        "everything is history. The rules that choose the receiver can be tried with:",
        command='productops routes explain --text "I was charged twice"',
    )
