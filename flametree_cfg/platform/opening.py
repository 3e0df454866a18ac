"""Find the platform behind a URL: the scheme names a module of this room."""

from __future__ import annotations

import importlib
import importlib.util
import re
from typing import TYPE_CHECKING

from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.platform._port import Platform
from flametree_cfg.platform.verification import UNVERIFIED, Verification
from flametree_cfg.schema import Catalog

if TYPE_CHECKING:
    from flametree_cfg.secret import Keyring

_ALSO = {"postgres": "postgresql"}  # what people and services write for the same thing
_SCHEME = re.compile(r"([a-z][a-z0-9]*):(.*)", re.DOTALL)


def open_platform(
    url: str,
    *,
    catalog: Catalog,
    keyring: Keyring | None,
    create: bool,
    read_only: bool = False,
    verification: Verification = UNVERIFIED,
) -> Platform:
    """
    Open the platform behind a URL.

    Args:
        url: `sqlite:PATH` or `postgresql://…`.
        catalog: the types.
        keyring: seals secrets, where the platform is ours to keep them; None where no key may be made, to read only.
        create: whether the first write may make the registry; reading never does.
        read_only: refuse every write.
        verification: whether and how it calls providers.

    Raises:
        WrongUsage: no module of this room is called like the scheme.
    """
    match = _SCHEME.fullmatch(url)
    scheme = match[1] if match else ""
    place = f"{__package__}.{_ALSO.get(scheme, scheme)}"
    if match and importlib.util.find_spec(place):
        connect = getattr(importlib.import_module(place), "connect", None)
        if connect is not None:
            platform: Platform = connect(
                match[2],
                catalog=catalog,
                keyring=keyring,
                create=create,
                read_only=read_only,
                verification=verification,
            )
            return platform
    raise WrongUsage(
        error(
            "platform-url",
            "Platform URL is not understood",
            f"there is no kind of platform `{scheme or url.partition(':')[0]}`",
            "give `sqlite:PATH` or `postgresql://USER@HOST/DATABASE` with --platform or FLAMETREE_PLATFORM",
        )
    )
