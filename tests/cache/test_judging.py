"""Tests of judging only what changed: whatever breaks a rule is found, wherever the rest of what breaks it stands."""

from __future__ import annotations

import copy
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flametree_cfg.config import CacheFolder, read_tree
from flametree_cfg.engine.options import Options
from flametree_cfg.engine.validation import judge
from flametree_cfg.errors import Diagnostic
from tests.invariants.documents import catalog, documents

FILLERS = 40 if int(os.environ.get("FLAMETREE_EXAMPLES", "1")) > 1 else 0  # with them few of many files change
FILLER = "agents: {{filler-{0}: {{type: inbound, name: Filler {0}}}}}\n"
Tenant = dict[str, Any]
SECTIONS = ("connectors", "channels", "agents")
SPEECH = {"api_url": "https://a.example", "access_token": "${env:A}", "model_name": "m"}
MOVED: dict[str, Tenant] = {
    "a connector that nobody calls by name": {
        "connectors": {
            "old": {"type": "stt", "name": "Old", "settings": SPEECH},
            "new": {"type": "stt", "name": "New", "settings": SPEECH, "previously": ["older", "old"]},
        }
    },
    "a channel": {
        "channels": {
            "old": {"type": "telegram", "name": "Old", "settings": {"bot_token": "${env:A}"}},
            "new": {"type": "telegram", "name": "New", "settings": {"bot_token": "${env:B}"}, "previously": ["old"]},
        }
    },
    "an agent": {
        "agents": {
            "old": {"type": "inbound", "name": "Old"},
            "new": {"type": "inbound", "name": "New", "previously": ["old"]},
        }
    },
    "twice": {
        "agents": {
            "newer": {"type": "inbound", "name": "Newer", "previously": ["old"]},
            "new": {"type": "inbound", "name": "New", "previously": ["old"]},
        }
    },
}
"""Keys that others had before."""

DOCUMENTS: dict[str, Tenant] = {
    **{f"{one.code}: {one.name}": yaml.safe_load(one.tenant) for one in documents() if one.tenant},
    **{f"previously: {name}": {"tenant": "shop", **tenant} for name, tenant in MOVED.items()},
}
BROKEN = {
    f"{one.code}: {one.name}": one.code
    for one in documents()
    if one.tenant and not one.stored and any("code" not in told for told in one.expect)
}
"""Documents that break the rule they are about; where `stored` takes part a cache knows nothing of it."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_change_breaks(tmp_path: Path, name: str) -> None:
    """A tenant that lacked one thing, and was right, is judged as anew when that thing comes; and when it goes."""
    whole, seen = DOCUMENTS[name], set[str]()
    for number, lacking in enumerate(_lacking(whole)):
        folder, cache = tmp_path / f"{number}" / "shop", CacheFolder(tmp_path / f"{number}" / "cache", "key")
        for tenant in (lacking, whole, lacking):
            _write(folder, tenant)
            told, anew = _judged(folder, cache), _judged(folder, None)
            if tenant is lacking and anew:
                break
            assert told == anew
            seen.update(found.code for found in anew)
    assert name not in BROKEN or BROKEN[name] in seen


def _judged(folder: Path, cache: CacheFolder | None) -> tuple[Diagnostic, ...]:
    (reading,) = read_tree([folder], catalog(), cache)
    return judge(reading, catalog(), Options())


def _write(folder: Path, tenant: Tenant) -> None:
    """Write every resource into a file of its own, its fields on lines of their own."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sections = "".join(f"{section}: {{}}\n" for section in SECTIONS if section in tenant)
    (folder / "tenant.yaml").write_text(f"tenant: {tenant['tenant']}\n{sections}", encoding="utf-8")
    for number in range(FILLERS):
        (folder / f"filler-{number}.yaml").write_text(FILLER.format(number), encoding="utf-8")
    for section, key in _resources(tenant):
        lines = [f"    {name}: {json.dumps(value)}\n" for name, value in tenant[section][key].items()]
        text = f"{section}:\n  {key}:\n{''.join(lines)}"
        (folder / f"{section}-{key}.yaml").write_text(text, encoding="utf-8")


def _lacking(whole: Tenant) -> Iterator[Tenant]:
    """Give the tenant without one resource, without one field, without a link, with another name, or two of these."""
    once = [list(_less(whole, one)) for one in _resources(whole)]
    yield from itertools.chain.from_iterable(once)
    for first, second in itertools.combinations(_resources(whole), 2):
        less = copy.deepcopy(whole)
        for section, key in (first, second):
            del less[section][key]
        yield less


def _less(whole: Tenant, one: tuple[str, str]) -> Iterator[Tenant]:
    section, key = one
    less = copy.deepcopy(whole)
    del less[section][key]
    yield less
    for field in whole[section][key]:
        less = copy.deepcopy(whole)
        del less[section][key][field]
        yield less
    less = copy.deepcopy(whole)
    less[section][key]["name"] = "Quite another name"
    yield less
    for field in ("connectors", "channels", "settings"):
        for inner in whole[section][key].get(field, {}):
            less = copy.deepcopy(whole)
            del less[section][key][field][inner]
            yield less
            if isinstance(whole[section][key][field][inner], list):
                less = copy.deepcopy(whole)
                less[section][key][field][inner].pop()
                yield less


def _resources(tenant: Tenant) -> list[tuple[str, str]]:
    return [(section, key) for section in SECTIONS for key in tenant.get(section) or {}]
