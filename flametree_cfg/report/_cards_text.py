"""Objects as cards, the way the portal shows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flametree_cfg.model import Health, Kind
from flametree_cfg.report._counts import number
from flametree_cfg.report._health import TONES, age_text
from flametree_cfg.report._health_documents import CardLike
from flametree_cfg.report._lines import BLANK, Block, Line, Panel, Symbols, Tone
from flametree_cfg.report._values_text import quoted

_TONES = {"running": Tone.GOOD, "error": Tone.ERROR}


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
    message = _said(card.status.value, card.message)
    if card.address.kind is Kind.CONNECTOR:
        yield Line(_checked(card) if card.age_s is not None else _said(card.health.value, card.message), _tone(card))
    elif message:
        yield Line(message, _TONES.get(card.status.value.lower(), Tone.PLAIN))
    if card.age_s is not None and card.address.kind is not Kind.CONNECTOR:
        yield Line(f"checked: {_checked(card)}", _tone(card))
    if card.description:
        yield Line(card.description)
    for key, value in card.parameters.items():
        yield Line(f"{key}: {value}")
    if card.linked:
        yield Line(f"linked: {', '.join(card.linked)}")
    if card.platform_id:
        yield Line(f"id: {card.platform_id}", Tone.FAINT)


def _said(state: str, message: str) -> str:
    return f"{state}: {message}" if state and message else state or message


def _checked(card: CardLike) -> str:
    return f"{_said(card.health.value, card.checked)} ({age_text(card.age_s or 0.0)})"


def _tone(card: CardLike) -> Tone:
    return Tone.PLAIN if card.health is Health.NOT_CHECKED else TONES[card.health]
