"""Each destination with a scripted network."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from connectors.destinations.contract import Destination, Person
from connectors.destinations.http import Limits
from connectors.destinations.slack import Slack
from connectors.destinations.slack_webhook import SlackWebhook
from connectors.destinations.webhook import Webhook
from schemas.notification import Fact, MessageRequested

TOKEN = "xoxb-very-secret-token"
HOOK_PATH = "services/T000/B000/veryverysecretpath"
SIGNING = "whsec_dmVyeS1zZWNyZXQtc2lnbmluZy1rZXktb2Ytb3Vycw=="
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

PEOPLE = {"ana": Person("Ana Costa", "U024BE7LH"), "bo": Person("Bo <!channel> Li")}


class FixedClock:
    """It is always nine o'clock."""

    def now(self) -> datetime:
        """The time in UTC."""
        return NOW

    def monotonic(self) -> float:
        """Seconds that do not pass."""
        return 0.0

    async def sleep(self, seconds: float) -> None:
        """Not at all."""


@dataclass
class Network:
    """A scripted network that keeps every request."""

    script: list[Any] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)

    def transport(self) -> httpx.MockTransport:
        """The way in."""

        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
            if isinstance(step, Exception):
                raise step
            made = step(request) if callable(step) else step
            assert isinstance(made, httpx.Response)
            return made

        return httpx.MockTransport(answer)


@dataclass(frozen=True)
class Case:
    """One destination under test."""

    name: str
    make: Callable[..., Destination]
    good: Callable[[], httpx.Response]
    judges_body: bool
    """Whether success depends on the answer's body."""
    secrets: tuple[str, ...]

    def destination(self, network: Network, **limits: Any) -> Destination:
        """The destination on this network."""
        return self.make(network.transport(), Limits(**limits))


def _slack(transport: Any, limits: Limits, api_url: str = "https://slack.test/api") -> Slack:
    return Slack(
        channel="C0123456789",
        token=SecretStr(TOKEN),
        clock=FixedClock(),
        people=PEOPLE,
        api_url=api_url,
        transport=transport,
        limits=limits,
    )


def _slack_webhook(transport: Any, limits: Limits) -> SlackWebhook:
    return SlackWebhook(
        url=SecretStr(f"https://hooks.slack.test/{HOOK_PATH}"),
        clock=FixedClock(),
        people=PEOPLE,
        transport=transport,
        limits=limits,
    )


def _webhook(transport: Any, limits: Limits) -> Webhook:
    return Webhook(
        url="https://tools.test/hooks/feedback",
        secret=SecretStr(SIGNING),
        clock=FixedClock(),
        transport=transport,
        limits=limits,
    )


CASES = {
    "slack": Case(
        "slack",
        _slack,
        lambda: httpx.Response(
            200, json={"ok": True, "channel": "C0123456789", "ts": "1503435956.000247"}
        ),
        judges_body=True,
        secrets=(TOKEN,),
    ),
    "slack_webhook": Case(
        "slack_webhook",
        _slack_webhook,
        lambda: httpx.Response(200, text="ok"),
        judges_body=True,
        secrets=(HOOK_PATH, "veryverysecretpath"),
    ),
    "webhook": Case(
        "webhook",
        _webhook,
        lambda: httpx.Response(204),
        judges_body=False,
        secrets=(SIGNING, SIGNING.removeprefix("whsec_"), "very-secret-signing-key-of-ours"),
    ),
}


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    """Every destination in turn."""
    return CASES[request.param]


@pytest.fixture
def slack_case() -> Case:
    """Slack's web API alone."""
    return CASES["slack"]


@pytest.fixture
def webhook_case() -> Case:
    """The signed webhook alone."""
    return CASES["webhook"]


@pytest.fixture
def network() -> Network:
    """A network without a script yet."""
    return Network()


@pytest.fixture
def make_message() -> Callable[..., MessageRequested]:
    """A message as the feedback worker asks for it; keyword arguments replace parts."""

    def make(**parts: Any) -> MessageRequested:
        whole: dict[str, Any] = {
            "message_id": "feedback/support:ticket:35436/1/payments-channel",
            "receiver": "payments-channel",
            "title": "Bug report in Billing: charged twice",
            "body": "My card was charged twice.\nPlease help!",
            "link": "https://desk.example.com/tickets/35436?a=1&b=2",
            "facts": (
                Fact(label="Urgency", value="high"),
                Fact(label="Route", value="billing-bugs: kind = bug and area = billing"),
            ),
            "mention": "ana",
            "about": "support:ticket:35436",
        }
        return MessageRequested(**(whole | parts))

    return make
