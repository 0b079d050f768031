"""``productops``: one command or group of commands a file, loaded when it is used."""

import difflib
import importlib
import sys
from typing import NoReturn

import click

from workers import __version__

__all__ = ["main"]

_COMMANDS = {
    "archive": "rebuild, migrate and inspect the SQL read model",
    "check": "validate the configuration; with --connect also every connection",
    "classify": "classify texts: JSON lines in, JSON lines out",
    "demo": "everything on this machine with simulated vendors",
    "dlq": "list, show, replay and drop dead letters",
    "kafka": "start, stop and inspect the embedded broker",
    "offsets": "show where a role goes on reading, move it",
    "replay": "decide anew what a role has decided, by today's rules",
    "routes": "lint and explain the routing rules",
    "run": "run all roles, or the named ones",
    "sources": "list the sources, try one",
    "state": "show what a role remembers, bring its format up to date, give it up",
    "topics": "plan and apply the topics",
}


class _Commands(click.Group):
    """Finds a command's module by its name, so that ``--help`` imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"workers.cli.{cmd_name}")
        command = getattr(module, cmd_name)
        if not isinstance(command, click.Command):
            msg = f"workers.cli.{cmd_name}.{cmd_name} is no command"
            raise TypeError(msg)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], _COMMANDS, n=1)
            if not near:
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]!r}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="productops")
def main() -> None:
    """Event-driven integration workers for Product Operations.

    Exit codes: 0 fine, 1 the thing failed, 2 wrong usage, 3 configuration error, 4 refused.
    """


def run() -> NoReturn:
    """Entry point: ends with the exit code of the command."""
    sys.exit(main(prog_name="productops"))
