"""Which picture belongs to a result: what changes in a plan, what moved in drift, where something was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flametree_cfg.drift import DriftKind
from flametree_cfg.errors import Diagnostic, Severity
from flametree_cfg.model import Address, Kind, Resource, parse_address
from flametree_cfg.report._documents import Document, Drawn, DriftChecked, Planned
from flametree_cfg.report._fields import Sign, rows
from flametree_cfg.report._wiring import Mark, Wiring, around_changes, wiring

MOST_NODES = 60  # objects: beyond it nobody follows a line from one end to the other

_OF_SIGN = {
    Sign.CREATE: Mark.CREATE,
    Sign.CHANGE: Mark.CHANGE,
    Sign.DELETE: Mark.DELETE,
    Sign.REPLACE: Mark.REPLACE,
}
_OF_DRIFT = {
    DriftKind.CHANGED: Mark.CHANGE,
    DriftKind.DELETED: Mark.DELETE,
    DriftKind.ADDED: Mark.OUTSIDE,
}


def drawings(kind: Document, items: Sequence[Drawn]) -> list[Wiring]:
    """Draw every tenant of a result that can be drawn."""
    drawn = (drawing(kind, item) for item in items)
    return [one for one in drawn if one is not None and one.nodes]


def _no_picture(_kind: Document, _document: Any) -> list[Wiring]:
    return []


def drawing(kind: Document, item: Drawn) -> Wiring | None:
    """
    Draw one tenant, large ones only as far as they change; `graph` draws all there is.

    Returns:
        None where there is nothing to draw: its YAML is wrong, or it has none.
    """
    match kind:
        case Document.PLAN:
            whole = _planned(item)  # type: ignore[arg-type]  # the kind says what it is
        case Document.DRIFT:
            whole = _drifted(item)  # type: ignore[arg-type]  # the kind says what it is
        case _:
            whole = wiring(item.tenant_name, declared(item), _found(item.diagnostics)) if declared(item) else None
    return whole if whole is None or kind is Document.GRAPH else around_changes(whole, MOST_NODES)


def declared(item: Drawn) -> list[Resource]:
    """List what a tenant's folder declares; empty where anything in it is wrong."""
    tenant = item.reading.tenant if item.reading is not None else None
    return [one.resource for one in tenant.declarations.values()] if tenant is not None else []


def _planned(item: Planned) -> Wiring | None:
    if item.plan is None:
        return None
    marks = dict.fromkeys(item.plan.restarts, Mark.RESTART)
    marks.update((row.address, _OF_SIGN[row.sign]) for row in rows(item.plan.changes) if row.sign in _OF_SIGN)
    before = [change.before for change in item.plan.changes if change.before is not None and change.address in marks]
    after = {resource.address: resource for resource in declared(item)}
    after.update((c.address, c.after) for c in item.plan.changes if c.after is not None and c.address not in after)
    return wiring(item.tenant_name, after.values(), marks, before, frozenset(item.plan.restarts))


def _drifted(item: DriftChecked) -> Wiring | None:
    marks = {one.address: _OF_DRIFT[one.kind] for one in item.drift}
    after = {resource.address: resource for resource in declared(item)}
    for one in item.drift:
        if one.address not in after:
            after[one.address] = _stand_in(one.address, one.type, one.name)
    return wiring(item.tenant_name, after.values(), marks)


def _stand_in(address: Address, type_: str, name: str) -> Resource:
    """Give what is known of an object that no YAML declares."""
    if address.kind is Kind.ATTACHMENT:
        return Resource(address, {"agent": address.agent_key, "channel": address.channel_key})
    return Resource(address, {"type": type_, "name": name})


def _found(diagnostics: Sequence[Diagnostic]) -> dict[Address, Mark]:
    marks: dict[Address, Mark] = {}
    for found in sorted(diagnostics, key=lambda one: one.severity is Severity.ERROR):
        address = parse_address(found.address)
        if address is not None:
            marks[address] = Mark.ERROR if found.severity is Severity.ERROR else Mark.WARNING
    return marks


PICTURES: Mapping[Document, Callable[[Document, Any], list[Wiring]]] = {
    **dict.fromkeys(Document, _no_picture),
    **dict.fromkeys((Document.VALIDATE, Document.GRAPH, Document.PLAN, Document.DRIFT), drawings),
}
"""Gives the pictures of a result; most kinds have none."""
