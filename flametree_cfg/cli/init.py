"""`init`: begin a repository of tenants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import Diagnostic, ExitCode, warning


class _Branch(click.ParamType[str]):
    name = "branch"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        import re

        # It is written into YAML: only what can neither be read as something else there nor end a line.
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}", value):
            self.fail(f"{value!r} is no name of a branch.", param, ctx)
        return value


def _exposed() -> Diagnostic:
    return warning(
        "key-not-ignored",
        "Git would take the key",
        "the .gitignore that is there does not name .flametree/, where ledger, registry and key are made",
        "add a line `.flametree/` to it",
    )


@click.command("init")
@common
@click.argument("folder", metavar="[DIR]", default=".")
@click.option(
    "--ci", type=click.Choice(("github", "gitlab")), show_envvar=True, help="Add the workflows of this forge."
)
@click.option(
    "--branch", type=_Branch(), default="main", show_envvar=True, help="The default branch, which is applied."
)
def init(invocation: Invocation, folder: str, *, ci: str | None, branch: str) -> ExitCode:
    """Begin a repository of tenants: an example, editor settings, CI. An existing file is never touched."""
    from flametree_cfg import engine
    from flametree_cfg.forge import scaffold
    from flametree_cfg.report import Document, Done, Line

    schema = engine.tenant_schema(invocation.options()).rstrip("\n") + "\n"
    done = scaffold(Path(folder), ci=ci or "", branch=branch, schema=schema)
    if invocation.for_people:
        invocation.out.show([Line(f"made  {name}") for name in done.made])
        invocation.out.show([Line(f"left  {name} (it is there already)") for name in done.left])
    if done.exposed:
        invocation.tell([_exposed()])
    facts: dict[str, Any] = {"folder": folder, "made": list(done.made), "left": list(done.left)}
    next_step = "; README.md tells the next steps" if done.made else ""
    invocation.show(Document.DONE, Done(f"Init: {len(done.made)} made, {len(done.left)} left{next_step}", facts))
    return ExitCode.OK
