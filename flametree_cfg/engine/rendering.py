"""Render: a tenant as its files say it together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from flametree_cfg.engine.choosing import read_valid
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.model import Value


class Rendered(Struct, frozen=True):
    """
    A tenant, bases merged and variables put in.

    Attributes:
        tenant: its name on the platform.
        document: as one file would hold it; secrets are references.
        text: the same as YAML.
    """

    tenant: str
    folder: str
    document: Mapping[str, Value]
    text: str


def render_tenant(path: str | Path, options: Options) -> Rendered:
    """
    Give one tenant as a single file would declare it; `validate` and `plan` say the same of both.

    Raises:
        ConfigInvalid: something is wrong with it.
        WrongUsage: the path leads to several tenants.
    """
    from flametree_cfg.config.rendered import yaml_of
    from flametree_cfg.config.sharing import view_of

    with Session(options, [path]) as session:
        reading = read_valid(path, session)
        document = {"tenant": reading.name, **view_of(reading, session.catalog).filled}
        return Rendered(reading.name, reading.folder, document, yaml_of(document))
