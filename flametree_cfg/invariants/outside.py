"""What others own is found, not edited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flametree_cfg.errors import Diagnostic, Path, error
from flametree_cfg.invariants.rule import Found, Scope
from flametree_cfg.invariants.world import World
from flametree_cfg.model import Resource

if TYPE_CHECKING:
    from flametree_cfg.schema import Catalog

_FINDS = frozenset({"type", "name", "connectors", "default"})  # find it, or are ours although the object is not


def system_edited(_world: World, _catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse anything but `default` on a system connector.

    Source: domain.md R5.
    """
    for resource in scope:
        if resource.system:
            yield from (
                error(
                    "system-edited",
                    "System connector is read-only except `default`",
                    f"{resource.address} declares `{path[0]}`; it belongs to the platform's public tenant",
                    f"remove `{path[0]}`, or declare a connector of your own",
                    address=str(resource.address),
                    path=path,
                )
                for path in _edits(resource)
            )


def external_edited(_world: World, _catalog: Catalog, scope: Scope) -> Found:
    """
    Refuse to edit, start or stop an external object; links and attachments of an external agent are ours.

    Source: design.md, What is managed.
    """
    for resource in scope:
        if resource.external and not resource.system:
            yield from (_external(resource, path) for path in _edits(resource))
            if resource.fields.get("default") is True:
                yield _external(resource, ("default",))


def _external(resource: Resource, path: Path) -> Diagnostic:
    return error(
        "external-edited",
        "External object is never edited, started or stopped",
        f"{resource.address} declares `{path[0]}`",
        f"remove `{path[0]}`, or remove `external` and import the object",
        address=str(resource.address),
        path=path,
    )


def _edits(resource: Resource) -> Iterator[Path]:
    for name, value in sorted(resource.fields.items()):
        if name not in _FINDS and value is not None and value != {}:
            yield (name,)
