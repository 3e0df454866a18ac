"""Tests of `sweep_ahead` and `as_declared`: who looks before the YAML is read sees what is seen afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flametree_cfg.model import (
    Address,
    Declaration,
    Entry,
    Kind,
    LiveObject,
    Resource,
    Status,
    Stored,
    entry_marks,
    from_json,
    secrets_in,
    to_json,
)
from flametree_cfg.plan import Reading, Swept, as_declared, sweep, sweep_ahead
from flametree_cfg.state import part_prints, read_all_fields
from flametree_cfg.state.body import write_json
from tests.plan.sides import printed, texts_of
from tests.plan.story import Chapter, tell
from tests.plan.test_properties import STORIES

pytestmark = pytest.mark.timeout(1800)  # seconds: finding the smallest story that fails takes minutes

Declarations = Mapping[Address, Declaration]


@settings(STORIES, max_examples=STORIES.max_examples)
@given(data=st.data())
def test_looking_ahead_sees_the_same(data: st.DataObject) -> None:
    """With another document, and with the very one that was applied, whatever hands did on the platform."""
    tell(data.draw, _compare)


def _compare(told: Chapter) -> None:
    stored = told.before.stored
    applied = {
        address: Declaration(entry.resource, protected=entry.protected) for address, entry in stored.entries.items()
    }
    for declarations in (applied, printed(told.tenant, told.before.secrets).declarations):
        _compare_with(declarations, told)


def _compare_with(declarations: Declarations, told: Chapter) -> None:
    for objects in _as_hands_leave_them(told.before.live.objects):
        texts = texts_of(told.before.stored)
        swept = sweep(declarations, Reading(_written, read_all_fields, lambda fields: fields), texts, objects)
        ahead = sweep_ahead(texts, objects, json.loads, part_prints)

        assert (ahead is None) is (swept is None)
        if ahead is None or swept is None:
            continue
        kept = {one.address: (one.marks, one.fields) for page in texts for one in page}
        assert ahead.prints == {
            (secret.reference, secret.fingerprint)
            for _, fields in kept.values()
            for _, secret in secrets_in(from_json(json.loads(fields)))
        }
        same = as_declared(ahead.pages, _bare(declarations), _written)
        assert same is (_said(declarations, bare=True) == {a: (m, _without_prints(f)) for a, (m, f) in kept.items()})
        if _said(declarations) == kept:
            assert same
            assert ahead.swept == swept


def _as_hands_leave_them(objects: Sequence[LiveObject]) -> Iterator[Sequence[LiveObject]]:
    """Give the objects as they are, and with each one gone, changed, or on its way."""
    yield objects
    for at, one in enumerate(objects):
        yield [*objects[:at], *objects[at + 1 :]]
        other = next((False if value is True else "x") for value in one.fields.values())
        for changed in (
            replace(one, fields={**one.fields, next(iter(one.fields)): other}),
            replace(one, fields={key: value for key, value in one.fields.items() if key != "settings"}),
            replace(one, status=Status.STARTING),
        ):
            yield [*objects[:at], changed, *objects[at + 1 :]]


ENTRIES = [
    Entry(
        Resource(Address(Kind.CONNECTOR, f"c-{n}"), {"type": "llm", "name": f"C {n}", "settings": {"a": n}}), f"id-{n}"
    )
    for n in range(8)
]


def test_every_part_counts() -> None:
    """Another address, mark or field, one entry more or less: it is not as declared."""
    stored = Stored("acme", "l", 1, "p", {entry.resource.address: entry for entry in ENTRIES})
    declared = {address: Declaration(entry.resource) for address, entry in stored.entries.items()}
    objects = [LiveObject(Kind.CONNECTOR, entry.id, entry.resource.fields, 1) for entry in ENTRIES]
    found = sweep_ahead(texts_of(stored), objects, json.loads, part_prints)
    assert found is not None
    pages = found.pages

    assert (len(pages), found.prints, found.swept) == (3, frozenset(), Swept(frozenset(), ()))
    assert as_declared(pages, declared, _written)
    assert not as_declared(pages[:-1], declared, _written)
    for address, one in declared.items():
        others = {key: value for key, value in declared.items() if key != address}
        renamed = replace(one, resource=one.resource.with_fields(name="Another"))
        for changed in (
            others,
            {**declared, address: replace(one, protected=True)},
            {**declared, address: renamed},
            {**others, address._replace(key=f"{address.key}~old"): one},
            {**declared, address._replace(key="more"): one},
        ):
            assert not as_declared(pages, changed, _written)


def _bare(declarations: Declarations) -> Declarations:
    """Take the fingerprints away."""
    return {
        address: replace(one, resource=replace(one.resource, fields=from_json(_plain(one.resource.fields))))
        for address, one in declarations.items()
    }


def _plain(fields: object) -> Any:
    return json.loads(_without_prints(write_json(fields)))


def _without_prints(text: str) -> str:
    return json.dumps(to_json(from_json(json.loads(text)), fingerprints=False), sort_keys=True, separators=(",", ":"))


def _said(declarations: Declarations, *, bare: bool = False) -> dict[Address, tuple[int, str]]:
    if bare:
        return _said(_bare(declarations))
    return {
        address: (entry_marks(one.resource, protected=one.protected), write_json(one.resource.fields))
        for address, one in declarations.items()
    }


def _written(many: Sequence[Mapping[str, Any]]) -> bytes:
    return ",".join(map(write_json, many)).encode()
