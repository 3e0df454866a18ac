"""`drift check`: find what was changed outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flametree_cfg.cli.environment import environment_options
from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.cli.reports import report_option
from flametree_cfg.cli.targets import read_only_option
from flametree_cfg.errors import ExitCode, worst

if TYPE_CHECKING:
    from flametree_cfg.forge.webhook import Webhook


@click.command("check")
@common
@environment_options
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option(
    "--notify",
    "notify",
    metavar="URL",
    multiple=True,
    envvar="FLAMETREE_NOTIFY",
    show_envvar=True,
    help="Post drift to this webhook, each once; may stand several times.",
)
@click.option(
    "--notify-format",
    type=click.Choice(("slack", "json")),
    envvar="FLAMETREE_NOTIFY_FORMAT",
    show_envvar=True,
    help="How the message is written.  [default: slack for hooks.slack.com, else json]",
)
@read_only_option
@report_option
def check(
    invocation: Invocation,
    paths: tuple[str, ...],
    *,
    notify: tuple[str, ...],
    notify_format: str | None,
    read_only: bool,
) -> ExitCode:
    """
    Compare what was last applied with the platform; leaves with 3 when something moved.

    Each field is told with the line of YAML that says otherwise, the apply that set it, and what the next apply makes
    of it. The values of secrets are not observable: no platform reports them.
    """
    from flametree_cfg import engine
    from flametree_cfg.report import Document

    invocation.known.update(notify)  # whoever knows the address may post to it
    hooks = _hooks(notify, notify_format)
    options = invocation.options(read_only=read_only)
    results = engine.check_drift(paths, options)
    invocation.tell(d for result in results for d in result.diagnostics)
    invocation.show(Document.DRIFT, results)
    if hooks:
        invocation.tell(engine.notify(results, hooks, paths, options))
    return worst(result.exit_code for result in results)


def _hooks(urls: tuple[str, ...], wanted: str | None) -> list[Webhook]:
    """Read where to post to, before anything is done."""
    if not urls:
        return []
    from flametree_cfg.forge.webhook import read_webhook

    return [read_webhook(url, wanted) for url in dict.fromkeys(urls)]
