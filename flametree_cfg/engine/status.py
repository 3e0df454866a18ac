"""Status: how a tenant's connectors, channels and agents are, from what the registry knows; nobody is called."""

from __future__ import annotations

from pathlib import Path

from flametree_cfg.engine.cards import cards_of, tenant_of
from flametree_cfg.engine.options import Options, StatusResult
from flametree_cfg.engine.session import Session


def show_status(path: str | Path, options: Options) -> StatusResult:
    """
    Say how everything of a tenant is: dots, statuses, and who uses what.

    Raises:
        ConfigInvalid: the folder does not say which tenant it is.
        WrongUsage: it holds several.
    """
    with Session(options, [path]) as session:
        stored = session.ledger.read(tenant_of(path, session))
        return StatusResult(str(path), stored.tenant, tuple(cards_of(stored, session)))
