"""The one place where a command ends: results and exceptions become exit codes, and no traceback gets out."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from types import FrameType, TracebackType
from typing import NoReturn

import click

from flametree_cfg.cli.invocation import Invocation
from flametree_cfg.cli.root import root
from flametree_cfg.errors import Diagnostic, ExitCode, FlametreeError, error

_STOPPING = ("SIGTERM", "SIGHUP")  # what a runner or a closed terminal sends; SIGINT raises by itself


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    _leave(run(sys.argv[1:]))


def _leave(code: int) -> NoReturn:
    """
    End the process; all is written and closed by now.

    Python would first take everything apart, object by object: a third of the time of a short run. Only where a thread
    still runs it is left to it.
    """
    if threading.active_count() > 1:
        sys.exit(code)
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """
    Run one command.

    Args:
        arguments: without the program's name.

    Returns:
        One of `ExitCode`; 64 for a wrong command line, since click's own 2 would read as "changes pending".
    """
    invocation = Invocation()
    with _stopped_by_signals(), _threads_report(invocation):
        try:
            code = _attempt(list(arguments), invocation)
            _let_out(invocation)
        except FlametreeError as problem:  # the output itself failed
            code = _last_words(invocation, problem)
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
    return int(code)


def _attempt(arguments: list[str], invocation: Invocation) -> ExitCode:
    try:
        result = root.main(arguments, "flametree-cfg", standalone_mode=False, obj=invocation)
        return ExitCode(result or 0)
    except click.UsageError as problem:
        return invocation.fail([_misunderstood(problem)], ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt, EOFError):
        return invocation.fail([_interrupted()], ExitCode.INTERRUPTED)
    except FlametreeError as problem:
        if invocation.debug:
            _show_traceback(invocation, problem)
        return invocation.fail(problem.diagnostics, problem.exit_code)
    except SystemExit as leaving:
        return ExitCode(leaving.code) if isinstance(leaving.code, int) else ExitCode.ERROR
    except Exception as fault:  # noqa: BLE001  # whatever it is, the person gets a diagnostic
        if invocation.debug:
            _show_traceback(invocation, fault)
        return invocation.fail([internal_error(fault, debug=invocation.debug)], ExitCode.ERROR)


def _misunderstood(problem: click.UsageError) -> Diagnostic:
    path = problem.ctx.command_path if problem.ctx else "flametree-cfg"
    hint = f"`{path} --help` tells what it takes"
    if isinstance(problem, click.NoSuchOption) and path == "flametree-cfg":
        hint = "options stand after the command; `flametree-cfg --help` lists the commands"
    return error("wrong-usage", "The command line is not understood", problem.format_message(), hint)


def _interrupted() -> Diagnostic:
    return error(
        "interrupted",
        "Stopped before the end",
        "the command was asked to stop",
        "run it again; an apply continues where it stopped",
    )


def internal_error(fault: BaseException, *, debug: bool = False) -> Diagnostic:
    """
    Tell of a fault of ours.

    The exception's own words are left out: they may hold a piece of somebody's configuration.
    """
    where = _innermost(fault.__traceback__)
    again = "" if debug else "; run it with `--debug` and add what it shows"
    return error(
        "internal-error",
        "flametree-cfg has a fault",
        f"{type(fault).__name__} at {where}",
        f"please report this line with the output of `flametree-cfg version`{again}",
    )


def _innermost(trace: TracebackType | None) -> str:
    """Name the innermost place in our own code: `flametree_cfg/plan/order.py:12`."""
    where = "an unknown place"
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename.replace("\\", "/")
        _, ours, inside = file.rpartition("/flametree_cfg/")
        if ours:
            where = f"flametree_cfg/{inside}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where


def _show_traceback(invocation: Invocation, fault: BaseException) -> None:
    import traceback

    for chunk in traceback.format_exception(fault):
        invocation.err.write(chunk)
    invocation.err.flush()


def _let_out(invocation: Invocation) -> None:
    """Flush what was opened; a reader that went away is no error."""
    for sink in ("out", "err"):
        if sink in invocation.__dict__:
            getattr(invocation, sink).flush()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _last_words(invocation: Invocation, problem: FlametreeError) -> ExitCode:
    with contextlib.suppress(FlametreeError):
        invocation.tell(problem.diagnostics)
    return problem.exit_code


@contextlib.contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Turn a polite request to stop into the exception that Ctrl-C raises."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _STOPPING if hasattr(signal, name)]
    before = {number: signal.signal(number, _stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _threads_report(invocation: Invocation) -> Iterator[None]:
    """Let a fault in another thread speak through the sink, not through Python's own traceback."""

    def report(fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            invocation.tell([internal_error(fault.exc_value, debug=invocation.debug)])

    before, threading.excepthook = threading.excepthook, report
    try:
        yield
    finally:
        threading.excepthook = before
