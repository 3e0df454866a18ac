"""What reading a tenant's files gave, kept for the next run: by content, catalog and version."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.config.cachefile import CacheFolder
from flametree_cfg.config.part import Part
from flametree_cfg.errors import Diagnostic, Location, Related, Severity
from flametree_cfg.model import RESERVED_KEY, Address, Declaration, Kind, Resource, Secret, Sketch, sketch_of

_KINDS = {kind.value: kind for kind in Kind}
_EXTERNAL, _SYSTEM, _PROTECTED, _ATTACHMENTS = 1, 2, 4, 8

Base = tuple[tuple[str, str], ...]
"""Files by name and digest."""


class Verdict(Struct, frozen=True):
    """
    What came of reading and judging a tenant whose files were right.

    Attributes:
        content: digest of the names and contents of all files.
        name: of the tenant.
        count: of declarations.
        found: warnings of the reader and the catalog; places name files, not paths.
        judged: whether the invariants found nothing at all.
        base: files that the invariants found nothing in and whose parts are all kept; not always these. What differs
            from them need be judged, nothing else.
        sections: that those files have.
        bases: folders that the files extend, each as the names that lead to it; None if they share nothing.
        variables: names of those that the files know or ask for.
    """

    content: str
    name: str
    count: int
    found: tuple[Diagnostic, ...]
    judged: bool
    base: Base = ()
    sections: frozenset[str] = frozenset()
    bases: tuple[tuple[str, ...], ...] | None = None
    variables: tuple[str, ...] = ()


def read_verdict(folder: CacheFolder, tenant: str) -> Verdict | None:
    """Give what was kept of a tenant's folder; None where there is nothing to trust."""
    lines = folder.read(f"{tenant}.verdict")
    if lines is None:
        return None
    plain = json.loads(lines[0])
    found = tuple(_diagnostic(one) for one in plain["found"])
    base = tuple((name, digest) for name, digest in plain["base"])
    sections = frozenset(plain["sections"])
    bases = plain["bases"] if plain["bases"] is None else tuple(map(tuple, plain["bases"]))
    rest = (base, sections, bases, tuple(plain["variables"]))
    return Verdict(plain["content"], plain["name"], plain["count"], found, plain["judged"], *rest)


def keep_verdict(folder: CacheFolder, tenant: str, verdict: Verdict) -> bool:
    """Keep a verdict; tell whether that worked."""
    plain = {
        "content": verdict.content,
        "name": verdict.name,
        "count": verdict.count,
        "found": [_plain_diagnostic(one) for one in verdict.found],
        "judged": verdict.judged,
        "base": verdict.base,
        "sections": sorted(verdict.sections),
        "bases": verdict.bases,
        "variables": verdict.variables,
    }
    return folder.keep(f"{tenant}.verdict", [_write(plain)])


class PartOutline(Struct, frozen=True):
    """What is kept of a part in outline; what was found is in the form of `_plain_diagnostic`."""

    names: tuple[str, ...]
    sections: tuple[str, ...]
    found: tuple[Any, ...]
    sketches: tuple[Sketch, ...]


class Kept(NamedTuple):
    """What is kept of a part: its outline, for who wants to see what there is, and the whole as text."""

    outline: PartOutline
    whole: str


class KeptParts(Struct, frozen=True, dict=True):
    """
    The parts that were kept of a tenant's folder; of what is megabytes nothing is read before somebody asks.

    Attributes:
        places: of each part, by the digest of its file: which one it is, where the whole of it begins and ends.
        outlines_end: where in `text` all outlines end, the wholes begin.
        text: JSON in UTF-8.
    """

    places: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    outlines_end: int = 0
    text: memoryview = memoryview(b"")

    def __contains__(self, digest: str) -> bool:
        return digest in self.places

    def get(self, digest: str) -> Kept | None:
        """Give all that is kept of a part; None if nothing is."""
        return Kept(self.outline(digest), self.whole(digest)) if digest in self.places else None

    def outline(self, digest: str) -> PartOutline:
        """Give a part in outline."""
        return self._outlines[self.places[digest][0]]

    def whole(self, digest: str) -> str:
        """Give a part as `write_part` wrote it."""
        _, start, end = self.places[digest]
        return str(self.text[start:end], "utf-8")

    @cached_property
    def _outlines(self) -> Sequence[PartOutline]:
        return _parse_outlines(self.text[: self.outlines_end])


_parse_sizes = msgspec.json.Decoder(tuple[int, list[tuple[str, int]]]).decode
_parse_outlines = msgspec.json.Decoder(list[PartOutline]).decode


def read_parts(folder: CacheFolder, tenant: str) -> KeptParts:
    """Give the parts that were kept of a tenant's folder."""
    found = folder.read_apart(f"{tenant}.parts")
    if found is None:
        return KeptParts()
    sizes, text = found
    outlines_end, wholes = _parse_sizes(sizes)
    places = {}
    start = outlines_end
    for number, (digest, size) in enumerate(wholes):
        places[digest] = (number, start, start := start + size)
    return KeptParts(places, outlines_end, text)


def keep_parts(folder: CacheFolder, tenant: str, parts: Mapping[str, Kept]) -> bool:
    """Keep parts, by the digest of their file; tell whether that worked."""
    outlines = msgspec.json.encode([kept.outline for kept in parts.values()])
    sizes = [(digest, len(kept.whole.encode())) for digest, kept in parts.items()]
    text = outlines.decode() + "".join([kept.whole for kept in parts.values()])
    return folder.keep(f"{tenant}.parts", [msgspec.json.encode((len(outlines), sizes)).decode(), text])


