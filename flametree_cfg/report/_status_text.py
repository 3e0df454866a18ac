"""How a tenant is, as one table: connectors, channels, agents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.model import Health, Kind, Status
from flametree_cfg.report._diagnostics_text import diagnostic_lines
from flametree_cfg.report._health import (
    TONES,
    check_summary,
    dot,
    last_check,
    probed_lines,
    status_summary,
    word,
)
from flametree_cfg.report._health_documents import CardLike, HealthChecked, StatusLike
from flametree_cfg.report._lines import BLANK, Block, Line, Symbols, Tone
from flametree_cfg.report._tables_text import table

HEADS = {
    Kind.CONNECTOR: ("CONNECTORS", "ADDRESS", "TYPE", "NAME", "TAGS", "USED BY", "LAST CHECK"),
    Kind.CHANNEL: ("CHANNELS", "ADDRESS", "TYPE", "NAME", "TAGS", "ANSWERED BY", "MESSAGE"),
    Kind.AGENT: ("AGENTS", "ADDRESS", "TYPE", "NAME", "TAGS", "", "MESSAGE"),
}
VERIFIED = "The embedded registry verifies channels against their providers; it processes no customer's messages."
_STATUS_TONES = {
    Status.RUNNING: Tone.GOOD,
    Status.ERROR: Tone.ERROR,
    Status.STARTING: Tone.WARNING,
    Status.STOPPING: Tone.WARNING,
}


def status_document(one: StatusLike, symbols: Symbols) -> Iterator[Block]:
    """Write a table of each kind; the last line is the summary."""
    yield Line(f"Tenant {one.tenant_name} ({one.folder})", Tone.HEAD)
    yield BLANK
    for kind, heads in HEADS.items():
        cards = [card for card in one.cards if card.address.kind is kind]
        if not cards:
            continue
        yield from table(heads, [cells(card, symbols) for card in cards], [tone_of(card) for card in cards])
        yield BLANK
    if any(card.address.kind is Kind.CHANNEL for card in one.cards):
        yield Line(VERIFIED, Tone.FAINT)
    yield Line(status_summary(one), Tone.HEAD)


def cells(card: CardLike, symbols: Symbols) -> tuple[str, ...]:
    """Give a card as a row; the columns are those of `HEADS`."""
    connector = card.address.kind is Kind.CONNECTOR
    users = ", ".join(card.linked) if card.address.kind is not Kind.AGENT else ""
    state = f"{dot(card.health, symbols)} {word(card.health)}" if connector else _state(card)
    told = last_check(card) if connector else message_of(card)
    return (state, str(card.address), card.type, card.name, " ".join(card.tags), users, told)


def _state(card: CardLike) -> str:
    return card.status.value or "with its agents"


def message_of(card: CardLike) -> str:
    """Say what is known of a channel or an agent: the status message, and what somebody's check found."""
    said = last_check(card)
    checked = f"checked {said.replace(': ', f': {card.health.value}: ', 1)}" if said else ""
    return "; ".join(part for part in (card.message, checked) if part)


def tone_of(card: CardLike) -> Tone:
    """Colour a row by what its words say."""
    if card.address.kind is Kind.CONNECTOR or card.health is Health.UNHEALTHY:
        return Tone.PLAIN if card.health is Health.NOT_CHECKED else TONES[card.health]
    return _STATUS_TONES.get(card.status, Tone.PLAIN)


def check_document(items: Sequence[HealthChecked], symbols: Symbols) -> Iterator[Block]:
    """Write what was found, tenant by tenant; the last line is the summary."""
    for item in items:
        if len(items) > 1 or not item.checks:
            yield Line(f"Tenant {item.tenant_name or item.folder}", Tone.HEAD)
        yield from probed_lines(item.checks, symbols)
        if item.exit_code and not item.checks:
            yield from diagnostic_lines(item.diagnostics)
    bad = any(item.exit_code for item in items)
    yield Line(check_summary(items), Tone.ERROR if bad else Tone.GOOD)
