"""Options of commands that read tenants: what differs between staging and production."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def environment_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--var`, `--var-file` and `--tenant-id`; `common` takes them out again."""
    for option in (
        click.option(
            "--tenant-id",
            metavar="NAME",
            envvar="FLAMETREE_TENANT_ID",
            show_envvar=True,
            help="What the platform calls the tenant, if not as its files do.",
        ),
        click.option(
            "--var-file",
            "var_files",
            metavar="FILE",
            multiple=True,
            envvar="FLAMETREE_VAR_FILE",
            show_envvar=True,
            help="YAML file of variables, NAME: VALUE; wins over `vars:`.",
        ),
        click.option(
            "--var",
            "variables",
            metavar="NAME=VALUE",
            multiple=True,
            envvar="FLAMETREE_VAR",
            show_envvar=True,
            help="One variable, for ${var:NAME}; wins over files.",
        ),
    ):
        function = option(function)
    return function
