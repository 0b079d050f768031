"""The archive run as a role is, in a group of the tests; started by them as a process."""

import argparse
import os
import sys
from pathlib import Path

from workers.archive.intake.intake import IntakeFailedError
from workers.archive.intake.role import ArchiveRole
from workers.config.settings import Settings
from workers.observability.logs import configure_logging
from workers.observability.metrics import Metrics
from workers.runtime.process import run_process


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    name = parser.parse_args().name
    configure_logging("archive", form="json")
    settings = Settings.from_environment(os.environ, cwd=Path.cwd())
    metrics = Metrics()
    role = ArchiveRole(settings, metrics, group=f"productops-{name}")
    try:
        run_process("archive", role, metrics, settings, None)
    except IntakeFailedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
