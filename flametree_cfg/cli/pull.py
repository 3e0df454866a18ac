"""`pull`: write a tenant as the platform has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.reports import report_option
from flametree_cfg.errors import ExitCode

if TYPE_CHECKING:
    from flametree_cfg.engine import PullResult
    from flametree_cfg.report import Line


@click.command("pull")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.option(
    "--tenant",
    metavar="NAME",
    default="",
    show_envvar=True,
    help="The tenant's name on the platform.  [default: what the files say, else the folder's name]",
)
@click.option("--prune", is_flag=True, show_envvar=True, help="Take out what the platform has no more.")
@report_option
def pull(invocation: Invocation, path: str, *, tenant: str, prune: bool) -> ExitCode:
    """
    Write a tenant as the platform has it into its folder, and record it: the next plan is empty.

    What is there keeps its comments and layout: values that differ are written into their lines, new objects are added.
    Secrets become references; which variables to set is said at the end. Agents are external: their prompts stay in the
    portal.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    result = engine.pull(path, invocation.options(), tenant=tenant, prune=prune)
    invocation.tell(result.diagnostics)
    if invocation.for_people:
        invocation.out.show(_lines(result))
    invocation.show(Document.DONE, Done(_sentence(result), _facts(result)))
    return result.exit_code


def _lines(result: PullResult) -> Iterator[Line]:
    from flametree_cfg.report import Line, Tone

    yield from (Line(f"wrote  {name}") for name in result.written)
    yield from (Line(f"  changed  {what}") for what in result.changed)
    if result.exports:
        yield Line("")
        yield Line("Secrets: the platform shows none. Set these before one of them has to be sent:", Tone.HEAD)
        width = max(len(one.variable) for one in result.exports)
        for one in result.exports:
            yield Line(f"  export {one.variable}={' ' * (width - len(one.variable))}   # {one.address} {one.setting}")
        yield Line("")


def _sentence(result: PullResult) -> str:
    added, changed = len(result.added), len(result.changed)
    what = f"{added} added, {changed} changed" if added or changed else "nothing to write"
    return f"Pull: tenant {result.tenant_name}, {result.objects} objects, {what}"


def _facts(result: PullResult) -> dict[str, Any]:
    return {
        "folder": result.folder,
        "tenant": result.tenant_name,
        "serial": result.serial,
        "written": list(result.written),
        "added": [str(address) for address in result.added],
        "changed": list(result.changed),
        "secrets": [
            {"variable": one.variable, "address": str(one.address), "setting": one.setting} for one in result.exports
        ],
    }
