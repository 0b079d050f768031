"""The page a person opens to see what was announced."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connectors.sandbox.slack.inbox import Inbox, Received
from connectors.sandbox.slack.markup import mrkdwn
from connectors.sandbox.slack.workspace import Workspace

__all__ = ["POLICY", "Page"]

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
_SHOWN = 200


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("connectors.sandbox.slack", "templates"), autoescape=True
    )


class Page:
    """``/``: channels on the left, messages on the right, newest first."""

    def __init__(self, workspace: Workspace, inbox: Inbox) -> None:
        self._workspace = workspace
        self._inbox = inbox

    async def show(self, request: Request) -> Response:
        """The page of one channel, or of all."""
        chosen = request.query_params.get("channel", "")
        channel = self._workspace.channel(chosen) if chosen else None
        place = channel.id if channel else chosen or None
        messages = [self._shown(m) for m in reversed(self._inbox.messages(place))]
        body = (
            _environment()
            .get_template("page.html")
            .render(
                workspace=self._workspace.name,
                places=self._places(),
                chosen=place,
                title=f"#{channel.name}" if channel else chosen or "All channels",
                purpose=channel.purpose if channel else "",
                messages=messages[:_SHOWN],
                left_out=max(0, len(messages) - _SHOWN),
            )
        )
        return HTMLResponse(body, headers={"Content-Security-Policy": POLICY})

    async def style(self, request: Request) -> Response:
        """The style sheet."""
        del request
        css = _environment().get_template("style.css").render()
        return Response(css, media_type="text/css")

    def _places(self) -> Sequence[Mapping[str, Any]]:
        channels = [
            {"id": c.id, "name": f"#{c.name}", "count": len(self._inbox.messages(c.id))}
            for c in self._workspace.channels
            if c.member
        ]
        hooks = [
            {"id": name, "name": f"webhook {name}", "count": len(self._inbox.messages(name))}
            for name in self._workspace.hooks
        ]
        return [*channels, *(hook for hook in hooks if hook["count"])]

    def _shown(self, message: Received) -> Mapping[str, Any]:
        channel = self._workspace.channel(message.place)
        at = datetime.fromtimestamp(float(message.ts), UTC)
        return {
            "place": f"#{channel.name}" if channel else f"webhook {message.place}",
            "place_id": message.place,
            "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "clock": at.strftime("%d %b %H:%M"),
            "text": message.text,
            "blocks": [self._block(block) for block in message.blocks],
        }

    def _block(self, block: Mapping[str, Any]) -> Mapping[str, Any]:
        """A block with its texts as safe HTML."""
        elements = block.get("elements", [])
        return {
            "type": block.get("type"),
            "text": self._text(block.get("text")),
            "fields": [self._text(each) for each in block.get("fields", [])],
            "elements": [self._element(each) for each in elements if isinstance(each, Mapping)],
        }

    def _element(self, element: Mapping[str, Any]) -> Mapping[str, Any]:
        text = element.get("text")
        is_button = element.get("type") == "button"
        url = str(element.get("url", ""))
        return {
            "url": url if is_button and url.startswith(("http://", "https://")) else "",
            "text": self._text(text if is_button else element),
        }

    def _text(self, raw: Any) -> Markup:
        if not isinstance(raw, Mapping) or not isinstance(raw.get("text"), str):
            return Markup()
        if raw.get("type") == "mrkdwn":
            return mrkdwn(raw["text"], self._workspace.users)
        return Markup.escape(raw["text"])
