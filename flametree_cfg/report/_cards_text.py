"""Objects as cards, the way the portal shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.model import Kind
from flametree_cfg.report._counts import number
from flametree_cfg.report._documents import CardLike
from flametree_cfg.report._lines import BLANK, Block, Line, Panel, Symbols, Tone
from flametree_cfg.report._values_text import quoted

_DOTS = {"healthy": Tone.GOOD, "running": Tone.GOOD, "unhealthy": Tone.ERROR, "error": Tone.ERROR}


def show_document(cards: Sequence[CardLike], _symbols: Symbols) -> Iterator[Block]:
    """Write cards; the last line is the summary."""
    for card in cards:
        yield Panel(_title(card), tuple(_body(card)))
        yield BLANK
    yield Line(show_summary(cards), Tone.HEAD)


def show_summary(cards: Sequence[CardLike]) -> str:
    """Write the last line of `show`."""
    foreign = sum(card.address.foreign for card in cards)
    ending = f", {foreign} of them not ours" if foreign else ""
    return f"Show: {number(len(cards), 'object')}{ending}"


def _title(card: CardLike) -> str:
    parts = [str(card.address), card.type, quoted(card.name) if card.name else "", *(f"[{t}]" for t in card.tags)]
    return "   ".join(part for part in parts if part)


def _body(card: CardLike) -> Iterator[Line]:
    state = state_of(card)
    message = f"{state}: {card.message}" if state and card.message else state or card.message
    if message:
        yield Line(message, _DOTS.get(state.lower(), Tone.PLAIN))
    if card.description:
        yield Line(card.description)
    for key, value in card.parameters.items():
        yield Line(f"{key}: {value}")
    if card.linked:
        yield Line(f"linked: {', '.join(card.linked)}")
    if card.platform_id:
        yield Line(f"id: {card.platform_id}", Tone.FAINT)


def state_of(card: CardLike) -> str:
    """Say the one state a card has: a connector's health, the status of a channel or an agent."""
    return card.health.value if card.address.kind is Kind.CONNECTOR else card.status.value
