"""A PostgreSQL server to throw away, on a socket in a folder that nobody else can enter."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.command import call, environment

_DATABASE = "bench"
# Durability stays as the package ships it: fsync on, as our own ledger's.
_SETTINGS = "-c listen_addresses='' -c unix_socket_directories='{home}' -c unix_socket_permissions=0777"


@dataclass(frozen=True)
class Server:
    """Its programs, its folder, the user it runs as (None: ours) and what it calls itself."""

    programs: Path
    home: Path
    user: str | None
    version: str

    def environment(self) -> Mapping[str, str]:
        """Give an environment in which Terraform's `pg` backend finds it."""
        address = f"postgres:///{_DATABASE}?host={self.home}&user={_DATABASE}&sslmode=disable"
        return environment() | {"PG_CONN_STR": address}

    def empty(self) -> None:
        """Drop every state that Terraform keeps in it."""
        self.query("DELETE FROM terraform_remote_state.states")

    def query(self, statement: str) -> str:
        psql = str(self.programs / "psql")
        return call(
            [psql, "-X", "-q", "-t", "-h", str(self.home), "-U", _DATABASE, "-c", statement, _DATABASE], environment()
        )


def find_programs() -> Path | None:
    """Look for the server's programs on PATH and where Debian puts them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return folders[-1].parent if folders else None


@contextmanager
def serve(programs: Path) -> Iterator[Server]:
    """Start a server and an empty database; both are gone afterwards."""
    user = _other_user() if os.geteuid() == 0 else None  # the server refuses to run as root
    home = Path(tempfile.mkdtemp(prefix="flametree-bench-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        if user:
            shutil.chown(home, user)
        server = Server(programs, home, user, call([str(programs / "postgres"), "--version"], environment()).strip())
        _make(server)
        _control(server, "start", "-l", str(home / "log"), "-o", _SETTINGS.format(home=home))
        try:
            _make_database(server)
            yield server
        finally:
            _control(server, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _make(server: Server) -> None:
    initdb = [str(server.programs / "initdb"), "-A", "trust", "-U", _DATABASE, "-E", "UTF8", "--locale", "C"]
    call([*initdb, "-D", str(server.home / "data")], environment(), server.home, server.user)


def _control(server: Server, *words: str) -> None:
    # Its output goes to a file: a pipe would stay open as long as the server lives.
    command = [str(server.programs / "pg_ctl"), "-w", "-D", str(server.home / "data"), *words]
    call(
        ["sh", "-c", '"$@" >"$0" 2>&1', str(server.home / "control"), *command], environment(), server.home, server.user
    )


def _make_database(server: Server) -> None:
    createdb = [str(server.programs / "createdb"), "-h", str(server.home), "-U", _DATABASE, _DATABASE]
    call(createdb, environment())


def _other_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
