"""The program: `flametree-cfg`, or `python -m flametree_cfg`."""

from __future__ import annotations

import gc
from typing import NoReturn

GC_THRESHOLD = 10_000_000
"""Allocations: a run builds large trees without cycles and ends. Walking them four times is 6 % of a large apply."""


def main() -> NoReturn:
    """Run the command line and leave with its exit code."""
    gc.set_threshold(GC_THRESHOLD)  # before all is imported, during which garbage would be looked for often, in vain
    from flametree_cfg.cli import main as run

    run()


if __name__ == "__main__":
    main()
