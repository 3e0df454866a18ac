"""What a plan's JSON says about itself, as far as a comment needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flametree_cfg.errors import FlametreeError, error

_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Facts:
    """
    Attributes:
        empty: every tenant has a plan, and none would do anything.
        digest: of the whole run, which `apply --expect` takes; empty where a plan is missing.
    """

    empty: bool
    digest: str


def read_facts(document: str) -> Facts:
    """
    Read a plan's JSON.

    Raises:
        FlametreeError: it is none.
    """
    try:
        body = json.loads(document)
    except (ValueError, RecursionError) as problem:
        raise _no_plan("it is no JSON") from problem
    if not isinstance(body, Mapping) or body.get("format_version") != 1:
        raise _no_plan("it has another format")
    tenants = body.get("tenants")
    if not isinstance(tenants, list):
        return Facts(empty=False, digest="")  # a run that could not go on
    told = [one.get("plan") if isinstance(one, Mapping) else None for one in tenants]
    plans = [plan for plan in told if isinstance(plan, Mapping)]
    whole = len(plans) == len(tenants)
    quiet = whole and not any(plan.get("changes") or plan.get("operations") for plan in plans)
    return Facts(empty=quiet, digest=_digest(body, tenants) if whole else "")


def _digest(body: Mapping[str, Any], tenants: list[Any]) -> str:
    """Find the digest of the whole run; where none is told, that of its only tenant."""
    found = body.get("digest") or (tenants[0].get("digest") if len(tenants) == 1 else "")
    return found if isinstance(found, str) and _DIGEST.fullmatch(found) else ""


def _no_plan(reason: str) -> FlametreeError:
    return FlametreeError(
        error("no-plan", "The plan cannot be read", reason, "write it with `plan --report json=FILE`")
    )
