"""`drift`: find what was changed outside, put it back, or let it be for a time."""

from __future__ import annotations

import click

from flametree_cfg.cli.drift_accept import accept
from flametree_cfg.cli.drift_check import check
from flametree_cfg.cli.drift_ignore import ignore
from flametree_cfg.cli.drift_revert import revert


@click.group("drift", no_args_is_help=True)
def drift() -> None:
    """Find changes made outside, put them back, or let them be."""


for command in (check, accept, revert, ignore):
    drift.add_command(command)
