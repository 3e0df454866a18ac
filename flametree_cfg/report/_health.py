"""What checks found, in words; shared by every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from flametree_cfg.model import Health, Kind, Probed, Status
from flametree_cfg.report._counts import number
from flametree_cfg.report._health_documents import CardLike, HealthChecked, StatusLike
from flametree_cfg.report._lines import Line, Symbols, Tone

TONES = {Health.HEALTHY: Tone.GOOD, Health.UNHEALTHY: Tone.ERROR, Health.NOT_CHECKED: Tone.FAINT}
_TOLD = 0.05  # seconds: what is quicker is quick
_MINUTE, _HOUR, _DAY = 60, 3600, 86400  # seconds
_UNITS = ((_DAY, "day"), (_HOUR, "h"), (_MINUTE, "min"))


def age_text(age_s: float) -> str:
    """Say how long ago something was: `just now`, `3 min ago`, `2 days ago`."""
    for size, unit in _UNITS:
        if age_s >= size:
            count = int(age_s // size)
            return f"{number(count, unit) if unit == 'day' else f'{count} {unit}'} ago"
    return "just now" if age_s < 10 else f"{int(age_s)} s ago"


def word(health: Health) -> str:
    """Say a dot as the portal does: `Healthy`, `Unhealthy`, `Not checked`. Source: domain.md 4.3."""
    return health.value.capitalize()


def dot(health: Health, symbols: Symbols) -> str:
    """Give the dot that stands beside the word."""
    return symbols.no_dot if health is Health.NOT_CHECKED else symbols.dot


def probed_lines(checks: Iterable[Probed], symbols: Symbols, indent: str = "  ") -> Iterator[Line]:
    """Write a line for each check: the dot, what was checked, what was found, how long it took or how old it is."""
    listed = list(checks)
    wide = max((len(str(one.address)) for one in listed), default=0)
    for one in listed:
        health = one.found.health
        ending = f" ({when})" if (when := when_text(one)) else ""
        state = f"{dot(health, symbols)} {word(health):<11}"
        yield Line(f"{indent}{state}  {one.address!s:<{wide}}  {one.found.message}{ending}", TONES[health])


def check_line(tenant: str, one: Probed, symbols: Symbols) -> Line:
    """Write one check while others go on."""
    health = one.found.health
    return Line(f"{tenant}: {dot(health, symbols)} {word(health)} {one.address}", TONES[health])


def when_text(one: Probed) -> str:
    """Say how long a check took, or how old it is by now."""
    if one.age_s >= _MINUTE:
        return age_text(one.age_s)
    return f"{one.found.duration_s:.1f} s" if one.found.duration_s >= _TOLD else ""


def counted(healths: Iterable[Health]) -> str:
    """Count dots: `2 healthy, 1 unhealthy, 3 not checked`; only what there is."""
    counts = Counter(healths)
    return ", ".join(f"{counts[health]} {health.value}" for health in Health if counts[health])


def check_summary(items: Sequence[HealthChecked]) -> str:
    """Write the last line of `check`."""
    found = counted(one.found.health for item in items for one in item.checks) or "nothing to check"
    over = f" in {number(len(items), 'tenant')}" if len(items) > 1 else ""
    unread = sum(bool(item.exit_code) and not item.checks for item in items)
    return f"Check: {found}{over}" + (f"; {number(unread, 'tenant')} failed" if unread else "")


def status_summary(one: StatusLike) -> str:
    """Write the last line of `status`."""
    said = []
    for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT):
        cards = [card for card in one.cards if card.address.kind is kind]
        states = counted(c.health for c in cards) if kind is Kind.CONNECTOR else _statuses(c.status for c in cards)
        said.append(number(len(cards), kind.value) + (f" ({states})" if states else ""))
    return f"Status: {', '.join(said)}"


def _statuses(statuses: Iterable[Status]) -> str:
    counts = Counter(statuses)
    return ", ".join(f"{counts[status]} {status.value}" for status in Status if status.value and counts[status])


def last_check(card: CardLike) -> str:
    """Say what the last check of a card found and when; empty if there was none."""
    if card.age_s is None:
        return ""
    return f"{age_text(card.age_s)}: {card.checked}" if card.checked else age_text(card.age_s)
