"""Addresses as people type them on the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


class AddressText(click.ParamType[str]):
    """An address such as `connector.openai-prod`; optionally the word `all`."""

    name = "address"

    def __init__(self, *, every: bool = False) -> None:
        self.every = every

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form; whether it exists is the engine's question."""
        from flametree_cfg.model import parse_address

        if parse_address(value) is None and not (self.every and value == "all"):
            self.fail(f"{value!r} is no address; write KIND.KEY, such as connector.openai-prod.", param, ctx)
        return value


class DeletionLimit(click.ParamType[str]):
    """How much may go: a number of objects, or a share of each kind."""

    name = "limit"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the form."""
        number = value.removesuffix("%")
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            self.fail(f"{value!r} is no limit; write a number of objects, or a share of each kind: 30%.", param, ctx)
        if value.endswith("%") and int(number) > 100:
            self.fail(f"{value!r} is more than all.", param, ctx)
        return value


def gate_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add what limits a plan: `apply` refuses what goes beyond, `plan` tells of it."""
    for option in (
        click.option(
            "--max-affected-agents",
            metavar="N",
            type=click.IntRange(min=0),
            show_envvar=True,
            help="Refuse to affect more agents than this.",
        ),
        click.option(
            "--max-delete",
            metavar="N|N%",
            type=DeletionLimit(),
            show_envvar=True,
            help="Refuse to delete more objects, or more of a kind.  [default: 30% of a kind, or one object]",
        ),
        allow_delete_option,
        click.option(
            "--no-delete",
            "--hold-deletes",
            "no_delete",
            is_flag=True,
            show_envvar=True,
            help="Create and update; delete nothing, list it as held.",
        ),
    ):
        function = option(function)
    return function


def read_only_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--read-only`."""
    return click.option(
        "--read-only",
        envvar="FLAMETREE_READ_ONLY",
        is_flag=True,
        show_envvar=True,
        help="Open ledger and platform so that nothing can be written to them.",
    )(function)


def target_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--target`."""
    return click.option(
        "--target",
        "targets",
        metavar="ADDRESS",
        multiple=True,
        type=AddressText(),
        show_envvar=True,
        help="Only this and what it needs; may stand several times.",
    )(function)


def allow_delete_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--allow-delete`."""
    return click.option(
        "--allow-delete",
        metavar="ADDRESS|all",
        multiple=True,
        type=AddressText(every=True),
        show_envvar=True,
        help="Allow what needs saying: deleting an agent, the last of a kind, a default, all of a tenant.",
    )(function)
