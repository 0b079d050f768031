"""The addresses that forms about dead letters are sent to, and what is shown when one fails."""

from collections.abc import Callable, Iterable

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from workers.web.forms import FormRefusedError, read_form
from workers.web.site import Site

__all__ = ["letter_forms", "problem"]

Act = Callable[[str, dict[str, str]], Response]
"""Carries out an action with the fields of its form; it blocks, in a thread of its own."""


def letter_forms(site: Site, under: str, actions: Iterable[str], act: Act) -> APIRouter:
    """An address for each action; a form without the token of the pages is refused."""
    made = APIRouter()

    def add(action: str) -> None:
        path = f"{under}/{action}"

        @made.post(path)
        async def post(request: Request) -> Response:
            try:
                fields = await read_form(request, site.form_token)
            except FormRefusedError as error:
                text = f"{error} Nothing was done."
                return await run_in_threadpool(problem, site, "This form was refused", text, 403)
            return await run_in_threadpool(act, action, fields)

        @made.get(path)
        def get() -> Response:
            # somebody loads the address of a form again
            return RedirectResponse("/dead-letters", status_code=303)

    for action in actions:
        add(action)
    return made


def problem(site: Site, title: str, text: str, status: int) -> Response:
    """A page that says what went wrong."""
    return site.problem(title, text, status=status, path="/dead-letters")
