"""`schema`: what editors use to complete and check."""

from __future__ import annotations

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.group("schema", no_args_is_help=True)
def schema() -> None:
    """The schema that editors use."""


@schema.command("export")
@common
def export(invocation: Invocation) -> ExitCode:
    """Write the JSON Schema of a tenant's YAML, with the types of --schemas."""
    from flametree_cfg import engine

    invocation.out.write(engine.tenant_schema(invocation.options()).rstrip("\n") + "\n")
    return ExitCode.OK
