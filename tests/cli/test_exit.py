"""Every way a command ends has its code, and none of them is a traceback."""

from __future__ import annotations

import errno
import io
import json

import pytest

from flametree_cfg.errors import ExitCode
from tests.cli.conftest import Run
from tests.cli.faults import CANARY, RAISED

TABLE = {
    "ok": ExitCode.OK,
    "number": ExitCode.DRIFT,
    "PlatformFailed": ExitCode.ERROR,
    "StorageFailed": ExitCode.ERROR,
    "ConfigInvalid": ExitCode.INVALID,
    "Refused": ExitCode.REFUSED,
    "PlanStale": ExitCode.STALE,
    "Locked": ExitCode.LOCKED,
    "PartlyApplied": ExitCode.PARTIAL,
    "CheckFailed": ExitCode.CHECK_FAILED,
    "leave": ExitCode.CHECK_FAILED,
    "AccessDenied": ExitCode.DENIED,
    "WrongUsage": ExitCode.USAGE,
    "Interrupted": ExitCode.INTERRUPTED,
    "keyboard": ExitCode.INTERRUPTED,
    "sigterm": ExitCode.INTERRUPTED,
    "value": ExitCode.ERROR,
    "memory": ExitCode.ERROR,
    "recursion": ExitCode.ERROR,
}


@pytest.mark.parametrize(("how", "code"), TABLE.items())
def test_exit_code(cli: Run, how: str, code: ExitCode) -> None:
    """What happened has the exit code of the table, and no traceback gets out."""
    ended = cli("fail", how)

    assert ended.code == code
    assert "Traceback" not in ended.out + ended.err


def test_every_exception_is_in_the_table() -> None:
    """No exception of the house is left without a row."""
    assert set(RAISED) <= set(TABLE)


@pytest.mark.parametrize(
    "typed",
    [
        ("plam",),
        ("plan",),
        ("plan", "x", "--fromat", "json"),
        ("plan", "x", "--format", "yaml"),
        ("plan", "x", "--format"),
        ("plan", "x", "--target", "no-address"),
        ("--platform", "x", "plan"),
        ("state", "frobnicate"),
        ("history", "show", "x", "nought"),
        ("history", "show", "x", "0"),
        ("apply", "x", "--lock-timeout", "soon"),
        ("apply", "x", "--lock-timeout", "-1"),
    ],
)
def test_a_mistyped_command_line_is_64(cli: Run, typed: tuple[str, ...]) -> None:
    """Click's own 2 would read as "changes pending"."""
    ended = cli(*typed)

    assert ended.code == ExitCode.USAGE
    assert ended.err.startswith("error[wrong-usage]: The command line is not understood\n  ")
    assert "hint: " in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [(("plam",), "'plan'"), (("plan", "x", "--fromat", "json"), "'--format'"), (("synk",), "'sync'")],
)
def test_a_near_miss_is_named(cli: Run, typed: tuple[str, ...], meant: str) -> None:
    """Who mistyped is told what may have been meant."""
    asked = cli(*typed).err.partition("Did you mean")[2]

    assert meant in asked.partition("?")[0]


def test_an_option_before_the_command_is_explained(cli: Run) -> None:
    """Options stand after the command, and the message says so."""
    assert "options stand after the command" in cli("--state", "x", "plan").err


def test_diagnostics_go_to_stderr(cli: Run) -> None:
    """An error is told as a diagnostic, its data escaped."""
    ended = cli("fail", "Locked")

    assert ended.out == ""
    assert ended.err == "error[a-code]: Something is so\n  because of \\x1b[31mdata\n  hint: do it\n\n"


def test_a_failure_is_json_where_json_was_asked_for(cli: Run) -> None:
    """A program that reads the result gets one, with the exit code in it."""
    ended = cli("fail", "Locked", "--format", "json")
    document = json.loads(ended.out)

    assert document["format_version"] == 1
    assert document["command"] == "fail"
    assert document["exit_code"] == ended.code == 7
    assert document["diagnostics"][0]["code"] == "a-code"


def test_a_fault_of_ours_asks_to_be_reported(cli: Run) -> None:
    """An unexpected exception becomes a diagnostic without the exception's own words."""
    ended = cli("fail", "value")

    assert ended.err.startswith("error[internal-error]: flametree-cfg has a fault\n  ValueError at ")
    assert "flametree-cfg version" in ended.err
    assert CANARY not in ended.out + ended.err


def test_debug_shows_the_traceback_with_secrets_masked(cli: Run) -> None:
    """Only who asks for it sees a traceback, and known secrets are hidden in it."""
    ended = cli("fail", "value", "--debug")

    assert "Traceback" in ended.err
    assert "ValueError: could not read ***" in ended.err
    assert CANARY not in ended.err


def test_a_fault_in_another_thread_is_told_too(cli: Run) -> None:
    """Python's own words about a thread, with values in them, do not get out."""
    ended = cli("fail", "thread")

    assert "error[internal-error]" in ended.err
    assert CANARY not in ended.err


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, _text: str) -> int:
        """Fail."""
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_an_error(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that could not be kept is not reported as a success."""
    monkeypatch.setattr("sys.stdout", Full())
    ended = cli("version")

    assert ended.code == 1
    assert ended.err.startswith("error[output-failed]: The result could not be written")


@pytest.mark.parametrize("asked", [("--help",), ("-h",), ("plan", "--help"), ("--version",), ("state", "--help")])
def test_help_is_no_error(cli: Run, asked: tuple[str, ...]) -> None:
    """Asking for help ends well, on stdout, in ASCII for any terminal."""
    ended = cli(*asked)

    assert ended.code == 0
    assert ended.out.isascii()
    assert ended.err == ""
