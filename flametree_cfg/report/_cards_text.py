"""Objects as cards, the way the portal shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.model import Kind
from flametree_cfg.report._counts import number
from flametree_cfg.report._health import TONES, dot, last_check, word
from flametree_cfg.report._health_documents import CardLike
from flametree_cfg.report._lines import BLANK, Block, Line, Panel, Symbols, Tone
from flametree_cfg.report._values_text import quoted

_TONES = {"running": Tone.GOOD, "error": Tone.ERROR}


def show_document(cards: Sequence[CardLike], symbols: Symbols) -> Iterator[Block]:
    """Write cards; the last line is the summary."""
    for card in cards:
        yield Panel(_title(card), tuple(_body(card, symbols)))
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


def _body(card: CardLike, symbols: Symbols) -> Iterator[Line]:
    status, told = card.status.value, last_check(card)
    message = f"{status}: {card.message}" if status and card.message else status or card.message
    if message:
        yield Line(message, _TONES.get(status.lower(), Tone.PLAIN))
    if card.address.kind is Kind.CONNECTOR or told:
        ending = f" ({told})" if told else ""
        yield Line(f"{dot(card.health, symbols)} {word(card.health)}{ending}", TONES[card.health])
    if card.description:
        yield Line(card.description)
    for key, value in card.parameters.items():
        yield Line(f"{key}: {value}")
    if card.linked:
        yield Line(f"linked: {', '.join(card.linked)}")
    if card.platform_id:
        yield Line(f"id: {card.platform_id}", Tone.FAINT)
