"""``productops``: one group of commands a file."""

import click

from workers import __version__

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="productops")
def main() -> None:
    """Event-driven integration workers for Product Operations."""
