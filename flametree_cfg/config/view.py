"""A tenant seen with all its layers: what each says of a value, where, and which variables made it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec import Struct

from flametree_cfg.config.given import FROM_VARS, Given, Variable, variables_of
from flametree_cfg.config.layers import Layer, LayerFile, Layers
from flametree_cfg.config.merging import merge_all
from flametree_cfg.config.placebook import Place, as_written, locate_in
from flametree_cfg.config.variables import Filler, chains_of, names_in
from flametree_cfg.errors import Location, Path
from flametree_cfg.model import Address, Kind, Value, agent, parse_address
from flametree_cfg.schema import Catalog

VARS = "vars"
SECTIONS: Mapping[str, Kind] = {kind.section: kind for kind in (Kind.CONNECTOR, Kind.CHANNEL, Kind.AGENT)}


class Spot(NamedTuple):
    """
    A layer's word on a path.

    Attributes:
        label: of the layer's folder.
        place: of the value, as written.
        value: as written, variables unfilled.
        removes: whether it takes away what stood there, by null or by something else in the place of a mapping above.
    """

    label: str
    place: Location
    value: Value
    removes: bool


class View(Struct, frozen=True, dict=True):
    """
    A tenant's layers, merged.

    Nothing is judged here: of two that say one thing in one layer, the first counts.
    """

    layers: Layers
    catalog: Catalog
    given: Given

    @cached_property
    def tree(self) -> Mapping[str, Value]:
        """What stands in `connectors`, `channels` and `agents`, merged; variables unfilled."""
        return merge_all(map(tree_of, self.layers.order), none_is_value(self.catalog))

    @cached_property
    def chains(self) -> dict[str, tuple[Variable, ...]]:
        """The variables, each as every layer sets it."""
        return chains_of((vars_of(layer) for layer in self.layers.order), self.given)

    def filler(self) -> Filler:
        """Give what puts variables in."""
        return Filler({name: chain[-1].value for name, chain in self.chains.items()})

    @cached_property
    def filled(self) -> Mapping[str, Mapping[str, Value]]:
        """The same as `tree` with variables put in."""
        filler = self.filler()
        return {
            section: {key: fill_body(SECTIONS[section], body, filler, self.catalog) for key, body in bodies.items()}
            for section, bodies in self.tree.items()
            if isinstance(bodies, dict)
        }

    def body(self, address: Address) -> Value:
        """Give what stands under a resource's key, variables unfilled; None where nothing does."""
        return (self.tree.get(address.kind.section) or {}).get(address.key)

    def filled_body(self, address: Address) -> Value:
        """Give what is written of a resource or an attachment, with variables put in; None where nothing is."""
        owner, path = _owner(address, ())
        body = (self.filled.get(owner.kind.section) or {}).get(owner.key)
        return _at(body, path) if _there(body, path) == path else None

    def locate(self, address: str, path: Path = (), *, of_key: bool = False, model: bool = True) -> Location | None:
        """
        Say where the layer stands that has the last word on a path; where it ends early, on the nearest ancestor.

        Args:
            address: as text; empty for the top of the files.
            path: inside the resource.
            of_key: the key instead of the value.
            model: whether the path is the model's, in which keys under a role count as sorted.
        """
        if not address:
            return self._at_top(path)
        parsed = parse_address(address)
        if parsed is None:
            return None
        owner, path = _owner(parsed, path)
        body = self.body(owner)
        if model and owner.kind is Kind.AGENT:
            path = as_written(path, body)
        path = _there(body, path)
        for _, _, place in self._places(owner):
            if len(_there(place.body, path)) == len(path):
                return locate_in(place, path, of_key=of_key)
        return None

    def spots(self, address: Address, path: Path) -> Iterator[Spot]:
        """List what the layers say of a path, the last word first."""
        owner, path = _owner(address, path)
        if owner.kind is Kind.AGENT:
            path = as_written(path, self.body(owner))
        is_value = none_is_value(self.catalog)
        for layer, file, place in self._places(owner):
            there = _there(place.body, path)
            value = _at(place.body, there)
            if there == path:
                where = locate_in(place, path) if path else file.placed.at(place.key_slot)
                removes = value is None and not is_value((owner.kind.section, owner.key, *path))
                yield Spot(layer.label, where, value, removes)
            elif not isinstance(value, dict):
                yield Spot(layer.label, locate_in(place, there), value, removes=True)

    def variables(self, address: Address, path: Path, *, model: bool = True) -> tuple[str, ...]:
        """Name the variables that a value is made of, in its order; none where it is written out."""
        owner, path = _owner(address, path)
        body = self.body(owner)
        if model and owner.kind is Kind.AGENT:
            path = as_written(path, body)
        return tuple(dict.fromkeys(names_in(_at(body, path)))) if _there(body, path) == path else ()

    def _places(self, owner: Address) -> Iterator[tuple[Layer, LayerFile, Place]]:
        for layer in reversed(self.layers.order):
            for file in layer.files:
                if file.has(owner.kind.section, owner.key) and owner in file.book.resources:
                    yield layer, file, file.book.resources[owner]
                    break

    def _at_top(self, path: Path) -> Location | None:
        for layer in reversed(self.layers.order) if path else ():
            for file in layer.files:
                if file.says(str(path[0])):
                    return file.placed.key_place(path[:1])
        return None


