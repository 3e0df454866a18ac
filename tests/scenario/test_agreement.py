"""What was remembered when everything agreed is no longer believed once anything moved, whoever moved it."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flametree_cfg.engine.agreement import load_agreement
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.engine.validation import read_and_check
from tests.scenario.running import Ended, Zoo
from tests.scenario.texts import BEFORE

EXAMPLES = int(os.environ.get("FLAMETREE_EXAMPLES", "1"))
PARK = """
connectors:
  key: {type: api_key, name: Key, settings: {api_key: "${env:OTHER_KEY}"}}
"""
CLEAN = "Tenant zoo (tenants/zoo): no changes\n\nNo changes. Plan: 0 to add, 0 to change, 0 to delete\n"
BOT_STOPPED = BEFORE.replace("    name: Bot\n    running: true", "    name: Bot\n    running: false")
QUESTIONS: tuple[tuple[str, ...], ...] = (
    ("plan", "--format", "json"),
    ("drift", "check", "--format", "json"),
    ("plan", "--detailed-exitcode"),
    ("plan", "--target", "connector.going"),
)
if EXAMPLES > 1:
    QUESTIONS += (
        ("plan", "--no-refresh"),
        ("plan", "--no-delete"),
        ("plan", "--format", "markdown"),
        ("drift", "check"),
    )


@pytest.fixture
def zoo(zoo: Zoo) -> Zoo:
    """Give a zoo in which everything agrees, and is known to."""
    zoo.declare(BEFORE)
    zoo.declare(PARK, tenant="park")
    zoo.apply(path="tenants")
    _clean(zoo)
    return zoo


def _clean(zoo: Zoo) -> None:
    assert "No changes" in zoo.ok("plan", "tenants")
    assert _remembered(zoo)


def _remembered(zoo: Zoo) -> bool:
    """Tell whether the agreement is believed now."""
    with Session(Options(), [zoo.folder]) as session:
        (reading,) = [reading for reading, _ in read_and_check([zoo.folder], session)]
        return load_agreement(reading.folder, reading.name, session) is not None


def _same(zoo: Zoo, *more: str, path: str = "tenants/zoo", **environment: str) -> Ended:
    """Ask everything with what is remembered and without; gives the plan."""
    before = zoo.root / "cache-before"
    shutil.copytree(zoo.home / "cache", before)
    for question in QUESTIONS:
        shutil.rmtree(zoo.home / "cache", ignore_errors=True)
        shutil.copytree(before, zoo.home / "cache")
        answers = [zoo.run(*question, path, *more, *last, **environment) for last in ((), ("--no-cache",))]

        assert answers[0] == answers[1], question
        assert "Traceback" not in answers[0].said
    shutil.rmtree(before)
    return zoo.run("plan", path, *more, **environment)


def test_nothing_moved(zoo: Zoo) -> None:
    """Where nothing moved the answer is the same, and what agreed is still known to."""
    answer = _same(zoo)

    assert answer.stdout == CLEAN
    assert _remembered(zoo)


def _apply_more(zoo: Zoo) -> None:
    zoo.declare(BOT_STOPPED)
    zoo.apply()
    zoo.declare(BEFORE)


MOVES: dict[str, Callable[[Zoo], object]] = {
    "the ledger forgot one": lambda zoo: zoo.ok("state", "rm", "tenants/zoo", "connector.going"),
    "another apply": _apply_more,
    "a field in the portal": lambda zoo: zoo.ok("registry", "set", "zoo", "connector.going", "description=edited"),
    "a switch in the portal": lambda zoo: zoo.ok("registry", "stop", "zoo", "channel.bot"),
    "a link in the portal": lambda zoo: zoo.ok("registry", "unlink", "zoo", "agent.day", "connector.going"),
    "an object is gone": lambda zoo: zoo.ok("registry", "delete", "zoo", "attachment.night/bot"),
    "a new object of others": lambda zoo: zoo.ok(
        "registry", "create", "zoo", "connector", "api_key", "Theirs", "settings.api_key=${env:OTHER_KEY}"
    ),
    "one with a name of ours": lambda zoo: zoo.ok(
        "registry", "create", "zoo", "channel", "telegram", "Coming", "settings.bot_token=${env:NIGHT_BOT_TOKEN}"
    ),
    "a system connector": lambda zoo: zoo.ok(
        "registry", "system-add", "llm", "Shared", "settings.model_name=s", "settings.api_url=https://s.example/v1",
        "settings.access_token=${env:OTHER_KEY}", "settings.temperature=0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("move", MOVES)
def test_somebody_wrote(zoo: Zoo, move: str) -> None:
    """A write to the ledger or the platform is seen, whoever made it."""
    MOVES[move](zoo)

    assert not _remembered(zoo)
    _same(zoo)


def test_another_tenant_is_nobodys_business(zoo: Zoo) -> None:
    """What is written for another tenant leaves what is known of this one."""
    zoo.ok("registry", "set", "park", "connector.key", "description=edited")
    zoo.ok("state", "rm", "tenants/park", "connector.key")

    assert _remembered(zoo)
    _same(zoo)
    _same(zoo, path="tenants")
    _same(zoo, path="tenants/park")


BACKUPS = ("ledger.db", "registry.db")


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("names", [BACKUPS[:1], BACKUPS[1:], BACKUPS])
def test_a_backup_is_restored(zoo: Zoo, names: tuple[str, ...], again: bool) -> None:
    """After a backup came back it is compared anew; what was remembered before it was taken may be so again."""
    backup = _copied(zoo, zoo.root / "backup")
    zoo.declare(BOT_STOPPED)
    zoo.apply()
    zoo.ok("plan", "tenants/zoo")
    _restore(zoo, backup, names)
    if again:  # as many writes as before the restore, but others
        zoo.run("registry", "set", "zoo", "channel.bot", "description=edited")
        zoo.run("state", "rm", "tenants/zoo", "connector.going")
    planned = _same(zoo)

    assert planned.stdout != CLEAN
    assert not _remembered(zoo)


def _copied(zoo: Zoo, to: Path) -> Path:
    to.mkdir()
    for path in zoo.home.glob("*.db*"):
        shutil.copy(path, to)
    return to


def _restore(zoo: Zoo, backup: Path, names: tuple[str, ...]) -> None:
    for name in names:
        for path in zoo.home.glob(f"{name}*"):
            path.unlink()
        for path in backup.glob(f"{name}*"):
            shutil.copy(path, zoo.home)


def test_a_backup_of_what_agreed(zoo: Zoo) -> None:
    """Where both sides come back as they were when they agreed, the plan finds nothing, with the cache of that time."""
    backup = _copied(zoo, zoo.root / "backup")
    shutil.copytree(zoo.home / "cache", zoo.root / "cache-then")
    zoo.ok("registry", "set", "zoo", "channel.bot", "description=edited")
    zoo.ok("plan", "tenants/zoo")
    _restore(zoo, backup, BACKUPS)
    for cache in (zoo.home / "cache", zoo.root / "cache-then"):
        if cache.name == "cache-then":
            shutil.rmtree(zoo.home / "cache")
            shutil.copytree(cache, zoo.home / "cache")
        assert _same(zoo).stdout == CLEAN


@pytest.mark.parametrize("value", ["sk-canary-rotated-000000", ""])
@pytest.mark.parametrize("name", ["OPENAI_KEY", "BOT_TOKEN"])
def test_a_secret_was_rotated(zoo: Zoo, name: str, value: str) -> None:
    """Another value of a secret is a change; one without a value is told."""
    planned = _same(zoo, **{name: value})

    assert planned.stdout != CLEAN


def test_a_secret_file_was_edited(zoo: Zoo) -> None:
    """A secret that comes from a file is read anew, whatever the YAML's state."""
    secret = zoo.folder / "secrets" / "bot"
    secret.parent.mkdir()
    secret.write_text("123456789:first", encoding="utf-8")
    zoo.declare(BEFORE.replace("${env:BOT_TOKEN}", "${file:secrets/bot}"))
    zoo.apply()
    assert zoo.ok("plan", "tenants/zoo") == CLEAN
    secret.write_text("123456789:other", encoding="utf-8")

    assert _same(zoo).stdout != CLEAN


