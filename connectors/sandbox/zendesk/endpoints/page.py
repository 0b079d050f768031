"""A ticket as a person sees it: where the link of an item leads in the demo."""

from functools import cache

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connectors.sandbox.company.model import Person
from connectors.sandbox.zendesk.endpoints.service import Service

__all__ = ["TicketPage"]

_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
_LONGEST = 20_000
"""Characters of one comment shown."""


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("connectors.sandbox.zendesk.endpoints", "templates"), autoescape=True
    )


class TicketPage:
    """``/agent/tickets/{id}``; everything a customer wrote is escaped."""

    def __init__(self, service: Service) -> None:
        self._service = service
        people = service.desk.company.people
        self._people = {each.id: each for each in (*people.customers, *people.agents)}

    async def show(self, request: Request) -> Response:
        """The page of a ticket."""
        self._service.visible_until()
        ticket = self._service.desk.ticket(int(request.path_params["id"]))
        if ticket is None:
            return HTMLResponse("<!doctype html><title>Not found</title>No such ticket.", 404)
        firm = self._service.desk.company.people.organisation(ticket.organisation_id)
        body = (
            _environment()
            .get_template("ticket.html")
            .render(
                ticket=ticket,
                firm=firm,
                requester=self._people[ticket.requester_id],
                comments=[
                    {
                        "author": self._people[comment.author_id].name,
                        "staff": _staff(self._people[comment.author_id]),
                        "at": comment.at.strftime("%d %b %Y %H:%M UTC"),
                        "body": comment.body[:_LONGEST],
                        "cut": max(0, len(comment.body) - _LONGEST),
                        "public": comment.public,
                    }
                    for comment in ticket.comments
                ],
            )
        )
        return HTMLResponse(body, headers={"Content-Security-Policy": _POLICY})

    async def style(self, request: Request) -> Response:
        """The style sheet."""
        del request
        css = _environment().get_template("ticket.css").render()
        return Response(css, media_type="text/css")


def _staff(person: Person) -> bool:
    return person.role != "end-user"
