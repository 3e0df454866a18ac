"""The kinds of check by their names in `x-check`; what a kind needs is imported where one is made."""

from __future__ import annotations

from importlib import import_module

from flametree_cfg.probe.attempt import Attempt
from flametree_cfg.probe.policy import Policy
from flametree_cfg.probe.result import Finding, NoCall, Request

_MODULES = {"http": "over_http", "imap-smtp": "mail", "sip-register": "registering", "mcp": "mcp_server"}


def prepare(request: Request, policy: Policy) -> list[Attempt]:
    """
    Give the exchanges that a check consists of: at least one.

    Args:
        request: has a check.
        policy: names the stand-ins of providers.

    Raises:
        NoCall: none is made.
    """
    module = _MODULES.get((request.check or {})["kind"])
    if module is None:
        raise NoCall(Finding.NEVER, "a check of this kind is not known")
    attempts: list[Attempt] = import_module(f"flametree_cfg.probe.{module}").prepare(request, policy)
    return attempts
