"""Operations in RFC 8785 form: what `canonical` makes of their documents, in a third of the time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from operator import attrgetter

from flametree_cfg.errors import Path
from flametree_cfg.model import (
    Action,
    Effect,
    FieldChange,
    Formless,
    Note,
    Operation,
    Precondition,
    Resource,
    Value,
    canonical_part,
    is_plain_text,
)

PATHS_KEPT = 4096  # a bulk of operations has the same few
_CONSTANTS = {None: "null", True: "true", False: "false"}
_path = attrgetter("path")
_CREATE, _NONE = Action.CREATE, Note.NONE  # a member costs more to look up than a comparison


def not_said(operation: Operation, after: Resource) -> Mapping[str, Value]:
    """Give the fields afterwards; of what is created those that are not set, since the others are its changes."""
    if operation.action is not _CREATE:
        return after.fields
    rest = dict(after.fields)
    for change in operation.changes:
        rest.pop(str(change.path[0]), None)
    return rest


class Writer:
    """
    Writes the operations of one plan, which have values in common: what is created is started.

    A value is known by its `id`, so the plan has to be there as long as this is.
    """

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def written(self, operation: Operation) -> bytes | None:
        """
        Write one operation.

        Returns:
            None where it cannot be written piece by piece: a text in it has to be looked at more closely.
        """
        try:
            text = self._operation(operation)
        except Formless:
            return None
        return text.encode() if is_plain_text(text) else None

    def _operation(self, one: Operation) -> str:
        """Write the members by name, as RFC 8785 wants them."""
        text = f'{{"action":"{one.action}","address":{encode_basestring(str(one.address))}'
        if one.after is not None and (after := not_said(one, one.after)):
            text += f',"after":{self._fields(after)}'
        if one.before is not None:
            text += f',"before":{self._fields(one.before.fields)}'
        if one.changes:
            text += f',"changes":[{",".join(map(self._change, sorted(one.changes, key=_path)))}]'
        if one.effects:
            effects = sorted(one.effects, key=lambda e: (e.address, e.path))
            text += f',"effects":[{",".join(map(self._effect, effects))}]'
        resource = one.after or one.before
        if resource is not None and resource.external:
            text += ',"external":true'
        text += f',"id":{encode_basestring(one.id)}'
        if one.part_of:
            text += f',"part_of":{encode_basestring(one.part_of)}'
        if one.platform_id:
            text += f',"platform_id":{encode_basestring(one.platform_id)}'
        if one.preconditions:
            text += f',"preconditions":[{",".join(map(_precondition, _in_order(one.preconditions)))}]'
        if one.previous:
            text += f',"previous":{encode_basestring(str(one.previous))}'
        if one.protected:
            text += ',"protected":true'
        if resource is not None and resource.system:
            text += ',"system":true'
        return f'{text},"type":{encode_basestring(one.type)}}}' if one.type else f"{text}}}"

    def _fields(self, fields: Mapping[str, Value]) -> str:
        value, quoted = self._value, encode_basestring
        members = [
            f"{quoted(key)}:{quoted(one) if (one := fields[key]).__class__ is str else value(one)}"
            for key in sorted(fields)
        ]
        return f"{{{','.join(members)}}}"

    def _change(self, change: FieldChange) -> str:
        value = change.after
        after = encode_basestring(value) if value.__class__ is str else self._value(value)
        if change.before is None and change.note is _NONE:
            return f'{{"after":{after},{_of_new(change.path)}'
        before = self._value(change.before)
        return f'{{"after":{after},"before":{before},"note":"{change.note}","path":{_steps(change.path)}}}'

    def _effect(self, effect: Effect) -> str:
        address = encode_basestring(str(effect.address))
        after, before = self._value(effect.after), self._value(effect.before)
        return f'{{"address":{address},"after":{after},"before":{before},"path":{_steps(effect.path)}}}'

    def _value(self, value: Value) -> str:
        if value.__class__ is str:
            return encode_basestring(value)
        if value is None or value is True or value is False:
            return _CONSTANTS[value]
        text = self._known.get(id(value))
        if text is None:
            text = self._known[id(value)] = canonical_part(value)
        return text


def _in_order(preconditions: Sequence[Precondition]) -> Sequence[Precondition]:
    if len(preconditions) < 2:
        return preconditions
    return sorted(preconditions, key=lambda p: (p.check, p.subject, p.path))


def _precondition(one: Precondition) -> str:
    expect, path, subject = encode_basestring(one.expect), encode_basestring(one.path), encode_basestring(one.subject)
    return f'{{"check":"{one.check}","expect":{expect},"path":{path},"subject":{subject}}}'


@lru_cache(maxsize=PATHS_KEPT)
def _of_new(path: Path) -> str:
    """Give what stands after the value of a field that was not there before."""
    return f'"before":null,"note":"","path":{_steps(path)}}}'


@lru_cache(maxsize=PATHS_KEPT)
def _steps(path: Path) -> str:
    return canonical_part(list(path))
