"""`postgresql://…`: the embedded registry in a database that a team shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flametree_cfg.platform.embedded import EmbeddedPlatform
from flametree_cfg.platform.outside import Ids, tag, timestamp
from flametree_cfg.platform.verification import UNVERIFIED, Verification
from flametree_cfg.schema import Catalog
from flametree_cfg.sql.postgresql import PostgresSource
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
    """Open the registry in a database, lazily: nothing is connected to before it is read or written."""
    source = PostgresSource(f"postgresql:{place}", APPLICATION, MIGRATIONS, read_only=read_only)
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
