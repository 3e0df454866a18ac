"""`history`: what was applied, when and by whom."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.group("history", no_args_is_help=True)
def history() -> None:
    """What was applied, when and by whom."""


@history.command("list")
@common
@environment_options
@click.argument("path", metavar="PATH")
def list_runs(invocation: Invocation, path: str) -> ExitCode:
    """List the applies of a tenant, newest first."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, History

    runs, link = engine.history(path, invocation.options())
    invocation.show(Document.HISTORY, History(path, runs, link))
    return ExitCode.OK


@history.command("show")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("run", metavar="N", type=click.IntRange(1))
def show_run(invocation: Invocation, path: str, run: int) -> ExitCode:
    """Show one apply: every operation, with its fields before and after."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Run

    line, operations = engine.history_show(path, run, invocation.options())
    invocation.show(Document.RUN, Run(line, operations))
    return ExitCode.OK


@history.command("diff")
@common
@click.argument("path", metavar="PATH")
@click.argument("before", metavar="N", type=click.IntRange(1))
@click.argument("after", metavar="[M]", type=click.IntRange(1), required=False)
def diff_runs(invocation: Invocation, path: str, before: int, after: int | None) -> ExitCode:
    """Show what differs between the objects after apply N and those after apply M, or those of now."""
    from flametree_cfg import engine
    from flametree_cfg.report import Document, RunsDiff

    tenant, changes = engine.history_diff(path, before, after, invocation.options())
    invocation.show(Document.RUNS_DIFF, RunsDiff(tenant, before, after, changes))
    return ExitCode.OK


@history.command("verify")
@common
@click.argument("path", metavar="PATH")
@click.option(
    "--link", metavar="LINK", default="", show_envvar=True, help="A link kept elsewhere, which must be there."
)
def verify(invocation: Invocation, path: str, link: str) -> ExitCode:
    """
    Follow the links of history, and name the first run that was edited, cut or moved.

    Somebody who made every link anew is found only with --link: keep the newest one elsewhere.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done, Line, Tone

    found = engine.history_verify(path, link, invocation.options())
    first, last = min(found.links, default=0), max(found.links, default=0)
    said = f"runs {first} to {last}, newest link {found.newest}" if found.links else "nothing was applied yet"
    facts = {"tenant": found.tenant, "oldest": first, "newest": last, "link": found.newest, "verified": True}
    invocation.show(Document.DONE, Done(f"History of tenant {found.tenant} is as it was written: {said}", facts))
    if found.links and not link:
        said = f"kept elsewhere, the newest link finds a chain made anew: history verify {path} --link {found.newest}"
        invocation.err.show([Line(said, Tone.FAINT)])
    return ExitCode.OK
