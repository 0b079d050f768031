"""A replay of the feedback role that ends itself by SIGKILL before its first commit."""

import asyncio
import os
import signal
from pathlib import Path

from workers.config.load import load
from workers.config.settings import Settings
from workers.feedback.factory import make_processor
from workers.streaming.connection.clients import client_settings
from workers.streaming.engine.probe import Step
from workers.streaming.engine.role import Role
from workers.streaming.rebuilding.replay import replay


async def kill_when_written(step: Step, _partition: int, /) -> None:
    """See ``Probe``."""
    if step is Step.WRITTEN:
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Replay everything, until the first partition is written and not committed."""
    settings = Settings.from_environment(os.environ, cwd=Path.cwd())
    configuration = load(settings.config_dir, os.environ)
    role = Role(make_processor(configuration.team, configuration.routes.route))
    asyncio.run(replay(role, client_settings(settings.kafka), 0, probe=kill_when_written))


if __name__ == "__main__":
    main()
