"""What to tell a person when PostgreSQL lets us down. Never the server's own words: they repeat values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flametree_cfg.errors import AccessDenied, FlametreeError, StorageFailed, error
from flametree_cfg.sql._port import ConstraintFailed
from flametree_cfg.sql.failure import busy

if TYPE_CHECKING:
    import psycopg

    from flametree_cfg.sql.postgresql.address import Server

_BUSY = frozenset({"55P03", "40P01", "40001", "57014"})  # lock not had in time, deadlock, serialization, cancelled
_FULL = frozenset({"53100"})
_READ_ONLY = frozenset({"25006"})
_DENIED = frozenset({"42501", "28000", "28P01"})
# Undefined tables, columns, schemas and functions: our statements always fit, unless the tables were changed.
_BROKEN = frozenset({"42P01", "42703", "3F000", "42883", "42704", "42804", "XX001", "XX002"})
_COLUMNS = re.compile(r"\(([a-z_, ]+)\)=\(")  # `Key (tenant, name)=(…)`, in whatever language stands around it


def denied(server: Server) -> AccessDenied:
    """Say that the server does not let us in."""
    return AccessDenied(
        error(
            "storage-denied",
            "Storage does not let us in",
            f"{server.place}: the server refuses {server.user}",
            "check user and password (in the URL, PGPASSWORD or ~/.pgpass) and what the server's pg_hba.conf says",
        )
    )


def forbidden(place: str) -> AccessDenied:
    """Say that a right is missing."""
    return AccessDenied(
        error(
            "storage-forbidden",
            "Storage does not allow this",
            f"{place}: a right is missing",
            "the role needs CREATE on the database for its first use, and the schemas flametree_ledger and "
            "flametree_registry for its own",
        )
    )


def unreachable(place: str, reason: str) -> StorageFailed:
    """Say that there is nobody, or that the connection broke."""
    return StorageFailed(
        error(
            "storage-unreachable",
            "Storage cannot be reached",
            f"{place}: {reason}",
            "check host, port, database and network, then run the same command again",
        )
    )


def missing(place: str, detail: str) -> StorageFailed:
    """Say that there is nothing to open."""
    return StorageFailed(
        error("storage-missing", "Storage does not exist", f"{place}: {detail}", "check its name, or create it")
    )


def pooled(place: str) -> StorageFailed:
    """Say that something between us and the server hands our transactions to several sessions."""
    return StorageFailed(
        error(
            "storage-pooled",
            "A pool stands before the storage",
            f"{place}: one connection reaches several sessions of the server, as a pool in transaction mode does; "
            "locks would hold nothing",
            "connect to the server itself, or to a pool in session mode",
        )
    )


def damaged(place: str, detail: str) -> StorageFailed:
    """Say that the rows are ours but cannot be trusted."""
    return StorageFailed(
        error(
            "storage-damaged",
            "Storage is damaged",
            f"{place}: {detail}",
            "restore the database from its backup, or `flametree-cfg state import` an export; nothing was changed",
        )
    )


def foreign(place: str, detail: str) -> StorageFailed:
    """Say that the tables were made by something else."""
    return StorageFailed(
        error(
            "storage-foreign", "Schema is not ours", f"{place}: {detail}", "name another database; nothing was touched"
        )
    )


def newer(place: str, found: int, known: int) -> StorageFailed:
    """Say that a newer version of the tool made the tables."""
    return StorageFailed(
        error(
            "storage-newer",
            "Storage has a newer format",
            f"{place}: format {found}, this version knows up to {known}",
            "use the newer flametree-cfg that wrote it",
        )
    )


def older(place: str, found: int, known: int) -> StorageFailed:
    """Say that the tables must be migrated but may not be."""
    return StorageFailed(
        error(
            "storage-older",
            "Storage has an older format",
            f"{place}: format {found}, this version needs {known}, and this role may not change it",
            "run the command once as the role that made it",
        )
    )


def unusable(place: str, detail: str) -> StorageFailed:
    """Say that reading or writing failed."""
    return StorageFailed(
        error(
            "storage-unusable",
            "Storage cannot be read or written",
            f"{place}: {detail}",
            "look into the server's log, then run the same command again",
        )
    )


def translate(place: str, problem: Exception, *, lost: bool) -> FlametreeError:
    """
    Say in our own words what psycopg said.

    Args:
        place: of the database.
        problem: of psycopg, or of turning a value into what it sends.
        lost: whether the connection is gone.
    """
    state = getattr(problem, "sqlstate", None) or ""
    if lost:
        return unreachable(place, "the connection was lost")
    if state.startswith("23"):
        return _constraint(place, problem)
    if state.startswith("22") or isinstance(problem, UnicodeError | ValueError) or not state:
        return unusable(place, f"a value does not fit: {type(problem).__name__}")
    if state in _BUSY:
        return busy(place)
    if state in _DENIED:
        return forbidden(place)
    if state in _READ_ONLY:
        return unusable(place, "the server is readonly, as a standby is")
    if state in _FULL:
        return unusable(place, "the server has no space left")
    if state in _BROKEN:
        return damaged(place, f"its tables are not as they were made ({state})")
    return unusable(place, f"{type(problem).__name__} ({state})")


def _constraint(place: str, problem: Exception) -> ConstraintFailed:
    """Name the columns as SQLite does: `object.tenant, object.kind`; nothing for a reference to what is not there."""
    found: psycopg.errors.Diagnostic = getattr(problem, "diag")  # noqa: B009  # of every error that has a state
    columns = _COLUMNS.search(found.message_detail or "")
    subject = found.constraint_name or ""
    if columns:
        subject = ", ".join(f"{found.table_name}.{column.strip()}" for column in columns[1].split(","))
    if problem.__class__.__name__ == "ForeignKeyViolation":
        subject = ""
    return ConstraintFailed(
        error(
            "storage-constraint",
            "Storage refused a row",
            f"{place}: {found.constraint_name or found.column_name or type(problem).__name__}",
            "this is a defect; please report it",
        ),
        subject,
    )
