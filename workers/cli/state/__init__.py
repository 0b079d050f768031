"""``productops state``: what a role remembers."""

import click

from workers.cli.state.clear import clear
from workers.cli.state.migrate import migrate
from workers.cli.state.show import show

__all__ = ["state"]


@click.group()
def state() -> None:
    """What a role remembers: look at it, bring its format up to date, give it up."""


state.add_command(show)
state.add_command(migrate)
state.add_command(clear)
