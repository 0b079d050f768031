"""Asking a vendor over HTTP: politely, within limits, without leaking a secret."""

from connectors.base.http.budget import Allowance, Budget
from connectors.base.http.client import Answer, Dialect, HttpClient, Limit
from connectors.base.http.credentials import Anonymous, Basic, Bearer, Credentials
from connectors.base.http.limits import FieldHeader, NamedHeaders
from connectors.base.http.statuses import Action, Reaction
from connectors.base.http.transport import network
from connectors.base.http.waiting import Patience

__all__ = [
    "Action",
    "Allowance",
    "Anonymous",
    "Answer",
    "Basic",
    "Bearer",
    "Budget",
    "Credentials",
    "Dialect",
    "FieldHeader",
    "HttpClient",
    "Limit",
    "NamedHeaders",
    "Patience",
    "Reaction",
    "network",
]