def test_secrets_swapped(zoo: Zoo) -> None:
    """Two secrets that exchange their values are two changes."""
    zoo.environment |= {"OPENAI_KEY": "sk-canary-fedcba9876543210", "OTHER_KEY": "sk-canary-0123456789abcdef"}

    assert _same(zoo).stdout != CLEAN


def test_another_ledger_or_platform(zoo: Zoo) -> None:
    """What agreed in one place says nothing of another."""
    backup = _copied(zoo, zoo.root / "backup")
    other = {"state": f"sqlite:{backup}/ledger.db", "platform": f"sqlite:{backup}/registry.db"}
    zoo.ok("state", "rm", "tenants/zoo", "connector.going", "--state", other["state"])
    zoo.ok("registry", "set", "zoo", "channel.bot", "description=edited", "--platform", other["platform"])
    for name, url in other.items():
        assert _same(zoo, f"--{name}", url).stdout != CLEAN
        assert _same(zoo).stdout == CLEAN
        _same(zoo, f"--{name}", f"sqlite:{zoo.root}/nowhere.db")
    _same(zoo, "--state", other["state"], "--platform", other["platform"])


def test_another_place_of_the_same_name(zoo: Zoo) -> None:
    """A ledger put in the place of another one is another one."""
    backup = _copied(zoo, zoo.root / "backup")
    for name in BACKUPS:
        for path in zoo.home.glob(f"{name}*"):
            path.unlink()
    zoo.run("apply", "tenants/zoo", "--yes")
    new = _copied(zoo, zoo.root / "new")
    for names in (BACKUPS[:1], BACKUPS[1:]):
        _restore(zoo, backup, BACKUPS)
        _clean(zoo)
        _restore(zoo, new, names)

        assert not _remembered(zoo)
        _same(zoo)


