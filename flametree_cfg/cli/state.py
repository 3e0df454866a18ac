"""`state`: the ledger of what was applied, and the few things a person may do to it."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.targets import AddressText
from flametree_cfg.errors import ExitCode


@click.group("state", no_args_is_help=True)
def state() -> None:
    """The ledger of what was applied."""


@state.command("list")
@common
@environment_options
@click.argument("path", metavar="PATH")
def list_entries(invocation: Invocation, path: str) -> ExitCode:
    """List what the ledger knows of a tenant."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.show(Document.STATE, engine.state_list(path, invocation.options()))
    return ExitCode.OK


@state.command("show")
@common
@environment_options
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
@environment_options
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
@environment_options
@click.argument("path", metavar="PATH")
@click.option("--force", is_flag=True, show_envvar=True, help="Even if the holder seems to be alive.")
def unlock(invocation: Invocation, path: str, *, force: bool) -> ExitCode:
    """Break a lock that a dead process left on another machine; on this one nothing has to be broken."""
    from msgspec.structs import asdict

    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    holder = engine.state_unlock(path, invocation.options(), force=force)
    sentence = f"Unlocked; it was held by {holder.who} on {holder.host}" if holder else "Nobody holds the lock"
    invocation.show(Document.DONE, Done(sentence, {"holder": asdict(holder) if holder else None}))
    return ExitCode.OK


@state.command("export")
@common
@environment_options
@click.argument("path", metavar="FILE|PATH")
@click.option("--public", is_flag=True, show_envvar=True, help="Without fingerprints, journal and history.")
def export(invocation: Invocation, path: str, *, public: bool) -> ExitCode:
    """
    Write the ledger of all tenants to FILE, as a backup or for another database.

    With the folder of a tenant as PATH, that one's is written to standard output. There are no secret values in it.
    """
    import json
    import os

    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    if os.path.isdir(path):  # noqa: PTH112  # never raises
        document = (engine.state_public if public else engine.state_export)(path, invocation.options())
        invocation.out.write(json.dumps(document, indent=2, sort_keys=True) + "\n")
        return ExitCode.OK
    tenants = engine.ledger_export(path, invocation.options(), public=public)
    facts = {"file": path, "public": public, "tenants": list(tenants)}
    invocation.show(Document.DONE, Done(f"Exported {_counted(len(tenants))} to {path}", facts))
    return ExitCode.OK


@state.command("import")
@common
@environment_options
@click.argument("paths", metavar="[PATH] FILE", nargs=-1, required=True)
@click.option("--overwrite", is_flag=True, show_envvar=True, help="Even where the ledger is newer, or another one.")
def restore(invocation: Invocation, paths: tuple[str, ...], *, overwrite: bool) -> ExitCode:
    """
    Make the ledger of all tenants what it is in FILE, which `state export` wrote.

    With the folder of a tenant as PATH, that one's ledger is replaced by its own export.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    *folders, file = paths
    if len(folders) > 1:
        raise click.UsageError("Give FILE, or PATH and FILE.")
    if folders:
        serial = engine.state_import(folders[0], file, invocation.options())
        invocation.show(Document.DONE, Done(f"Imported {file}; serial {serial}", {"file": file, "serial": serial}))
        return ExitCode.OK
    serials = engine.ledger_import(file, invocation.options(), overwrite=overwrite)
    facts = {"file": file, "serials": dict(serials)}
    changed = sum(serial is not None for serial in serials.values())
    same = f", {len(serials) - changed} unchanged" if changed < len(serials) else ""
    invocation.show(Document.DONE, Done(f"Imported {_counted(changed)} from {file}{same}", facts))
    return ExitCode.OK


def _counted(tenants: int) -> str:
    return f"{tenants} tenant" if tenants == 1 else f"{tenants} tenants"
