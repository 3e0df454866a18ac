"""The whole program on a database that a team shares: a loop, a move, a fork's plan, and two runs at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pool import pool
from tests.postgres import PASSWORD, Server, programs
from tests.scenario.running import SECRETS, Zoo, ended
from tests.scenario.texts import AFTER, BEFORE
from tests.sql.test_pool import _socket

TRIALS = int(os.environ.get("FLAMETREE_TRIALS", "4"))  # 200 at night
ZOO = "tenants/zoo"
NAMES = """
connectors:
  key: {{type: api_key, name: "Key {number}", settings: {{api_key: "${{env:OPENAI_KEY}}"}}}}
  more: {{type: api_key, name: "More {number}", settings: {{api_key: "${{env:OTHER_KEY}}"}}}}
"""


KEY = {"FLAMETREE_KEY": "00112233445566778899aabbccddeeff" * 2}


def shared(zoo: Zoo, server: Server) -> Zoo:
    """Put a zoo's ledger and registry into the database, with the password in both URLs."""
    zoo.environment |= {"FLAMETREE_STATE": server.tcp(), "FLAMETREE_PLATFORM": server.tcp()} | KEY
    return zoo


def dump(server: Server) -> str:
    """Give everything that is in the database as text."""
    command = [str(programs() / "pg_dump"), "-h", str(server.home), "-p", str(server.port), "-U", "flametree", "shared"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_whole_loop(zoo: Zoo, postgres: Server) -> None:
    """Applied, nothing left to do, drift found and put back; secrets are sealed, and no file is made but the key."""
    shared(zoo, postgres).declare(BEFORE)
    applied = zoo.apply()
    settled = zoo.settled()
    zoo.ok("registry", "set", "zoo", "connector.day-model", "settings.temperature=0.9")
    drifted = zoo.run("drift", "check", ZOO)
    zoo.apply()
    zoo.declare(AFTER)
    zoo.apply("--allow-delete", "all")

    assert settled
    assert zoo.settled()
    assert (drifted.returncode, "settings.temperature: 0 → 0.9" in drifted.stdout) == (3, True)
    kept = dump(postgres)
    assert "Night model" in kept
    assert not any(value in kept for value in SECRETS.values())
    assert sorted(path.name for path in zoo.home.iterdir() if path.is_file()) == []
    assert PASSWORD not in applied + drifted.said


def test_the_password_is_never_told(zoo: Zoo, postgres: Server) -> None:
    """Neither by a command that works nor by one that fails, nor in any file."""
    zoo.declare(BEFORE)
    shared(zoo, postgres).apply("--debug")
    wrong = {"FLAMETREE_STATE": postgres.tcp("wrong-canary"), "FLAMETREE_PLATFORM": postgres.tcp("wrong-canary")}
    gone = {"FLAMETREE_STATE": postgres.tcp("wrong-canary", port=1)}
    runs = [
        zoo.process("plan", ZOO, "--debug", "--format", "json"),
        zoo.process("plan", ZOO, "--debug", **wrong),
        zoo.process("apply", ZOO, "--yes", "--debug", **wrong),
        zoo.process("plan", ZOO, "--debug", **gone),
        zoo.process("plan", ZOO, "--debug", "--state", "postgresql://u:wrong-canary@a@b/c"),
    ]

    assert [run.returncode for run in runs] == [0, 10, 10, 1, 64]
    assert not any(word in run.said for run in runs for word in (PASSWORD, "wrong-canary"))
    assert not any(word in data for data in zoo.files().values() for word in (PASSWORD.encode(), b"wrong-canary"))


def test_pool_is_refused_by_the_command(zoo: Zoo, postgres: Server) -> None:
    """An apply over a pool in transaction mode ends with 1 and a sentence, and writes nothing."""
    zoo.declare(BEFORE)
    with pool(_socket(postgres)) as stood:
        url = f"postgresql://flametree@127.0.0.1:{stood.port}/shared"
        done = zoo.process("apply", ZOO, "--yes", FLAMETREE_STATE=url)

    assert (done.returncode, done.codes) == (1, {"storage-pooled"})
    assert "connect to the server itself, or to a pool in session mode" in done.stderr
    assert zoo.objects() == []


@pytest.mark.parametrize("back", [False, True])
def test_a_ledger_moves(zoo: Zoo, postgres: Server, back: bool) -> None:
    """From a file to the database, or back: nothing to do and no drift afterwards, and the next change applies."""
    zoo.declare(BEFORE)
    database, file = {"FLAMETREE_STATE": postgres.tcp()}, {"FLAMETREE_STATE": "sqlite:.flametree/ledger.db"}
    zoo.environment |= (database if back else file) | KEY
    zoo.apply()
    exported = zoo.ok("state", "export", "kept.jsonl")
    zoo.environment |= file if back else database
    imported = zoo.ok("state", "import", "kept.jsonl")

    assert (exported, imported) == ("Exported 1 tenant to kept.jsonl\n", "Imported 1 tenant from kept.jsonl\n")
    assert zoo.settled()
    assert zoo.ok("state", "import", "kept.jsonl") == "Imported 0 tenants from kept.jsonl, 1 unchanged\n"
    zoo.declare(AFTER)
    zoo.apply("--allow-delete", "all")
    assert zoo.settled()
    assert zoo.run("state", "import", "kept.jsonl").codes == {"ledger-newer"}
    assert zoo.run("state", "import", "kept.jsonl").returncode == 5


def test_a_key_is_not_made_for_what_is_shared(zoo: Zoo, postgres: Server) -> None:
    """A key that dies with the runner would seal what nobody can open: it has to be given."""
    shared(zoo, postgres).declare(BEFORE)
    del zoo.environment["FLAMETREE_KEY"]
    refused = zoo.run("apply", ZOO, "--yes")

    assert (refused.returncode, refused.codes) == (10, {"key-missing"})
    assert not (zoo.home / "key").exists()
    assert zoo.run("plan", ZOO).returncode == 0


def test_an_old_backup_is_brought_back(zoo: Zoo) -> None:
    """Overwriting a newer ledger has to be said; what was applied since is foreign then, and found as such."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.ok("state", "export", "kept.jsonl")
    zoo.ok("state", "rm", ZOO, "connector.going")
    zoo.ok("state", "import", "kept.jsonl", "--overwrite")

    assert zoo.settled()


def test_a_spoilt_export_is_six(zoo: Zoo) -> None:
    """Cut, newer, public, or something else: one line and 6, and the ledger is as it was."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.ok("state", "export", "kept.jsonl")
    zoo.ok("state", "export", "public.jsonl", "--public")
    whole = (zoo.root / "kept.jsonl").read_text()
    (zoo.root / "cut.jsonl").write_text(whole[:-9])
    (zoo.root / "newer.jsonl").write_text(whole.replace('"format_version":1', '"format_version":2', 1))
    (zoo.root / "other.jsonl").write_text(zoo.ok("state", "export", ZOO))
    runs = {name: zoo.run("state", "import", f"{name}.jsonl") for name in ("cut", "newer", "other", "public")}

    assert {name: (run.returncode, run.codes) for name, run in runs.items()} == {
        "cut": (6, {"export-damaged"}),
        "newer": (6, {"export-newer"}),
        "other": (6, {"export-foreign"}),
        "public": (6, {"export-public"}),
    }
    assert zoo.settled()
    assert zoo.run("state", "import", "none.jsonl").returncode == 64
    assert zoo.run("state", "import", "a", "b", "c").returncode == 64


def test_a_fork_plans_without_a_key(zoo: Zoo, postgres: Server, tmp_path: Path) -> None:
    """From the published state: no key, no secrets, no platform, no file made; the plan is the owner's."""
    owner = shared(zoo, postgres)
    owner.declare(BEFORE)
    owner.apply()
    owner.ok("state", "export", "public.jsonl", "--public")
    fork = Zoo(tmp_path / "fork")
    public = fork.root / "public.jsonl"
    public.write_bytes((owner.root / "public.jsonl").read_bytes())
    fork.home.rmdir()
    (fork.root / "empty").mkdir()
    nothing = {
        **dict.fromkeys(SECRETS, ""),
        "HOME": str(fork.root / "empty"),
        "XDG_CACHE_HOME": str(fork.root / "empty"),
    }
    command = ("plan", ZOO, "--no-refresh", "--no-cache", "--state", "file:public.jsonl", "--format", "json")
    fork.declare(BEFORE)
    same = fork.process(*command, **nothing)
    fork.declare(AFTER)
    owner.declare(AFTER)
    changed = fork.process(*command, **nothing)
    owners = owner.run("plan", ZOO, "--no-refresh", "--format", "json")

    assert (same.returncode, changed.returncode) == (0, 0), same.said + changed.said
    assert _operations(same.stdout) == []
    assert _operations(changed.stdout) == _operations(owners.stdout) != []
    assert set(fork.files()) == {"public.jsonl"}
    assert fork.run("apply", ZOO, "--yes", "--state", "file:public.jsonl").codes == {"state-read-only"}


def _operations(text: str) -> list[object]:
    """Give what a plan's JSON says of its operations, without the secrets' fingerprints that only the owner has."""
    (tenant,) = json.loads(text)["tenants"]
    return [(one["action"], one["address"]) for one in tenant["plan"]["operations"]]


@pytest.mark.timeout(120 + 10 * TRIALS)
def test_two_at_once_never_mix(zoo: Zoo, postgres: Server) -> None:
    """Of two applies of one tenant exactly one does it, time after time, and the other finds it done (L-01)."""
    shared(zoo, postgres)
    for number in range(1, TRIALS + 1):
        zoo.declare(NAMES.format(number=number))
        runs = [ended(process) for process in [zoo.start("apply", ZOO, "--yes") for _ in range(2)]]
        summaries = sorted(run.last for run in runs)
        assert [run.returncode for run in runs] == [0, 0], [run.said for run in runs]
        assert summaries[0].startswith("Apply: 2 ")
        assert summaries[1] == "No changes. Apply: 0 operations"
        serials = postgres.query(
            "SELECT t.serial, t.runs, l.epoch FROM flametree_ledger.tenant t, flametree_ledger.lock l"
        )
        assert serials == [(number, number, 2 * number)]
    assert zoo.settled()


HOLD = """
import os, sys
from flametree_cfg.errors import Locked
from flametree_cfg.model import Holder
from flametree_cfg.state import open_ledger
from flametree_cfg.state.world import World
ledger = open_ledger(os.environ["FLAMETREE_STATE"], World(lease_s=float(sys.argv[2])))
with ledger.lock(sys.argv[1], 0, Holder("mallory", "far-away", os.getpid(), "apply")) as lease:
    print("held", flush=True)
    sys.stdin.readline()
    try:
        ledger.bind_platform(lease, "mallory's")
    except Locked as problem:
        print(problem.diagnostics[0].code, flush=True)
"""


def test_a_stopped_holder_writes_nothing(zoo: Zoo, postgres: Server) -> None:
    """Stopped past its lease, it is taken over; continued, it is refused (C-07, L-04). Others never waited (L-02)."""
    shared(zoo, postgres).declare(NAMES.format(number=1))
    zoo.declare(NAMES.format(number=1), tenant="other")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, "zoo", "1"],
        cwd=zoo.root,
        env=zoo.seen({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGSTOP)
        beside = zoo.run("apply", "tenants/other", "--yes", "--lock-timeout", "0")
        after = zoo.run("apply", ZOO, "--yes")
        process.send_signal(signal.SIGCONT)
        answer, _ = process.communicate("write\n", timeout=60)

    assert (beside.returncode, after.returncode) == (0, 0), beside.said + after.said
    assert answer == "lease-lost\n"
    assert zoo.settled()


def test_a_killed_holder_frees_the_lock_at_once(zoo: Zoo, postgres: Server) -> None:
    """Its session ends with it, long before its lease (L-03)."""
    shared(zoo, postgres).declare(NAMES.format(number=1))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, "zoo", "3600"],
        cwd=zoo.root,
        env=zoo.seen({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        held = zoo.run("apply", ZOO, "--yes", "--lock-timeout", "0")
        process.kill()
    after = zoo.run("apply", ZOO, "--yes", "--lock-timeout", "20")

    assert (held.returncode, after.returncode) == (7, 0), held.said + after.said
    assert "zoo is held by mallory on far-away" in held.stderr
