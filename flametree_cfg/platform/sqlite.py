"""`sqlite:PATH`: the embedded registry in one file. The only place of this room that reads clock and chance."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.platform.embedded import EmbeddedPlatform
from flametree_cfg.schema import Catalog

if TYPE_CHECKING:
    from flametree_cfg.secret import Keyring


def connect(place: str, *, catalog: Catalog, keyring: Keyring | None, create: bool) -> EmbeddedPlatform:
    """
    Open the registry in a file, lazily: nothing is touched before it is read or written.

    Raises:
        WrongUsage: no path after `sqlite:`.
    """
    if not place:
        raise WrongUsage(
            error("platform-url", "Platform URL is not understood", "sqlite: without a path", "sqlite:PATH/registry.db")
        )
    return EmbeddedPlatform(
        Path(place),
        catalog,
        keyring,
        create=create,
        now=lambda: datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        new_id=lambda: str(uuid.uuid4()),
        new_tag=lambda: uuid.uuid4().hex,
    )
