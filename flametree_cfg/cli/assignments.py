"""`FIELD=VALUE` as people type it; secrets may be named instead of typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from flametree_cfg.cli.invocation import Invocation
from flametree_cfg.errors import ConfigInvalid, error


class Assignment(click.ParamType[tuple[str, str]]):
    """`settings.temperature=0.9`; the value may hold further `=`."""

    name = "assignment"

    def convert(
        self,
        value: str | tuple[str, str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> tuple[str, str]:
        """Split it; whether there is such a field is the portal's question."""
        if isinstance(value, tuple):
            return value
        field, sign, text = value.partition("=")
        if not sign or not field:
            # Its text is not shown: who forgot the `=` may have typed a secret.
            self.fail("an argument is no FIELD=VALUE.", param, ctx)
        return field, text


def assignments(*, required: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add `FIELD=VALUE...`."""
    return click.argument("typed", metavar="FIELD=VALUE...", nargs=-1, required=required, type=Assignment())


def secret_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--secret`."""
    return click.option(
        "--secret",
        metavar="FIELD",
        multiple=True,
        show_envvar=True,
        help="This field outside the settings is secret: environment.TOKEN.",
    )(function)


def referring(typed: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Name the fields given by reference: what they stand for is secret, wherever it is put."""
    from flametree_cfg.model import parse_reference

    return tuple(field for field, text in typed if parse_reference(text))


def values_of(invocation: Invocation, typed: Sequence[tuple[str, str]], where: str = "") -> dict[str, str]:
    """
    Give the typed values, with `${env:NAME}` and `${file:PATH}` looked up, so that no secret stands on a command line.

    Args:
        invocation: of the command; it hides what was looked up.
        typed: as split.
        where: the tenant's folder or name; files are read in the folder, as its YAML reads them.

    Raises:
        ConfigInvalid: a reference does not resolve here.
    """
    from flametree_cfg.model import parse_reference

    references = [text for _, text in typed if parse_reference(text)]
    if not references:
        return dict(typed)
    from flametree_cfg.secret import Policy, resolve_all

    folder = Path(where) if os.path.isdir(where) else None  # noqa: PTH112  # never raises
    root = folder.resolve() if folder else Path.cwd()
    resolved = resolve_all(references, Policy.from_environment(file_root=root))
    invocation.known.update(resolved.values.values())
    if resolved.problems:
        raise ConfigInvalid(
            *(
                error(
                    "unresolved-secret",
                    "A secret that has to be sent does not resolve here",
                    f"{field}: {text}: {resolved.problems[text]}",
                    "provide it and run the command again; nothing was sent",
                )
                for field, text in typed
                if text in resolved.problems
            )
        )
    return {field: resolved.values.get(text, text) for field, text in typed}
