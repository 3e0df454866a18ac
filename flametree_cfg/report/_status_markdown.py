"""Health and status as a comment: tables of our own words and spans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from flametree_cfg.model import Kind, Probed
from flametree_cfg.report._comment import Part, fenced, span, spans, table, words
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._health import check_summary, dot, last_check, status_summary, when_text, word
from flametree_cfg.report._health_documents import CardLike, HealthChecked, StatusLike
from flametree_cfg.report._lines import Symbols
from flametree_cfg.report._status_text import VERIFIED, message_of

_HEADS = {
    Kind.CONNECTOR: ("Connector", "Health", "Type", "Name", "Tags", "Used by", "Last check"),
    Kind.CHANNEL: ("Channel", "Status", "Type", "Name", "Tags", "Answered by", "Message"),
    Kind.AGENT: ("Agent", "Status", "Type", "Name", "Tags", "", "Message"),
}


def status_parts(one: StatusLike, symbols: Symbols) -> Iterator[Part]:
    """Write a table of each kind."""
    yield words(f"### {status_summary(one)}")
    yield words(f"Tenant {span(one.tenant_name)}")
    for kind, heads in _HEADS.items():
        cards = [card for card in one.cards if card.address.kind is kind]
        if cards:
            yield table(heads, [_row(card, symbols) for card in cards])
    if any(card.address.kind is Kind.CHANNEL for card in one.cards):
        yield words(VERIFIED)


def _row(card: CardLike, symbols: Symbols) -> list[str]:
    connector = card.address.kind is Kind.CONNECTOR
    state = f"{dot(card.health, symbols)} {word(card.health)}" if connector else card.status.value or "with its agents"
    users = spans(card.linked) if card.address.kind is not Kind.AGENT and card.linked else ""
    told = last_check(card) if connector else message_of(card)
    return [
        span(str(card.address)),
        state,
        span(card.type),
        span(card.name) if card.name else "",
        ", ".join(card.tags),
        users,
        span(told) if told else "",
    ]


def check_parts(items: Sequence[HealthChecked], symbols: Symbols) -> Iterator[Part]:
    """Write what was found, tenant by tenant."""
    yield words(f"### {check_summary(items)}")
    for item in items:
        if len(items) > 1:
            yield words(f"#### {span(item.tenant_name or str(item.folder))}")
        if item.checks:
            yield probed_table(item.checks, symbols)
        elif item.diagnostics:
            yield fenced(diagnostic_lines(item.diagnostics))


def probed_table(checks: Iterable[Probed], symbols: Symbols) -> Part:
    """Write checks as a table."""
    rows = [
        [
            f"{dot(one.found.health, symbols)} {word(one.found.health)}",
            span(str(one.address)),
            span(one.found.message),
            when_text(one),
        ]
        for one in checks
    ]
    return table(("Health", "What", "Found", ""), rows)
