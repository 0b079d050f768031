"""What every endpoint shares: the desk, the clock, who may call and how often."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connectors.sandbox.budget import Budget
from connectors.sandbox.zendesk.desk import Desk
from connectors.sandbox.zendesk.gate import caller, forbidden, rate_limited, unauthorised
from connectors.sandbox.zendesk.options import ADMIN_EMAIL, Options
from connectors.sandbox.zendesk.tally import Tally

__all__ = ["Problem", "Service"]


class Problem(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """An answer that is not the one that was asked for."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(error)
        body = {"error": error} | ({"description": description} if description else {})
        self.response = JSONResponse(body, status)


class Service:
    """The state behind the endpoints."""

    def __init__(
        self,
        *,
        desk: Desk,
        options: Options,
        tally: Tally,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self.desk = desk
        self.options = options
        self.tally = tally
        self.clock = clock
        self._export_budget = Budget(options.per_minute, monotonic)
        self._account_budget = Budget(options.account_per_minute, monotonic)
        self._exports = 0

    def visible_until(self) -> datetime:
        """The latest change an export shows now; everything due by then has arrived."""
        until = self.clock() - self.options.excluded
        self.desk.advance(until)
        return until

    async def answer(
        self,
        request: Request,
        make: Callable[[Request], Mapping[str, Any]],
        *,
        export: bool,
    ) -> Response:
        """Check credentials, budget and luck, then answer with what ``make`` gives."""
        response = self._refusal(request, export=export)
        if response is None:
            try:
                response = JSONResponse(make(request))
            except Problem as problem:
                response = problem.response
        self._announce(response, export=export)
        self.tally.answered(response.status_code)
        return response

    def _announce(self, response: Response, *, export: bool) -> None:
        """Tell the caller what it may still ask for, in the headers the vendor uses."""
        account = self._account_budget
        response.headers["X-Rate-Limit"] = str(account.calls)
        response.headers["X-Rate-Limit-Remaining"] = str(account.left)
        if export:
            budget = self._export_budget
            response.headers["Zendesk-RateLimit-Incremental-Exports"] = (
                f"total={budget.calls}; remaining={budget.left}; "
                f"resets={math.ceil(budget.resets_in)}"
            )

    def _refusal(self, request: Request, *, export: bool) -> Response | None:
        email = caller(request, self.options)
        if email is None:
            return unauthorised()
        if wait := self._account_budget.take():
            return rate_limited(wait)
        return self._export_refusal(email) if export else None

    def _export_refusal(self, email: str) -> Response | None:
        if email != ADMIN_EMAIL:
            return forbidden()
        if wait := self._export_budget.take():
            return rate_limited(wait)
        self._exports += 1
        every = self.options.conflict_every
        if every and self._exports % every == 0:
            return JSONResponse({"error": "Conflict", "description": "Try again"}, 409)
        return None
