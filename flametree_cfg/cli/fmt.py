"""`fmt`: canonical order and layout."""

from __future__ import annotations

import sys

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.reports import report_option
from flametree_cfg.errors import ExitCode, worst

STDIN = "-"


@click.command("fmt")
@common
@click.argument("paths", metavar="PATH...|-", nargs=-1, required=True)
@click.option("--check", is_flag=True, show_envvar=True, help="Write nothing; leave with 9 if anything would change.")
@click.option("--diff", is_flag=True, show_envvar=True, help="Write nothing; show what would change.")
@report_option
def fmt(invocation: Invocation, paths: tuple[str, ...], *, check: bool, diff: bool) -> ExitCode:
    """
    Put the YAML of tenants into canonical order and layout; it says the same, and comments stay.

    PATH may be a file too; `-` reads standard input and writes standard output. A file that is no valid YAML is left
    as it is.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    if STDIN in paths:
        if len(paths) > 1:
            raise click.UsageError("`-` stands alone.")
        return _stream(invocation, check=check, diff=diff)
    results = engine.format_paths(paths, invocation.options(), check=check, diff=diff)
    invocation.show(Document.FORMAT, results)
    return worst(result.exit_code for result in results)


def _stream(invocation: Invocation, *, check: bool, diff: bool) -> ExitCode:
    """Format what comes in; of a text that is wrong nothing goes out, so that an editor keeps its own."""
    from flametree_cfg import engine
    from flametree_cfg.config.source import MAX_FILE
    from flametree_cfg.report import Document

    data = sys.stdin.buffer.read(MAX_FILE + 1)
    after, result = engine.format_text(data, "<stdin>", invocation.options(), check=check, diff=diff)
    if check or diff or not invocation.for_people:
        invocation.show(Document.FORMAT, [result])
        return result.exit_code
    invocation.tell(result.diagnostics)
    if not result.exit_code:
        invocation.out.flush()
        sys.stdout.flush()
        sys.stdout.buffer.write(after)
        sys.stdout.buffer.flush()
    return result.exit_code
