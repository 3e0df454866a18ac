"""What a plan's JSON says about itself, as far as a comment needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from flametree_cfg.errors import FlametreeError, error
from flametree_cfg.plan.saved import overall_digest

_DIGEST = re.compile("[0-9a-f]{64}")


class Facts(Struct, frozen=True):
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
    return Facts(empty=quiet, digest=_digest(tenants) if whole else "")


def _digest(tenants: list[Any]) -> str:
    """Name the whole run as `plan` does; nothing where a digest is none."""
    found = {str(one.get("tenant")): one.get("digest") for one in tenants}
    told = {name: digest for name, digest in found.items() if isinstance(digest, str) and _DIGEST.fullmatch(digest)}
    return overall_digest(told) if told and len(told) == len(tenants) else ""


def _no_plan(reason: str) -> FlametreeError:
    return FlametreeError(
        error("no-plan", "The plan cannot be read", reason, "write it with `plan --report json=FILE`")
    )
