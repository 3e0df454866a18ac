"""Any edit of any file: what was wanted changed, nothing else did, or it is refused."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from flametree_cfg.config.editing import Edit, Set, edited
from flametree_cfg.config.layout import same
from flametree_cfg.config.reader import read_document
from flametree_cfg.errors import ConfigInvalid
from tests.config.edits import LEAVES, edits_of, paths_in
from tests.config.formed import EXAMPLES, Hand, mistreated, value_of

SLOW = (HealthCheck.filter_too_much, HealthCheck.too_slow)
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
CHANCES = st.randoms(use_true_random=False)


@settings(max_examples=150, suppress_health_check=SLOW, deadline=None, phases=PHASES)
@given(CHANCES, st.sampled_from(("\n", "\r\n")), st.sampled_from((1, 1, 1, 4, 9)))
def test_any_hand_is_edited_or_left(chance: random.Random, line_end: str, count: int) -> None:
    """Files full of oddities, several edits at once: exactly what was wanted, or a refusal in words."""
    text = Hand(chance).tenant().replace("\n", line_end)
    assume(not read_document(text.encode(), "f.yaml")[1])
    edits, wanted = edits_of(chance, text, count)
    after, codes = edited_or_refused(text.encode(), edits)

    assert codes <= {"not-editable"}
    assert codes or same(value_of(after), wanted)


@settings(max_examples=150, suppress_health_check=SLOW, deadline=None, phases=PHASES)
@given(mistreated(), CHANCES, st.sampled_from((1, 1, 3, 9)))
def test_a_tenant_is_edited(text: str, chance: random.Random, count: int) -> None:
    """The examples after somebody's hands: no edit is refused, and ruamel reads the result as we do."""
    assume(not read_document(text.encode(), "f.yaml")[1])
    assume(isinstance(value_of(text), dict))
    edits, wanted = edits_of(chance, text, count)
    after = edited(text.encode(), "f.yaml", edits).data

    assert same(value_of(after), wanted)
    assert as_read_by_ruamel(after.decode()) == as_read_by_us(after)


@settings(max_examples=200, suppress_health_check=SLOW, deadline=None, phases=PHASES)
@given(mistreated(), CHANCES)
def test_only_the_lines_of_a_value_change(text: str, chance: random.Random) -> None:
    """A scalar gets another value: what is above its lines and what is below them are the same bytes."""
    assume(not read_document(text.encode(), "f.yaml")[1])
    leaves = [path for path, item in paths_in(value_of(text)) if item is not None and not isinstance(item, dict | list)]
    assume(leaves)
    path = chance.choice(leaves)
    first, behind = lines_of(text, path)
    after = edited(text.encode(), "f.yaml", [Set(path, chance.choice(LEAVES))]).data.decode()
    before, now = text.splitlines(keepends=True), after.splitlines(keepends=True)
    below = before[behind:]

    assert now[:first] == before[:first]
    assert now[len(now) - len(below) :] == below


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_leaf_of_the_examples(file: Any) -> None:
    """Each value of each example, changed and changed back: the same bytes again."""
    data = file.read_bytes()
    for path, item in paths_in(value_of(data)):
        if isinstance(item, str) and "\n" not in item:
            once = edited(data, "f.yaml", [Set(path, f"{item} more")]).data

            assert sum(a != b for a, b in zip(data.split(b"\n"), once.split(b"\n"), strict=True)) == 1
            assert value_of(edited(once, "f.yaml", [Set(path, item)]).data) == value_of(data)


def edited_or_refused(data: bytes, edits: list[Edit]) -> tuple[bytes, set[str]]:
    """Give what became of a file, or the codes of the refusal."""
    try:
        return edited(data, "f.yaml", edits).data, set()
    except ConfigInvalid as refused:
        return b"", {one.code for one in refused.diagnostics}


def lines_of(text: str, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Ask ruamel for the lines of a value: the first, and the one behind the last."""
    node: Any = YAML(typ="safe", pure=True).compose(io.StringIO(text))
    for name in path:
        if isinstance(node, MappingNode):
            node = next(value for key, value in node.value if key.value == name)
        elif isinstance(node, SequenceNode):
            node = node.value[name]
    end = node.end_mark
    whole = isinstance(node, ScalarNode) and node.style in ("|", ">")
    return node.start_mark.line, end.line if whole and end.column == 0 else end.line + 1


def as_read_by_ruamel(text: str) -> Any:
    """Let ruamel say what a file says, numbers as text: it keeps their notation."""
    loader = YAML(typ="safe", pure=True)
    loader.version = (1, 2)  # type: ignore[assignment]
    return plain(loader.load(text))


def as_read_by_us(data: bytes) -> Any:
    """Say the same by our own reader."""
    return plain(value_of(data))


def plain(value: Any) -> Any:
    """Make values comparable: ruamel knows numbers and dates by other types."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, str | bool | None) else float(value)
