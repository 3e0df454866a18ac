"""Every exit code that can be reached, with a command that gives it; README documents the table."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from flametree_cfg.errors import ExitCode
from tests.scenario.running import PROGRAM, Ended, Zoo, ended, holding
from tests.scenario.texts import AFTER, BEFORE, MANY, many, name_of


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give a zoo that is applied."""
    zoo = Zoo(tmp_path)
    zoo.declare(BEFORE)
    zoo.apply()
    return zoo


@contextlib.contextmanager
def asked(zoo: Zoo, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run one command on a terminal, up to its question; gives the process and where to type."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        cwd=zoo.root,
        env=zoo.seen({}),
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        os.close(terminal)
        assert process.stderr is not None
        while process.stderr.read(1) not in (":", ""):
            pass
        yield process, controller
    os.close(controller)


def answered(zoo: Zoo, answer: str, *, meanwhile: str = "") -> Ended:
    """Apply on a terminal and type an answer, after something else happened."""
    with asked(zoo, "apply", "tenants/zoo") as (process, keyboard):
        if meanwhile:
            zoo.ok("registry", "set", "zoo", "connector.day-model", meanwhile)
        os.write(keyboard, f"{answer}\n".encode())
        return ended(process)


def test_0_done(zoo: Zoo) -> None:
    """Nothing to do is done."""
    assert zoo.run("apply", "tenants/zoo", "--yes").returncode == ExitCode.OK


def test_1_error(zoo: Zoo) -> None:
    """Anything not below: a ledger that is damaged."""
    (zoo.home / "ledger.db").write_bytes(b"")
    refused = zoo.run("plan", "tenants/zoo")

    assert refused.returncode == ExitCode.ERROR
    assert refused.codes == {"storage-damaged"}


def test_2_changes_pending(zoo: Zoo) -> None:
    """Only where it was asked for."""
    zoo.declare(AFTER)

    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == ExitCode.CHANGES_PENDING
    assert zoo.run("plan", "tenants/zoo").returncode == ExitCode.OK


def test_3_drift(zoo: Zoo) -> None:
    """Something was changed outside."""
    zoo.ok("registry", "set", "zoo", "connector.going", "description=edited")

    assert zoo.run("drift", "check", "tenants/zoo").returncode == ExitCode.DRIFT


def test_4_invalid(zoo: Zoo) -> None:
    """The configuration is wrong."""
    zoo.declare("connectors: {a: {type: llm}}\n")

    assert zoo.run("validate", "tenants/zoo").returncode == ExitCode.INVALID
    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == ExitCode.INVALID


def test_5_refused(zoo: Zoo) -> None:
    """No terminal and no `--yes`, a declined prompt, and a deletion that needs saying."""
    zoo.declare(AFTER)
    nobody = zoo.run("apply", "tenants/zoo")
    declined = answered(zoo, "no")
    zoo.declare("agents: {}\n")
    unsaid = zoo.run("apply", "tenants/zoo", "--yes")

    assert (nobody.returncode, nobody.codes - {"likely-rename"}) == (ExitCode.REFUSED, {"no-terminal"})
    assert (declined.returncode, declined.codes) == (ExitCode.REFUSED, {"declined"})
    assert (unsaid.returncode, unsaid.codes) == (ExitCode.REFUSED, {"delete-not-allowed"})
    assert len(zoo.objects()) == 8


def test_5_refused_without_asking(zoo: Zoo) -> None:
    """Nobody is asked about a plan that a gate refuses whatever the answer."""
    zoo.declare("agents: {}\n")
    controller, terminal = pty.openpty()
    command = [*PROGRAM, "apply", "tenants/zoo"]
    refused = subprocess.run(
        command, cwd=zoo.root, env=zoo.seen({}), stdin=terminal, capture_output=True, text=True, timeout=60, check=False
    )
    os.close(terminal)
    os.close(controller)

    assert refused.returncode == ExitCode.REFUSED
    assert "Only 'yes' is accepted" not in refused.stderr
    assert "--allow-delete" in refused.stderr
    assert len(zoo.objects()) == 8


def test_6_another_platform(zoo: Zoo) -> None:
    """The ledger is of another platform than the one named: neither plan nor apply nor drift takes it for empty."""
    other = ("--platform", "sqlite:other.db")
    zoo.ok("registry", "create", "zoo", "agent", "inbound", "Somebody", *other)
    commands = (("plan", "tenants/zoo"), ("apply", "tenants/zoo", "--yes"), ("drift", "check", "tenants/zoo"))
    refused = [zoo.run(*command, *other) for command in commands]

    assert [one.returncode for one in refused] == [ExitCode.STALE] * 3
    assert [one.codes for one in refused] == [{"other-platform"}] * 3


def test_6_no_platform_any_more(zoo: Zoo) -> None:
    """A registry that is gone is not an empty one."""
    (zoo.home / "registry.db").unlink()

    assert zoo.run("plan", "tenants/zoo").returncode == ExitCode.STALE
    assert zoo.run("drift", "check", "tenants/zoo").returncode == ExitCode.STALE
    assert zoo.run("apply", "tenants/zoo", "--yes").returncode == ExitCode.STALE
    assert not (zoo.home / "registry.db").exists()


def test_6_moved_after_it_was_shown(zoo: Zoo) -> None:
    """What is applied is what was shown: if the platform moved before the answer, nothing is applied."""
    zoo.declare(AFTER)
    moved = answered(zoo, "yes", meanwhile="settings.model_name=edited")
    parameters = zoo.document("show", "tenants/zoo", "connector.day-model")["cards"][0]["parameters"]

    assert moved.returncode == ExitCode.STALE
    assert moved.codes == {"plan-moved"}
    assert parameters["model_name"] == "edited"


def test_7_locked(zoo: Zoo) -> None:
    """Somebody else holds the tenant."""
    zoo.declare(AFTER)
    with holding(zoo):
        assert zoo.run("apply", "tenants/zoo", "--yes", "--lock-timeout", "0").returncode == ExitCode.LOCKED


def test_8_applied_in_part(tmp_path: Path) -> None:
    """A name taken between two batches: what was applied is recorded, the rest is not begun, and it can go on."""
    zoo = Zoo(tmp_path)
    zoo.declare(many())
    with Path(os.devnull).open("w", encoding="utf-8") as nobody:
        process = zoo.start("apply", "tenants/zoo", "--yes", stdout=nobody)
        assert process.stderr is not None
        process.stderr.readline()  # it waits before the last batch until somebody reads on
        taken = zoo.ok(
            "registry", "create", "zoo", "connector", "api_key", name_of(MANY - 1), "settings.api_key=theirs"
        )
        _, told = process.communicate(timeout=60)
    partly = Ended(process.returncode, "", told)
    runs = zoo.document("history", "list", "tenants/zoo")["runs"]
    clash = zoo.run("apply", "tenants/zoo", "--yes")
    zoo.ok("registry", "delete", "zoo", f"connector:{name_of(MANY - 1)}")
    zoo.apply()

    assert taken.startswith("Created connector")
    assert partly.returncode == ExitCode.PARTIAL
    assert {"partly-applied"} < partly.codes
    assert f"1000 of {MANY} operations are applied and recorded" in partly.stderr
    assert [run["result"] for run in runs] == ["partial"]
    assert clash.codes == {"exists-outside"}
    assert len(zoo.objects()) == MANY
    assert zoo.settled()


@pytest.mark.parametrize("key", ["nonsense", "zz" * 32, "ab" * 31])
def test_10_no_key(zoo: Zoo, key: str) -> None:
    """A master key that is no key is refused by whoever needs it, and not shown."""
    refused = zoo.run("apply", "tenants/zoo", "--yes", FLAMETREE_KEY=key)

    assert refused.returncode == ExitCode.DENIED
    assert refused.codes == {"bad-key"}
    assert key not in refused.said


def test_10_open_key(zoo: Zoo) -> None:
    """A key file that others may read is no secret any more."""
    (zoo.home / "key").chmod(0o644)
    refused = zoo.run("plan", "tenants/zoo")

    assert refused.returncode == ExitCode.DENIED
    assert refused.codes == {"unsafe-key"}


@pytest.mark.parametrize(
    "typed",
    [
        (),
        ("plna", "tenants/zoo"),
        ("plan",),
        ("plan", "tenants/zoo", "--detailed-exit"),
        ("plan", "tenants/zoo", "--target", "nonsense"),
        ("plan", "tenants/zoo", "--target", "connector.nobody"),
        ("plan", "tenants/zoo", "--lock-timeout", "nan"),
        ("plan", "tenants/zoo", "--format", "xml"),
        ("plan", "tenants/zoo", "-E", "nonsense"),
        ("plan", "tenants/zoo", "--state", "nonsense"),
        ("plan", "tenants/zoo", "--platform", "http://nowhere"),
        ("show", "tenants/zoo", "connector.nobody"),
        ("history", "show", "tenants/zoo", "99"),
        ("state", "rm", "tenants/zoo", "connector.nobody"),
        ("registry", "list", "no such tenant"),
        ("registry", "show", "zoo", "connector:nobody"),
        ("explain", "nonsense"),
    ],
)
def test_64_usage(zoo: Zoo, typed: tuple[str, ...]) -> None:
    """What does not exist on the command line is never 2, which would read as "changes pending"."""
    assert zoo.run(*typed).returncode == ExitCode.USAGE


def test_130_interrupted(zoo: Zoo) -> None:
    """Ctrl-C at the question; `test_concurrent` does it to an apply at work."""
    zoo.declare(AFTER)
    with asked(zoo, "apply", "tenants/zoo") as (process, _):
        process.send_signal(2)
        stopped = ended(process)

    assert stopped.returncode == ExitCode.INTERRUPTED
    assert stopped.codes == {"interrupted"}
    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode").returncode == ExitCode.CHANGES_PENDING


def test_the_worst_of_many_counts(zoo: Zoo) -> None:
    """Over many tenants the least safe to overlook wins: invalid before refused, refused before done."""
    zoo.declare("agents: {}\n")
    zoo.declare("connectors: {}\n", tenant="park")
    refused = zoo.run("apply", "tenants", "--yes")
    zoo.declare("connectors: 5\n", tenant="park")
    invalid = zoo.run("apply", "tenants", "--yes")

    assert refused.returncode == ExitCode.REFUSED
    assert invalid.returncode == ExitCode.INVALID