def test_another_key(zoo: Zoo) -> None:
    """With another master key nothing fits any more, and that is said."""
    keys = {"other": base64.b64encode(bytes(32)).decode(), "broken": "no key"}
    for key in keys.values():
        planned = _same(zoo, FLAMETREE_KEY=key)

        assert planned.stdout != CLEAN


def test_the_key_is_gone(zoo: Zoo) -> None:
    """Without the key nothing can be compared, and that is said."""
    (zoo.home / "key").rename(zoo.root / "key")

    assert _same(zoo).stdout != CLEAN


NAMED = "connector-named-not-used"


def test_severities(zoo: Zoo) -> None:
    """A warning that is made an error stops a plan that was clean before, and the other way round."""
    night = "    name: Night\n    running: true\n"
    zoo.declare(BEFORE.replace(night, f"{night}    instructions: Ask Going away.\n"))
    zoo.apply()
    zoo.ok("plan", "tenants/zoo")
    for flag, code in (("-W", 0), ("-E", 4), ("-W", 0)):
        planned = _same(zoo, flag, NAMED)

        assert planned.codes == {NAMED}
        assert planned.returncode == code
    assert _same(zoo).codes == {NAMED}


TYPES = Path(__file__).parents[1] / "catalog" / "connectors" / "reranker.json"
RANKER = """
connectors:
  ranker: {type: reranker, name: Ranker, settings: {api_url: "https://r.example", access_token: "${env:OTHER_KEY}"}}
"""


def _retitled(schema: dict[str, Any]) -> None:
    schema["title"] = "Ranks again"


def _with_default(schema: dict[str, Any]) -> None:
    schema["properties"]["speed"] = {"title": "Speed", "type": "integer", "default": 3}


def _with_more_required(schema: dict[str, Any]) -> None:
    schema["properties"]["speed"] = {"title": "Speed", "type": "integer"}
    schema["required"].append("speed")


def _deprecated(schema: dict[str, Any]) -> None:
    schema["properties"]["api_url"]["deprecated"] = True


def _broken(schema: dict[str, Any]) -> None:
    schema["properties"]["api_url"]["type"] = "nonsense"


EDITED: dict[str, tuple[Callable[[dict[str, Any]], None], int]] = {
    "title": (_retitled, 0),
    "default": (_with_default, 0),
    "required": (_with_more_required, 4),
    "deprecated": (_deprecated, 0),
    "broken": (_broken, 4),
}


@pytest.mark.parametrize("edit", EDITED)
def test_a_schema_is_edited(zoo: Zoo, edit: str) -> None:
    """A type that is edited in its file judges anew what was judged before; so does one that comes or goes."""
    types = zoo.root / "types"
    (types / "connectors").mkdir(parents=True)
    file = Path(shutil.copy(TYPES, types / "connectors"))
    more = ("--schemas", str(types))
    zoo.declare(RANKER, file="ranker.yaml")
    zoo.apply(*more)
    assert zoo.ok("plan", "tenants/zoo", *more) == CLEAN
    schema = json.loads(file.read_text(encoding="utf-8"))
    change, code = EDITED[edit]
    change(schema)
    file.write_text(json.dumps(schema), encoding="utf-8")
    planned = _same(zoo, *more)
    without = _same(zoo)

    assert planned.returncode == code
    assert ("deprecated-setting" in planned.codes) == (edit == "deprecated")
    assert without.codes == {"unknown-type"}
