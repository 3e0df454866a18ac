"""
Compare flametree-cfg with Terraform and octoDNS on the same shapes, and its start with Python's own: `make bench`.

All are asked for the same: read every file, compare with what is stored, say what would change. Ours also reads its
live platform and fingerprints every secret. The results are in bench/out: a page, a plot and a JSON document.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import platform
import signal
import sys
from time import monotonic
from typing import Any

from bench.cases import Group, floor, groups
from bench.command import ROOT, Failed, allow_large_environments, say
from bench.measure import Measured, middle
from bench.plot import draw
from bench.questions import questions
from bench.report import as_json, as_markdown
from bench.shop import Shop
from bench.sizes import FULL, QUICK
from bench.turns import Broken, Patience, take_turns

OUT = ROOT / "bench/out"
HURRY_AFTER_S = 20 * 60  # so that a slow machine, too, ends within 25 minutes


def main() -> int:
    """Run the cases that were asked for; 1 if one of them broke."""
    options = _options()
    sizes = QUICK if options.quick else FULL
    wanted = [group for group in groups(sizes) if _matches(group.name, options.only)]
    measure_floor = _matches("floor", options.only)
    if options.list:
        print("\n".join([*(group.name for group in groups(sizes)), "floor"]))
        return 0
    if not wanted and not measure_floor:
        say(f"no case is called {' or '.join(options.only)}; --list names them")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended on the way out
    allow_large_environments()
    OUT.mkdir(exist_ok=True)
    shop = Shop(OUT, sizes, options.seed)
    started, load = monotonic(), _load()
    try:
        results, broken = _measure(shop, wanted, started)
        found = floor(shop, sizes.middle) if measure_floor else None
    finally:
        shop.close(keep=options.keep)
    facts = _facts(shop, wanted, found, load, (monotonic() - started) / 60)
    _write(
        "partial" if options.only else "quick" if options.quick else "results",
        facts,
        results,
        sizes_are_full=not options.quick,
    )
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of every size, the others once; within 3 minutes")
    parser.add_argument("--only", action="append", metavar="PATTERN", help="cases such as apply-1000 or 'noop-*'")
    parser.add_argument("--list", action="store_true", help="name the cases and leave")
    parser.add_argument("--keep", action="store_true", help="leave the estates in bench/out/estates")
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def _matches(name: str, patterns: list[str] | None) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _measure(shop: Shop, wanted: list[Group], started: float) -> tuple[dict[str, list[Measured]], bool]:
    """Measure group by group; one that breaks is told aloud and does not stop the others."""
    patience = Patience(shop.sizes.budget, started + HURRY_AFTER_S)
    results: dict[str, list[Measured]] = {}
    broken = False
    for group in wanted:
        say(f"{group.name} ({(monotonic() - started) / 60:.1f} min)")
        try:
            results |= take_turns(group.name, list(group.make(shop)), patience, shop.out / "errors.txt")
        except (Broken, Failed) as failure:
            broken = True
            shop.skip(f"{group.name} BROKE: {failure}")
    return results, broken


def _facts(shop: Shop, wanted: list[Group], found: dict[str, Any] | None, load: str, minutes: float) -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    machine = {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Python": platform.python_version(),
        "cores": os.cpu_count(),
        "memory": f"{memory:.0f} GB",
        "load before": load,
        "and after": _load(),
    }
    return {
        "tools": shop.tools(),
        "machine": machine,
        "minutes": minutes,
        "seed": shop.seed,
        "groups": [group.name for group in wanted],
        "skipped": shop.skipped,
        "floor": found,
    }


def _load() -> str:
    return " ".join(f"{one:.1f}" for one in os.getloadavg())


def _write(name: str, facts: dict[str, Any], results: dict[str, list[Measured]], *, sizes_are_full: bool) -> None:
    sizes = FULL if sizes_are_full else QUICK
    facts["plot"] = f"{name}.svg"
    asked = questions(sizes)
    (OUT / f"{name}.svg").write_text(draw({key: middle(runs) for key, runs in results.items()}, sizes.small))
    (OUT / f"{name}.json").write_text(json.dumps(as_json(facts, asked, results), indent=2) + "\n")
    page = as_markdown(facts, asked, results, judged=sizes_are_full)
    (OUT / f"{name}.md").write_text(page)
    print(page)
    say(f"written: bench/out/{name}.md, .json and .svg")


if __name__ == "__main__":
    sys.exit(main())
