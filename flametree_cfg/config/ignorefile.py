"""Drift that a person lets be: `.drift-ignore.yaml` in a tenant's folder, reviewed like the rest, for a time."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from flametree_cfg.config.document import Document
from flametree_cfg.config.source import Budget, open_folder
from flametree_cfg.config.tree import IGNORE_FILE as NAME
from flametree_cfg.config.tree import has_ignores
from flametree_cfg.errors import ConfigInvalid, Diagnostic, Location, Path, WrongUsage, error
from flametree_cfg.model import Address, Value, parse_address

_MEMBERS = ("address", "field", "until", "reason")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HEAD = "# Drift that is let be until a day; `flametree-cfg drift ignore` adds to it, a review takes away.\nignore:\n"


class Rule(Struct, frozen=True):
    """
    One thing to let be.

    Attributes:
        field: such as `settings.temperature`, with all that is below it; empty for the whole object.
        until: the last day, `YYYY-MM-DD`.
        place: of the rule.
    """

    address: Address
    field: str
    until: str
    reason: str
    place: Location | None = None

    @property
    def subject(self) -> str:
        """Name what it is about, as a person types it."""
        return f"{self.address}.{self.field}" if self.field else str(self.address)

    def covers(self, path: Path) -> bool:
        """Tell whether a field is part of it."""
        return not self.field or f"{'.'.join(map(str, path))}.".startswith(f"{self.field}.")


def read_ignores(folder: str) -> tuple[tuple[Rule, ...], tuple[Diagnostic, ...]]:
    """Read the file of a tenant's folder: its rules, and everything wrong with it; nothing is raised."""
    try:
        with open_folder(folder) as opened:
            return _parsed(opened.read(NAME, Budget()), opened.label_of(NAME))
    except ConfigInvalid as invalid:
        return (), tuple(invalid.diagnostics)


def add_ignore(folder: str, rule: Rule, today: str) -> str:
    """
    Add a rule at the end of the file; what stands there stays byte for byte.

    Returns:
        What the file is called.

    Raises:
        WrongUsage: the list has another line about the same already, whose day has not passed.
        ConfigInvalid: the file is wrong already, or written in a way that nothing can be added to.
        FlametreeError: it cannot be written; it is as it was.
    """
    from flametree_cfg.config.rewrite import rewrite

    with open_folder(folder) as opened:
        label = opened.label_of(NAME)
        if not has_ignores(folder):
            rewrite(opened, NAME, None, (_HEAD + _written(rule, "  ", "\n")).encode())
            return label
        before = opened.read(NAME, Budget())
        rules, problems = _parsed(before, label)
        if problems:
            raise ConfigInvalid(*problems)
        known = next((one for one in rules if one.subject == rule.subject and one.until >= today), None)
        if known is not None:
            if _facts(known) != _facts(rule):
                raise WrongUsage(_known(known))
            return label
        after = _appended(before, rule)
        if [_facts(one) for one in _parsed(after, label)[0]] != [_facts(one) for one in (*rules, rule)]:
            said = "nothing can be added to the list as it is written"
            raise ConfigInvalid(_bad(said, Location(label), "write the list as `- address: …` lines at its end"))
        rewrite(opened, NAME, before, after)
        return label


def _known(rule: Rule) -> Diagnostic:
    said = f"{rule.subject} until {rule.until}: {rule.reason}"
    hint = "edit that line, or take it away and say it again"
    return error("already-ignored", "This is on the list already", said, hint, location=rule.place)


def _facts(rule: Rule) -> tuple[object, ...]:
    return rule.address, rule.field, rule.until, rule.reason


def _appended(before: bytes, rule: Rule) -> bytes:
    text = before.decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    items = re.findall(r"^( *)- ", text, re.MULTILINE)
    indent = items[-1] if items else "  "
    text = text if items else re.sub(r"^(ignore:)[ \t]*(\[\]|null|~)?", r"\1", text, count=1, flags=re.MULTILINE)
    gap = "" if text.endswith("\n") or not text else end
    gap += "" if items or re.search(r"^ignore:", text, re.MULTILINE) else f"ignore:{end}"
    return (text + gap + _written(rule, indent, end)).encode()


def _written(rule: Rule, indent: str, end: str) -> str:
    said = {"address": str(rule.address), "field": rule.field, "until": rule.until, "reason": rule.reason}
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items() if value]
    return "".join(f"{indent}{'  ' if number else '- '}{line}{end}" for number, line in enumerate(lines))


def _parsed(data: bytes, label: str) -> tuple[tuple[Rule, ...], tuple[Diagnostic, ...]]:
    from flametree_cfg.config.reader import read_document  # loads libyaml

    document, found = read_document(data, label)
    if found:
        return (), found
    value = document.value
    if value is None:
        return (), ()
    place = document.place(())
    if not isinstance(value, dict) or list(value) != ["ignore"] or not isinstance(value["ignore"], list | None):
        return (), (_bad("at the top stands `ignore:` with a list, and nothing else", place),)
    problems: list[Diagnostic] = []
    rules = [rule for number in range(len(value["ignore"] or ())) if (rule := _rule(document, number, problems))]
    return tuple(rules), tuple(problems)


def _rule(document: Document, number: int, problems: list[Diagnostic]) -> Rule | None:
    said, path = document.value["ignore"][number], ("ignore", number)
    place = document.place(path)
    found = list(_wrong(said))
    problems += [_bad(why, document.place((*path, key)) if key else place) for key, why in found]
    address = None if found else parse_address(said["address"])
    return Rule(address, said.get("field", ""), said["until"], said["reason"], place) if address else None


def _wrong(said: Value) -> Iterator[tuple[str, str]]:
    """Say what is wrong with one rule: of which member, and why."""
    if not isinstance(said, dict):
        yield "", "each item has `address`, `until` and `reason`, and may have `field`"
        return
    for key, value in said.items():
        if key not in _MEMBERS:
            yield key, f"there is no `{key}`; an item has {', '.join(f'`{one}`' for one in _MEMBERS)}"
        elif not isinstance(value, str) or not value.strip():
            yield key, f"`{key}` is a text, and not empty"
        elif key == "address" and parse_address(value) is None:
            yield key, "this is no address: write KIND.KEY, such as connector.openai-prod"
        elif key == "until" and not is_day(value):
            yield key, "this is no day: write YYYY-MM-DD"
    for key in ("address", "until", "reason"):
        if key not in said:
            yield "", f"`{key}` is missing"


def is_day(text: str) -> bool:
    """Tell whether a text is a day as `YYYY-MM-DD`."""
    with contextlib.suppress(ValueError):
        return bool(_DAY.fullmatch(text)) and bool(date.fromisoformat(text))
    return False


def _bad(why: str, place: Location, hint: str = "correct it, or remove it") -> Diagnostic:
    return error("bad-ignore", "List of ignored drift cannot be used", why, hint, location=place)
