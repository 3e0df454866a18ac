"""Changes as a reader wants them: one row a resource, one leaf a field. Text and JSON say the same because of this."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from flametree_cfg.diff import Change
from flametree_cfg.errors import Path
from flametree_cfg.model import Action, Address, FieldChange, Resource, Value

_OUTGOING = "~old"  # ends the key of an object that another one takes the place of (model.address)


class Sign(enum.StrEnum):
    """What happens to a resource, in one word."""

    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"
    REPLACE = "replace"
    RENAME_KEY = "rename"  # of the key in the YAML; the object keeps its name
    BIND = "find"
    IMPORT = "import"
    FORGET = "forget"
    PROTECT = "protect"
    UNPROTECT = "lift"


_DELETE = Action.DELETE
_SIGNS = dict.fromkeys(Action, Sign.CHANGE) | {
    Action.CREATE: Sign.CREATE,
    Action.DELETE: Sign.DELETE,
    Action.MOVE: Sign.RENAME_KEY,
    Action.BIND: Sign.BIND,
    Action.FORGET: Sign.FORGET,
    Action.PROTECT: Sign.PROTECT,
    Action.UNPROTECT: Sign.UNPROTECT,
}
_EMPTY: tuple[Value, ...] = (None, "", {}, [])  # of a new object: as good as unset
LEDGER_SIGNS = frozenset({Sign.RENAME_KEY, Sign.BIND, Sign.FORGET, Sign.PROTECT, Sign.UNPROTECT})


class Row(Struct, frozen=True):
    """
    One resource's change.

    Attributes:
        fields: as compared; `leaves` breaks them up.
        previous: the address before, where its key changed.
        type_before: of a replaced object, where the type changed.
        imported: platform id of an object that is taken over.
    """

    sign: Sign
    address: Address
    type: str
    name: str
    fields: Sequence[FieldChange]
    previous: Address | None = None
    type_before: str = ""
    imported: str = ""


def rows(changes: Sequence[Change]) -> list[Row]:
    """List what changes, in the order given; an object and the one that takes its place are one row."""
    return [_row(change, outgoing) for change, outgoing in _paired(changes)]


def signs(changes: Sequence[Change]) -> list[Sign]:
    """List the signs of the rows alone."""
    return [_sign(change, outgoing) for change, outgoing in _paired(changes)]


def _paired(changes: Sequence[Change]) -> list[tuple[Change, Change | None]]:
    """Give each change with the deletion of the object whose place it takes."""
    deleted = [change for change in changes if change.action is _DELETE]
    if not deleted:
        return [(change, None) for change in changes]
    made_anew = {c.address for c in changes if c.action is Action.CREATE}
    outgoing = {successor: change for change in deleted if (successor := _successor(change.address)) in made_anew}
    leaving = {id(change) for change in outgoing.values()}
    return [(change, outgoing.get(change.address)) for change in changes if id(change) not in leaving]


def _sign(change: Change, outgoing: Change | None) -> Sign:
    if change.imported:
        return Sign.IMPORT
    return Sign.REPLACE if change.replaced or outgoing is not None else _SIGNS[change.action]


def _successor(address: Address) -> Address | None:
    key = address.key.removesuffix(_OUTGOING)
    return Address(address.kind, key) if key != address.key else None


def _row(change: Change, outgoing: Change | None) -> Row:
    side = change.after or change.before
    before = outgoing.before if outgoing else change.before
    sign = _sign(change, outgoing)
    return Row(
        sign,
        change.address,
        side.type if side else "",
        side.name if side else "",
        change.fields or tuple(_whole(change)),
        change.previous,
        before.type if sign is Sign.REPLACE and before and side and before.type != side.type else "",
        change.imported,
    )


def _whole(change: Change) -> Iterator[FieldChange]:
    if change.action is Action.CREATE and change.after is not None:
        yield from fields_of(change.after)


def fields_of(resource: Resource) -> Iterator[FieldChange]:
    """Tell a whole resource as fields that become set."""
    for key, value in resource.fields.items():
        yield FieldChange((key,), None, value)


def leaves(changes: Sequence[FieldChange] | Iterator[FieldChange]) -> Iterator[FieldChange]:
    """Break whole objects that appear or vanish into their members; what has both sides stays as it is."""
    for change in changes:
        if change.before is None and isinstance(change.after, dict) and change.after:
            for path, value in _members(change.path, change.after):
                yield FieldChange(path, None, value, change.note)
        elif change.after is None and isinstance(change.before, dict) and change.before:
            for path, value in _members(change.path, change.before):
                yield FieldChange(path, value, None, change.note)
        else:
            yield change


def _members(path: Path, value: Mapping[str, Value]) -> list[tuple[Path, Value]]:
    found = []
    for key, item in value.items():
        if isinstance(item, dict) and item:
            found += _members((*path, key), item)
        elif item or item not in _EMPTY:
            found.append(((*path, key), item))
    return found
