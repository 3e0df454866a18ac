"""Tests of the caches on the example tenants: every edit that people make, asked about with a cache and without."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cache.asking import QUESTIONS, same
from tests.scenario.running import Zoo

EXAMPLES = int(os.environ.get("FLAMETREE_EXAMPLES", "1"))
TENANTS = Path(__file__).parents[2] / "tenants"
NAMES = sorted(path.name for path in TENANTS.iterdir() if path.is_dir() and not path.name.startswith("_"))
ASKED = QUESTIONS if EXAMPLES > 1 else QUESTIONS[1:4]
SHARED = (
    "settings.api_url=https://shared.example/v1",
    "settings.model_name=shared",
    "settings.access_token=${env:GREENBASKET_OPENAI_KEY}",
    "settings.temperature=0",
)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    """Give the example tenants, applied; who changes a folder brings it back."""
    text = "".join(path.read_text(encoding="utf-8") for path in TENANTS.rglob("*.yaml"))
    secrets = {name: _value(name) for name in re.findall(r"\$\{env:(\w+)\}", text)}
    zoo = Zoo(tmp_path_factory.mktemp("examples"), secrets)
    shutil.copytree(TENANTS, zoo.root / "tenants")
    mailbox = zoo.root / "tenants" / "greenbasket" / "secrets" / "help-mailbox"
    mailbox.parent.mkdir()
    mailbox.write_text("the secret value of a file", encoding="utf-8")
    zoo.ok("registry", "system-add", "llm", "Flametree shared model", *SHARED)
    zoo.apply(path="tenants")
    for name in NAMES:
        zoo.ok("plan", f"tenants/{name}")
    return zoo


def _value(name: str) -> str:
    """Give a secret a value that its field may have."""
    digits = hashlib.sha256(name.encode()).hexdigest()
    if name.endswith("BOT_TOKEN"):
        return f"{int(digits[:8], 16):010}:AAH{digits[:32]}"
    return f"AC{digits[:32]}" if name.endswith("SID") else f"EAAcanary{digits[:32]}"


def _largest(folder: Path) -> Path:
    return max(sorted(folder.glob("*.yaml")), key=lambda path: path.stat().st_size)


def _rewrite(path: Path, *replaced: tuple[str, str]) -> None:
    """Replace the first match of each pattern."""
    text = path.read_text(encoding="utf-8")
    for pattern, by in replaced:
        text, count = re.subn(pattern, by, text, count=1, flags=re.MULTILINE)
        assert count == 1, pattern
    path.write_text(text, encoding="utf-8")


def _move(folder: Path, name: str) -> None:
    """Move the last section of the largest file into another one."""
    path = _largest(folder)
    text = path.read_text(encoding="utf-8")
    place = [one.start() for one in re.finditer(r"^(connectors|channels|agents):", text, re.MULTILINE)][-1]
    path.write_text(text[:place], encoding="utf-8")
    (folder / name).write_text(text[place:], encoding="utf-8")


def _comments(folder: Path) -> None:
    for path in folder.glob("*.yaml"):
        path.write_text("# one more\n\n# line\n" + path.read_text(encoding="utf-8"), encoding="utf-8")


ONE_MORE = (
    'connectors: {one-more: {type: api_key, name: One more, settings: {api_key: "${env:STUDIO_LAW_MODEL_KEY}"}}}\n'
)

EDITS: dict[str, Callable[[Path], object]] = {
    "comments": _comments,
    "blank lines": lambda folder: _rewrite(_largest(folder), (r"^(connectors|channels|agents):", r"\n\n\n\1:")),
    "another name": lambda folder: _rewrite(_largest(folder), (r"^    name: (.*)$", r"    name: Quite another \1")),
    "another key": lambda folder: _rewrite(_largest(folder), (r"^  ([a-z-]+):", r"  another-\1:")),
    "unknown key": lambda folder: _rewrite(_largest(folder), (r"^    name:", "    colour: red\n    name:")),
    "one more": lambda folder: (folder / "zz.yaml").write_text(ONE_MORE, encoding="utf-8"),
    "one less": lambda folder: _rewrite(_largest(folder), (r"^  [a-z-]+:.*\n(    .*\n|\n)+", "")),
    "moved": lambda folder: _move(folder, "zz.yaml"),
    "moved up": lambda folder: _move(folder, "00.yaml"),
    "file renamed": lambda folder: _largest(folder).rename(folder / "renamed.yaml"),
    "file gone": lambda folder: _largest(folder).unlink(),
    "file twice": lambda folder: shutil.copy(_largest(folder), folder / "twice.yaml"),
    "broken": lambda folder: _rewrite(_largest(folder), (r"^    name:", "   name: [")),
    "another tenant": lambda folder: [
        _rewrite(path, (r"^tenant: .*", "tenant: somebody-else"))
        for path in folder.glob("*.yaml")
        if "tenant:" in path.read_text(encoding="utf-8").split()
    ],
    "other tenants": lambda folder: (folder / "zz.yaml").write_text("tenant: studio-law\n", encoding="utf-8"),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("name", NAMES if EXAMPLES > 1 else ["greenbasket", "harbour-bank", "studio-law"])
def test_an_edit(examples: Zoo, name: str, edit: str) -> None:
    """After an edit, and after it was taken back, the answers are those of a run without a cache."""
    folder, before = examples.root / "tenants" / name, examples.root / "before"
    shutil.copytree(folder, before)
    try:
        EDITS[edit](folder)
        same(examples, paths=[f"tenants/{name}"], questions=ASKED)
    finally:
        shutil.rmtree(folder)
        before.rename(folder)
    back = same(examples, paths=[f"tenants/{name}"], questions=ASKED[:1])

    assert back[0].last.startswith("No changes")


@pytest.mark.parametrize("edit", EDITS if EXAMPLES > 1 else ["another name", "broken", "other tenants"])
def test_an_edit_among_others(examples: Zoo, edit: str) -> None:
    """Asked about together, the others are as they were."""
    folder, before = examples.root / "tenants" / "greenbasket", examples.root / "before"
    shutil.copytree(folder, before)
    try:
        EDITS[edit](folder)
        same(examples, paths=["tenants"], questions=ASKED[:2])
    finally:
        shutil.rmtree(folder)
        before.rename(folder)


@pytest.mark.parametrize("spelled", ["./tenants/greenbasket/", "tenants/../tenants/greenbasket", "absolute"])
def test_another_way_to_say_the_path(examples: Zoo, spelled: str) -> None:
    """What was kept under one spelling of a path is told under another in that one's words."""
    path = str(examples.root / "tenants" / "greenbasket") if spelled == "absolute" else spelled
    same(examples, paths=[path], questions=ASKED)
    folder, before = examples.root / "tenants" / "greenbasket", examples.root / "before"
    shutil.copytree(folder, before)
    try:
        _rewrite(_largest(folder), (r"^    name:", "    colour: red\n    name:"))
        same(examples, paths=[path], questions=ASKED)
        same(examples, paths=["tenants/greenbasket"], questions=ASKED[:1])
    finally:
        shutil.rmtree(folder)
        before.rename(folder)
