"""`sqlite:PATH`: the embedded registry in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.platform.embedded import EmbeddedPlatform
from flametree_cfg.platform.outside import Ids, tag, timestamp
from flametree_cfg.platform.verification import UNVERIFIED, Verification
from flametree_cfg.schema import Catalog
from flametree_cfg.sql import SqliteFile
from flametree_cfg.sql.registry import APPLICATION, MIGRATIONS

if TYPE_CHECKING:
    from flametree_cfg.secret import Keyring


def connect(
    place: str,
    *,
    catalog: Catalog,
    keyring: Keyring | None,
    create: bool,
    read_only: bool = False,
    verification: Verification = UNVERIFIED,
) -> EmbeddedPlatform:
    """
    Open the registry in a file, lazily: nothing is touched before it is read or written.

    Raises:
        WrongUsage: no path after `sqlite:`.
    """
    if not place:
        raise WrongUsage(
            error("platform-url", "Platform URL is not understood", "sqlite: without a path", "sqlite:PATH/registry.db")
        )
    source = SqliteFile(Path(place), APPLICATION, MIGRATIONS, read_only=read_only)
    return EmbeddedPlatform(
        source,
        catalog,
        keyring,
        create=create,
        now=timestamp,
        new_id=Ids().new,
        new_tag=tag,
        verification=verification,
    )
