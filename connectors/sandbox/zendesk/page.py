"""A ticket as a person sees it: where the link of an item leads in the demo."""

from starlette.responses import HTMLResponse, Response

from connectors.sandbox.zendesk.service import Service

__all__ = ["ticket_page"]


def ticket_page(service: Service, ticket_id: int) -> Response:
    """The page of a ticket."""
    del service, ticket_id
    return HTMLResponse("")
