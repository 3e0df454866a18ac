"""PostgreSQL behind the same `Database`: statements, transactions, errors, schemas."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from flametree_cfg.errors import AccessDenied, FlametreeError, StorageFailed, WrongUsage
from flametree_cfg.sql import ConstraintFailed, Database, Migration, StorageBusy
from flametree_cfg.sql.postgresql import PostgresDatabase, PostgresSource
from flametree_cfg.sql.postgresql import database as engine
from tests.postgres import PASSWORD, ROLE, Server
from tests.sql.samples import ADD, FIRST, NOTES, SECOND

NOWHERE = f"{64 * 'x'}.invalid"  # no name can be so long, so that nobody has to be asked

Open = Callable[..., PostgresDatabase]


@pytest.fixture
def make(postgres: Server) -> Iterator[Open]:
    """Give a function that opens a notebook for writing, made if need be."""
    databases: list[PostgresDatabase] = []

    def opener(*migrations: Migration, create: bool = True) -> PostgresDatabase:
        databases.append(PostgresSource(postgres.url, NOTES, migrations or (FIRST,)).write(create=create))
        return databases[-1]

    yield opener
    for database in databases:
        database.close()


@pytest.fixture
def read(postgres: Server) -> Iterator[Callable[..., PostgresDatabase | None]]:
    """Give a function that opens a notebook for reading."""
    databases: list[PostgresDatabase] = []

    def opener(*migrations: Migration) -> PostgresDatabase | None:
        found = PostgresSource(postgres.url, NOTES, migrations or (FIRST,)).read()
        databases.extend([found] if found else [])
        return found

    yield opener
    for database in databases:
        database.close()


@pytest.fixture
def database(make: Open) -> Database:
    """Open an empty notebook."""
    return make()


# -- statements and transactions --------------------------------------------------------------------------------


def test_rows_are_plain_tuples(database: Database) -> None:
    """A query gives tuples, `one` the first or None, a write its number of rows."""
    with database.writing():
        database.execute_many(ADD, [("a", "x % y", 1), ("b", "y", 2)])
        database.execute_many(ADD, [])
        changed = database.execute("UPDATE note SET size = size + ?", (1,))

    assert database.query("SELECT key, size FROM note ORDER BY key") == [("a", 2), ("b", 3)]
    assert database.one("SELECT text FROM note WHERE key = ?", ("a",)) == ("x % y",)
    assert database.one("SELECT size FROM note WHERE key = ?", ("z",)) is None
    assert changed == 2


def test_failed_block_changes_nothing(database: Database) -> None:
    """An exception rolls everything back and comes out as it was."""

    def fail() -> None:
        with database.writing():
            database.execute(ADD, ("a", "x", 1))
            raise KeyError("a")

    with pytest.raises(KeyError):
        fail()

    assert database.query("SELECT * FROM note") == []


def test_failed_statement_that_is_passed_over_commits_nothing(database: Database) -> None:
    """PostgreSQL answers such a commit with a rollback and no error; here it is one."""

    def careless() -> None:
        with database.writing():
            database.execute(ADD, ("a", "x", 1))
            with pytest.raises(ConstraintFailed):
                database.execute(ADD, ("a", "x", 1))

    with pytest.raises(StorageFailed, match="not taken"):
        careless()
    assert database.query("SELECT * FROM note") == []


def test_views(make: Open, read: Callable[..., PostgresDatabase]) -> None:
    """What another connection commits shows only after the view ends; a view inside a write sees the write."""
    database = make()
    reader = read()
    with reader.reading():
        before = reader.query("SELECT count(*) FROM note")
        with database.writing():
            database.execute(ADD, ("a", "x", 1))
            with database.reading():
                inside = database.query("SELECT count(*) FROM note")
        during = reader.query("SELECT count(*) FROM note")

    assert (before, inside, during) == ([(0,)], [(1,)], [(0,)])
    assert reader.query("SELECT count(*) FROM note") == [(1,)]


def test_streams_stand_side_by_side(database: Database) -> None:
    """Two streams are read in turns, and one that is left early hinders nothing."""
    with database.writing():
        database.execute_many(ADD, [(f"{n:04}", "x", n) for n in range(1200)])
    with database.reading():
        one, other = (database.stream("SELECT key FROM note ORDER BY key") for _ in range(2))
        chunks = [(len(a), len(b)) for a, b in zip(one, other, strict=True)]
        left = database.stream("SELECT key FROM note WHERE size > ?", (5,))
        next(left)
        left.close()  # type: ignore[attr-defined]  # a generator is an iterator

    assert chunks == [(500, 500), (500, 500), (200, 200)]
    assert database.query("SELECT count(*) FROM note") == [(1200,)]


def test_text_is_ordered_as_python_orders_it(database: Database) -> None:
    """Not as the database's language would: merging two sorted sides depends on it."""
    keys = ["a-b", "ab", "aB", "Z", "é", "a.b", "a b", "~", "agent.a/b"]
    with database.writing():
        database.execute_many(ADD, [(key, "x", 1) for key in keys])

    assert [key for (key,) in database.query("SELECT key FROM note ORDER BY key")] == sorted(keys)


