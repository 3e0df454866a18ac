"""`state`: the ledger of what was applied, and the few things a person may do to it."""

from __future__ import annotations

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.targets import AddressText
from flametree_cfg.errors import ExitCode


@click.group("state", no_args_is_help=True)
def state() -> None:
    """The ledger of what was applied."""


@state.command("list")
@common
@click.argument("path", metavar="PATH")
def list_entries(invocation: Invocation, path: str) -> ExitCode:
    """List what the ledger knows of a tenant."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.STATE, engine.state_list(path, invocation.options()))
    return ExitCode.OK


@state.command("show")
@common
@click.argument("path", metavar="PATH")
@click.argument("address", metavar="ADDRESS", type=AddressText())
def show_entry(invocation: Invocation, path: str, address: str) -> ExitCode:
    """Show one entry; a secret by its reference."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.ENTRY, engine.state_show(path, address, invocation.options()))
    return ExitCode.OK


@state.command("rm")
@common
@click.argument("path", metavar="PATH")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True, type=AddressText())
def forget(invocation: Invocation, path: str, addresses: tuple[str, ...]) -> ExitCode:
    """Forget entries. The platform is not touched: the objects stay there, as foreign ones."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    serial = engine.state_rm(path, addresses, invocation.options())
    facts = {"forgotten": list(addresses), "serial": serial}
    invocation.show(Document.DONE, Done(f"Forgot {', '.join(addresses)}; serial {serial}", facts))
    return ExitCode.OK


@state.command("unlock")
@common
@click.argument("path", metavar="PATH")
@click.option("--force", is_flag=True, show_envvar=True, help="Even if the holder seems to be alive.")
def unlock(invocation: Invocation, path: str, *, force: bool) -> ExitCode:
    """Break a lock that a dead process left on another machine; on this one nothing has to be broken."""
    from dataclasses import asdict

    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    holder = engine.state_unlock(path, invocation.options(), force=force)
    sentence = f"Unlocked; it was held by {holder.who} on {holder.host}" if holder else "Nobody holds the lock"
    invocation.show(Document.DONE, Done(sentence, {"holder": asdict(holder) if holder else None}))
    return ExitCode.OK


@state.command("export")
@common
@click.argument("path", metavar="PATH")
def export(invocation: Invocation, path: str) -> ExitCode:
    """Write the ledger of a tenant as JSON, for `state import`. There are no secret values in it."""
    import json

    from flametree_cfg import engine

    document = engine.state_export(path, invocation.options())
    invocation.out.write(json.dumps(document, indent=2, sort_keys=True) + "\n")
    return ExitCode.OK


@state.command("import")
@common
@click.argument("path", metavar="PATH")
@click.argument("file", metavar="FILE")
def restore(invocation: Invocation, path: str, file: str) -> ExitCode:
    """Replace the ledger of a tenant by what `state export` wrote."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    serial = engine.state_import(path, file, invocation.options())
    invocation.show(Document.DONE, Done(f"Imported {file}; serial {serial}", {"file": file, "serial": serial}))
    return ExitCode.OK
