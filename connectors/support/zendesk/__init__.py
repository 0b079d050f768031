"""Zendesk Support: tickets, customers' comments, CSAT ratings.

    settings.py   what stands in sources.yaml
    records.py    the vendor's records, as far as they are read
    mapping.py    record -> event: pure functions
    lookups.py    tickets, people and organisations by id
    progress.py   what the checkpoint holds
    pull.py       the streams, one after another
    webhook.py    deliveries of event subscriptions
    connector.py  all of it behind the contract

Sources: developer.zendesk.com, "Incremental exports", "Using the incremental export API",
"Satisfaction ratings", "Webhooks: verifying, event types"; Zendesk's OpenAPI documents.
"""

from connectors.support.zendesk.connector import Zendesk, make
from connectors.support.zendesk.settings import Settings

__all__ = ["Settings", "Zendesk", "make"]
