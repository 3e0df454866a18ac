"""Cut a plan's operations into what can be handed to a platform at once, and where something has to be waited for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from flametree_cfg.model import Action, Address, Check, Kind, Operation, Precondition, channel

_MOVES = frozenset({Action.START, Action.STOP})


def waves(operations: Iterable[Operation], size: int) -> Iterator[tuple[Operation, ...]]:
    """
    Cut operations into waves, none longer than `size`.

    Within a wave nothing is touched after it was told to stop or to start: whoever carries waves out waits between two
    of them for what the next one touches. Where that is so, the stops that come next are begun in the same wave, so
    that all of them are waited for once; everything else keeps its order. To stop something earlier breaks no rule that
    held with it running, so every prefix stays legal.

    A wave that something waits for also carries the read set of that, as far as it can be judged already: a plan that
    is stale must not stop anything.

    Args:
        operations: of one plan, in order; those of the ledger alone left out.
        size: also how far ahead a stop is looked for: what stops early is deaf for longer.
    """
    rest = deque(operations)
    while rest:
        wave: list[Operation] = []
        put_off: list[Operation] = []
        waits: set[Address] = set()
        stops = False
        while rest and len(wave) < size and len(put_off) < size:
            operation = rest.popleft()
            # Once a stop is put off, the next ones stay behind it: their starts do, and they would be deaf for longer.
            early = not put_off or (operation.action is Action.STOP and not stops)
            if operation.address in waits or not early:
                put_off.append(operation)
                waits.add(operation.address)
                stops |= operation.action is Action.STOP
                continue
            wave.append(operation)
            if operation.action in _MOVES:
                waits.add(operation.address)
        rest.extendleft(reversed(put_off))
        yield _with_read_set(wave, put_off) if put_off else tuple(wave)


def _with_read_set(wave: Sequence[Operation], put_off: Iterable[Operation]) -> tuple[Operation, ...]:
    """Let the first operation ask for what the ones put off rely on: it is judged before any of the wave is done."""
    seen = _Seen()
    for operation in wave:
        seen.take(operation)
    ahead: list[Precondition] = []
    for operation in put_off:
        ahead += [one for one in operation.preconditions if seen.leaves(one, operation)]
        seen.take(operation)
    first = replace(wave[0], preconditions=(*wave[0].preconditions, *dict.fromkeys(ahead)))
    return (first, *wave[1:])


class _Seen(Struct, dict=True):
    """What operations change of what others read; where that is not plain, more rather than less."""

    whole: set[str] = field(default_factory=set)
    fields: set[tuple[str, str]] = field(default_factory=set)
    freed: set[str] = field(default_factory=set)
    slots: set[str] = field(default_factory=set)
    defaults: bool = False
    links: bool = False
    gone: bool = False

    def take(self, operation: Operation) -> None:
        """Take in one operation."""
        address, action = operation.address, operation.action
        if action in _MOVES:
            return
        paths = {str(change.path[0]) for change in operation.changes}
        self.fields.update((str(address), path) for path in paths)
        for effect in operation.effects:
            if effect.path:
                self.fields.add((str(effect.address), str(effect.path[0])))
            else:
                self.whole.add(str(effect.address))
        if action in (Action.CREATE, Action.DELETE):
            self.whole.add(str(address))
        if action is Action.DELETE or "name" in paths:
            self.freed.add(address.kind.value)
        self.gone |= action is Action.DELETE
        self.defaults |= action in (Action.MAKE_DEFAULT, Action.DELETE) or "default" in paths
        self.links |= action is Action.DELETE or address.kind is Kind.ATTACHMENT or "connectors" in paths
        if address.kind is Kind.ATTACHMENT:
            self.slots.add(str(channel(address.channel_key)))

    def leaves(self, one: Precondition, by: Operation) -> bool:
        """Tell whether none of the operations has a part in whether this holds; `by` is who asks for it."""
        match one.check:
            case Check.FIELD:
                field_name = one.path.partition("/")[0]
                return one.subject not in self.whole and (one.subject, field_name) not in self.fields
            case Check.ABSENT_NAME:
                return by.action is Action.CREATE and one.subject not in self.freed  # else its own name is no matter
            case Check.DEFAULT_SLOT:
                return not self.defaults
            case Check.INBOUND_SLOT:
                return not (self.gone or one.subject in self.slots or one.subject in self.whole)
            case Check.LINKS:
                return not (self.links or one.subject in self.whole)
