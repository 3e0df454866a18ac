"""Health and connection checks: one HTTP call each, to where the operator lets it go. Imports nothing heavy."""

from flametree_cfg.probe.policy import Policy, make_policy
from flametree_cfg.probe.result import Finding, Request, Result
from flametree_cfg.probe.run import DEADLINE_S, Limits, check_all, probe, probe_all

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