def test_writing_where_it_cannot_be(database: Database, read: Callable[..., PostgresDatabase]) -> None:
    """Neither inside a view nor on a connection that reads."""
    with database.reading(), pytest.raises(StorageFailed, match="inside another"), database.writing():
        pass
    with pytest.raises(StorageFailed, match="readonly"), read().writing():
        pass


def test_broken_constraint_names_its_subject(database: Database) -> None:
    """A refused row is an error of its own that says which columns collide, and no value."""
    with database.writing():
        database.execute(ADD, ("a", "x", 1))
    with pytest.raises(ConstraintFailed) as caught, database.writing():
        database.execute(ADD, ("a", "s3cr3t", 1))

    assert caught.value.subject == "note.key"
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("values", [("a", "\ud800", 1), ("a", "x", 2**70), ("a", "s3cr3t\0", 1), ("a", "x", "s3cr3t")])
def test_value_that_does_not_fit_is_refused(database: Database, values: tuple[object, ...]) -> None:
    """Text that is no text and numbers beyond 64 bits are told, not raised raw, and not repeated."""
    with pytest.raises(StorageFailed, match="does not fit") as caught, database.writing():
        database.execute(ADD, values)

    assert "s3cr3t" not in str(caught.value)
    assert database.query("SELECT * FROM note") == []


# -- writers ----------------------------------------------------------------------------------------------------


def test_writers_of_one_thing_take_turns_and_others_do_not_wait(make: Open) -> None:
    """Two tenants are written at once; a second writer of one waits, for so long and no longer."""
    one, other = make(), make()
    other.query("SELECT set_config('lock_timeout', '100ms', false)")
    with one.writing("acme"):
        one.execute(ADD, ("a", "x", 1))
        with other.writing("zoo"):
            other.execute(ADD, ("b", "x", 1))
        with pytest.raises(StorageBusy), other.writing("acme"):
            pass
    with other.writing("acme"):
        seen = other.query("SELECT key FROM note ORDER BY key")

    assert seen == [("a",), ("b",)]


def test_writers_beside_each_other(make: Open) -> None:
    """Those who share something do not wait for each other; who writes it alone waits for them."""
    one, other, alone = make(), make(), make()
    alone.query("SELECT set_config('lock_timeout', '100ms', false)")

    def alone_among_others() -> None:
        with one.writing("acme", beside="public"), other.writing("zoo", beside="public"), alone.writing("public"):
            pass

    with pytest.raises(StorageBusy):
        alone_among_others()
    with alone.writing("public", beside="public"):
        pass


