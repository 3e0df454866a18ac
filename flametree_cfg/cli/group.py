"""A group of commands that knows names and one line of help, and loads a command only to run it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import NamedTuple

import click


class Entry(NamedTuple):
    """Where a command is, `module:name`, and its line in the list of commands."""

    place: str
    help: str


class LazyGroup(click.Group):
    """
    A group whose `--help` imports no command.

    Args:
        name: as typed.
        entries: the commands, in the order to list them.
        aliases: other words for some of them, not listed.
        help: of the group itself.
    """

    def __init__(
        self,
        name: str,
        entries: Mapping[str, Entry],
        *,
        aliases: Mapping[str, str] | None = None,
        help: str = "",  # noqa: A002  # click's word
    ) -> None:
        super().__init__(name, help=help, short_help=help, no_args_is_help=True)
        self.entries = entries
        self.aliases = aliases or {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands, in the order to list them."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Load one command; None if there is none."""
        entry = self.entries.get(self.aliases.get(cmd_name, cmd_name))
        if entry is None:
            return None
        module, _, name = entry.place.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed, or say which one may have been meant."""
        name = args[0]
        if self.get_command(ctx, name) is not None or ctx.resilient_parsing or name.startswith("-"):
            return super().resolve_command(ctx, args)
        import difflib

        near = difflib.get_close_matches(name, [*self.entries, *self.aliases], n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise click.UsageError(f"No such command {name!r}.{meant}", ctx)
