"""The role put together from configuration, against the simulated Slack."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.destinations.contract import Person
from connectors.sandbox.slack.app import make_app
from connectors.sandbox.slack.workspace import LARKFIELD
from schemas.notification import Outcome as Ending
from workers.config.receivers import Receiver
from workers.config.routes import Routes
from workers.config.team import Team
from workers.delivery.outbox import Outbox
from workers.delivery.policy import Policy
from workers.delivery.receivers import people_of, policies_of, ways_of
from workers.delivery.role import make_delivery
from workers.observability.metrics import Metrics

World = Any
WEBHOOK_PATH = next(iter(LARKFIELD.webhooks))
HOOK, HOOK_SECRET = next(iter(LARKFIELD.hooks.items()))


@dataclass(frozen=True)
class Configuration:
    """What the configuration files say."""

    team: Team
    routes: Routes


def _configuration() -> Configuration:
    receivers = [
        {
            "name": "api",
            "slack": {
                "channel": "#team-billing",
                "token": LARKFIELD.token,
                "api_url": "http://sandbox.test/api",
            },
            "rate_per_second": 50,
        },
        {
            "name": "incoming",
            "slack_webhook": {"url": f"http://sandbox.test/services/{WEBHOOK_PATH}"},
        },
        {
            "name": "signed",
            "webhook": {"url": f"http://sandbox.test/hooks/{HOOK}", "secret": HOOK_SECRET},
        },
    ]
    return Configuration(
        team=Team.model_validate(
            {
                "company": "Larkfield",
                "people": [
                    {"id": "ana", "name": "Ana Costa", "slack": "U024BE7LH"},
                    {"id": "bo", "name": "Bo Li"},
                ],
            }
        ),
        routes=Routes.model_validate({"receivers": receivers, "route": {"receiver": "api"}}),
    )


class Sandbox:
    """The simulated Slack without sockets, on the test's clock."""

    def __init__(self, clock: Any) -> None:
        self.app: Any = make_app(
            workspace=LARKFIELD, per_second=1_000.0, clock=clock.now, monotonic=clock.monotonic
        )

    def transport(self) -> httpx.ASGITransport:
        """A way to it."""
        return httpx.ASGITransport(app=self.app)

    async def get(self, what: str) -> Any:
        """What it says it has received."""
        async with httpx.AsyncClient(
            transport=self.transport(), base_url="http://sandbox.test"
        ) as client:
            return (await client.get(f"/_sandbox/{what}")).json()


def _start(world: World, sandbox: Sandbox) -> Any:
    outbox, sender = make_delivery(
        _configuration(), world.clock, sandbox.transport(), world.metrics
    )
    world.senders.append(sender)
    task = world.task()
    task.outbox = outbox
    task.open(sender)
    return task


async def _pass_time(world: World, task: Any, count: int) -> None:
    """Let HTTP and time go on until so many messages are settled."""
    for _ in range(200):
        if len(task.settled) == count:
            return
        await world.clock.advance(0.5)
    pytest.fail(f"{len(task.settled)} of {count} messages settled")


async def test_the_first_failure_of_a_receiver_is_an_increase(world: World) -> None:
    """Every configured receiver's counters stand at 0 before its first message."""
    _start(world, Sandbox(world.clock))
    for receiver in ("api", "incoming", "signed"):
        labels = {"receiver": receiver, "outcome": "failed"}
        count = world.metrics.registry.get_sample_value("productops_messages_settled_total", labels)
        assert count == 0


async def test_each_kind_of_receiver_gets_its_message_once(world: World) -> None:
    """From requests to what the other side says it has: one message a receiver, all delivered."""
    sandbox = Sandbox(world.clock)
    task = _start(world, sandbox)
    kinds = ("api", "incoming", "signed")
    await task.feed(*(world.request(f"feedback/x/1/{kind}", kind) for kind in kinds))
    await _pass_time(world, task, 3)
    assert {one.data.outcome for one in task.settled} == {Ending.DELIVERED}
    counts = await sandbox.get("counts")
    assert counts["messages"] == 3
    assert counts["places"] == {"#team-billing": 1, "#product-triage": 1, HOOK: 1}
    assert counts["repeated"] == {}
    reference = {one.data.receiver: one.data.reference for one in task.settled}
    assert reference["api"].startswith("C05MONEY01/")


@pytest.mark.parametrize("receiver", ["api", "signed"])
async def test_a_process_killed_after_the_call_leaves_one_message(
    world: World, receiver: str
) -> None:
    """Killed between the call and its record, restarted: the key is delivered once."""
    sandbox = Sandbox(world.clock)
    task = _start(world, sandbox)
    key = f"feedback/x/1/{receiver}"
    reached = asyncio.Event()

    async def die(step: str) -> None:
        if step == "AttemptEnded before commit":
            reached.set()
            await asyncio.Event().wait()

    async def live(_step: str) -> None:
        return

    task.probe = die
    await task.feed(world.request(key, receiver))
    for _ in range(50):
        if reached.is_set():
            break
        await world.clock.advance(0.1)
    assert reached.is_set()
    task.crash()
    task.probe = live
    task = _start(world, sandbox)
    await _pass_time(world, task, 1)
    counts: Mapping[str, Any] = await sandbox.get("counts")
    assert counts["keys"] == {key: 1}
    assert task.settled[0].data.outcome is Ending.DELIVERED
    assert task.settled[0].data.repeated is False


def test_patience_and_rate_come_from_the_receiver(clock: Any) -> None:
    """Attempts, age and rate of ``routes.yaml`` reach outbox and lanes."""
    receiver = Receiver.model_validate(
        {
            "name": "x",
            "slack_webhook": {"url": "https://hooks.slack.com/services/T/B/X"},
            "attempts": 3,
            "max_age": "90m",
            "rate_per_second": 0.25,
        }
    )
    assert policies_of([receiver]) == {"x": Policy(attempts=3, max_age_ms=5_400_000)}
    assert ways_of([receiver], {}, clock, None)["x"].rate == 0.25


def test_people_are_mentioned_by_their_slack_id() -> None:
    """Who has none is known by name."""
    assert people_of(_configuration().team) == {
        "ana": Person("Ana Costa", "U024BE7LH"),
        "bo": Person("Bo Li", None),
    }


def test_an_unusable_token_names_its_receiver(clock: Any) -> None:
    """The start fails with the receiver's name and without the token."""
    receiver = Receiver.model_validate(
        {"name": "pm-channel", "slack": {"channel": "C1", "token": "xoxb secret"}}
    )
    with pytest.raises(ValueError, match="pm-channel") as caught:
        ways_of([receiver], {}, clock, None)
    assert "xoxb secret" not in str(caught.value)


def test_no_receiver_may_be_configured_beyond_what_is_remembered() -> None:
    """The most patient receiver that configuration allows is accepted by the outbox."""
    receiver = Receiver.model_validate(
        {
            "name": "x",
            "slack_webhook": {"url": "https://hooks.slack.com/services/T/B/X"},
            "max_age": timedelta(days=30),
        }
    )
    assert Outbox(policies_of([receiver])).name == "delivery"


def test_every_metric_of_the_role_is_declared() -> None:
    """A name that the catalogue does not have would fail at the first message."""
    metrics = Metrics()
    metrics.gauge("productops_messages_pending", "0")
    metrics.counter("productops_message_attempts_total", "team", "delivered")
    metrics.counter("productops_messages_settled_total", "team", "expired")
    metrics.counter("productops_stage_late_total", "delivery")
    metrics.counter("productops_stage_duplicates_total", "delivery")
