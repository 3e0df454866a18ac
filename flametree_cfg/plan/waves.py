"""Cut a plan's operations into what can be handed to a platform at once, and where something has to be waited for."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from flametree_cfg.model import Action, Address, Operation

_MOVES = frozenset({Action.START, Action.STOP})


def waves(operations: Iterable[Operation], size: int) -> Iterator[tuple[Operation, ...]]:
    """
    Cut operations into waves, none longer than `size`.

    Within a wave nothing is touched after it was told to stop or to start: whoever carries waves out waits between two
    of them for what the next one touches. Where that is so, the stops that come next are begun in the same wave, so
    that all of them are waited for once; everything else keeps its order. To stop something earlier breaks no rule that
    held with it running, so every prefix stays legal.

    Args:
        operations: of one plan, in order; those of the ledger alone left out.
        size: also how far ahead a stop is looked for: what stops early is deaf for longer.
    """
    rest = deque(operations)
    while rest:
        wave: list[Operation] = []
        put_off: list[Operation] = []
        waits: set[Address] = set()
        while rest and len(wave) < size and len(put_off) < size:
            operation = rest.popleft()
            early = not put_off or operation.action is Action.STOP
            if operation.address in waits or not early:
                put_off.append(operation)
                waits.add(operation.address)
                continue
            wave.append(operation)
            if operation.action in _MOVES:
                waits.add(operation.address)
        rest.extendleft(reversed(put_off))
        yield tuple(wave)
