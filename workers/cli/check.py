"""``productops check``: the configuration, offline or with every connection tried."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from workers.cli.surroundings import EXIT_CONFIGURATION, EXIT_FAILED
from workers.config.findings import Code, Finding
from workers.config.load import Reading, read
from workers.config.settings import Settings, SettingsError

__all__ = ["check"]


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--connect", is_flag=True, help="Then also try Kafka, the SQL database and every source."
)
@click.option(
    "--no-secrets",
    is_flag=True,
    help="Look up no ${NAME}: for a machine, such as CI, that does not hold the secrets.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def check(
    folder: Path | None,
    connect: bool,  # noqa: FBT001 - click passes it
    no_secrets: bool,  # noqa: FBT001 - click passes it
    as_json: bool,  # noqa: FBT001 - click passes it
) -> None:
    """Validate team.yaml, routes.yaml and sources.yaml in DIR, all findings at once.

    DIR is PRODUCTOPS_CONFIG_DIR, or the folder config, where it is not given.

    Exit code 3 when there are findings; with --connect 1 when something does not answer.
    """
    if connect and no_secrets:
        raise click.UsageError("--connect needs the secrets: leave out --no-secrets")
    settings, findings = _settings()
    if folder is None:
        default = Path(os.environ.get("PRODUCTOPS_CONFIG_DIR") or "config")
        folder = settings.config_dir if settings is not None else default
    reading = read(folder, os.environ, secrets=not no_secrets)
    findings = (*findings, *reading.findings)
    tried: list[dict[str, object]] = []
    if connect and not findings and settings is not None and reading.configuration is not None:
        # imported here: the offline check needs neither Kafka's client nor SQL
        from workers.cli.connections import connections  # noqa: PLC0415

        for connection in connections(settings, reading.configuration, folder):
            tried.append(asdict(connection))
            if not as_json:
                mark = "ok  " if connection.ok else "FAIL"
                click.echo(f"{mark}  {connection.name:<20} {connection.summary}")
    if as_json:
        click.echo(_json(folder, reading, findings, tried, connect=connect))
    else:
        _tell(folder, reading, findings, tried, connect=connect)
    if findings:
        sys.exit(EXIT_CONFIGURATION)
    if not all(connection["ok"] for connection in tried):
        sys.exit(EXIT_FAILED)


def _settings() -> tuple[Settings | None, tuple[Finding, ...]]:
    """The environment's settings, or a finding for each unusable variable."""
    try:
        return Settings.from_environment(os.environ, cwd=Path.cwd()), ()
    except SettingsError as error:
        return None, tuple(
            Finding("environment", 0, 0, Code.ENVIRONMENT, line, "correct the variable", "")
            for line in str(error).splitlines()
        )


def _depth(*, connect: bool) -> str:
    return "files and connections" if connect else "files only"


def _notes(reading: Reading) -> Sequence[str]:
    """What is no fault and still good to know."""
    notes = []
    if reading.configuration is not None and reading.configuration.team.live_since is None:
        notes.append(
            "live_since is not set in team.yaml: feedback is routed, and nobody is told yet"
        )
    if reading.configuration is None and not reading.findings:
        names = ", ".join(sorted(reading.variables)) or "none"
        notes.append(f"secrets were not looked up; the files take these variables: {names}")
    return notes


def _tell(
    folder: Path,
    reading: Reading,
    findings: Sequence[Finding],
    tried: Sequence[dict[str, object]],
    *,
    connect: bool,
) -> None:
    for finding in findings:
        click.echo(f"{finding}\n")
    if findings:
        count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        names = dict.fromkeys(Path(finding.path).name for finding in findings)
        click.echo(f"{count} in {', '.join(names)} (checked: files only)")
        if connect:
            click.echo("connections were not tried: correct the findings first")
        return
    counts = ", ".join(f"{count} {what}" for what, count in reading.counts.items())
    click.echo(f"{folder}: {counts}")
    for note in _notes(reading):
        click.echo(f"note: {note}")
    failed = [connection for connection in tried if not connection["ok"]]
    todo = [connection for connection in tried if connection["remedy"]]
    for number, connection in enumerate(todo, 1):
        click.echo(f"{number}. {connection['name']}: {connection['remedy']}")
    if failed:
        click.echo(f"{len(failed)} of {len(tried)} connections failed")
    else:
        more = "" if connect else "; --connect also tries Kafka, the database and every source"
        click.echo(f"check passed (checked: {_depth(connect=connect)}{more})")


def _json(
    folder: Path,
    reading: Reading,
    findings: Sequence[Finding],
    tried: Sequence[dict[str, object]],
    *,
    connect: bool,
) -> str:
    depth = "connect" if connect and not findings else "offline"
    return json.dumps(
        {
            "ok": not findings and all(connection["ok"] for connection in tried),
            "depth": depth,
            "folder": str(folder),
            "counts": dict(reading.counts),
            "notes": list(_notes(reading)),
            "variables": sorted(reading.variables),
            "findings": [asdict(finding) for finding in findings],
            "connections": list(tried),
        },
        indent=2,
    )
