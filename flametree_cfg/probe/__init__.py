"""Health and connection checks: one HTTP call each, to where the operator lets it go. Imports nothing heavy."""

from flametree_cfg.probe.checking import check_all, probe, probe_all
from flametree_cfg.probe.limits import DEADLINE_S, Limits
from flametree_cfg.probe.policy import Policy, make_policy
from flametree_cfg.probe.result import Finding, Request, Result

__all__ = [
    "DEADLINE_S",
    "Finding",
    "Limits",
    "Policy",
    "Request",
    "Result",
    "check_all",
    "make_policy",
    "probe",
    "probe_all",
]
