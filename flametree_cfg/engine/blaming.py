"""Blame: for each field of an object, the apply that set it last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from flametree_cfg.engine.cards import tenant_of
from flametree_cfg.engine.choosing import read_subject
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.origins import set_by, set_by_itself
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Path as ValuePath
from flametree_cfg.errors import StorageFailed, WrongUsage, error
from flametree_cfg.model import Address, AppliedRun, Entry, Operation, Undone, Value
from flametree_cfg.state import Ledger

_MISSING = object()


class Origin(Struct, frozen=True):
    """
    Where one field's value comes from.

    Attributes:
        path: of the field; of a list of accounts the whole.
        value: as recorded; a secret by reference.
        run: the apply that set it; None where it was no apply, or none that is kept.
        said: what else is to say: why there is no run.
    """

    path: ValuePath
    value: Value
    run: AppliedRun | None
    said: str = ""


class Blamed(Struct, frozen=True):
    """What `blame` found of one object, in the order of its fields."""

    tenant: str
    address: Address
    fields: tuple[Origin, ...]


def blame(path: str | Path, wanted: str, options: Options) -> Blamed:
    """
    Say which apply set each field of an object last.

    Args:
        path: of the tenant.
        wanted: an address, with or without a field: `connector.gpt.settings.temperature`.
        options: the operator's.

    Raises:
        WrongUsage: the ledger has no such object, or it has no such field.
        StorageFailed: history is not as it was written.
    """
    address, field = read_subject(wanted)
    with Session(options, [path]) as session:
        tenant = tenant_of(path, session)
        found = session.ledger.check_history(tenant)
        if found.broken:
            detail = f"run {found.broken} of tenant {tenant!r}: {found.why}"
            hint = f"flametree-cfg history verify {path}"
            raise StorageFailed(error("history-broken", "History is not as it was written", detail, hint))
        origins = find_origins(session.ledger, tenant, address)
    if not origins:
        hint = f"`flametree-cfg state list {path}` lists what there is"
        raise WrongUsage(error("no-such-entry", "The ledger has no such address", str(address), hint))
    chosen = tuple(one for one in origins if _within(one.path, field))
    if not chosen:
        known = ", ".join(dict.fromkeys(".".join(map(str, one.path)) for one in origins))
        raise WrongUsage(error("no-such-field", "The object has no such field", field, f"it has: {known}"))
    return Blamed(tenant, address, chosen)


def _within(path: ValuePath, field: str) -> bool:
    text = ".".join(map(str, path))
    return not field or text == field or text.startswith(f"{field}.")


def find_origins(ledger: Ledger, tenant: str, address: Address) -> Sequence[Origin]:
    """
    Go back through history until every field of an object is explained; empty for an object that is not in the ledger.

    Raises:
        StorageFailed: a row of history is damaged.
    """
    entry = ledger.read_some(tenant, [address]).entries.get(address)
    if entry is None:
        return ()
    runs = {run.number: run for run in ledger.history(tenant)}
    search = _Search(ledger, tenant, runs, address, entry)
    for step in ledger.undone(tenant):
        search.go_back(step)
        if not search.unexplained:
            break
    return search.origins()


class _Search:
    """Follows one object back, under the keys it had."""

    def __init__(
        self, ledger: Ledger, tenant: str, runs: Mapping[int, AppliedRun], address: Address, entry: Entry
    ) -> None:
        self._ledger, self._tenant, self._runs = ledger, tenant, runs
        self._fields = dict(_flat(entry))
        self._address, self._entry = address, entry
        self._found: dict[ValuePath, Origin] = {}

    @property
    def unexplained(self) -> list[ValuePath]:
        """List the fields whose origin is not known yet."""
        return [path for path in self._fields if path not in self._found]

    def go_back(self, step: Undone) -> None:
        """Explain what one step changed."""
        if step.before is None:
            self._by_operations(step.number)
            return
        address, was = _before(step.before, self._address, self._entry)
        if address is None:
            return
        values = dict(_flat(was)) if was else {}
        changed = [path for path in self.unexplained if values.get(path, _MISSING) != self._fields[path]]
        self._explain(changed, step.number)
        self._address, self._entry = address, was or self._entry

    def origins(self) -> Sequence[Origin]:
        """Give all fields, in their order."""
        oldest = min(self._runs, default=0)
        said = f"before run {oldest}, the oldest that is kept" if oldest else "never by an apply"
        return tuple(self._found.get(path) or Origin(path, value, None, said) for path, value in self._fields.items())

    def _explain(self, paths: Sequence[ValuePath], number: int) -> None:
        """Name the run for each of these fields that one of its operations set."""
        run = self._runs.get(number)
        operations = self._operations(number) if run and paths else ()
        last = max(self._runs, default=0)
        other = f"after run {last}, by no apply"
        if run:
            other = f"between run {number - 1} and run {number}, by no apply that history knows"
        for path in paths:
            set_here = any(set_by(one, self._address, path) for one in operations)
            self._found[path] = Origin(path, self._fields[path], run if set_here else None, "" if set_here else other)

    def _by_operations(self, number: int) -> None:
        """Explain by what a run did, where what was before it is not kept."""
        for operation in reversed(self._operations(number)):
            if operation.address == self._address:
                paths = [path for path in self.unexplained if set_by_itself(operation, path)]
                for path in paths:
                    self._found[path] = Origin(path, self._fields[path], self._runs.get(number))
                self._address = operation.previous or self._address

    def _operations(self, number: int) -> Sequence[Operation]:
        return self._ledger.history_operations(self._tenant, number)


def _before(
    before: Mapping[Address, Entry | None], address: Address, entry: Entry
) -> tuple[Address | None, Entry | None]:
    """Find what an object was, under whatever key; no address where nothing changed."""
    if address not in before:
        return None, None
    was = before[address]
    if was is not None:
        return address, was
    for other, one in before.items():
        if one is not None and other.kind is address.kind and one.id == entry.id:
            return other, one
    return address, None


def _flat(entry: Entry) -> Iterator[tuple[ValuePath, Value]]:
    """List the fields of an entry, those of settings, links and the like one by one."""
    for key, value in entry.resource.fields.items():
        if isinstance(value, Mapping) and value:
            yield from (((key, name), item) for name, item in value.items())
        else:
            yield (key,), value
    if entry.protected:
        yield ("protected",), True
