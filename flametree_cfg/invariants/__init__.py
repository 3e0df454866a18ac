"""One function per rule; the same guard YAML, plans and the embedded registry. Re-exports are lazy: few use all."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flametree_cfg.invariants.check import check_all, check_renamed_mentions, check_step, check_switch, check_tenant
    from flametree_cfg.invariants.rule import Checked, Rule, TenantRule, When
    from flametree_cfg.invariants.rules import ALL_CODES, RULES, STEP_CODES, TENANT_RULES
    from flametree_cfg.invariants.severity import adjust
    from flametree_cfg.invariants.world import World

_WHERE = {
    "check": ("check_all", "check_renamed_mentions", "check_step", "check_switch", "check_tenant"),
    "rule": ("Checked", "Rule", "TenantRule", "When"),
    "rules": ("ALL_CODES", "RULES", "STEP_CODES", "TENANT_RULES"),
    "severity": ("adjust",),
    "world": ("World",),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}

__all__ = [
    "ALL_CODES",
    "RULES",
    "STEP_CODES",
    "TENANT_RULES",
    "Checked",
    "Rule",
    "TenantRule",
    "When",
    "World",
    "adjust",
    "check_all",
    "check_renamed_mentions",
    "check_step",
    "check_switch",
    "check_tenant",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(name)
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"flametree_cfg.invariants.{_MODULE_OF[name]}"), name)
    return found
