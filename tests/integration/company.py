"""The whole system of the seeded company: vendors, roles and a broker of its own, unhurried."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from connectors.sandbox.demo import Ports, prepare
from tests.own_ports import own_demo_ports
from workers.config.settings import Settings
from workers.demo.reader import TopicReader
from workers.demo.run import Addresses, DemoRun
from workers.demo.stage import Stage, Vendor
from workers.demo.tally import Tally
from workers.demo.view import PlainView

__all__ = ["Company", "company"]


class _Watching(PlainView):
    """A view that lets somebody look whenever totals are shown."""

    look: Callable[[], None] | None = None

    def counts(self, counts: object) -> None:
        """See ``View``."""
        del counts
        if self.look is not None:
            self.look()


@dataclass(frozen=True)
class Company:
    """What runs."""

    stage: Stage
    run: DemoRun
    reader: TopicReader
    _view: _Watching

    @property
    def tally(self) -> Tally:
        """What has flowed so far."""
        return self.reader.tally

    def watched_by(self, look: Callable[[], None]) -> None:
        """Call ``look`` again and again while the run goes on."""
        self._view.look = look


@contextmanager
def company(folder: Path, jars: Path) -> Iterator[Company]:
    """Everything up; messages go out one a second, so that delivery has a middle."""
    ports = own_demo_ports()
    prepared = prepare(folder, Ports(zendesk=ports.zendesk, slack=ports.slack))
    routes = prepared.config_dir / "routes.yaml"
    unhurried = routes.read_text(encoding="utf-8").replace(
        "rate_per_second: 5", "rate_per_second: 1"
    )
    routes.write_text(unhurried, encoding="utf-8")
    environment = {
        "PRODUCTOPS_STATE_DIR": str(folder),
        "PRODUCTOPS_CONFIG_DIR": str(prepared.config_dir),
        "PRODUCTOPS_WEB_PORT": str(ports.web),
        "PRODUCTOPS_METRICS_PORT": str(ports.metrics),
    }
    with Console(file=(folder / "view.log").open("w")).file as log:
        view = _Watching(Console(file=log))
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
            cache_dir=jars,
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
            yield Company(stage, run, reader, view)
