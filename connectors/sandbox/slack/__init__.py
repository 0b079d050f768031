"""Something that receives messages the way Slack does, and remembers every one of them."""

from connectors.sandbox.slack.app import make_app
from connectors.sandbox.slack.workspace import LARKFIELD, Channel, Workspace

__all__ = ["LARKFIELD", "Channel", "Workspace", "make_app"]
