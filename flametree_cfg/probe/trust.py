"""
Whose certificates are believed.

Imports httpx: load it only where a call is made.
"""

from __future__ import annotations

import ssl

import httpx

from flametree_cfg.probe.authorities import unreadable
from flametree_cfg.probe.policy import Policy


def make_context(policy: Policy) -> ssl.SSLContext:
    """
    Trust the public authorities, and the operator's; the environment (`SSL_CERT_FILE`) only if the operator says so.

    Raises:
        WrongUsage: the operator's authorities cannot be read.
    """
    try:
        context = httpx.create_ssl_context(trust_env=policy.trust_env)
        if not policy.trust_env:
            # Python takes it from SSLKEYLOGFILE by itself; typeshed does not know that there may be none.
            context.keylog_filename = None  # type: ignore[assignment]
        if policy.authorities:
            context.load_verify_locations(cafile=policy.authorities)
    except OSError as problem:
        named = policy.authorities or "SSL_CERT_FILE or SSL_CERT_DIR"
        raise unreadable(named) from problem
    return context
