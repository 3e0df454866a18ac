"""Where values come from, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from flametree_cfg.errors import Location
from flametree_cfg.model import Action, Secret
from flametree_cfg.report._counts import number
from flametree_cfg.report._lines import BLANK, Block, Line, Symbols, Tone
from flametree_cfg.report._values_text import path_text, value_text
from flametree_cfg.report._why_documents import DeedLike, FieldWhyLike, MadeLike, RenderedLike, WhyLike

_COMMIT_SHOWN = 12  # hex digits: as git abbreviates in a large repository
_WIDTH = 11  # columns of the first word of a line


def render_document(rendered: RenderedLike, _symbols: Symbols) -> Iterator[Block]:
    """Write YAML and nothing else: it is read again."""
    yield from map(Line, rendered.text.removesuffix("\n").split("\n"))


def why_document(told: WhyLike, symbols: Symbols) -> Iterator[Block]:
    """Write what made each field."""
    for field in told.fields:
        yield Line(f"{told.address}{_named(field)}", Tone.HEAD)
        yield from _origin(field)
        for made in field.variables:
            yield from _variable(made)
        yield _applied(field, told, symbols)
        if told.applied and field.stored != field.value and not isinstance(field.stored, Secret):
            yield _line("ledger", f"{value_text(field.stored)}: the next apply changes it")
        yield BLANK
    fields = number(len(told.fields), "field")
    yield Line(f"Why: {fields} of {told.address} in tenant {told.tenant}", Tone.HEAD)


def _named(field: FieldWhyLike) -> str:
    path = f" {path_text(field.path)}" if field.path else ""
    return f"{path} = {value_text(field.value)}" if field.value is not None else f"{path}: not managed"


def _origin(field: FieldWhyLike) -> Iterator[Line]:
    if field.origin == "default":
        yield _line("default", "of the type; nothing sets it")
    elif field.origin == "unset":
        yield _line("unset", "nothing sets it, and it has no default")
    words = ("set" if field.origin == "set" else "removed", "overrides")
    for index, said in enumerate(field.said):
        word = words[min(index, 1)]
        yield _line(word, f"{said.place}   {'null' if said.value is None else value_text(said.value)}")


def _variable(made: MadeLike) -> Iterator[Line]:
    for index, (value, source, place) in enumerate(made.set_by):
        yield _line(
            "variable" if not index else "overrides", f"{made.name} = {value_text(value)}   {_source(source, place)}"
        )


def _source(source: str, place: Location | None) -> str:
    return f"{source}, {place}" if place else source


def _applied(field: FieldWhyLike, told: WhyLike, symbols: Symbols) -> Line:
    deed = field.deed
    if deed is None:
        return _line("applied", "in no apply that history has" if told.applied else "never")
    run = deed.run
    commit = f", commit {run.commit[:_COMMIT_SHOWN]}" if run.commit else ""
    result = "" if run.result == "applied" else f", {run.result}"
    return _line("applied", f"run {run.number}, {run.at}, by {run.who}{commit}{result}: {_done(deed, symbols)}")


def _done(deed: DeedLike, symbols: Symbols) -> str:
    after = value_text(deed.after)
    if deed.action in (Action.CREATE, Action.BIND) and deed.before is None:
        return f"{deed.action.value} with {after}"
    return f"{value_text(deed.before)} {symbols.arrow} {after}"


def _line(word: str, text: str) -> Line:
    return Line(f"  {word:<{_WIDTH}}{text}")
