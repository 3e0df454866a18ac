"""What changed in a large tenant is read by a process beside the one that reads the cache; all else is the same."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flametree_cfg.config.parts import MANY
from tests.scenario.running import CORES, Ended, Zoo, with_one_core

PLAN = ("plan", "tenants/zoo", "--detailed-exitcode")

START = """
    import os, signal, sys
    from pathlib import Path
    from flametree_cfg.engine.options import Options
    from flametree_cfg.engine.planning import make_plans
    from flametree_cfg.engine.session import Session
    from flametree_cfg.engine.validation import read_and_check

    def reading():
        ((reading, found),) = read_and_check(["tenants/zoo"], session)
        return reading

    def nobody_is_left():
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True

    session = Session(Options(), ["tenants/zoo"])
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """Give a zoo of many files on which all sides agreed."""
    zoo = Zoo(tmp_path_factory.mktemp("many"))
    for number in range(MANY):
        zoo.declare(_connector(number), f"c-{number:03}.yaml")
    zoo.apply()
    assert "No changes" in zoo.ok("plan", "tenants/zoo")
    return zoo


@pytest.fixture
def many(filled: Zoo) -> Iterator[Zoo]:
    """Give the zoo, and put everything back."""
    before = _files(filled)
    yield filled
    _put_back(filled, before)


def _connector(number: int) -> str:
    return f"""\
        connectors:
          c-{number}:
            type: api_key
            name: C {number}
            description: What number {number} is for.
            settings: {{api_key: "${{env:OTHER_KEY}}"}}
    """


def _files(zoo: Zoo) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in zoo.root.rglob("*") if path.is_file()}


def _put_back(zoo: Zoo, before: dict[Path, bytes]) -> None:
    for path in _files(zoo).keys() - before.keys():
        path.unlink()
    for path, data in before.items():
        path.write_bytes(data)


def _three_ways(zoo: Zoo, **environment: str) -> Ended:
    """Plan with a process beside, alone, and without a cache: all have to say the same."""
    before = _files(zoo)
    beside = zoo.process(*PLAN, **environment)
    _put_back(zoo, before)
    alone = zoo.process(*PLAN, first=with_one_core, **environment)
    _put_back(zoo, before)
    assert beside == alone == zoo.process(*PLAN, "--no-cache", **environment)
    return beside


def _edit(file: int, old: str, new: str) -> Callable[[Zoo], None]:
    def edit(zoo: Zoo) -> None:
        path = zoo.folder / f"c-{file:03}.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def _with_a_base(zoo: Zoo) -> None:
    path = zoo.root / "tenants/_base/base.yaml"
    path.parent.mkdir()
    path.write_text(textwrap.dedent(_connector(MANY)), encoding="utf-8")


def _all(*edits: Callable[[Zoo], object]) -> Callable[[Zoo], None]:
    def make(zoo: Zoo) -> None:
        for edit in edits:
            edit(zoo)

    return make


DESCRIBED = _edit(7, "What number 7 is for.", "Something else.")


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (DESCRIBED, 2, "1 to change"),
        (_all(*(_edit(number, "What", "Whatever") for number in range(9))), 2, "9 to change"),
        (_edit(7, "type: api_key", "type: api_key  # a comment"), 0, "No changes"),
        (_edit(7, "name: C 7", "name: C 8"), 4, "has the name too"),
        (_edit(7, "c-7:", "c-8:"), 4, "c-8"),
        (_edit(7, "type: api_key", "type: api_kee"), 4, "api_kee"),
        (_edit(7, "settings: {", "settings: {{"), 4, "c-007.yaml:"),
        (_edit(7, "tenant: zoo", "tenant: ark"), 4, "c-007.yaml:"),
        (_edit(7, "tenant: zoo", "tenant: zoo\nextends: [../_base]"), 4, "_base"),
        (
            _all(_with_a_base, _edit(7, "tenant: zoo", "tenant: zoo\nextends: [../_base]")),
            2,
            "1 to add, 0 to change, 0",
        ),
        (_edit(7, "OTHER_KEY", "OPENAI_KEY"), 2, "1 to change"),
        (_edit(7, "OTHER_KEY", "NOT_SET"), 2, "NOT_SET"),
        (_all(DESCRIBED, lambda zoo: (zoo.folder / "c-008.yaml").unlink()), 2, "1 to delete"),
        (_all(DESCRIBED, lambda zoo: zoo.declare(_connector(MANY), "new.yaml")), 2, "1 to add"),
        (_all(DESCRIBED, lambda zoo: zoo.ok("registry", "set", "zoo", "connector.c-9", "name=N")), 2, "2 to change"),
        (_all(DESCRIBED, lambda zoo: (zoo.home / "ledger.db").write_bytes(b"no database" * 999)), 1, "ledger"),
    ],
)
def test_the_plan_is_the_same(many: Zoo, change: Callable[[Zoo], object], code: int, says: str) -> None:
    """Whatever was changed: the same plan, or the same refusal."""
    change(many)

    done = _three_ways(many)

    assert done.returncode == code, done.said
    assert says in done.said
    assert not re.search("Traceback|internal-error", done.said)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"OTHER_KEY": "sk-another-0123456789abcdef"}, f"{MANY} to change"),
        ({"FLAMETREE_ALLOW_SECRETS": "NONE"}, f"{MANY} secrets not checked"),
    ],
)
def test_secrets_are_looked_at(many: Zoo, environment: dict[str, str], says: str) -> None:
    """What was looked up meanwhile counts only if the secrets have the values they had."""
    DESCRIBED(many)

    done = _three_ways(many, **environment)

    assert done.returncode == 2
    assert says in done.said
    assert "0123456789abcdef" not in done.said


def test_somebody_is_beside(many: Zoo) -> None:
    """Of many files, the few that changed are read so, and only then; nobody stays, were it never asked."""
    asked = """
        first = reading()
        print(first.parts.beside is not None, first.valid)
        assert first.outline and [part.name for part in first.parts.of(first.parts.marks[7:8])] == ["c-007.yaml"]
        del first
        assert nobody_is_left()
        """
    assert many.python(START, asked) == "False True\n"
    DESCRIBED(many)
    assert many.python(START, asked) == f"{CORES > 1} True\n"
    assert many.python(START, "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n", asked) == "False True\n"
    for number in range(MANY // 20 + 1):
        _edit(number, "type: api_key", "type: api_key  # a comment")(many)
    assert many.python(START, asked) == "False True\n"


def test_one_that_dies_costs_nothing_but_time(many: Zoo) -> None:
    """What it should have read is read by the one that asked."""
    DESCRIBED(many)
    said = many.python(
        START,
        """
        os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGKILL))
        (result,) = make_plans(["tenants/zoo"], Options())
        print([str(operation.address) for operation in result.plan.operations], nobody_is_left())
        """,
    )
    assert said == "['connector.c-7'] True\n"


def test_what_was_looked_up_is_used_once(many: Zoo) -> None:
    """While a process reads, it is looked up what was agreed, and nothing of it is left for another time."""
    DESCRIBED(many)
    said = many.python(
        START,
        """
        looked = []
        session.meanwhile = lambda folder, name: looked.append((folder, name))
        reading()
        print(looked)
        """,
    )
    assert said == ("[('tenants/zoo', 'zoo')]\n" if CORES > 1 else "[]\n")
