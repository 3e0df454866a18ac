"""The order of things; also the Python API. Re-exports are lazy, because `--help` must not load them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flametree_cfg.engine.accepting import AcceptResult, accept_drift
    from flametree_cfg.engine.adopting import adopt
    from flametree_cfg.engine.applying import apply, destroy
    from flametree_cfg.engine.blaming import Blamed, Origin, blame
    from flametree_cfg.engine.cards import aged, show
    from flametree_cfg.engine.checking import check_drift
    from flametree_cfg.engine.checking_health import check_health
    from flametree_cfg.engine.declining import ignore_drift
    from flametree_cfg.engine.doctor import Finding, diagnose
    from flametree_cfg.engine.formatting import FormatResult, format_paths, format_text
    from flametree_cfg.engine.keeping import (
        state_export,
        state_import,
        state_list,
        state_rm,
        state_show,
        state_unlock,
    )
    from flametree_cfg.engine.lifecycle import LogResult, SwitchResult, follow_logs, logs, switch
    from flametree_cfg.engine.moving import ledger_export, ledger_import, state_public
    from flametree_cfg.engine.notifying import notify
    from flametree_cfg.engine.options import (
        ApplyResult,
        Card,
        CheckResult,
        DriftResult,
        Options,
        PlanResult,
        StatusResult,
        TenantResult,
    )
    from flametree_cfg.engine.planning import make_plans
    from flametree_cfg.engine.portal import Desk, add_system_integration, open_portal
    from flametree_cfg.engine.probing import probe_plans
    from flametree_cfg.engine.provenance import Why, why
    from flametree_cfg.engine.pulling import Export, PullResult, pull
    from flametree_cfg.engine.recalling import history, history_diff, history_show, history_verify
    from flametree_cfg.engine.rendering import Rendered, render_tenant
    from flametree_cfg.engine.reverting import revert_drift
    from flametree_cfg.engine.rolling_back import plan_rollback, rollback
    from flametree_cfg.engine.saved import apply_saved
    from flametree_cfg.engine.saving import VALID_H, digest_of_all, save_plans
    from flametree_cfg.engine.status import show_status
    from flametree_cfg.engine.types import explain, tenant_schema
    from flametree_cfg.engine.validation import validate

_WHERE = {
    "accepting": ("AcceptResult", "accept_drift"),
    "adopting": ("adopt",),
    "applying": ("apply", "destroy"),
    "blaming": ("Blamed", "Origin", "blame"),
    "cards": ("aged", "show"),
    "checking": ("check_drift",),
    "checking_health": ("check_health",),
    "declining": ("ignore_drift",),
    "doctor": ("Finding", "diagnose"),
    "formatting": ("FormatResult", "format_paths", "format_text"),
    "keeping": ("state_export", "state_import", "state_list", "state_rm", "state_show", "state_unlock"),
    "lifecycle": ("LogResult", "SwitchResult", "follow_logs", "logs", "switch"),
    "moving": ("ledger_export", "ledger_import", "state_public"),
    "notifying": ("notify",),
    "options": (
        "ApplyResult",
        "Card",
        "CheckResult",
        "DriftResult",
        "Options",
        "PlanResult",
        "StatusResult",
        "TenantResult",
    ),
    "planning": ("make_plans",),
    "portal": ("Desk", "add_system_integration", "open_portal"),
    "probing": ("probe_plans",),
    "reverting": ("revert_drift",),
    "recalling": ("history", "history_diff", "history_show", "history_verify"),
    "rolling_back": ("plan_rollback", "rollback"),
    "pulling": ("Export", "PullResult", "pull"),
    "provenance": ("Why", "why"),
    "rendering": ("Rendered", "render_tenant"),
    "saved": ("apply_saved",),
    "saving": ("VALID_H", "digest_of_all", "save_plans"),
    "status": ("show_status",),
    "types": ("explain", "tenant_schema"),
    "validation": ("validate",),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [
    "VALID_H",
    "AcceptResult",
    "ApplyResult",
    "Blamed",
    "Card",
    "CheckResult",
    "Desk",
    "DriftResult",
    "Export",
    "Finding",
    "FormatResult",
    "LogResult",
    "Options",
    "Origin",
    "PlanResult",
    "PullResult",
    "Rendered",
    "StatusResult",
    "SwitchResult",
    "TenantResult",
    "Why",
    "accept_drift",
    "add_system_integration",
    "adopt",
    "aged",
    "apply",
    "apply_saved",
    "blame",
    "check_drift",
    "check_health",
    "destroy",
    "diagnose",
    "digest_of_all",
    "explain",
    "follow_logs",
    "format_paths",
    "format_text",
    "history",
    "history_diff",
    "history_show",
    "history_verify",
    "ignore_drift",
    "ledger_export",
    "ledger_import",
    "logs",
    "make_plans",
    "notify",
    "open_portal",
    "plan_rollback",
    "probe_plans",
    "pull",
    "render_tenant",
    "revert_drift",
    "rollback",
    "save_plans",
    "show",
    "show_status",
    "state_export",
    "state_import",
    "state_list",
    "state_public",
    "state_rm",
    "state_show",
    "state_unlock",
    "switch",
    "tenant_schema",
    "validate",
    "why",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"flametree_cfg.engine.{_MODULE_OF[name]}"), name)
