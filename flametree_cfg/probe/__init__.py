"""
Health and connection checks: real calls, to where the operator lets them go. Imports nothing heavy.

`check_all(requests, policy, limits, told=…)` gives one `Result` for each `Request`, in their order, and hands each to
`told` as soon as there is one; `probe_all` and `probe` are the same for who has an event loop. None raises for what the
other side does, and no message, log line or repr holds a secret.

- A `Request` is an object's address, its type, the type's `x-check`, its settings with resolved secrets, and the values
  to hide. `asked=True` is for what a person named: types whose check is `on_request` (MCP servers, which the platform
  does not check) are called only then, and need the extra `flametree-cfg[mcp]`.
- `make_policy(allow, endpoints, authorities, trust_env=…)` reads the operator's `--allow-address CIDR|HOST` and
  `--endpoint TYPE=URL`; tenant YAML has no part in it. `email` has two (`imap://`, `smtp://`), `sip` a `sip://`.
- `Limits`: calls at once in all and for one host, how often one host is asked, and the deadline of each call.

A kind of check is a module with `prepare(request, policy)`, which gives `Attempt`s; see `kinds.py`.
"""

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
