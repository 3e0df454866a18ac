"""Which server a URL means, and how it is named to people: never with its password."""

from __future__ import annotations

import os
from collections.abc import Mapping

from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.model import Hiding

CONNECT_S = 10  # seconds to wait for a server: long for a network, short for a person


class Server(Hiding, frozen=True):
    """
    Where to connect to.

    Attributes:
        parameters: as libpq takes them, the password among them.
        place: host, port and database, for messages.
    """

    never_shown = frozenset({"parameters"})

    parameters: Mapping[str, str]
    place: str

    @property
    def user(self) -> str:
        """Who connects, as far as the URL or the environment say."""
        return self.parameters.get("user") or os.environ.get("PGUSER") or "the current user"


def read_url(url: str) -> Server:
    """
    Read `postgresql://USER@HOST:PORT/DATABASE?…` as libpq does, which also looks at PGPASSWORD, PGHOST, ~/.pgpass ….

    Raises:
        WrongUsage: libpq does not understand it. Nothing of it is shown: with a stray `@` or `/` in it, a piece of the
            password may stand anywhere.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        given = {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    except (ProgrammingError, UnicodeError, ValueError):
        raise _misunderstood("it is no URL of PostgreSQL") from None
    host, port, name = (given.get(key, "") for key in ("host", "port", "dbname"))
    if "@" in f"{given.get('user', '')}{host}{port}{name}":
        raise _misunderstood("it has an `@` too many")
    host = host or given.get("hostaddr", "") or os.environ.get("PGHOST", "") or "this machine"
    port = port or os.environ.get("PGPORT", "") or "5432"
    name = name or os.environ.get("PGDATABASE", "") or given.get("user", "") or "of the current user"
    ours = {"connect_timeout": str(CONNECT_S), "fallback_application_name": "flametree-cfg", "client_encoding": "utf8"}
    return Server({**ours, **given}, f"PostgreSQL at {host}, port {port}, database {name}")


def _misunderstood(why: str) -> WrongUsage:
    return WrongUsage(
        error(
            "postgresql-url",
            "PostgreSQL URL is not understood",
            f"{why}; it is not shown, for it may hold a password",
            "write postgresql://USER@HOST:PORT/DATABASE, special characters of a password as %40 and the like, or "
            "better the password in PGPASSWORD or ~/.pgpass",
        )
    )
