"""How the simulated Zendesk behaves, where that can be chosen."""

from dataclasses import dataclass
from datetime import timedelta

__all__ = ["ADMIN_EMAIL", "AGENT_EMAIL", "API_TOKEN", "OAUTH_TOKEN", "Options"]

ADMIN_EMAIL = "ines@larkfield.example"
"""May read the incremental exports."""
AGENT_EMAIL = "tyler@larkfield.example"
"""Is no admin: the incremental exports answer 403."""
API_TOKEN = "sandbox-api-token"  # noqa: S105 - opens nothing but this simulator
OAUTH_TOKEN = "sandbox-oauth-token"  # noqa: S105 - likewise


@dataclass(frozen=True, slots=True)
class Options:
    """Limits and habits; the defaults are the vendor's own."""

    per_minute: int = 10
    """Calls a minute on the incremental endpoints, beyond which comes a 429."""
    account_per_minute: int = 700
    """Calls a minute on all endpoints together."""
    page_size: int = 1_000
    """Most records on a page of an export; callers may ask for fewer."""
    conflict_every: int = 0
    """Each n-th call to an export answers 409; 0 for never."""
    excluded: timedelta = timedelta(minutes=1)
    """What changed this shortly before a call is left out of it."""
    live_every: timedelta | None = None
    """How often something new arrives while the simulator runs; ``None``: nothing ever has."""
    paused: bool = False
    """Nothing new arrives; what arrived in earlier sessions, at that pace, is still there."""
    api_token: str = API_TOKEN
    oauth_token: str = OAUTH_TOKEN
