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
        help="Allow a deletion that needs saying: an agent, a whole tenant.",
    )(function)
