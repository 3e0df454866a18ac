"""Secrets of the registry's objects: sealed in a table of their own, never among the settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from flametree_cfg.errors import AccessDenied, Path, PlatformFailed, error
from flametree_cfg.model import Address, Batch, Operation, Secret, Value, secrets_in
from flametree_cfg.platform.embedded import refusal
from flametree_cfg.platform.embedded.rows import path_text
from flametree_cfg.schema import SettingPath
from flametree_cfg.sql import Database, registry

if TYPE_CHECKING:
    from flametree_cfg.secret import Keyring


_PLAIN = frozenset({str, bool, int, float, type(None)})  # values that hold no secret


def unresolved(batch: Batch) -> PlatformFailed | None:
    """Say which references a batch uses without handing over their values; None if there are none."""
    missing = {
        (str(operation.address), secret.reference)
        for operation in batch.operations
        for value in _sent(operation)
        if value.__class__ not in _PLAIN
        for _path, secret in secrets_in(value)
        if secret.reference and secret.reference not in batch.secrets
    }
    if not missing:
        return None
    return PlatformFailed(
        *(
            error(
                "unresolved-secret",
                "A secret that has to be sent does not resolve here",
                f"{reference} of {address} came without a value",
                "make the reference resolvable where apply runs",
                address=address,
            )
            for address, reference in sorted(missing)
        )
    )


def _sent(operation: Operation) -> Iterable[Value]:
    if operation.changes or operation.after is None:
        return [change.after for change in operation.changes]
    return operation.after.fields.values()


class Vault:
    """
    Seals, keeps and moves the secrets of one batch.

    A sealed value is bound to tenant, object and path: copied elsewhere in the database it does not open.
    """

    def __init__(self, database: Database, keyring: Keyring | None, tenant: str, values: Mapping[str, str]) -> None:
        self._database = database
        self._keyring = keyring
        self._tenant = tenant
        self._values = values

    def keep(
        self,
        address: Address,
        platform_id: str,
        secrets: Mapping[Path, Secret],
        before: AbstractSet[Path],
        moved: Mapping[Path, Path],
    ) -> None:
        """
        Make the object's secrets those given.

        Args:
            address: for messages.
            platform_id: the object.
            secrets: all that the object has now. With a reference: a new value; without: untouched (domain.md R14).
            before: the paths it had.
            moved: path now to path before, of untouched ones that changed place.

        Raises:
            PlatformFailed: an untouched secret was never set.
        """
        sealed = [
            (path, text)
            for path, secret in secrets.items()
            if (text := self._sealed(address, platform_id, path, secret, before, moved)) is not None
        ]
        for path in before - secrets.keys():
            self._database.execute(registry.DROP_SEALED, (platform_id, path_text(path)))
        for path, text in sealed:
            self._database.execute(registry.KEEP_SEALED, (self._tenant, platform_id, path_text(path), text))

    def _sealed(
        self,
        address: Address,
        platform_id: str,
        path: Path,
        secret: Secret,
        before: AbstractSet[Path],
        moved: Mapping[Path, Path],
    ) -> str | None:
        if secret.reference:
            return self._keys(address).seal(self._values[secret.reference], self._place(platform_id, path))
        source = moved.get(path, path)
        if source not in before:
            raise refusal.refused(
                "secret-never-set",
                "Secret was never set",
                f"`{'.'.join(map(str, path))}` of {address} has no value to keep",
                "give a value",
                address,
            )
        if source == path:
            return None
        row = self._database.one(registry.SEALED, (platform_id, path_text(source)))
        value = self._keys(address).unseal(row[0] if row else "", self._place(platform_id, source))
        return self._keys(address).seal(value, self._place(platform_id, path))

    def _keys(self, address: Address) -> Keyring:
        if self._keyring is None:
            raise AccessDenied(
                error(
                    "no-key",
                    "There is no key to seal secrets with",
                    f"{address} has a secret to keep",
                    "set FLAMETREE_KEY, or let the key file be made beside the registry",
                    address=str(address),
                )
            )
        return self._keyring

    def _place(self, platform_id: str, path: Path) -> tuple[str, ...]:
        return (self._tenant, platform_id, path_text(path))


def refuse_clear_text(address: Address, settings: Mapping[str, Value], patterns: Iterable[SettingPath]) -> None:
    """
    Refuse to store a secret setting that came as plain text.

    Raises:
        PlatformFailed: names the path, not the value.
    """
    for pattern in patterns:
        if len(pattern) == 1 and pattern[0] not in settings:
            continue  # nearly always: what is secret came apart from the rest
        if any(value not in (None, "") for value in _matches(settings, pattern)):
            raise refusal.refused(
                "secret-in-clear",
                "Secret setting came as plain text",
                f"`settings.{'.'.join(pattern)}` of {address} is secret",
                "send it as a secret",
                address,
            )


def _matches(value: Value, pattern: SettingPath) -> Iterator[Value]:
    if not pattern:
        yield value
    elif pattern[0] == "*":
        inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        for item in inside:
            yield from _matches(item, pattern[1:])
    elif isinstance(value, Mapping):
        yield from _matches(value.get(pattern[0]), pattern[1:])
