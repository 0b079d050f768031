"""Zendesk Support over HTTP, with the quirks its documentation and its users report."""

from connectors.sandbox.zendesk.app import make_app
from connectors.sandbox.zendesk.options import ADMIN_EMAIL, AGENT_EMAIL, Options

__all__ = ["ADMIN_EMAIL", "AGENT_EMAIL", "Options", "make_app"]
