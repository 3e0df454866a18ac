"""Which objects of the platform are to be taken over, as `import: ID` says, and whether they can be. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flametree_cfg.diff import immutable_change
from flametree_cfg.errors import ConfigInvalid, Diagnostic, error, warning
from flametree_cfg.model import Address, Declaration, Entry, LiveTenant, Resource, Tenant
from flametree_cfg.schema import Catalog

_PATH = ("import",)
_LISTED = 10


def wanted_imports(tenant: Tenant, entries: Mapping[Address, Entry]) -> dict[Address, str]:
    """Give what is to be taken over: platform id by address. What the ledger knows was taken over before."""
    return {
        address: declaration.imports
        for address, declaration in tenant.declarations.items()
        if declaration.imports and address not in entries
    }


def check_imports(
    wanted: Mapping[Address, str], tenant: Tenant, entries: Mapping[Address, Entry], live: LiveTenant, catalog: Catalog
) -> None:
    """
    Refuse what cannot be taken over; nothing is ever made instead.

    Raises:
        ConfigInvalid: with everything that is wrong.
    """
    found: list[Diagnostic] = []
    first: dict[str, Address] = {}
    for address, platform_id in wanted.items():
        other = first.setdefault(platform_id, address)
        if other != address:
            found.append(_twice(address, other, platform_id))
        else:
            found += why_not(tenant.declarations[address], platform_id, entries, live, catalog)
    if found:
        raise ConfigInvalid(*found)


def why_not(
    declaration: Declaration, platform_id: str, entries: Mapping[Address, Entry], live: LiveTenant, catalog: Catalog
) -> Iterator[Diagnostic]:
    """Say why an object cannot become what is declared; nothing if it can."""
    address = declaration.resource.address
    holder = next((a for a, entry in entries.items() if a == address or entry.id == platform_id), None)
    if holder is not None:
        yield _known(address, holder, entries[holder].id)
        return
    item = next((one for one in live.objects if one.id == platform_id and one.kind is address.kind), None)
    if item is None:
        yield _no_such(address, platform_id, live)
    elif item.system:
        yield _problem(
            "import-system",
            "A system integration cannot be taken over",
            f"{address}: {platform_id} belongs to the platform",
            "declare it with `system: true` and without `import`",
            address,
        )
    elif item.fields.get("type") != declaration.resource.type:
        yield _problem(
            "other-type",
            "The object is of another type",
            f"{address} is declared as {declaration.resource.type}, {platform_id} is a {item.fields.get('type')}",
            "declare the type it has",
            address,
        )
    elif immutable_change(Resource(address, item.fields), declaration.resource, catalog):
        yield _problem(
            "import-immutable",
            "The object cannot become what is declared",
            f"{address}: a setting that is never changed in place differs from what {platform_id} has",
            "declare it as the object has it; `flametree-cfg show` tells",
            address,
        )


def done_imports(tenant: Tenant, entries: Mapping[Address, Entry]) -> Iterator[Diagnostic]:
    """Say which `import` keys have done their work; they do no harm."""
    for address, declaration in tenant.declarations.items():
        if declaration.imports and address in entries:
            yield warning(
                "import-done",
                "An import has been carried out",
                f"{address} is {entries[address].id}",
                "the key `import` can be taken out",
                address=str(address),
                path=_PATH,
            )


def _twice(address: Address, other: Address, platform_id: str) -> Diagnostic:
    return _problem(
        "imported-twice",
        "Two resources take over the same object",
        f"{address} and {other} both import {platform_id}",
        "let one of them have it",
        address,
    )


def _known(address: Address, holder: Address, platform_id: str) -> Diagnostic:
    hint = f"if that is wrong: flametree-cfg state rm PATH {holder}"
    if holder.kind is address.kind and holder != address:
        hint = f"if it has a new key: `previously: [{holder.key}]` instead of `import`; {hint}"
    return _problem("already-known", "The ledger knows this already", f"{holder} is {platform_id}", hint, address)


def _no_such(address: Address, platform_id: str, live: LiveTenant) -> Diagnostic:
    other = next((one.kind for one in live.objects if one.id == platform_id), None)
    named = [f"{o.id} ({o.fields.get('name')})" for o in live.objects if o.kind is address.kind and not o.system]
    listed = f"it has: {', '.join(named[:_LISTED])}" if named else f"it has no {address.kind} at all"
    return _problem(
        "no-such-object",
        "The platform has no such object",
        f"no {address.kind} with id {platform_id}"
        + (f": that is a{'n' if other == 'agent' else ''} {other}" if other else ""),
        listed,
        address,
    )


def _problem(code: str, summary: str, detail: str, hint: str, address: Address) -> Diagnostic:
    return error(code, summary, detail, hint, address=str(address), path=_PATH)
