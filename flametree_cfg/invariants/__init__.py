"""One function per rule; the same guard YAML, plans and the embedded registry."""

from flametree_cfg.invariants.check import check_all, check_renamed_mentions, check_step, check_tenant
from flametree_cfg.invariants.rule import Checked, Rule, TenantRule, When
from flametree_cfg.invariants.rules import ALL_CODES, RULES, STEP_CODES, TENANT_RULES
from flametree_cfg.invariants.severity import adjust
from flametree_cfg.invariants.world import World

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
    "check_tenant",
]
