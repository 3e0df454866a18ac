"""The platform's own view of its objects, under its own ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flametree_cfg.model import FieldChange, Kind, LiveObject
from flametree_cfg.report._counts import number
from flametree_cfg.report._documents import Object, Objects
from flametree_cfg.report._fields import leaves
from flametree_cfg.report._lines import BLANK, Block, Line, Panel, Symbols, Tone
from flametree_cfg.report._tables_text import table
from flametree_cfg.report._values_text import field_lines, quoted

_HEADS = ("KIND", "TYPE", "NAME", "STATE", "TAGS", "ID")
_IN_THE_TITLE = frozenset({"type", "name", "default", "inbound"})


def objects_document(listed: Objects, _symbols: Symbols) -> Iterator[Block]:
    """Write a list of objects; the last line is the summary."""
    names = {one.id: _name(one) for one in listed.objects}
    rows = [
        (one.kind.value, str(one.fields.get("type", "")), _shown(one, names), _state(one), " ".join(_tags(one)), one.id)
        for one in listed.objects
    ]
    yield from table(_HEADS, rows)
    yield Line(f"Registry: {number(len(rows), 'object')} of tenant {listed.tenant}", Tone.HEAD)


def object_document(one: Object, symbols: Symbols) -> Iterator[Block]:
    """Write one object with all it reports."""
    live = one.object
    parts = [live.kind.value, str(live.fields.get("type", "")), quoted(_name(live)), *(f"[{t}]" for t in _tags(live))]
    yield Panel("   ".join(part for part in parts if part), tuple(_body(one, symbols)))
    yield BLANK
    yield Line(f"Registry: {live.kind.value} {live.id} of tenant {one.tenant}", Tone.HEAD)


def _body(one: Object, symbols: Symbols) -> Iterator[Line]:
    live = one.object
    state = _state(live)
    if state or live.message:
        yield Line(f"{state}: {live.message}" if state and live.message else state or live.message)
    fields = [FieldChange((key,), None, item) for key, item in live.fields.items() if key not in _IN_THE_TITLE]
    for field in leaves(fields):
        if field.after not in (None, "", {}, []):
            yield from field_lines(field, symbols, "", new=True)
    if one.used_by:
        yield Line(f"used by: {', '.join(quoted(_name(agent)) for agent in one.used_by)}")


def _shown(one: LiveObject, names: Mapping[str, str]) -> str:
    """Name an object; an attachment by what it joins."""
    if one.kind is not Kind.ATTACHMENT:
        return _name(one)
    return " / ".join(names.get(part, part) for part in (one.fields["agent"], one.fields["channel"]))


def _name(one: LiveObject) -> str:
    return str(one.fields.get("name", ""))


def _state(one: LiveObject) -> str:
    return one.health.value if one.kind is Kind.CONNECTOR else one.status.value


def _tags(one: LiveObject) -> Iterator[str]:
    if one.fields.get("default"):
        yield "DEFAULT"
    if one.system:
        yield "SYS.INT."
    if one.fields.get("inbound"):
        yield "INBOUND"
