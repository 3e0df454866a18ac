"""`version`: what to put into a report of a fault."""

from __future__ import annotations

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import ExitCode


@click.command("version")
@common
def version(invocation: Invocation) -> ExitCode:
    """Say the version, and what it runs on."""
    import platform

    from flametree_cfg import __version__
    from flametree_cfg.report import Document, Done

    facts = {"version": __version__, "python": platform.python_version(), "system": platform.system()}
    sentence = f"flametree-cfg {__version__} (Python {facts['python']}, {facts['system']})"
    invocation.show(Document.DONE, Done(sentence, facts))
    return ExitCode.OK
