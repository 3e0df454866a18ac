"""`drift ignore`: let drift be until a day."""

from __future__ import annotations

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.command("ignore")
@common
@environment_options
@click.argument("path", metavar="PATH")
@click.argument("subject", metavar="ADDRESS[.FIELD]")
@click.option("--until", metavar="DATE", required=True, show_envvar=True, help="The last day, YYYY-MM-DD (UTC).")
@click.option("--reason", metavar="TEXT", required=True, show_envvar=True, help="For whoever reviews it.")
def ignore(invocation: Invocation, path: str, subject: str, *, until: str, reason: str) -> ExitCode:
    """
    Let drift of an object or a field be until a day: no plan puts it back, a drift check shows it as ignored.

    Writes a line into .drift-ignore.yaml in the tenant's folder, to be committed and reviewed like the rest.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document, Done

    file, rule = engine.ignore_drift(path, subject, until, reason, invocation.options())
    said = f"{rule.subject} is ignored until {rule.until}; commit {file}"
    facts = {"file": file, "address": str(rule.address), "field": rule.field, "until": rule.until}
    invocation.show(Document.DONE, Done(said, {**facts, "reason": rule.reason}))
    return ExitCode.OK
