"""Commands that end in every way a command can end; tests add them to the command line."""

from __future__ import annotations

import os
import signal
import threading

import click

from flametree_cfg.cli.invocation import Invocation, common
from flametree_cfg.errors import (
    AccessDenied,
    CheckFailed,
    ConfigInvalid,
    ExitCode,
    FlametreeError,
    Interrupted,
    Locked,
    PartlyApplied,
    PlanStale,
    PlatformFailed,
    Refused,
    StorageFailed,
    WrongUsage,
    error,
)

CANARY = "canary-0123456789abcdef"

RAISED: dict[str, type[FlametreeError]] = {
    kind.__name__: kind
    for kind in (
        AccessDenied,
        CheckFailed,
        ConfigInvalid,
        Interrupted,
        Locked,
        PartlyApplied,
        PlanStale,
        PlatformFailed,
        Refused,
        StorageFailed,
        WrongUsage,
    )
}


@click.command("fail")
@common
@click.argument("how")
def fail(invocation: Invocation, how: str) -> ExitCode:
    """End as asked."""
    invocation.known.add(CANARY)
    if how in RAISED:
        raise RAISED[how](error("a-code", "Something is so", "because of \x1b[31mdata", "do it"))
    match how:
        case "memory":
            raise MemoryError
        case "recursion":
            raise RecursionError(CANARY)
        case "value":
            raise ValueError(f"could not read {CANARY}")
        case "keyboard":
            raise KeyboardInterrupt
        case "leave":
            raise SystemExit(9)
        case "sigterm":
            os.kill(os.getpid(), signal.SIGTERM)
        case "thread":
            thread = threading.Thread(target=lambda: int(CANARY))
            thread.start()
            thread.join()
        case "number":
            return ExitCode.DRIFT
    return ExitCode.OK
