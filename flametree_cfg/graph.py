"""Order by reference: what is referred to comes before what refers to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

from flametree_cfg.errors import ConfigInvalid, Diagnostic, Path, Related, error
from flametree_cfg.model import Address, Resource, references

Refers = Callable[[Resource], Iterable[tuple[Path, Address]]]


def ordered(resources: Iterable[Resource], refers: Refers = references) -> list[Resource]:
    """
    Bring resources into an order in which each stands after everything it refers to.

    The order depends on what is given, not on how it is given: among those that are free to go, by address.
    References to what is not among them do not count.

    Args:
        resources: one per address.
        refers: what a resource refers to.

    Raises:
        ConfigInvalid: `reference-cycle`, with the whole circle in its detail.
    """
    given = {resource.address: resource for resource in resources}
    sorter = TopologicalSorter(
        {
            address: [target for _path, target in refers(resource) if target in given]
            for address, resource in given.items()
        }
    )
    try:
        sorter.prepare()
    except CycleError as cycle:
        raise ConfigInvalid(_circle(cycle.args[1])) from cycle
    result: list[Resource] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        result.extend(given[address] for address in ready)
        sorter.done(*ready)
    return result


def _circle(found: Sequence[Address]) -> Diagnostic:
    # graphlib lists each after what refers to it and repeats the first at the end; start at the smallest, so that one
    # circle is always told in the same words.
    circle = list(reversed(found))[:-1]
    start = circle.index(min(circle))
    circle = circle[start:] + circle[:start]
    return error(
        "reference-cycle",
        "Resources refer to each other in a circle",
        " → ".join(str(address) for address in [*circle, circle[0]]),
        "remove one of these references",
        address=str(circle[0]),
        related=tuple(Related("in the circle", str(address)) for address in circle[1:]),
    )
