"""`--read-only`: neither ledger nor platform can be written to, by whatever way."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import chdir
from unittest import mock

import pytest

from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Refused, StorageFailed
from flametree_cfg.model import Action, Address, Batch, FieldChange, Holder, Kind, Operation
from tests.postgres import Server
from tests.scenario.running import Zoo
from tests.scenario.texts import BEFORE

HOLDER = Holder("me", "here", 1, "test")
GOING = Address(Kind.CONNECTOR, "going")
RENAME = Operation("portal-1", Action.UPDATE, GOING, changes=(FieldChange(("name",), None, "Other"),))


@pytest.fixture(params=["sqlite", "postgresql"])
def zoo(zoo: Zoo, request: pytest.FixtureRequest) -> Zoo:
    """Give a zoo that was applied, in files or on a server."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        key = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="
        zoo.environment |= {"FLAMETREE_STATE": server.url, "FLAMETREE_PLATFORM": server.url, "FLAMETREE_KEY": key}
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.ok("registry", "set", "zoo", "connector.going", "description=edited")
    return zoo


def opened(zoo: Zoo) -> Session:
    """Open everything to read, with the right to make what is missing."""
    options = Options(
        state=zoo.environment.get("FLAMETREE_STATE"), platform=zoo.environment.get("FLAMETREE_PLATFORM"), read_only=True
    )
    return Session(options, [zoo.folder], create=True)


WRITES: dict[str, Callable[[Session], object]] = {
    "an operation": lambda session: session.platform.execute(
        Batch("zoo", (RENAME,), session.ledger.read("zoo").ids(), {})
    ),
    "the lock": lambda session: session.ledger.lock("zoo", 0, HOLDER).__enter__(),
    "another's lock": lambda session: session.ledger.unlock("zoo", force=True),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_refused(zoo: Zoo, write: str) -> None:
    """Every door that writes says so, before it reaches anything."""
    with mock.patch.dict(os.environ, zoo.seen({}), clear=True), chdir(zoo.root), opened(zoo) as session:
        with pytest.raises(Refused) as refused:
            WRITES[write](session)

        assert refused.value.diagnostics[0].code == "read-only"
    assert "Going away" in zoo.ok("registry", "list", "zoo")


def test_the_connections_cannot_write(zoo: Zoo) -> None:
    """What is read through refuses to write by itself, whoever tries."""
    with mock.patch.dict(os.environ, zoo.seen({}), clear=True), chdir(zoo.root), opened(zoo) as session:
        databases = (session.ledger._connections.reading(), session.platform._reading())  # type: ignore[attr-defined]
        for database, statement in zip(databases, ("DELETE FROM entry", "DELETE FROM object"), strict=True):
            with pytest.raises(StorageFailed):
                database.execute(statement)
    assert "Going away" in zoo.ok("registry", "list", "zoo")
    assert "connector.going" in zoo.ok("state", "list", "tenants/zoo")


def test_checks_and_plans(zoo: Zoo) -> None:
    """A check and a plan say what they say without; so does the variable."""
    for command in (("drift", "check"), ("plan",), ("show",)):
        answers = [zoo.run(*command, "tenants/zoo", "--no-cache", *more) for more in ((), ("--read-only",))]
        answers.append(zoo.run(*command, "tenants/zoo", "--no-cache", FLAMETREE_READ_ONLY="1"))

        assert answers[0] == answers[1] == answers[2]


def test_nothing_is_made(zoo: Zoo) -> None:
    """Where there is nothing yet, nothing is made."""
    for path in zoo.home.iterdir():
        if path.is_file():
            path.unlink()
    zoo.environment.clear()
    zoo.run("drift", "check", "tenants/zoo", "--read-only", "--no-cache")

    assert [path.name for path in zoo.home.iterdir() if path.is_file()] == []
