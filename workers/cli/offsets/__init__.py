"""``productops offsets``: where a role's group stands in its inputs, and moving it."""

import click

from workers.cli.offsets.reset import reset
from workers.cli.offsets.show import show

__all__ = ["offsets"]


@click.group()
def offsets() -> None:
    """Where a role goes on reading: look at it, move it while the role is stopped."""


offsets.add_command(show)
offsets.add_command(reset)
