"""Where secrets are sent: a host that changes while the secret stays gives the secret to somebody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from flametree_cfg.errors import Diagnostic, Path, warning
from flametree_cfg.model import Address, Kind, Resource, Value, secrets_in
from flametree_cfg.schema import Catalog

CODE = "secret-to-new-host"

_FORMATS = frozenset({"uri", "hostname"})
_ENDINGS = ("url", "uri", "host", "server", "endpoint")

Fields = tuple[Kind, Mapping[str, Value]]
"""A resource's kind and fields."""


class Sent(NamedTuple):
    """A secret and one host it is sent to; `host` is empty where the type alone says where."""

    reference: str
    host: str
    path: Path


def new_destinations(
    before: Iterable[Resource], after: Iterable[Resource], others: Callable[[], Iterable[Fields]], catalog: Catalog
) -> Iterator[Diagnostic]:
    """
    Warn of secrets that go to a host they did not go to before, one warning a setting.

    By reference, not by object: who renames a key, or declares a second object with the same secret, is seen too. A
    reference that nothing used before is nobody's yet.

    Args:
        before: what changes or goes, as it was.
        after: what changes or comes, as it will be.
        others: gives all that stays as it is; asked only where something may have to be told.
        catalog: says which settings are addresses.
    """
    known: dict[str, set[str]] = {}
    for resource in before:
        _learn(known, sent((resource.address.kind, resource.fields), catalog))
    suspects = [
        (resource.address, one)
        for resource in after
        for one in sent((resource.address.kind, resource.fields), catalog)
        if one.host and one.host not in known.get(one.reference, ())
    ]
    if not suspects:
        return
    for fields in others():
        _learn(known, sent(fields, catalog))
    told = set()
    for address, one in suspects:
        hosts = known.get(one.reference)
        if hosts is not None and one.host not in hosts and (address, one.path) not in told:
            told.add((address, one.path))
            yield _warning(address, one, sorted(host for host in hosts if host))


def _learn(known: dict[str, set[str]], found: Iterable[Sent]) -> None:
    for one in found:
        known.setdefault(one.reference, set()).add(one.host)


def sent(fields: Fields, catalog: Catalog) -> Iterator[Sent]:
    """
    List what one resource sends where.

    An account's secrets go to the account's hosts; other settings' to the hosts among the settings; the secret headers
    of an agent's `push` to its URL.
    """
    kind, values = fields
    if kind is Kind.AGENT:
        push = values.get("push")
        if isinstance(push, Mapping):
            yield from _pairs(push.get("headers"), [(("push", "url"), push.get("url"))])
        return
    settings = values.get("settings")
    if not isinstance(settings, Mapping):
        return
    spec = catalog.get(kind, str(values.get("type")))
    schema = spec.schema.get("properties", {}) if spec else {}
    accounts = spec.accounts.setting if spec and spec.accounts else ""
    plain = {name: value for name, value in settings.items() if name != accounts}
    hosts = list(_hosts(plain, schema, ("settings",)))
    yield from _pairs(plain, hosts)
    inner = schema.get(accounts, {}).get("items", {}).get("properties", {})
    for index, account in enumerate(settings.get(accounts) or ()):
        yield from _pairs(account, [*hosts, *_hosts(account, inner, ("settings", accounts, index))])


def _pairs(holding: Value, hosts: list[tuple[Path, Value]]) -> Iterator[Sent]:
    for reference in _references(holding):
        if not hosts:
            yield Sent(reference, "", ())
        for path, value in hosts:
            yield Sent(reference, host_of(value), path)


def _references(value: Value) -> Iterator[str]:
    """List the references of secrets in a value."""
    return (secret.reference for _, secret in secrets_in(value) if secret.reference)


def _hosts(values: Mapping[str, Value], schema: Mapping[str, Value], place: Path) -> Iterator[tuple[Path, Value]]:
    for name, value in values.items():
        if isinstance(value, str) and value:
            said = schema.get(name, {}).get("format") in _FORMATS
            if said or name.lower().endswith(_ENDINGS):
                yield (*place, name), value


def host_of(text: Value) -> str:
    """
    Reduce an address to what decides who hears a secret: scheme, host and port; a host's name is taken as it is.

    What cannot be taken apart counts as a whole.
    """
    if not isinstance(text, str):
        return ""
    plain = text.strip().lower()
    try:
        parts = urlsplit(plain)
        host, port = parts.hostname, parts.port
    except ValueError:
        return plain
    if host is None:
        return plain.rstrip(".")
    return f"{parts.scheme}://{host.rstrip('.')}{f':{port}' if port else ''}"


def _warning(address: Address, one: Sent, hosts: list[str]) -> Diagnostic:
    name = ".".join(map(str, one.path))
    return warning(
        CODE,
        "A SECRET GOES TO A HOST IT NEVER WENT TO",
        f"{address} {name}: {one.reference} went to {', '.join(hosts) or 'its provider'}, and would go to {one.host}",
        "apply only if you know that host and it may have this secret; else give it a secret of its own",
        address=str(address),
        path=one.path,
    )
