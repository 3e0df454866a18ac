"""A PostgreSQL server to throw away: the system's own programs, an unprivileged user, a folder under /tmp."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

ROLE = "flametree"
DATABASE = "shared"
PASSWORD = "pw-canary-0123456789"

# Nothing here has to survive a crash of the machine, and tests are many.
_SETTINGS = (
    "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=60 -c shared_buffers=16MB"
)


@dataclass(frozen=True)
class Server:
    """Where it listens: a socket that lets everybody in, and a port that asks for a password."""

    home: Path
    port: int

    @property
    def url(self) -> str:
        """Name the database by its socket."""
        return f"postgresql://{ROLE}@/{DATABASE}?host={self.home}&port={self.port}"

    def tcp(self, password: str = PASSWORD, role: str = ROLE, port: int = 0, database: str = DATABASE) -> str:
        """Name the database by its port, with a password in the URL."""
        return f"postgresql://{role}:{password}@127.0.0.1:{port or self.port}/{database}"

    def query(self, statement: str, database: str = DATABASE) -> list[tuple[object, ...]]:
        """Run one statement past our own code; gives its rows."""
        with psycopg.connect(self.url.replace(f"/{DATABASE}?", f"/{database}?"), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> None:
        """End every other session and drop what they made."""
        self.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename <> ''"
        )
        self.query("DROP SCHEMA IF EXISTS flametree_ledger, flametree_registry, flametree_notebook CASCADE")


def programs() -> Path:
    """Find the server's programs on PATH and where Debian puts them; without them there is nothing to test."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    assert folders, "PostgreSQL is not installed: run .ci/system"
    return folders[-1].parent


@contextmanager
def serve() -> Iterator[Server]:
    """Start a server with an empty database; both are gone afterwards."""
    user = _other_user() if os.geteuid() == 0 else None  # the server refuses to run as root
    home = Path(tempfile.mkdtemp(prefix="flametree-pg-", dir="/tmp"))  # a socket's path must be short
    try:
        (home / "password").write_text(PASSWORD)
        if user:
            shutil.chown(home, user)
            shutil.chown(home / "password", user)
        server = Server(home, _free_port())
        _make(server, user)
        _control(server, user, "start", "-l", str(home / "log"), "-o", f"-p {server.port} -k {home} {_SETTINGS}")
        try:
            server.query(f"CREATE DATABASE {DATABASE}", "postgres")
            yield server
        finally:
            _control(server, user, "stop", "-m", "immediate")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _make(server: Server, user: str | None) -> None:
    initdb = [str(programs() / "initdb"), "-N", "-U", ROLE, "-E", "UTF8", "--locale", "C"]
    known = subprocess.run([initdb[0], "--help"], capture_output=True, text=True, check=True).stdout
    if "--icu-locale" in known:  # a database that sorts as people do, as many are: our order must not depend on it
        initdb += ["--locale-provider", "icu", "--icu-locale", "en-US"]
    auth = ["--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", str(server.home / "password")]
    _call([*initdb, *auth, "-D", str(server.home / "data")], server.home, user)


def _control(server: Server, user: str | None, *words: str) -> None:
    _call([str(programs() / "pg_ctl"), "-w", "-D", str(server.home / "data"), *words], server.home, user)


def _call(command: list[str], home: Path, user: str | None) -> None:
    # Its output goes to a file: a pipe would stay open as long as the server lives.
    with (home / "control").open("ab") as output:
        done = subprocess.run(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=home, user=user, check=False
        )
    assert done.returncode == 0, (home / "control").read_text()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _other_user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
