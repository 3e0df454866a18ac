"""A large ledger is gone over by a process beside the one that reads the YAML: nothing else is different."""

from __future__ import annotations

import re
import sqlite3
import textwrap
from collections.abc import Callable, Iterator

import pytest

from tests.scenario.running import CORES, Ended, Zoo, with_one_core

MANY = 1200
LONG = "Long enough that a ledger of so few is large. " * 40

START = """
    import os, sys, subprocess
    from flametree_cfg.engine.ahead import look_ahead
    from flametree_cfg.engine.options import Options
    from flametree_cfg.engine.planning import each_plan
    from flametree_cfg.engine.session import Session

    session = Session(Options(cache=False), ["tenants/zoo"])
    ahead = session.ahead = look_ahead(["tenants/zoo"], session)
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """Give a zoo with a large ledger; the tests that change anything put it back."""
    zoo = Zoo(tmp_path_factory.mktemp("large"))
    zoo.declare("connectors:\n" + "".join(map(_connector, range(MANY))))
    zoo.apply("--no-cache")
    return zoo


@pytest.fixture
def large(filled: Zoo) -> Iterator[Zoo]:
    """Give the zoo, and put its files back."""
    kept = {path: path.read_bytes() for path in (filled.folder / "zoo.yaml", *filled.home.glob("*.db"))}
    yield filled
    for path, data in kept.items():
        path.write_bytes(data)


def _connector(number: int) -> str:
    return textwrap.indent(
        f"c-{number}:\n  type: api_key\n  name: C {number}\n  description: {LONG}\n"
        "  settings: {api_key: '${env:OTHER_KEY}'}\n",
        "  ",
    )


def _both_ways(zoo: Zoo, **environment: str) -> Ended:
    """Plan with somebody ahead and without; both have to say the same."""
    plan = ("plan", "tenants/zoo", "--no-cache", "--detailed-exitcode")
    ahead = zoo.process(*plan, **environment)
    alone = zoo.process(*plan, first=with_one_core, **environment)
    assert ahead == alone
    return ahead


def test_somebody_is_ahead(large: Zoo) -> None:
    """It sees what is there, and is asked once; nothing of it stays."""
    said = large.python(
        START,
        f"""
        if {CORES} < 2:  # nobody is there to go ahead
            assert ahead is None
            sys.exit(print("alone"))
        seen = ahead.seen()
        assert (seen.tenant, seen.changed, seen.outside) == ("zoo", [], [])
        assert sum(count for count, _ in seen.pages) == {MANY}
        assert ahead.seen() is None
        (result,) = each_plan(["tenants/zoo"], session)
        assert not result.plan.operations
        other = look_ahead(["tenants/zoo"], Session(Options(cache=False), ["tenants/zoo"]))
        other.close()
        other.close()
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            print("alone")
        """,
    )
    assert said == "alone\n"


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ("cache=False, refresh=False", "tenants/zoo"),
        ("cache=False, no_delete=True", "tenants/zoo"),
        ("cache=False, targets=('connector.c-1',)", "tenants/zoo"),
        ("cache=False, state='postgresql://nobody@nowhere/x'", "tenants/zoo"),
        ("cache=False, platform='postgresql://nobody@nowhere/x'", "tenants/zoo"),
        ("cache=False, state='sqlite:none.db'", "tenants/zoo"),
        ("cache=False", "tenants/none"),
    ],
)
def test_nobody_is_where_it_does_not_pay(large: Zoo, options: str, path: str) -> None:
    """Nobody goes ahead where only a part is looked at, or nothing large is here."""
    large.python(START, f"assert look_ahead(['{path}'], Session(Options({options}), ['tenants/zoo'])) is None")


def test_nobody_is_where_all_sides_agreed(large: Zoo) -> None:
    """What is remembered is faster still."""
    look = "print(look_ahead(['tenants/zoo'], Session(Options(), ['tenants/zoo'])) is not None)"
    assert large.python(START, look) == f"{CORES > 1}\n"
    large.ok("plan", "tenants/zoo")
    assert large.python(START, look) == "False\n"


def _edit(old: str, new: str) -> Callable[[Zoo], None]:
    def edit(zoo: Zoo) -> None:
        path = zoo.folder / "zoo.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")

    return edit


def _on_platform(*arguments: str) -> Callable[[Zoo], None]:
    return lambda zoo: (zoo.ok("registry", *arguments), None)[1]


def _in_ledger(statement: str) -> Callable[[Zoo], None]:
    def change(zoo: Zoo) -> None:
        with sqlite3.connect(zoo.home / "ledger.db") as database:
            assert database.execute(statement).rowcount
        database.close()

    return change


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda _zoo: None, 0, "No changes"),
        (_edit("name: C 7\n", "name: Seven\n"), 2, "1 to change"),
        (_edit("tenant: zoo\n", "tenant: zoo  # ours\n"), 0, "No changes"),
        (_edit("tenant: zoo\n", 'tenant: "zoo"\n'), 0, "No changes"),
        (_edit("tenant: zoo\n", "tenant: ark\n"), 2, "1200 to add"),
        (_edit("type: api_key\n", "type: api_kee\n"), 4, "api_kee"),
        (_on_platform("set", "zoo", "connector.c-7", "name=Other"), 2, "1 to change"),
        (_on_platform("delete", "zoo", "connector.c-7"), 2, "1 to add"),
        (
            _in_ledger("UPDATE entry SET body = replace(body, 'C 7\"', 'C 8\"') WHERE address = 'connector.c-7'"),
            1,
            "storage-damaged",
        ),
        (_in_ledger("DELETE FROM entry WHERE address = 'connector.c-7'"), 1, "storage-damaged"),
    ],
)
def test_the_plan_is_the_same(large: Zoo, change: Callable[[Zoo], None], code: int, says: str) -> None:
    """Whatever was changed, wherever: the same plan, or the same refusal."""
    change(large)

    done = _both_ways(large)

    assert done.returncode == code
    assert says in done.said
    assert not re.search("Traceback|internal-error", done.said)


@pytest.mark.parametrize(
    ("environment", "code", "says"),
    [
        ({"OTHER_KEY": "sk-another-0123456789abcdef"}, 2, f"{MANY} to change"),
        ({"FLAMETREE_ALLOW_SECRETS": "NONE"}, 0, f"{MANY} secrets not checked"),
        ({"FLAMETREE_KEY": "00" * 32}, 0, f"{MANY} secrets not checked"),
    ],
)
def test_secrets_are_looked_at(large: Zoo, environment: dict[str, str], code: int, says: str) -> None:
    """A value that is another one, or cannot be had, or a key that it cannot be compared with."""
    done = _both_ways(large, **environment)

    assert done.returncode == code
    assert says in done.said
    assert "0123456789abcdef" not in done.said


def test_what_moved_meanwhile_is_seen(large: Zoo) -> None:
    """Who went ahead saw it before somebody changed it: that does not count."""
    said = large.python(
        START,
        """
        if ahead:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        program = [sys.executable, "-m", "flametree_cfg", "registry", "set", "zoo", "connector.c-7", "name=Other"]
        subprocess.run(program, check=True, capture_output=True)
        (result,) = each_plan(["tenants/zoo"], session)
        print([str(operation.address) for operation in result.plan.operations])
        """,
    )
    assert said == "['connector.c-7']\n"
