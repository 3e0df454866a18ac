"""Whether an operator's `--endpoint TYPE=URL` stands in for something that is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from flametree_cfg.errors import WrongUsage, error
from flametree_cfg.model import Kind
from flametree_cfg.probe import make_policy
from flametree_cfg.schema import Catalog

_PROTOCOLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"http": ("http",), "mcp": ("http",), "imap-smtp": ("imap", "smtp"), "sip-register": ("sip",)}
)
"""What a kind of check speaks."""


def judge_endpoints(endpoints: Iterable[str], catalog: Catalog) -> None:
    """
    Refuse what would be passed over in silence, for then the real provider would be called, with its keys.

    Args:
        endpoints: `TYPE=URL`.
        catalog: of the run.

    Raises:
        WrongUsage: one names no type, a type that is not called, or another protocol than its check speaks.
    """
    spoken: dict[str, set[str]] = {}
    for spec in (*catalog.types(Kind.CONNECTOR), *catalog.types(Kind.CHANNEL)):
        if spec.check:
            spoken.setdefault(spec.name, set()).update(_PROTOCOLS.get(spec.check["kind"], ()))
    for name, protocol in make_policy(endpoints=endpoints).endpoints:
        if protocol not in spoken.get(name, ()):
            raise WrongUsage(
                error(
                    "endpoint",
                    "The endpoint stands in for nothing",
                    f"no check of a type {name} speaks {protocol}",
                    _said(name, spoken),
                )
            )


def _said(name: str, spoken: Mapping[str, set[str]]) -> str:
    if spoken.get(name):
        return f"write {' or '.join(f'{name}={one}://HOST:PORT' for one in sorted(spoken[name]))}"
    return f"types that are checked: {', '.join(sorted(spoken))}"
