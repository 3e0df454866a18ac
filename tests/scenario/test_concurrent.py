"""Several runs at once, and runs that are told to stop: real processes, one ledger."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.scenario.running import Ended, Zoo, ended, holding
from tests.scenario.texts import AFTER, BEFORE, MANY, many


def test_two_at_once(zoo: Zoo) -> None:
    """Of two applies started together one waits for the other: everything is done once."""
    zoo.declare(BEFORE)
    runs = [ended(process) for process in [zoo.start("apply", "tenants/zoo", "--yes") for _ in range(2)]]
    summaries = sorted(run.last for run in runs)

    assert [run.returncode for run in runs] == [0, 0], [run.said for run in runs]
    assert summaries[0].startswith("Apply: ")
    assert summaries[1] == "No changes. Apply: 0 operations"
    assert len(zoo.document("history", "list", "tenants/zoo")["runs"]) == 1
    assert zoo.settled()


def test_two_different_ones(zoo: Zoo) -> None:
    """The one that waits sees what the other did, and goes on from there."""
    zoo.declare(BEFORE)
    first = zoo.start("apply", "tenants/zoo", "--yes")
    zoo.declare(AFTER)
    second = zoo.start("apply", "tenants/zoo", "--yes")
    codes = {ended(first).returncode, ended(second).returncode}
    zoo.apply()

    assert codes == {0}
    assert zoo.settled()


def test_the_holder_is_named(zoo: Zoo) -> None:
    """Who does not get the lock in time hears who has it, where, since when and for what, and leaves with 7."""
    zoo.declare(BEFORE)
    with holding(zoo) as holder:
        refused = zoo.run("apply", "tenants/zoo", "--yes", "--lock-timeout", "0.2")

    assert refused.returncode == 7
    assert refused.codes == {"locked"}
    assert f"zoo is held by mallory on far-away (process {holder.pid}) since 20" in refused.stderr
    assert ": apply; waited 0.2 s" in refused.stderr
    assert zoo.objects() == []


@pytest.mark.parametrize(
    "command",
    [
        ("apply", "tenants/zoo", "--yes"),
        ("destroy", "tenants/zoo", "--yes", "--allow-delete", "all"),
        ("state", "rm", "tenants/zoo", "connector.going"),
        ("state", "import", "tenants/zoo", "export.json"),
    ],
)
def test_every_command_that_writes_takes_the_lock(zoo: Zoo, command: tuple[str, ...]) -> None:
    """Nothing writes the ledger past a held lock."""
    zoo.declare(BEFORE)
    zoo.apply()
    (zoo.root / "export.json").write_text(zoo.ok("state", "export", "tenants/zoo"), encoding="utf-8")
    zoo.declare(AFTER)
    with holding(zoo):
        before = zoo.ok("state", "export", "tenants/zoo")
        refused = zoo.run(*command, "--lock-timeout", "0")
        after = zoo.ok("state", "export", "tenants/zoo")

    assert refused.returncode == 7
    assert after == before


def test_commands_that_read_do_not_wait(zoo: Zoo) -> None:
    """Plan and show work beside an apply; drift is not judged meanwhile, which is neither clean nor drifted."""
    zoo.declare(BEFORE)
    zoo.apply()
    zoo.ok("registry", "set", "zoo", "connector.going", "description=edited")
    with holding(zoo):
        planned = zoo.run("plan", "tenants/zoo")
        shown = zoo.run("show", "tenants/zoo")
        drifted = zoo.run("drift", "check", "tenants/zoo")

    assert (planned.returncode, shown.returncode, drifted.returncode) == (0, 0, 0)
    assert "apply-running" in drifted.codes
    assert "skipped" in drifted.stdout


def test_other_tenants_do_not_wait(zoo: Zoo) -> None:
    """A lock is one tenant's: a run over several applies the others, and leaves with 7 for the one."""
    zoo.declare(BEFORE)
    zoo.declare(BEFORE, tenant="park")
    with holding(zoo):
        refused = zoo.run("apply", "tenants", "--yes", "--lock-timeout", "0")

    assert refused.returncode == 7
    assert zoo.objects("zoo") == []
    assert len(zoo.objects("park")) == 8


def test_a_killed_holder_is_gone_at_once(zoo: Zoo) -> None:
    """After kill -9 nobody waits and nobody unlocks by hand."""
    zoo.declare(BEFORE)
    with holding(zoo) as holder:
        holder.kill()
        holder.wait()
        applied = zoo.run("apply", "tenants/zoo", "--yes", "--lock-timeout", "0")

    assert applied.returncode == 0


def test_unlock(zoo: Zoo) -> None:
    """A lock whose holder lives is broken only by force; where nobody holds it there is nothing to do."""
    zoo.declare(BEFORE)
    zoo.apply()
    idle = zoo.run("state", "unlock", "tenants/zoo")
    with holding(zoo):
        refused = zoo.run("state", "unlock", "tenants/zoo")
        forced = zoo.run("state", "unlock", "tenants/zoo", "--force")
        applied = zoo.run("apply", "tenants/zoo", "--yes", "--lock-timeout", "0")

    assert (idle.returncode, refused.returncode, forced.returncode, applied.returncode) == (0, 5, 0, 0)
    assert refused.codes == {"lock-alive"}
    assert "mallory on far-away" in forced.stdout


def stopped(zoo: Zoo, *numbers: signal.Signals) -> Ended:
    """Start a long apply and tell it to stop when its first batch is done; its plan goes to nobody."""
    with Path(os.devnull).open("w", encoding="utf-8") as nobody:
        process = zoo.start("apply", "tenants/zoo", "--yes", stdout=nobody)
        assert process.stderr is not None
        first = process.stderr.readline()
        for number in numbers:
            process.send_signal(number)
        _, rest = process.communicate(timeout=60)
    return Ended(process.returncode, "", first + rest)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop(zoo: Zoo, number: signal.Signals) -> None:
    """An apply that is told to stop leaves with 130 and without a traceback; the next one finishes."""
    zoo.declare(many())
    first = stopped(zoo, number)
    locks = list(zoo.home.glob("*.lock-*"))
    again = zoo.run("apply", "tenants/zoo", "--yes", "--lock-timeout", "0")

    assert first.returncode == 130, first.said[-2000:]
    assert "interrupted" in first.codes
    assert "Traceback" not in first.said
    assert locks == []
    assert again.returncode == 0
    assert len(zoo.objects()) == MANY
    assert zoo.settled()


def test_told_to_stop_twice(zoo: Zoo) -> None:
    """Impatience does no harm: two signals at once are as one."""
    zoo.declare(many())
    first = stopped(zoo, signal.SIGTERM, signal.SIGINT)

    assert first.returncode == 130, first.said[-2000:]
    assert "Traceback" not in first.said
    assert zoo.run("apply", "tenants/zoo", "--yes", "--lock-timeout", "0").returncode == 0
    assert zoo.settled()


@pytest.mark.parametrize("command", ["plan", "apply --yes", "show", "state list", "state export", "registry list"])
def test_a_reader_that_goes_away(zoo: Zoo, command: str) -> None:
    """Piped into `head -1` a command ends quietly; an apply does its work all the same."""
    zoo.declare(many(300))
    if command != "apply --yes":
        zoo.apply()
    first = zoo.shell(f"$flametree {command} tenants/zoo 2>err | head -1")
    quiet = (zoo.root / "err").read_text(encoding="utf-8")

    assert first.stdout.count("\n") == 1
    assert "rror" not in quiet
    assert "Traceback" not in quiet
    assert len(zoo.objects()) == 300
