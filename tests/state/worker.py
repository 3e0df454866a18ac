"""
A process that takes orders on stdin, one a line, and answers each with one line on stdout.

Orders: `lock TENANT WAIT`, `free`, `write KEY`, `quit`. Arguments: the ledger's URL, the lease in seconds.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

from flametree_cfg.errors import Locked
from flametree_cfg.model import Holder, Lease
from flametree_cfg.state import open_ledger
from flametree_cfg.state.world import World
from tests.state.samples import apply, create, llm


def main(url: str, lease_s: str) -> None:
    """Serve until told to quit."""
    ledger = open_ledger(url, World(lease_s=float(lease_s), poll_s=0.02))
    holder = Holder("worker", "here", os.getpid(), "flametree-cfg apply")
    held = ExitStack()
    lease: Lease | None = None
    print("ready", flush=True)
    for line in sys.stdin:
        order, *rest = line.split()
        if order == "quit":
            break
        try:
            if order == "lock":
                lease = held.enter_context(ledger.lock(rest[0], float(rest[1]), holder))
                answer = f"held {lease.epoch}"
            elif order == "free":
                held.close()
                answer = "free"
            else:
                assert lease is not None
                answer = f"wrote {apply(ledger, lease, create(llm(rest[0]), 1, f'RUN-{rest[0]}'))}"
        except Locked as problem:
            answer = f"locked {problem}"
        print(answer, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
