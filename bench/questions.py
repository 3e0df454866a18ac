"""What the figures must show, and whether they do: pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from bench.measure import Measured
from bench.sizes import Sizes

Kind = Literal["time", "memory"]
Medians = Mapping[str, Measured]  # under `group/name`


@dataclass(frozen=True)
class Versus:
    """
    One of our runs beside another one.

    Attributes:
        at_most: the share of theirs that ours may need; None where there is no target.
        stretch: the share we would like.
    """

    case: str
    ours: str
    theirs: str
    at_most: float | None = None
    stretch: float | None = None
    kind: Kind = "time"


@dataclass(frozen=True)
class Slope:
    """How something grows: the exponent of N that fits best; 1 is linear."""

    case: str
    points: Mapping[int, str]
    at_most: float | None = None
    kind: Kind = "time"


@dataclass(frozen=True)
class Limit:
    """A peak that must not be passed, in bytes."""

    case: str
    ours: str
    at_most: float


Question = Versus | Slope | Limit


def figure(measured: Measured, kind: Kind) -> float:
    return measured.seconds if kind == "time" else float(measured.peak)


def keys(question: Question) -> list[str]:
    """List the runs that it needs."""
    match question:
        case Versus():
            return [question.ours, question.theirs]
        case Slope():
            return list(question.points.values())
        case Limit():
            return [question.ours]


def answer(question: Question, medians: Medians) -> float:
    """Give the ratio, the slope or the peak; every run of `keys` must be there."""
    match question:
        case Versus():
            ours, theirs = medians[question.ours], medians[question.theirs]
            return figure(ours, question.kind) / figure(theirs, question.kind)
        case Slope():
            return slope([(n, figure(medians[key], question.kind)) for n, key in question.points.items()])
        case Limit():
            return float(medians[question.ours].peak)


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Fit a line to the logarithms by least squares and give its slope."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    middle_x, middle_y = fmean(x for x, _ in logs), fmean(y for _, y in logs)
    across = sum((x - middle_x) * (x - middle_x) for x, _ in logs)
    return sum((x - middle_x) * (y - middle_y) for x, y in logs) / across


def questions(sizes: Sizes) -> list[Question]:
    """List them in the order of the issue's table."""
    s, m, l, tenants = sizes.small, sizes.middle, sizes.large, sizes.tenants  # noqa: E741  # the letters of the table
    many = f"{tenants:,} tenants of {sizes.of_tenant} resources, no-op plan in one command, cold"
    drifts = {n: f"drift-tenants/{n}" for n in sizes.tenants_of_drift}
    return [
        Versus(f"no-op plan, {m:,}, cold", f"noop-{m}/cold", f"noop-{m}/terraform", 1 / 50, 1 / 75),
        Versus(f"no-op plan, {m:,}, cold: memory", f"noop-{m}/cold", f"noop-{m}/terraform", 1 / 15, kind="memory"),
        Versus(f"no-op plan, {m:,}, cold", f"noop-{m}/cold", f"noop-{m}/octodns", 1 / 7),
        Versus(f"no-op plan, {m:,}, warm", f"noop-{m}/warm", f"noop-{m}/terraform", 1 / 150, 1 / 250),
        Versus(f"validate, {m:,}, cold", f"validate-{m}/cold", f"validate-{m}/terraform", 1 / 10),
        Versus(f"plan from nothing, {m:,}", f"nothing-{m}/ours", f"nothing-{m}/terraform", 1 / 20),
        Versus(f"apply from nothing, {s:,}", f"apply-{s}/ours", f"apply-{s}/terraform", 1 / 40),
        Versus(f"apply from nothing, {s:,}", f"apply-{s}/ours", f"apply-{s}/terraform-pg", 1 / 2),
        Slope("apply from nothing", {m: f"apply-{m}/ours", l: f"apply-{l}/ours"}, 1.05),
        Versus(f"one change in {m:,}, plan warm", f"change-{m}/warm", f"change-{m}/terraform", 1 / 120),
        Slope("no-op plan, cold", {n: f"noop-{n}/cold" for n in (s, m, l)}, 1.05),
        Slope("no-op plan, warm", {n: f"noop-{n}/warm" for n in (s, m, l)}, 1.05),
        Limit(f"no-op plan, {l:,}, cold", f"noop-{l}/cold", 300e6),
        Limit(f"no-op plan, {l:,}, warm", f"noop-{l}/warm", 300e6),
        Versus(many, "tenants/many-cold", "tenants/one-cold", 3),
        Versus(
            "500 checks, 25 hosts, one slow, 4 at once each and 32 in all", "checks-500/all", "checks-500/slowest", 1.5
        ),
        Versus("500 checks: memory", "checks-500/all", "checks-500/tenth", 1.3, kind="memory"),
        Versus("--help", "start/help", "start/python", 6),
        Versus("validate, one tenant of 20, warm", "start/validate", "start/python", 12),
        Versus(f"drift check, {m:,}", f"drift-{m}/ours", f"drift-{m}/terraform"),
        Slope(f"drift check, tenants of {sizes.of_tenant}", drifts, 1.05),
        Slope(f"drift check, tenants of {sizes.of_tenant}: memory", drifts, 0.1, kind="memory"),
        Limit(f"drift check, {tenants:,} tenants of {sizes.of_tenant}", f"drift-tenants/{tenants}", 100e6),
        Versus(f"{m // 10:,} changes as Markdown", f"report-{m}/report", f"report-{m}/plan"),
        Slope("no-op plan, cold: memory", {n: f"noop-{n}/cold" for n in (s, m, l)}, kind="memory"),
    ]
