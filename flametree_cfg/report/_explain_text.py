"""What a type says of itself, for the person about to write it down."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator

from flametree_cfg.report._counts import joined
from flametree_cfg.report._lines import BLANK, Block, Line, Symbols, Tone
from flametree_cfg.schema import Explanation, FieldExplanation, Role, TypeSummary

WIDTH = 96  # columns: prose beyond it is hard to read
INFERRED = "inferred from the provider's public API, not documented by the platform"
_LIFECYCLES = {
    "own": "Is started and stopped by itself.",
    "agent": "Runs with its agents; has no start and stop of its own.",
}


def explain_document(told: Explanation, _symbols: Symbols) -> Iterator[Block]:
    """Write a type, or a kind with its types."""
    yield Line(f"{told.target}   {told.title}", Tone.HEAD)
    for sentence in (told.description, *_facts(told)):
        yield from _prose(sentence, "  ")
    yield BLANK
    for field in told.fields:
        yield from _field(field)
    yield from _types(told.types)
    yield from _roles(told.roles)
    for example in told.examples:
        yield from _example(example)
    yield Line(_ending(told), Tone.FAINT)


def _facts(told: Explanation) -> Iterator[str]:
    if told.deprecated:
        instead = f"; use {told.replacement}" if told.replacement else ""
        yield f"Deprecated: keeps working, not for new setups{instead}."
    if told.category:
        yield f"In the portal: {told.category}."
    if told.role is not None:
        yield f"On an agent: `connectors: {{{told.role.name}: {'[KEY, …]' if told.role.many else 'KEY'}}}`."
    if told.requires_roles:
        yield f"An agent attached to it needs: {', '.join(told.requires_roles)}."
    if told.lifecycle in _LIFECYCLES:
        yield _LIFECYCLES[told.lifecycle]


def _field(field: FieldExplanation) -> Iterator[Line]:
    marks = {
        "required": field.required,
        "secret": field.secret,
        "inferred": field.inferred,
        "deprecated": field.deprecated,
    }
    said = ", ".join(mark for mark, on in marks.items() if on)
    kind = f": {field.type}" if field.type else ""
    yield Line(f"  {field.path}{kind}{f'   [{said}]' if said else ''}", Tone.HEAD)
    yield from _prose(field.description, "      ")
    yield from _prose(field.form, "      ")
    if field.default:
        yield Line(f"      default: {field.default}")
    if field.examples:
        yield from _prose(f"example: {', '.join(_plain(example) for example in field.examples)}", "      ")


def _plain(example: object) -> str:
    return example if isinstance(example, str) else json.dumps(example, ensure_ascii=False)


def _types(types: tuple[TypeSummary, ...]) -> Iterator[Line]:
    if not types:
        return
    yield BLANK
    yield Line("Types:", Tone.HEAD)
    width = max(len(type_.name) for type_ in types)
    for type_ in types:
        said = joined([type_.category, "deprecated" if type_.deprecated else ""])
        yield Line(f"  {type_.name:<{width}}  {type_.title}{f'   ({said})' if said else ''}")


def _roles(roles: tuple[Role, ...]) -> Iterator[Line]:
    if not roles:
        return
    yield BLANK
    yield Line("Roles under `connectors`:", Tone.HEAD)
    width = max(len(role.name) for role in roles)
    for role in roles:
        count = "several in order, of" if role.ordered else "several of" if role.many else "one of"
        yield Line(f"  {role.name:<{width}}  {count}: {', '.join(role.types)}")


def _example(example: object) -> Iterator[Line]:
    yield BLANK
    yield Line("Example of `settings`:", Tone.HEAD)
    for line in json.dumps(example, indent=2, ensure_ascii=False).splitlines():
        yield Line(f"  {line}")


def _ending(told: Explanation) -> str:
    if told.types:
        return f"`flametree-cfg explain {told.target}/TYPE` tells more of one type"
    if any(field.inferred for field in told.fields):
        return f"inferred: {INFERRED}"
    required = sum(field.required for field in told.fields)
    return f"{len(told.fields)} settings, {required} of them required"


def _prose(text: str, indent: str) -> Iterator[Line]:
    for line in textwrap.wrap(text, WIDTH - len(indent), break_long_words=False, break_on_hyphens=False):
        yield Line(indent + line)
