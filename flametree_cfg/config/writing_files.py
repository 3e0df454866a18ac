"""A tenant's files as text: new ones, and existing ones with more resources in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from flametree_cfg.config.blocks import Block, Entry, Leaf, Odd, read_sheet
from flametree_cfg.config.editing_writing import entry_lines, indented
from flametree_cfg.config.layout import SECTIONS, STEP, canonical, same, with_last_line_ended
from flametree_cfg.config.reader import read_document
from flametree_cfg.config.writing_body import Body
from flametree_cfg.errors import ConfigInvalid

SMALL = 25  # resources: what fits on a few screens stands in one file
ONE_FILE = "tenant.yaml"
MODELINE = "# yaml-language-server: $schema="

_FULL = 400_000  # characters of one file: well below what is read, and in values too


def new_files(tenant: str, bodies: Sequence[Body], schema: str) -> dict[str, bytes]:
    """
    Write a tenant that has no file yet: one file if it is small, else one a section.

    Args:
        tenant: its name.
        bodies: of every resource; what is referred to stands in earlier files than what refers to it.
        schema: where editors find the schema, relative to the folder.

    Returns:
        Files by name, in the order to write them: whatever was written when a power cut comes is valid.
    """
    if len(bodies) <= SMALL and sum(map(_size, bodies)) < _FULL:
        return {ONE_FILE: _file(tenant, bodies, schema)}
    return {
        f"{section}{f'-{number}' if number > 1 else ''}.yaml": _file(tenant, some, schema)
        for section in SECTIONS
        for number, some in enumerate(_portions(body for body in bodies if body.address.kind.section == section), 1)
    }


def _size(body: Body) -> int:
    return sum(len(line) for line in resource_lines(body))


def _portions(bodies: Iterable[Body]) -> Iterator[list[Body]]:
    portion: list[Body] = []
    size = 0
    for body in bodies:
        more = _size(body)
        if portion and size + more > _FULL:
            yield portion
            portion, size = [], 0
        portion.append(body)
        size += more
    if portion:
        yield portion


def _file(tenant: str, bodies: Sequence[Body], schema: str) -> bytes:
    lines = [f"{MODELINE}{schema}", f"tenant: {tenant}"]
    for section in SECTIONS:
        some = [body for body in bodies if body.address.kind.section == section]
        if some:
            lines += ["", f"{section}:", *_block(some, STEP)]
    return _canonical("\n".join([*lines, ""]).encode())


def _canonical(data: bytes) -> bytes:
    after, found = canonical(data, "")
    if found:  # it would be refused by the next command: better nothing is written
        raise ConfigInvalid(*found)
    return after


def _block(bodies: Iterable[Body], column: int) -> Iterator[str]:
    for number, body in enumerate(bodies):
        if number:
            yield ""
        yield from resource_lines(body, column)


def resource_lines(body: Body, column: int = STEP) -> list[str]:
    """Write a resource under its key, with what a reader should know above it."""
    lines = []
    if body.found:
        what = ".".join(map(str, body.left[0])) if body.left and body.left[0] else "something"
        lines.append(f"# Only found, never changed: its {_plain(what)} cannot be written here.")
    return indented([*lines, *entry_lines(body.address.key, dict(body.fields))], column)


def _plain(text: str) -> str:
    """Make what the platform calls something safe to stand in a comment."""
    return "".join(c if c.isprintable() else "?" for c in text)[:80]


def more_in(data: bytes, section: str, bodies: Sequence[Body]) -> bytes | None:
    """
    Add resources to a file: at the end of a section, or in a new section at its end.

    Args:
        data: as on disk, valid.
        section: `connectors`, `channels` or `agents`.
        bodies: of resources that stand nowhere yet.

    Returns:
        None where the layout is not one that can be added to; everything that was there is there still.
    """
    try:
        text = data.decode("utf-8")
        ending = "\r\n" if "\r\n" in text else "\n"
        plain = with_last_line_ended(text.removeprefix("\ufeff").replace("\r\n", "\n"))
        after = _with_more(plain, section, bodies)
    except (Odd, UnicodeDecodeError):
        return None
    written = ("\ufeff" if text.startswith("\ufeff") else "") + after.replace("\n", ending)
    added = written.encode()
    return added if _only_more(data, added, section, bodies) else None


def _with_more(text: str, section: str, bodies: Sequence[Body]) -> str:
    lines = text.split("\n")[:-1]
    sheet = read_sheet(text)
    entries = sheet.root.entries if sheet.root is not None and sheet.root.keyed else []
    here = next((entry for entry in entries if entry.key == section), None)
    if here is None:
        return "\n".join([*_without_end(lines), "", f"{section}:", *_block(bodies, STEP), ""])
    if not isinstance(here.value, Block) or not here.value.entries:
        raise Odd
    at = _last_line(here) + 1
    while at < len(lines) and lines[at].strip().startswith("#") and len(lines[at]) - len(lines[at].lstrip()) > 0:
        at += 1
    column = here.value.entries[0].column
    return "\n".join([*lines[:at], "", *_block(bodies, column), *lines[at:], ""])


def _without_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return lines


def _last_line(entry: Entry) -> int:
    value: Leaf | Block = entry.value
    while isinstance(value, Block):
        entry = value.entries[-1]
        value = entry.value
    return max(value.last, entry.line)


def _only_more(before: bytes, after: bytes, section: str, bodies: Sequence[Body]) -> bool:
    """Tell whether a file says what it said, and the resources besides."""
    one, _ = read_document(before, "", places=False)
    other, found = read_document(after, "", places=False)
    if found or not isinstance(other.value, dict) or not isinstance(one.value, dict | None):
        return False
    added: Mapping[str, object] = {body.address.key: body.fields for body in bodies}
    wanted = {**(one.value or {}), section: {**((one.value or {}).get(section) or {}), **added}}
    return same(wanted, other.value)
