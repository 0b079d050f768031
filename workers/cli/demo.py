"""``productops demo``: everything on this machine, with simulated vendors and seeded data."""

import shutil
import signal
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from connectors.sandbox.demo import Ports, prepare
from workers.cli.surroundings import EXIT_FAILED, cache_dir, settings_or_exit, tracing_or_exit
from workers.demo.ports import DemoPorts, choose_ports
from workers.demo.report import describe, write
from workers.demo.run import Addresses, DemoRun
from workers.demo.stage import Stage, StageError, Vendor
from workers.demo.view import make_view
from workers.runtime.supervisor import ChildDiedError
from workers.streaming.broker import BrokerError, EmbeddedBroker
from workers.streaming.topics.admin import ClusterError

__all__ = ["demo"]

_ONCE_SECONDS = 150.0


@click.command()
@click.option("--once", is_flag=True, help="End when everything has arrived; exit code 1 if not.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --once: write a JSON summary there.",
)
@click.option("--ephemeral", is_flag=True, help="Keep nothing: state in a temporary folder.")
@click.option("--seed", type=int, default=7, show_default=True, help="Which invented company.")
def demo(*, once: bool, report_file: Path | None, ephemeral: bool, seed: int) -> None:
    """Run Kafka, every role and simulated vendors here, and watch feedback flow.

    State is kept in .productops/demo: a second demo goes on where the first one stopped.
    Ctrl-C stops everything.
    """
    if report_file is not None and not once:
        raise click.UsageError("--report needs --once")
    tracing_or_exit()
    base = settings_or_exit()
    cache = cache_dir(base)
    folder = (
        Path(tempfile.mkdtemp(prefix="productops-demo-")) if ephemeral else base.state_dir / "demo"
    )
    try:
        code = _demo(folder, cache, once=once, report_file=report_file, seed=seed)
    finally:
        if ephemeral:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code)


def _demo(folder: Path, cache: Path, *, once: bool, report_file: Path | None, seed: int) -> int:
    console = Console(stderr=not once, highlight=False)
    running = EmbeddedBroker(folder / "kafka", cache_dir=cache).status()
    if running is not None:
        click.echo(
            f"productops: a demo runs already in {folder} (its Kafka is process {running.pid}). "
            "Stop it with Ctrl-C where it runs",
            err=True,
        )
        return EXIT_FAILED
    ports = choose_ports()
    prepared = prepare(folder, Ports(zendesk=ports.zendesk, slack=ports.slack), seed=seed)
    settings = replace(
        settings_or_exit(),
        config_dir=prepared.config_dir,
        state_dir=folder,
        database_url=f"sqlite:///{folder}/archive.sqlite",
        web_host="127.0.0.1",
        web_port=ports.web,
        metrics_host="127.0.0.1",
        metrics_port=ports.metrics,
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with make_view(console) as view:
        stage = Stage(
            settings,
            ports,
            [
                _vendor("zendesk", prepared.zendesk_command(live=not once), ports.zendesk),
                _vendor("slack", prepared.slack_command(), ports.slack),
            ],
            {**prepared.environ, "PRODUCTOPS_SAMPLE_DATA": "1"},
            cache_dir=cache,
            say=view.say,
        )
        if ports.moved:
            view.say(f"the default ports are taken: all moved by {ports.moved}")
        run = DemoRun(stage, _addresses(ports, folder), view, stop.is_set)
        try:
            with run.up() as reader:
                if not once:
                    run.watch(reader, show_banner=view.say)
                    return 0
                report = run.until_complete(reader, seconds=_ONCE_SECONDS)
        except (BrokerError, ChildDiedError, ClusterError, StageError) as error:
            click.echo(f"productops: {error}", err=True)
            return EXIT_FAILED
    if report_file is not None:
        write(report, report_file)
    click.echo(describe(report))
    return 0 if report.ok else EXIT_FAILED


def _vendor(name: str, command: tuple[str, ...], port: int) -> Vendor:
    return Vendor(name, command, f"http://127.0.0.1:{port}/_sandbox/counts")


def _addresses(ports: DemoPorts, folder: Path) -> Addresses:
    return Addresses(
        web=f"http://127.0.0.1:{ports.web}",
        slack=f"http://127.0.0.1:{ports.slack}",
        zendesk=f"http://127.0.0.1:{ports.zendesk}",
        kafka=f"127.0.0.1:{ports.kafka}",
        state=folder,
    )
