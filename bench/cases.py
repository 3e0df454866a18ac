"""The groups of commands that are measured against each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.command import ROOT, call, environment
from bench.estate import Estate
from bench.shop import Shop
from bench.sizes import Sizes
from bench.terraform import set_state
from bench.turns import Run

_PLAN = ("plan", "tenants", "--detailed-exitcode")
_PENDING = 2  # what ours and Terraform's `-detailed-exitcode` leave with when there is something to do


@dataclass(frozen=True)
class Group:
    """Commands that take turns; `make` prepares and lists them."""

    name: str
    make: Callable[[Shop], Iterator[Run]]


def groups(sizes: Sizes) -> list[Group]:
    """List all, such that one estate is used up before a larger one is written."""
    small, middle, large = sizes.small, sizes.middle, sizes.large
    return [
        Group("start", start),
        *(Group(f"noop-{size}", partial(noop, size=size)) for size in sorted({10, 100} - {small})),
        Group(f"apply-{small}", partial(apply_from_nothing, size=small, compared=True)),
        Group(f"noop-{small}", partial(noop, size=small)),
        Group(f"validate-{middle}", partial(validate, size=middle)),
        Group(f"nothing-{middle}", partial(plan_from_nothing, size=middle)),
        Group(f"apply-{middle}", partial(apply_from_nothing, size=middle)),
        Group(f"noop-{middle}", partial(noop, size=middle)),
        Group(f"change-{middle}", partial(change, size=middle)),
        Group(f"drift-{middle}", partial(drift, size=middle)),
        Group(f"report-{middle}", partial(report, size=middle)),
        Group("tenants", many_tenants),
        Group("drift-tenants", drift_of_tenants),
        Group("checks-500", checks),
        Group(f"apply-{large}", partial(apply_from_nothing, size=large)),
        Group(f"noop-{large}", partial(noop, size=large, compared=False)),
    ]


def start(shop: Shop) -> Iterator[Run]:
    """How long it takes to say anything."""
    estate = shop.estate(20)
    estate.clear()
    env, turns, program = shop.env(estate), shop.sizes.start_turns, shop.ours.program
    call([program, "validate", "tenants"], env, cwd=estate.root)  # fills the cache
    yield Run("python", (shop.ours.python, "-c", "pass"), estate.root, env, turns)
    yield Run("help", (program, "--help"), estate.root, env, turns)
    yield Run("validate", (program, "validate", "tenants"), estate.root, env, turns)


def validate(shop: Shop, size: int) -> Iterator[Run]:
    """Check everything, nothing cached."""
    estate = shop.estate(size)
    estate.clear()
    yield _cold(shop, estate, "cold", "validate", "tenants")
    yield from _terraform(shop, estate, lambda tool: tool.validate())


def plan_from_nothing(shop: Shop, size: int) -> Iterator[Run]:
    """Plan where nothing was ever applied."""
    estate = shop.estate(size)
    yield _ours(shop, estate, "ours", *_PLAN, before=lambda _: estate.clear(), code=_PENDING)
    yield from _terraform(shop, estate, lambda tool: tool.plan(), _no_state(estate), code=_PENDING)


def apply_from_nothing(shop: Shop, size: int, *, compared: bool = False) -> Iterator[Run]:
    """Create everything."""
    estate = shop.estate(size)
    yield _ours(shop, estate, "ours", "apply", "tenants", "--yes", before=lambda _: estate.clear())
    if compared:
        yield from _terraform(shop, estate, lambda tool: tool.apply(), _no_state(estate))
        yield from _terraform_with_database(shop, estate)


def noop(shop: Shop, size: int, *, compared: bool = True) -> Iterator[Run]:
    """Plan where everything is as it was applied."""
    estate = shop.applied(size)
    yield _cold(shop, estate, "cold", *_PLAN)
    _warm_up(shop, estate)
    # Cold and warm take turns, too: where the cold run had to delete the cache, a plan fills it again.
    again = (lambda _: None) if shop.ours.no_cache else (lambda _: _warm_up(shop, estate))
    yield _ours(shop, estate, "warm", *_PLAN, before=again)
    if compared:
        yield from _terraform(shop, estate, lambda tool: tool.plan(), lambda _: set_state(estate, applied=True))
        yield from _octodns(shop, estate)


def change(shop: Shop, size: int) -> Iterator[Run]:
    """Plan after one resource was edited, differently in every turn, so that no cache knows the file."""
    estate = shop.applied(size)
    _warm_up(shop, estate)

    def edit(turn: int) -> None:
        estate.change(1, f"Edited before turn {turn}")
        set_state(estate, applied=True)

    yield _ours(shop, estate, "warm", *_PLAN, before=edit, code=_PENDING)
    yield from _terraform(shop, estate, lambda tool: tool.plan(), edit, code=_PENDING)


def drift(shop: Shop, size: int) -> Iterator[Run]:
    """Look for changes made outside."""
    estate = shop.applied(size)
    applied: Callable[[int], None] = lambda _: set_state(estate, applied=True)  # noqa: E731  # short and used once
    yield _ours(shop, estate, "ours", "drift", "check", "tenants")
    yield from _terraform(shop, estate, lambda tool: tool.plan("-refresh-only"), applied)


def report(shop: Shop, size: int) -> Iterator[Run]:
    """Write a plan that changes every tenth resource as Markdown, and the same plan without."""
    if not shop.ours.reports:
        shop.skip("REPORTS ARE NOT BUILT YET: `plan` has no --report, so writing one is not measured")
        return
    estate = shop.applied(size)
    estate.change(size // 10, "Edited for the report")
    _warm_up(shop, estate)
    yield _ours(shop, estate, "plan", *_PLAN, code=_PENDING)
    yield _ours(shop, estate, "report", *_PLAN, "--report", "markdown=report.md", code=_PENDING)


def many_tenants(shop: Shop) -> Iterator[Run]:
    """Plan many tenants with one command, and one tenant as large as all of them."""
    sizes = shop.sizes
    whole = sizes.tenants * sizes.of_tenant
    for name, tenants in (("one", 1), ("many", sizes.tenants)):
        estate = shop.applied(whole, tenants)
        yield _cold(shop, estate, f"{name}-cold", *_PLAN)


def drift_of_tenants(shop: Shop) -> Iterator[Run]:
    """Look for drift in few and in many tenants with one command, everything read anew."""
    for tenants in shop.sizes.tenants_of_drift:
        estate = shop.applied(tenants * shop.sizes.of_tenant, tenants)
        yield _cold(shop, estate, str(tenants), "drift", "check", "tenants")


def checks(shop: Shop) -> Iterator[Run]:
    """Check 500 connectors of 25 hosts, those of the slow host alone, and a tenth of all."""
    ports = [str(port) for port in shop.hosts]
    script, check = Path(__file__).with_name("checks.py"), ROOT / "schemas/connectors/llm.json"
    each = 500 // len(ports)
    for name, number, called in (("all", each, ports), ("slowest", each, ports[:1]), ("tenth", each // 10, ports)):
        command = (shop.ours.python, str(script), str(check), str(number), *called)
        yield Run(name, command, shop.out, environment(), shop.sizes.our_turns)


def floor(shop: Shop, size: int) -> dict[str, Any]:
    """Measure what no plan can do without; see `floor.py`."""
    estate = shop.applied(size)
    script = Path(__file__).with_name("floor.py")
    found: dict[str, Any] = json.loads(call([shop.ours.python, str(script)], environment(), cwd=estate.root))
    return found | {"resources": size}


def _ours(
    shop: Shop, estate: Estate, name: str, *words: str, before: Callable[[int], None] = lambda _: None, code: int = 0
) -> Run:
    command = (shop.ours.program, *words)
    return Run(name, command, estate.root, shop.env(estate), shop.sizes.our_turns, before, code)


def _cold(shop: Shop, estate: Estate, name: str, *words: str) -> Run:
    if shop.ours.no_cache:
        return _ours(shop, estate, name, *words, "--no-cache")
    return _ours(shop, estate, name, *words, before=lambda _: estate.forget())


def _warm_up(shop: Shop, estate: Estate) -> None:
    call([shop.ours.program, "plan", "tenants"], shop.env(estate), cwd=estate.root)


def _no_state(estate: Estate) -> Callable[[int], None]:
    return lambda _: set_state(estate, applied=False)


def _terraform(
    shop: Shop,
    estate: Estate,
    command: Callable[[Any], tuple[str, ...]],
    before: Callable[[int], None] = lambda _: None,
    code: int = 0,
) -> Iterator[Run]:
    if shop.terraform:
        shop.terraform.start(estate)
        words, turns = command(shop.terraform), shop.sizes.their_turns
        yield Run("terraform", words, estate.terraform, environment(), turns, before, code)


def _terraform_with_database(shop: Shop, estate: Estate) -> Iterator[Run]:
    if shop.terraform and (server := shop.postgres):
        env = server.environment()
        folder = shop.terraform.start_in_database(estate, env)
        turns = shop.sizes.their_turns
        yield Run("terraform-pg", shop.terraform.apply(), folder, env, turns, lambda _: server.empty())


def _octodns(shop: Shop, estate: Estate) -> Iterator[Run]:
    if shop.octodns:
        shop.octodns.check(estate)
        turns = shop.sizes.their_turns
        yield Run("octodns", shop.octodns.dry_run(estate), estate.zones, environment(), turns)
