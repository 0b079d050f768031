"""From source to page and to people, with every role killed in the middle."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connectors.sandbox.demo import Ports, prepare
from workers.config.settings import Settings
from workers.demo.ports import choose_ports
from workers.demo.reader import TopicReader
from workers.demo.run import Addresses, DemoRun
from workers.demo.stage import Stage, Vendor
from workers.demo.tally import Tally
from workers.demo.verdict import Report
from workers.demo.view import PlainView

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Killer:
    """Kills each role once, each when its own moment has come; fulfils the view's contract."""

    stage: Stage
    tally: Tally
    killed: dict[str, int] = field(default_factory=dict)

    def moments(self) -> dict[str, Callable[[], bool]]:
        """When which role is in the middle of its work."""
        tally = self.tally
        return {
            "connectors": lambda: 0 < len(tally.received.get("support", ())) < 600,
            "feedback": lambda: len(tally.received.get("support", ())) > 100,
            "archive": lambda: len(tally.classified) > 50,
            "delivery": lambda: 3 < len(tally.settled) < len(tally.requested),
            "web": lambda: len(tally.routed) > 50,
        }

    def look(self) -> None:
        """Kill what is due."""
        children = self.stage.children
        for role, due in self.moments().items():
            if role not in self.killed and role in children and due():
                os.kill(children[role].pid, signal.SIGKILL)
                self.killed[role] = children[role].pid


class Watching(PlainView):
    """A view that lets the killer look whenever totals are shown."""

    killer: Killer | None = None

    def counts(self, counts: object) -> None:
        """See ``View``."""
        del counts
        if self.killer is not None:
            self.killer.look()


@pytest.fixture(scope="module")
def outcome(
    tmp_path_factory: pytest.TempPathFactory, kafka_jars: Path
) -> Iterator[tuple[Report, Killer, TopicReader]]:
    """A whole run of the seeded company with its killings, judged at the end."""
    from rich.console import Console

    folder = tmp_path_factory.mktemp("full-path")
    ports = choose_ports()
    prepared = prepare(folder, Ports(zendesk=ports.zendesk, slack=ports.slack))
    routes = prepared.config_dir / "routes.yaml"
    unhurried = routes.read_text(encoding="utf-8").replace(
        "rate_per_second: 5", "rate_per_second: 1"
    )
    routes.write_text(unhurried, encoding="utf-8")  # so that delivery has a middle to be killed in
    environment = {
        "PRODUCTOPS_STATE_DIR": str(folder),
        "PRODUCTOPS_CONFIG_DIR": str(prepared.config_dir),
        "PRODUCTOPS_WEB_PORT": str(ports.web),
        "PRODUCTOPS_METRICS_PORT": str(ports.metrics),
    }
    with Console(file=(folder / "view.log").open("w")).file as log:
        view = Watching(Console(file=log))
        stage = Stage(
            Settings.from_environment(environment, cwd=folder),
            ports,
            [
                Vendor(name, command, f"http://127.0.0.1:{port}/_sandbox/counts")
                for name, command, port in (
                    ("zendesk", prepared.zendesk_command(live=False), ports.zendesk),
                    ("slack", prepared.slack_command(), ports.slack),
                )
            ],
            dict(prepared.environ),
            cache_dir=kafka_jars,
            say=view.say,
            restart=True,
        )
        addresses = Addresses(
            web=f"http://127.0.0.1:{ports.web}",
            slack=f"http://127.0.0.1:{ports.slack}",
            zendesk=f"http://127.0.0.1:{ports.zendesk}",
            kafka=f"127.0.0.1:{ports.kafka}",
            state=folder,
        )
        run = DemoRun(stage, addresses, view, lambda: False)
        with run.up() as reader:
            view.killer = Killer(stage, reader.tally)
            report = run.until_complete(reader, seconds=200)
            yield report, view.killer, reader


def test_every_role_was_killed_in_the_middle(
    outcome: tuple[Report, Killer, TopicReader],
) -> None:
    """Each role was ended by SIGKILL once, while its work was not yet done."""
    _, killer, _ = outcome
    assert set(killer.killed) == {"connectors", "feedback", "archive", "delivery", "web"}
    children = killer.stage.children
    assert all(children[role].pid != pid for role, pid in killer.killed.items())


def test_everything_the_seed_must_produce_has_arrived(
    outcome: tuple[Report, Killer, TopicReader],
) -> None:
    """All items are received, classified, routed, announced and listed; none is missing."""
    report, _, _ = outcome
    assert report.missing == ()
    assert report.ok


def test_every_item_is_routed_exactly_once(outcome: tuple[Report, Killer, TopicReader]) -> None:
    """No item has two first routings, though the feedback worker was killed."""
    _, _, reader = outcome
    assert set(reader.tally.routed.values()) == {1}
    assert set(reader.tally.classified.values()) == {1}


def test_every_message_is_delivered_once(outcome: tuple[Report, Killer, TopicReader]) -> None:
    """The receiver's own record shows each idempotency key once, though delivery was killed."""
    report, _, reader = outcome
    assert report.notified == len(reader.tally.requested) > 0


def test_the_run_leaves_time_for_nothing_to_come_late(
    outcome: tuple[Report, Killer, TopicReader],
) -> None:
    """After the verdict nothing more is requested or routed: the run was really at its end."""
    report, _, reader = outcome
    before = (len(reader.tally.requested), sum(reader.tally.routed.values()))
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        list(reader.poll())
    assert (len(reader.tally.requested), sum(reader.tally.routed.values())) == before
    assert report.ok
