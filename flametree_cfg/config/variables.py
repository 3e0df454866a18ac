"""`${var:NAME}` in values: what each stands for, put in; never in keys, never in secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from flametree_cfg.config.characters import FORBIDDEN
from flametree_cfg.config.given import FROM_COMMAND, Given, Scalar, Variable, typed
from flametree_cfg.errors import Path
from flametree_cfg.model import Value

MARK = "${var:"
MAX_TEXT = 10_000_000  # characters that variables may add to one tenant

_USE = re.compile(r"\$\{var:([^{}]*)\}")

Chains = Mapping[str, Sequence[Variable]]
"""Every variable by name, as each place sets it; the last one counts."""


def chains_of(layers: Iterable[Iterable[Variable]], given: Given) -> dict[str, tuple[Variable, ...]]:
    """
    Bring together what sets variables.

    Args:
        layers: variables of bases, then of the tenant.
        given: wins over all of them.
    """
    found: dict[str, tuple[Variable, ...]] = {}
    for one in (*(one for layer in layers for one in layer), *given.files):
        found[one.name] = (*found.get(one.name, ()), one)
    for name, text in given.texts:
        known = found.get(name, ())
        value = typed(text, known[-1].value if known else None)
        found[name] = (*known, Variable(name, value, FROM_COMMAND))
    return found


def names_in(value: Value) -> Iterator[str]:
    """List the variables that a value mentions, at any depth."""
    if isinstance(value, str):
        if MARK in value:
            yield from _USE.findall(value)
    elif isinstance(value, dict | list):
        for below in value.values() if isinstance(value, dict) else value:
            yield from names_in(below)


class MadeOfVariable(Exception):
    """A value would take the place of a variable, which may stand for more."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def with_variables(raw: Value, filled: Value, wanted: Value) -> Value:
    """
    Write a value with the variables that stand there, wherever it says what they say.

    Args:
        raw: what stands there.
        filled: the same with its variables put in.
        wanted: what shall be said.

    Raises:
        MadeOfVariable: what is different is made of a variable.
    """
    if raw is filled:
        return wanted
    if type(filled) is type(wanted) and filled == wanted:
        return raw
    if isinstance(raw, dict) and isinstance(filled, dict) and isinstance(wanted, dict):
        for key in raw.keys() - wanted.keys():
            _refuse_variables(raw[key])
        return {
            key: with_variables(raw[key], filled[key], item) if key in raw else item for key, item in wanted.items()
        }
    if isinstance(raw, list) and isinstance(filled, list) and isinstance(wanted, list):
        return _list_with_variables(raw, filled, wanted)
    _refuse_variables(raw)
    return wanted


def _list_with_variables(raw: list[Value], filled: list[Value], wanted: list[Value]) -> list[Value]:
    """Items that are the same keep what stands there; the others are those that have most in common, changed."""
    left = list(range(len(raw)))
    pairs: dict[int, int] = {}
    for index, item in enumerate(wanted):
        same = next((one for one in left if filled[one] == item), None)
        if same is not None:
            pairs[index] = same
            left.remove(same)
    for index, item in enumerate(wanted):
        alike = max(left, key=lambda one: _in_common(filled[one], item), default=None) if index not in pairs else None
        if alike is not None and _in_common(filled[alike], item):
            pairs[index] = alike
            left.remove(alike)
    for one in left:
        if not isinstance(raw[one], dict):  # a mapping that is gone is an item that is gone
            _refuse_variables(raw[one])
    return [
        with_variables(raw[pairs[index]], filled[pairs[index]], item) if index in pairs else item
        for index, item in enumerate(wanted)
    ]


def _in_common(one: Value, other: Value) -> int:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 0
    return sum(key in other and other[key] == value for key, value in one.items())


def _refuse_variables(raw: Value) -> None:
    for name in names_in(raw):
        raise MadeOfVariable(name)


class Fault(Struct, frozen=True):
    """Something wrong with the use of a variable: a code of `problem`, where, and who."""

    code: str
    path: Path
    name: str = ""


class Filler(Struct):
    """
    Puts variables in.

    Attributes:
        values: by name.
        used: names that were asked for, known or not.
        faults: what is wrong with the value that was filled last; emptied by who takes them.
    """

    values: Mapping[str, Scalar]
    used: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    _added: int = 0

    def fill(self, value: Value, is_secret: Callable[[Path], bool], path: Path = ()) -> Value:
        """
        Give a value with its variables put in; itself where it has none.

        A text that is one variable and nothing else takes the variable's type. What stands in a secret's place is left
        as it is.
        """
        if isinstance(value, str):
            if MARK not in value:
                return value
            if is_secret(path):
                self.faults.append(Fault("secret-in-variable", path))
                return value
            return self._text(value, path)
        if isinstance(value, dict):
            self.faults.extend(Fault("variable-in-key", (*path, key)) for key in value if MARK in key)
            filled = {key: self.fill(below, is_secret, (*path, key)) for key, below in value.items()}
            return filled if any(filled[key] is not value[key] for key in value) else value
        if isinstance(value, list):
            items = [self.fill(below, is_secret, (*path, index)) for index, below in enumerate(value)]
            return items if any(one is not other for one, other in zip(items, value, strict=True)) else value
        return value

    def _text(self, text: str, path: Path) -> Value:
        whole = _USE.fullmatch(text)
        if whole:
            value = self._value(whole[1], path)
            return text if value is None else value
        filled = _USE.sub(lambda use: self._as_text(use, path), text)
        if MARK in _USE.sub("", text):
            self.faults.append(Fault("bad-variable", path))
        if not filled.isascii() and FORBIDDEN.search(filled):  # characters that only together hide text
            self.faults.append(Fault("hidden-character", path))
        return filled

    def _as_text(self, use: re.Match[str], path: Path) -> str:
        value = self._value(use[1], path)
        if value is None:
            return use[0]
        return value if isinstance(value, str) else json.dumps(value)

    def _value(self, name: str, path: Path) -> Scalar | None:
        self.used.add(name)
        value = self.values.get(name)
        if value is None:
            self.faults.append(Fault("unknown-variable", path, name))
        elif isinstance(value, str):
            self._added += len(value)
            if self._added > MAX_TEXT:
                if self._added - len(value) <= MAX_TEXT:
                    self.faults.append(Fault("variables-expand", path, name))
                return ""
        return value
