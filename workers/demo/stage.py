"""Everything the demo runs: broker, simulated vendors, roles; brought up and down in order."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workers.config.settings import KafkaSettings, Settings
from workers.demo.loopback import answers
from workers.demo.ports import DemoPorts
from workers.runtime.child import Child, ChildSpec
from workers.runtime.children import environment_of, role_specs
from workers.runtime.leash import leashed
from workers.runtime.roles import ROLES
from workers.runtime.supervisor import Supervisor
from workers.streaming.broker import EmbeddedBroker
from workers.streaming.topics.admin import apply_registry

__all__ = ["Stage", "StageError", "Vendor"]

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.1


class StageError(Exception):
    """Something did not come up. The message names it and where its log is."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A simulated vendor: how to start it, and an address that answers when it is there."""

    name: str
    command: Sequence[str]
    probe: str


class Stage:
    """One run of the demo."""

    def __init__(
        self,
        settings: Settings,
        ports: DemoPorts,
        vendors: Sequence[Vendor],
        environment: Mapping[str, str],
        *,
        cache_dir: Path,
        say: Callable[[str], None],
        restart: bool = False,
    ) -> None:
        """``restart``: a child that dies is started again instead of ending the run."""
        self._ports = ports
        self._say = say
        server = f"127.0.0.1:{ports.kafka}"
        self.settings = replace(settings, kafka=KafkaSettings(servers=(server,)))
        self._broker = EmbeddedBroker(
            settings.state_dir / "kafka", cache_dir=cache_dir, wrap=leashed
        )
        children = [self._vendor(vendor) for vendor in vendors]
        extra = {**environment_of(self.settings), **environment}
        roles = [
            replace(spec, environment={**spec.environment, **extra})
            for spec in role_specs(self.settings, ROLES)
        ]
        self._supervisor = Supervisor([*children, *roles], restart=restart)

    @property
    def children(self) -> Mapping[str, Child]:
        """The running children by name."""
        return {child.spec.name: child for child in self._supervisor.children}

    def cluster_up(self) -> None:
        """Start the broker, apply the topics; raises ``BrokerError`` and ``ClusterError``."""
        self._say("starting Kafka (the first time its files are fetched: 45 MB)")
        self._broker.start(self._ports.kafka)
        apply_registry(self.settings.kafka)

    def roles_up(self) -> None:
        """Start the vendors and the roles; raises ``StageError`` and ``ChildDiedError``."""
        self._say("starting the simulated vendors and the roles")
        self._supervisor.start()
        self._await_all()

    def check(self) -> None:
        """Raises ``ChildDiedError`` when a child has ended."""
        self._supervisor.check()

    def down(self) -> None:
        """Stop everything in order; leaves no process."""
        self._supervisor.stop()
        self._broker.stop()

    def memory_bytes(self) -> int:
        """Resident memory of the broker and all children."""
        import psutil  # noqa: PLC0415 - for one line of the banner

        info = self._broker.status()
        total = info.memory_bytes if info else 0
        for child in self._supervisor.children:
            try:
                total += psutil.Process(child.pid).memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total

    def _await_all(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        for child in self._supervisor.children:
            url = child.spec.ready_url
            while url is not None and not answers(url):
                self.check()
                if time.monotonic() > deadline:
                    raise StageError(
                        f"{child.spec.name} was not ready within {_READY_SECONDS:.0f} s; see "
                        f"{child.spec.log_file}"
                    )
                time.sleep(_POLL_SECONDS)

    def _vendor(self, vendor: Vendor) -> ChildSpec:
        return ChildSpec(
            name=vendor.name,
            command=vendor.command,
            log_file=self.settings.state_dir / "log" / f"{vendor.name}.log",
            environment={},
            ready_url=vendor.probe,
        )