def tree_of(layer: Layer) -> dict[str, Value]:
    """Give the sections of one layer, its files together; what is no mapping or null is left out."""
    result: dict[str, Value] = {}
    for file in layer.files:
        for section in SECTIONS:
            if not file.says(section):
                continue
            bodies = file.top(section)
            if isinstance(bodies, dict):
                known = result.get(section) or {}
                result[section] = {**known, **{key: body for key, body in bodies.items() if key not in known}}
            elif bodies is None:
                result.setdefault(section, None)
    return {section: result[section] for section in SECTIONS if section in result}


def vars_of(layer: Layer) -> Iterator[Variable]:
    """List the variables that a layer sets; what is wrong is left out."""
    for file in layer.files:
        if file.says(VARS):
            found = variables_of(file.placed, file.top(VARS), (VARS,), FROM_VARS)
            yield from (one for one in found if isinstance(one, Variable))


def none_is_value(catalog: Catalog) -> Callable[[Path], bool]:
    """Tell where null says something itself: a role that takes one connector has none."""
    single = {role.name for role in catalog.roles.values() if not role.many}
    return lambda path: len(path) == 4 and path[0] == "agents" and path[2] == "connectors" and path[3] in single


def fill_body(kind: Kind, body: Value, filler: Filler, catalog: Catalog) -> Value:
    """Put variables into one resource, but where secrets stand."""
    type_ = body.get("type") if isinstance(body, dict) else None
    filled_type = filler.fill(type_, lambda _path: False, ("type",)) if isinstance(type_, str) else None
    filler.faults.clear()  # they are found once more with the rest
    return filler.fill(body, secret_test(kind, filled_type, catalog))


def secret_test(kind: Kind, type_: Value, catalog: Catalog) -> Callable[[Path], bool]:
    """Tell of paths in a body of a type whether a secret stands there."""
    patterns = catalog.secret_paths(kind, type_) if isinstance(type_, str) else frozenset()

    def is_secret(path: Path) -> bool:
        if path[0] == "settings":
            return any(_fits(path[1:], pattern) for pattern in patterns)
        return path[0] in ("environment", "push") and path[-1] == "secret"

    return is_secret


def _fits(path: Path, pattern: Sequence[str]) -> bool:
    return len(path) == len(pattern) and all(one in ("*", step) for step, one in zip(path, pattern, strict=True))


def _owner(address: Address, path: Path) -> tuple[Address, Path]:
    """Say under which resource an address stands: an attachment under its agent."""
    if address.kind is Kind.ATTACHMENT:
        return agent(address.agent_key), ("channels", address.channel_key, *path)
    return address, path


def _there(value: Value, path: Path) -> Path:
    """Give as much of a path as leads somewhere."""
    for index, step in enumerate(path):
        inside = isinstance(value, dict) and step in value
        if not inside and not (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            return path[:index]
        value = value[step]
    return path


def _at(value: Value, path: Path) -> Value:
    for step in path:
        value = value[step]
    return value
