"""The portal's screens for the `registry` commands, with our addresses understood."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from flametree_cfg.engine.cards import tenant_of
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.model import Address, LiveObject, Value, foreign_key, is_key, parse_address
from flametree_cfg.platform.portal import Portal, add_system


class Desk(Struct, frozen=True):
    """
    One tenant's portal, for a person who may use addresses.

    Attributes:
        portal: takes `id:UUID` and `KIND:NAME`.
        ids: what the ledger knows of addresses.
    """

    portal: Portal
    ids: Mapping[Address, str]

    def named(self, text: str) -> str:
        """
        Turn an address into what the portal takes; anything else stays as it is.

        Raises:
            WrongUsage: the ledger does not know the address.
        """
        address = parse_address(text)
        if address is None:
            return text
        if address.foreign:
            return address.key
        if address not in self.ids:
            raise WrongUsage(
                error(
                    "no-such-entry",
                    "The ledger has no such address",
                    f"{text} in tenant {self.portal.tenant!r}",
                    f"name it {address.kind}:NAME as in the portal, or id:UUID",
                )
            )
        return foreign_key(self.ids[address])


@contextmanager
def open_portal(where: str, options: Options, *, write: bool = False) -> Iterator[Desk]:
    """
    Open a tenant's portal.

    Args:
        where: the tenant's folder, or its name.
        write: whether the registry may be made if there is none.
    """
    with open_desk(where, options, write=write) as (desk, _):
        yield desk


@contextmanager
def open_desk(where: str, options: Options, *, write: bool = False) -> Iterator[tuple[Desk, Session]]:
    """Open a tenant's portal, as `open_portal`, and the session that it belongs to."""
    path = Path(where)
    is_folder = os.path.isdir(where)  # noqa: PTH112  # never raises
    folder = path if is_folder else Path()
    with Session(options, [folder], create=write) as session:
        tenant = tenant_of(path, session) if is_folder else _name(where)
        portal = Portal(session.platform, session.catalog, tenant, options.wait_s)
        yield Desk(portal, session.ledger.read(tenant).ids()), session


def add_system_integration(
    type_name: str, name: str, values: Mapping[str, Value], options: Options, secret: Sequence[str] = ()
) -> LiveObject:
    """Add a system integration, as the platform's operator does; every tenant sees it. `secret` as in the portal."""
    with Session(options, create=True) as session:
        return add_system(session.platform, session.catalog, type_name, name, values, secret)


def _name(text: str) -> str:
    if not is_key(text):
        raise WrongUsage(
            error(
                "no-such-tenant",
                "This is neither a tenant's folder nor a tenant's name",
                repr(text),
                "name the folder, or the tenant as its YAML calls it",
            )
        )
    return text
