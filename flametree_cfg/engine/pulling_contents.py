"""What the files of a tenant that is pulled shall hold: edits in their lines, new objects behind the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flametree_cfg.config.editing_steps import Edit
from flametree_cfg.config.rewrite import NewContent
from flametree_cfg.config.writing_body import Body
from flametree_cfg.config.writing_files import more_in, new_files
from flametree_cfg.config.writing_out import schema_beside
from flametree_cfg.engine.pulling_files import Files
from flametree_cfg.engine.pulling_merge import Merged


def new_contents(
    tenant: str, path: str, before: Files, bodies: Sequence[Body], merged: Merged
) -> tuple[NewContent, ...]:
    """
    Give every file that gets other bytes, or is new.

    Args:
        tenant: its name.
        path: of its folder.
        before: what is there.
        bodies: of objects that are new.
        merged: edits of what is declared.

    Raises:
        ConfigInvalid: a file cannot be edited so.
    """
    schema = schema_beside(path)
    if not before.data:
        made = new_files(tenant, bodies, schema)
        return tuple(NewContent(name, None, data) for name, data in made.items())
    return tuple(_added(tenant, before, _edited(before, merged), bodies, schema))


def _edited(before: Files, merged: Merged) -> dict[str, bytes]:
    """Make the edits of known resources in the files they came from."""
    edits: dict[str, list[Edit]] = {}
    for change in merged.changes:
        edits.setdefault(change.file, []).append(change.edit)
    data = dict(before.data)
    for name in sorted(edits):
        from flametree_cfg.config.editing import edited

        data[name] = edited(data[name], before.label_of(name), edits[name]).data
    return data


def _added(
    tenant: str, before: Files, data: dict[str, bytes], bodies: Sequence[Body], schema: str
) -> Iterator[NewContent]:
    """Add resources to the files that hold most of their kind; what fits in none gets a file of its own."""
    for section in dict.fromkeys(body.address.kind.section for body in bodies):
        some = [body for body in bodies if body.address.kind.section == section]
        name = before.home_of(section)
        more = more_in(data[name], section, some) if name else None
        if name and more is not None:
            data[name] = more
        else:
            made = new_files(tenant, some, schema)
            data |= {_free(one, section, data): content for one, content in made.items()}
    for name, content in data.items():
        if content != before.data.get(name):
            yield NewContent(name, before.data.get(name), content)


def _free(name: str, section: str, data: Mapping[str, bytes]) -> str:
    """Name a file that does not exist yet."""
    taken = {one.casefold() for one in data}
    candidates = [name, f"{section}.yaml", *(f"{section}-{number}.yaml" for number in range(2, len(data) + 4))]
    return next(one for one in candidates if one not in taken and one != "tenant.yaml")
