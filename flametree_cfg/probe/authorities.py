"""The operator's own certificate authorities, judged before anything relies on them."""

from __future__ import annotations

from flametree_cfg.errors import WrongUsage, error


def judge_authorities(path: str) -> None:
    """
    Read a file of authorities as a check will.

    Raises:
        WrongUsage: it cannot be read, or is no PEM file.
    """
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except (OSError, ValueError) as problem:
        raise unreadable(path) from problem


def unreadable(named: str) -> WrongUsage:
    """Say that authorities cannot be read; `named` is the file, or the variables that name it."""
    return WrongUsage(error("authorities", "The certificate authorities cannot be read", named, "give a PEM file"))