def kept_of(part: Part) -> Kept:
    """Give what is kept of a part of a tenant that is right."""
    outline = PartOutline(
        tuple(name for name, _ in part.names),
        tuple(sorted(part.sections)),
        tuple(_plain_diagnostic(one) for one in relabelled(part.found, {part.label: ""})),
        tuple(sketch_of(one.resource, one.previously) for one in part.declarations),
    )
    return Kept(outline, write_part(part))


def write_part(part: Part) -> str:
    """Write a part of a tenant that is right down in one line; what its file is called is not in it."""
    return _write(
        {
            "names": [[name, place.line, place.column] for name, place in part.names],
            "named": part.named,
            "sections": sorted(part.sections),
            "found": [_plain_diagnostic(one) for one in relabelled(part.found, {part.label: ""})],
            "declared": [plain_declaration(one) for one in part.declarations],
        }
    )


def parse_parts(texts: Sequence[tuple[str, str, str, str]]) -> list[Part]:
    """
    Undo `write_part` for many parts at once, which is three times as fast as one by one.

    Args:
        texts: of each its file's name, its label (what to call it in diagnostics), its digest, and what was written.
    """
    plain = json.loads(f"[{','.join([text[3] for text in texts])}]", object_hook=_secret_or_same)
    return [_part(name, label, digest, one) for (name, label, digest, _), one in zip(texts, plain, strict=True)]


def _part(name: str, label: str, digest: str, plain: Mapping[str, Any]) -> Part:
    return Part(
        name,
        label,
        digest,
        tuple((said, Location(label, line, column)) for said, line, column in plain["names"]),
        plain["named"],
        whole=True,
        sections=frozenset(plain["sections"]),
        declarations=[_declaration(*one) for one in plain["declared"]],
        astray=(),
        found=found_in(plain["found"], label),
    )


def found_in(plain: Iterable[Sequence[Any]], label: str) -> tuple[Diagnostic, ...]:
    """Give what was found in a part, as JSON gives it, of a file that is called so."""
    return relabelled(map(_diagnostic, plain), {"": label})


def relabelled(found: Iterable[Diagnostic], labels: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """Give diagnostics whose places name files by other labels; a file without one keeps its own."""

    def at(location: Location | None) -> Location | None:
        return location and replace(location, file=labels.get(location.file, location.file))

    return tuple(
        replace(one, location=at(one.location), related=tuple(replace(r, location=at(r.location)) for r in one.related))
        for one in found
    )


def plain_declaration(declaration: Declaration) -> list[Any]:
    """Turn a declaration into what `write_part` writes: kind, key, flags, old keys, fields, id to import."""
    resource = declaration.resource
    flags = (
        (_EXTERNAL if resource.external else 0)
        | (_SYSTEM if resource.system else 0)
        | (_PROTECTED if declaration.protected else 0)
        | (_ATTACHMENTS if declaration.attachments else 0)
    )
    plain = [resource.address.kind.value, resource.address.key, flags, declaration.previously, resource.fields]
    return [*plain, declaration.imports] if declaration.imports else plain


def _declaration(
    kind: str, key: str, flags: int, previously: Sequence[str], fields: Mapping[str, Any], imports: str = ""
) -> Declaration:
    external, system = bool(flags & _EXTERNAL), bool(flags & _SYSTEM)
    resource = Resource(Address(_KINDS[kind], key), fields, external, system)
    return Declaration(resource, tuple(previously), bool(flags & _PROTECTED), bool(flags & _ATTACHMENTS), imports)


def write_declaration(declaration: Declaration) -> str:
    """Write a declaration so that two that say the same are one text, in whatever order they say it."""
    return _write_sorted(plain_declaration(declaration))


def _plain_diagnostic(found: Diagnostic) -> list[Any]:
    related = [[one.text, one.address, list(one.path), _plain_place(one.location)] for one in found.related]
    words = [found.code, found.severity.value, found.summary, found.detail, found.hint, found.address]
    return [*words, list(found.path), _plain_place(found.location), related]


def _plain_place(location: Location | None) -> list[Any] | None:
    return [location.file, location.line, location.column] if location else None


def _diagnostic(plain: Sequence[Any]) -> Diagnostic:
    code, severity, summary, detail, hint, address, path, place, related = plain
    others = tuple(Related(text, of, tuple(at), _place(where)) for text, of, at, where in related)
    return Diagnostic(code, Severity(severity), summary, detail, hint, address, tuple(path), _place(place), others)


def _place(plain: Sequence[Any] | None) -> Location | None:
    return Location(*plain) if plain else None


def _secret_or_same(plain: dict[str, Any]) -> Any:
    return Secret(plain[RESERVED_KEY]) if RESERVED_KEY in plain else plain


def _plain_value(value: object) -> object:
    if isinstance(value, Secret):
        return {RESERVED_KEY: value.reference}
    raise TypeError(f"{type(value).__name__} is no value")


_write = json.JSONEncoder(separators=(",", ":"), default=_plain_value).encode
_write_sorted = json.JSONEncoder(separators=(",", ":"), default=_plain_value, sort_keys=True).encode


def cache_name(folder: str) -> str:
    """Name a tenant's folder in a cache: by its real path, which two folders never share."""
    return hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:32]
