"""`${env:NAME}`: an environment variable of the process that plans or applies."""

from __future__ import annotations

from flametree_cfg.secret.policy import ALLOW, Policy
from flametree_cfg.secret.unresolvable import Unresolvable


def resolve(name: str, policy: Policy) -> str:
    """
    Read a variable that the operator lets tenants read.

    Raises:
        Unresolvable: not allowed or not set.

    Source: reliability.md X-13.
    """
    if not policy.permits(name):
        raise Unresolvable(f"environment variable {name} may not be read by tenants; {ALLOW} lists those that may")
    value = (policy.environment or {}).get(name)
    if value is None:
        raise Unresolvable(f"environment variable {name} is not set")
    return value