def test_write_that_stands_still_is_ended(make: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process stopped in the middle of a write keeps nobody out, and writes nothing when it wakes up."""
    monkeypatch.setattr(engine, "IDLE_MS", 200)
    stopped, other = make(), make()

    def slow() -> None:
        with stopped.writing("acme"):
            stopped.execute(ADD, ("late", "x", 1))
            with other.writing("acme"):  # waits until the server has ended the other's
                other.execute(ADD, ("mine", "x", 1))
            stopped.execute(ADD, ("later", "x", 1))

    with pytest.raises(StorageFailed, match="connection was lost"):
        slow()
    assert other.query("SELECT key FROM note") == [("mine",)]


def test_terminated_session_writes_nothing_more(make: Open, postgres: Server) -> None:
    """Who lost its connection is told so, now and at every later try (reliability.md L-04)."""
    database = make()

    def cut() -> None:
        with database.writing("acme"):
            database.execute(ADD, ("a", "x", 1))
            postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in%'")
            database.execute(ADD, ("b", "x", 1))

    for _ in range(2):
        with pytest.raises(StorageFailed, match="connection was lost"):
            cut()
    assert make().query("SELECT * FROM note") == []


def test_names_are_held_by_one_session(make: Open) -> None:
    """A name is held once, seen by all, and free as soon as its session ends."""
    one, other = make(), make()
    held = (one.hold("x"), other.hold("x"), other.is_held("x"), other.is_held("y"), other.release("x"))
    one.close()
    for _ in range(100):
        if not other.is_held("x"):
            break
        time.sleep(0.05)

    assert held == (True, False, True, False, False)
    assert (other.hold("x"), other.release("x"), other.release("x")) == (True, True, False)


# -- schemas ----------------------------------------------------------------------------------------------------


def test_reading_makes_nothing(read: Callable[..., PostgresDatabase | None], make: Open, postgres: Server) -> None:
    """What was never made is not there, for readers and for those who may not make it."""
    assert read() is None
    with pytest.raises(StorageFailed, match="no schema flametree_notebook"):
        make(create=False)
    assert postgres.query("SELECT 1 FROM pg_namespace WHERE nspname = 'flametree_notebook'") == []


def test_many_make_it_at_once(make: Open) -> None:
    """Whoever comes first makes the tables; the others find them."""
    found: list[object] = []
    barrier = threading.Barrier(6)

    def work() -> None:
        barrier.wait()
        found.append(make(FIRST, SECOND).query("SELECT count(*) FROM note"))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [[(0,)]] * 6


def test_older_tables_are_brought_up(make: Open, read: Callable[..., PostgresDatabase]) -> None:
    """Rows stay, new columns come, also where somebody only wants to read."""
    database = make(FIRST)
    with database.writing():
        database.execute(ADD, ("a", "x", 1))

    assert read(FIRST, SECOND).query("SELECT key, author FROM note") == [("a", "")]


def test_failed_migration_leaves_the_old_tables(make: Open) -> None:
    """A step that fails half way is as if it had never begun."""
    make(FIRST)
    broken = Migration(2, ("CREATE TABLE half (x TEXT)", "CREATE TABLE note (x TEXT)"))
    with pytest.raises(StorageFailed):
        make(FIRST, broken)

    assert make(FIRST, SECOND).query("SELECT count(*) FROM note") == [(0,)]


def test_newer_and_foreign_schemas_are_refused(make: Open, postgres: Server) -> None:
    """Tables of a newer version, without our mark, or with another one are left alone."""
    make(FIRST, SECOND)
    with pytest.raises(StorageFailed, match="newer format"):
        make(FIRST)
    postgres.query("UPDATE flametree_notebook.about SET mark = 7")
    with pytest.raises(StorageFailed, match="not ours"):
        make(FIRST, SECOND)
    postgres.query("DROP TABLE flametree_notebook.about")
    with pytest.raises(StorageFailed, match="not ours"):
        make(FIRST, SECOND)
    postgres.query("DROP SCHEMA flametree_notebook CASCADE")
    postgres.query("CREATE SCHEMA flametree_notebook")
    with pytest.raises(StorageFailed, match="not ours"):
        make(FIRST)


# -- connecting -------------------------------------------------------------------------------------------------


def _refused(url: str) -> FlametreeError:
    with pytest.raises(FlametreeError) as caught:
        PostgresSource(url, NOTES, (FIRST,)).write(create=True)
    return caught.value


def _all_said(problem: BaseException | None) -> str:
    """Give everything that an exception and those behind it say, shown or not."""
    said = ""
    while problem is not None:
        said += f"{problem!r} {problem} {getattr(problem, 'diagnostics', '')}"
        problem = problem.__cause__ or problem.__context__
    return said


def test_wrong_password_is_ten(postgres: Server) -> None:
    """The server's refusal names who, where and what, and no password."""
    problem = _refused(postgres.tcp("wrong-canary"))

    assert isinstance(problem, AccessDenied)
    assert problem.exit_code == 10
    assert f"127.0.0.1, port {postgres.port}, database shared: the server refuses {ROLE}" in str(problem)
    assert "canary" not in _all_said(problem)


def test_missing_password_and_unknown_role_are_ten(postgres: Server) -> None:
    """What the server asks for and does not get is a matter of access."""
    for url in (postgres.tcp().replace(f":{PASSWORD}", ""), postgres.tcp(role="nobody-here")):
        assert _refused(url).exit_code == 10


def test_nobody_there_is_one(postgres: Server) -> None:
    """No server, no such host, no such database: each told with host and database."""
    dead = _refused(postgres.tcp(port=1))
    unknown = _refused(f"postgresql://u:{PASSWORD}@{NOWHERE}/shared")
    missing = _refused(postgres.tcp(database="elsewhere"))

    assert [one.exit_code for one in (dead, unknown, missing)] == [1, 1, 1]
    assert "PostgreSQL at 127.0.0.1, port 1, database shared: nobody listens there" in str(dead)
    assert f"{NOWHERE}, port 5432, database shared: the host is unknown" in str(unknown)
    assert "database elsewhere: the server has no such database" in str(missing)
    assert "canary" not in "".join(map(_all_said, (dead, unknown, missing)))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:pw@canary@host/db",
        "postgresql://u:pw/canary@host/db",
        "postgresql://u:12/canary@host/db",
        "postgresql://u:12/34?canary@host/db",
        "postgresql://u:canary@[host/db",
        "postgresql://u:canary%zz@host/db",
        "postgresql://u:canary@host/db?canary=1",
        "postgresql:canary",
        "postgresql:",
    ],
)
def test_misspelt_url_shows_nothing_of_itself(url: str) -> None:
    """Where a piece of the password might have got into host or database, nothing is repeated."""
    problem = _refused(url)

    assert isinstance(problem, WrongUsage)
    assert "canary" not in str(problem)
    assert "canary" not in str(problem.diagnostics)


def test_missing_right_is_ten(postgres: Server) -> None:
    """A role that may not make the schema, or not enter it, is told so."""
    postgres.query("DROP ROLE IF EXISTS guest")
    postgres.query("CREATE ROLE guest LOGIN PASSWORD 'guest-canary'")
    url = postgres.tcp("guest-canary", "guest")
    first = _refused(url)
    PostgresSource(postgres.url, NOTES, (FIRST,)).write(create=True).close()
    second = _refused(url)

    assert (first.exit_code, second.exit_code) == (10, 10)
    assert "canary" not in _all_said(first) + _all_said(second)
    assert [d.code for d in (*first.diagnostics, *second.diagnostics)] == ["storage-forbidden"] * 2


def test_commits_are_durable_whatever_the_server_says(database: PostgresDatabase) -> None:
    """A server or role with synchronous_commit off would lose what was told as applied."""
    assert database.query("SELECT current_setting('synchronous_commit')") == [("on",)]
