"""Why: where a value comes from, what it overrode, and what apply did with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from flametree_cfg.config import TenantReading
from flametree_cfg.engine.choosing import read_subject, read_valid
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.session import Session
from flametree_cfg.errors import Diagnostic, Location, WrongUsage, error
from flametree_cfg.errors import Path as ValuePath
from flametree_cfg.model import (
    MASKED,
    Action,
    Address,
    AppliedRun,
    Kind,
    Operation,
    Secret,
    Value,
    at_path,
    parse_reference,
)

if TYPE_CHECKING:
    from flametree_cfg.config.view import View


class Said(Struct, frozen=True):
    """
    What one place says of a value.

    Attributes:
        value: as written; a secret that stands there in clear is masked.
        removes: whether it only takes away what others said.
    """

    place: Location
    value: Value
    removes: bool = False


class Made(Struct, frozen=True):
    """
    A variable that is part of a value.

    Attributes:
        set_by: what sets it, the one that counts first: value, `vars`, `--var-file` or `--var`, place.
    """

    name: str
    set_by: tuple[tuple[Value, str, Location | None], ...]


class Deed(Struct, frozen=True):
    """What an apply did to a value; `before` and `after` as far as its operations tell."""

    run: AppliedRun
    action: Action
    before: Value = None
    after: Value = None


class FieldWhy(Struct, frozen=True):
    """
    Where one field's value comes from.

    Attributes:
        path: inside the resource.
        value: as it is to be; None if it is not managed.
        origin: `set`, `default` (of the type's schema), `removed` or `unset`.
        said: by layers, the last word first.
        deed: the newest apply that touched it; None if none is known.
        stored: what the ledger has.
    """

    path: ValuePath
    value: Value
    origin: str
    said: tuple[Said, ...] = ()
    variables: tuple[Made, ...] = ()
    deed: Deed | None = None
    stored: Value = None


class Why(Struct, frozen=True):
    """An object's fields explained; `applied` tells whether the ledger has the object."""

    tenant: str
    folder: str
    address: Address
    place: Location | None
    fields: tuple[FieldWhy, ...]
    applied: bool


def why(path: str | Path, target: str, options: Options) -> Why:
    """
    Explain a field of a tenant, or all fields of an object.

    Args:
        path: of the tenant's folder.
        target: `ADDRESS` or `ADDRESS.FIELD`: `connector.chat.settings.temperature`.

    Raises:
        ConfigInvalid: something is wrong with the tenant.
        WrongUsage: no such object or field, or several tenants.
    """
    from flametree_cfg.config.sharing import view_of

    address, field = read_subject(target)
    with Session(options, [path]) as session:
        reading = read_valid(path, session)
        view = view_of(reading, session.catalog)
        stored = session.ledger.read(reading.name).entries.get(address)
        known = stored.resource.fields if stored else {}
        subject = _Subject(address, reading, view, known)
        paths = subject.paths(field)
        compared = [subject.as_compared(one) for one in paths]
        deeds = _deeds(address, compared, _operations(reading.name, session), subject.account_key)
    fields = tuple(subject.explain(one, deed) for one, deed in zip(paths, deeds, strict=True))
    place = reading.locate(str(address), ())
    return Why(reading.name, reading.folder, address, place, fields, applied=stored is not None)


class _Subject:
    """One object as declared."""

    def __init__(self, address: Address, reading: TenantReading, view: View, stored: Mapping[str, Value]) -> None:
        from flametree_cfg.config.view import secret_test

        tenant = reading.tenant
        declared = tenant.declarations.get(address) if tenant else None
        self._address = address
        self._reading = reading
        self._view = view
        self._stored = stored
        self._fields = dict(declared.resource.fields) if declared else {}
        self._written = view.filled_body(address)
        specs = view.catalog.types(address.kind)
        self._settings = {setting for spec in specs for setting in spec.schema["properties"]}
        spec = view.catalog.get(address.kind, str(self._fields.get("type")))
        self._accounts, self.account_key = (
            (spec.accounts.setting, spec.accounts.key) if spec and spec.accounts else ("", "")
        )
        self._secret = [secret_test(address.kind, one, view.catalog) for one in (*(s.name for s in specs), "")]

    def paths(self, field: str) -> list[ValuePath]:
        """
        List the fields to explain.

        Raises:
            WrongUsage: there is no such object or field.
        """
        whole = {**_only_new(self._written, self._fields), **self._fields}
        if not field:
            if not whole and not self._stored and not any(self._view.spots(self._address, ())):
                raise WrongUsage(self._unknown())
            return list(_leaves(whole)) or [()]
        for tree in (whole, self._stored):
            path = _follow(tree, field)
            if path is not None:
                return [(*path, *below) for below in _leaves(at_path(tree, path))]
        path = tuple(int(step) if step.isdigit() else step for step in _steps(field))
        if any(not spot.removes or spot.value is None for spot in self._view.spots(self._address, path)):
            return [path]
        raise WrongUsage(self._unknown(field))

    def explain(self, path: ValuePath, deed: Deed | None) -> FieldWhy:
        """Explain one field."""
        said = tuple(self._said(path))
        value = at_path(self._fields or None, path)
        value = at_path(self._written, path) if value is None else value
        if said and not said[0].removes:
            origin = "set"
        else:
            origin = "default" if value is not None else "removed" if said else "unset"
        names = self._view.variables(self._address, path) if origin == "set" else ()
        stored = at_path(self._stored, path)
        return FieldWhy(path, value, origin, said, tuple(map(self._made, names)), deed, stored)

    def _said(self, path: ValuePath) -> Iterator[Said]:
        """List what places say of a field; the ends of an attachment are said by where it stands."""
        end = self._address.kind is Kind.ATTACHMENT and path in (("agent",), ("channel",))
        for spot in self._view.spots(self._address, () if end else path):
            value = self._fields.get(str(path[0])) if end else self._masked(path, spot.value)
            yield Said(spot.place, value, spot.removes)

    def as_compared(self, path: ValuePath) -> ValuePath:
        """Name a field as plans do: an account by its key field, not by its position."""
        if not self.account_key or path[:2] != ("settings", self._accounts) or len(path) < 3:
            return path
        key = at_path(self._fields, (*path[:3], self.account_key))
        return (*path[:2], str(key), *path[3:])

    def _made(self, name: str) -> Made:
        chain = reversed(self._view.chains[name])
        return Made(name, tuple((one.value, one.source, one.place) for one in chain))

    def _masked(self, path: ValuePath, value: Value) -> Value:
        """Hide what stands in a secret's place and is no reference: nobody judged what was overridden."""
        if isinstance(value, Mapping):
            return dict.fromkeys(value, "…")
        if value is None or not self._may_be_secret(path):
            return value
        return Secret(value) if isinstance(value, str) and parse_reference(value) else MASKED

    def _may_be_secret(self, path: ValuePath) -> bool:
        """Tell whether any type has a secret there, or none knows such a setting."""
        if path[:1] == ("settings",) and self._settings.isdisjoint(path[1:2]):
            return True
        return bool(path) and any(test(path) for test in self._secret)

    def _unknown(self, field: str = "") -> Diagnostic:
        from difflib import get_close_matches

        tenant = self._reading.tenant
        if field:
            known = [_dotted(path) for path in _leaves(self._fields)]
            summary, what = "The object has no such field", f"{field} of {self._address}"
        else:
            known = [str(one) for one in tenant.declarations] if tenant else []
            summary, what = "Nothing declares this object", f"{self._address} in tenant {self._reading.name!r}"
        close = get_close_matches(field or str(self._address), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"`flametree-cfg render {self._reading.folder}` shows all"
        return error("no-such-field" if field else "no-such-object", summary, what, hint)


def _only_new(written: Value, fields: Mapping[str, Value]) -> dict[str, Value]:
    """Give what is written and is no field of the model: `protected`, `previously`; attachments stand by themselves."""
    written = written if isinstance(written, dict) else {}
    return {key: value for key, value in written.items() if key not in fields and key != "channels"}


def _leaves(value: Value, path: ValuePath = ()) -> Iterator[ValuePath]:
    """List the paths that end: mappings are opened, lists only if mappings stand in them."""
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _leaves(below, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for index, below in enumerate(value):
            yield from _leaves(below, (*path, index))
    elif path or not isinstance(value, Mapping):
        yield path


def _steps(field: str) -> list[str]:
    return field.replace("[", ".").replace("]", "").split(".")


def _dotted(path: ValuePath) -> str:
    return ".".join(map(str, path))


def _follow(tree: Value, field: str) -> ValuePath | None:
    """Find a field as typed, `settings.accounts[0].password`; keys may hold dots themselves."""
    if not field:
        return ()
    if isinstance(tree, list):
        head, _, rest = field.removeprefix("[").replace("]", "", 1).partition(".")
        if not head.isdigit() or int(head) >= len(tree):
            return None
        below = _follow(tree[int(head)], rest)
        return None if below is None else (int(head), *below)
    for key in sorted(tree, key=len, reverse=True) if isinstance(tree, Mapping) else ():
        rest = field.removeprefix(key)
        if rest != field and (not rest or rest[0] in ".["):
            below = _follow(tree[key], rest.removeprefix("."))
            if below is not None:
                return (key, *below)
    return None


def _operations(tenant: str, session: Session) -> Iterator[tuple[AppliedRun, Sequence[Operation]]]:
    """List the applies that are kept, newest first, with what they did."""
    for run in session.ledger.history(tenant):
        yield run, session.ledger.history_operations(tenant, run.number)


def _deeds(
    address: Address,
    paths: Sequence[ValuePath],
    runs: Iterable[tuple[AppliedRun, Sequence[Operation]]],
    account_key: str,
) -> list[Deed | None]:
    """Find the newest apply that touched each field; a key that moved is followed."""
    found: dict[ValuePath, Deed] = {}
    for run, operations in runs:
        for operation in reversed(operations):
            if operation.address != address:
                continue
            for path in paths:
                deed = _deed(run, operation, path, account_key)
                if deed is not None:
                    found.setdefault(path, deed)
            if operation.action is Action.MOVE and operation.previous is not None:
                address = operation.previous
        if len(found) == len(set(paths)):
            break
    return [found.get(path) for path in paths]


def _deed(run: AppliedRun, operation: Operation, path: ValuePath, account_key: str) -> Deed | None:
    """Say what an operation did to a field; None if nothing."""
    for change in operation.changes:
        depth = len(change.path)
        if path[:depth] == change.path:
            rest = path[depth:]
            before, after = (_within(value, rest, account_key) for value in (change.before, change.after))
            return Deed(run, operation.action, before, after)
    if operation.action is Action.MAKE_DEFAULT and path == ("default",):
        return Deed(run, operation.action, after=True)
    if operation.action in (Action.CREATE, Action.BIND) and operation.after is not None:
        return Deed(run, operation.action, after=_within(operation.after.fields, path, account_key))
    return None


def _within(value: Value, path: ValuePath, account_key: str) -> Value:
    """Follow a path on which an account is named by its key field; None where it ends early."""
    for step in path:
        if isinstance(value, list | tuple) and isinstance(step, str):
            value = next((one for one in value if str(at_path(one, (account_key,))) == step), None)
        else:
            value = at_path(value, (step,))
    return value
