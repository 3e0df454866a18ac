"""The digest of a plan is pinned: what was approved yesterday must be the same tomorrow."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flametree_cfg.model import (
    Action,
    Check,
    Effect,
    FieldChange,
    Note,
    Operation,
    Precondition,
    Resource,
    Secret,
    agent,
    attachment,
    canonical,
    channel,
    connector,
    value_hash,
)
from flametree_cfg.plan import Plan, plan_body, plan_digest
from flametree_cfg.plan.document import operation_to_json

TOKEN = Secret("${env:A}", "k1:00ff")
SETTINGS = {
    "model_name": "m-1",
    "temperature": 0.0,
    "top_p": 0.7,
    "tiny": 1e-7,
    "huge": 1e21,
    "minus": -0.0,
    "count": 9007199254740991,
    "token": TOKEN,
    "text": 'a "quote"\n\u2028\x7f\x1f [1.0,2e5]',
    "\U0001f600": "beyond the plane",
    "\ue000": "before it in UTF-16, after it in code points",
    "list": [1, 2.5, True, None, {"z": 1, "a": TOKEN}],
}
BEFORE = Resource(connector("a"), {"type": "llm", "name": "Ann", "settings": SETTINGS})
AFTER = Resource(connector("a"), {"type": "llm", "name": "Bob \u00e9", "settings": {**SETTINGS, "temperature": 1.0}})
PLAN = Plan(
    "acme [] \U0001f600",
    (
        Operation("00001", Action.MOVE, connector("a"), "llm", connector("b"), BEFORE, BEFORE, protected=True),
        Operation("00002", Action.BIND, channel("c"), "telegram", after=BEFORE, platform_id="id-1"),
        Operation(
            "00003",
            Action.CREATE,
            connector("n"),
            "llm",
            after=BEFORE,
            changes=tuple(FieldChange((key,), None, value) for key, value in BEFORE.fields.items()),
            preconditions=(Precondition(Check.ABSENT_NAME, "connector", "ann"),),
        ),
        Operation(
            "00004",
            Action.UPDATE,
            connector("a"),
            "llm",
            before=BEFORE,
            after=AFTER,
            changes=(
                FieldChange(("settings", "token"), TOKEN, Secret("${env:B}"), Note.ROTATED),
                FieldChange(("name",), "Ann", "Bob"),
                FieldChange(("settings", "list", 3), 0.0, False),
            ),
            preconditions=(
                Precondition(Check.FIELD, "connector.a", "settings/list", value_hash(SETTINGS)),
                Precondition(Check.FIELD, "connector.a", "name", value_hash("Ann")),
                Precondition(Check.LINKS, "connector.a", expect="agent.x,agent.y"),
            ),
            part_of="swap of 'Ann'",
        ),
        Operation(
            "00005",
            Action.DELETE,
            connector("gone"),
            "llm",
            before=AFTER,
            effects=(
                Effect(agent("z"), ("connectors", "mcp"), ["gone", "b"], ["b"]),
                Effect(agent("x"), ("connectors", "llm"), "gone", None),
                Effect(attachment("x", "c"), (), {"agent": "x", "channel": "c", "inbound": True}, None),
            ),
        ),
        Operation("00006", Action.FORGET, channel("old"), reason="not in the body"),
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_pinned() -> None:
    """A plan with everything a body can hold has the digest it always had."""
    assert plan_digest(PLAN) == "b08f7ee923ae8bbf99645107453c798bacae79026eb3828d93799bed9218afbb"


def test_pinned_hashes() -> None:
    """Hashes of values in preconditions are what platforms computed before."""
    assert value_hash(SETTINGS) == "9c67e94ec03e50a2e051322590cddeda"
    assert value_hash(0.0) == value_hash(0) == value_hash(-0.0) != value_hash(False)


@pytest.mark.parametrize("operations", [(), PLAN.operations[:1], PLAN.operations])
def test_digest_is_of_the_body(operations: tuple[Operation, ...]) -> None:
    """However it is computed, the digest is the SHA-256 of the whole body in RFC 8785 form."""
    plan = replace(PLAN, operations=operations)

    assert plan_digest(plan) == hashlib.sha256(rfc8785.dumps(plan_body(plan))).hexdigest()


def _has_form(value: Any) -> bool:
    try:
        rfc8785.dumps(value)
    except rfc8785.CanonicalizationError:
        return False
    return True


@given(JSON.filter(_has_form))
def test_canonical_is_rfc_8785(value: Any) -> None:
    """The short way through the standard library gives the bytes that the RFC's library gives."""
    assert canonical(value) == rfc8785.dumps(value)


@given(
    st.dictionaries(st.text(), JSON | st.just(TOKEN)),
    JSON | st.just(TOKEN),
    st.tuples(st.text(), st.text() | st.integers(0, 9)),
    st.sampled_from(Action),
    st.sampled_from(Note),
    st.text(),
)
def test_digest_of_anything(
    fields: dict[str, Any], value: Any, path: tuple[str, str | int], action: Action, note: Note, text: str
) -> None:
    """Operations are written to the bytes of their documents, those that RFC 8785 has no form for too."""
    resource = Resource(connector(text), fields, external=len(text) > 1, system=not text)
    changes = (FieldChange(path, value, resource.fields, note), FieldChange(("a",), None, value, note))
    more = Precondition(Check.LINKS, text, text, "b"), Precondition(Check.FIELD, text, "", text)
    created = tuple(FieldChange((key,), None, item) for key, item in fields.items() if item)
    operations = (
        Operation("1", action, agent(text), text, connector(text), resource, resource, changes, more, part_of=text),
        Operation("2", Action.CREATE, agent(text), after=resource, changes=created, platform_id=text, protected=True),
        Operation(
            "3", action, agent("a"), after=resource, effects=(Effect(agent(text), path, value, resource.fields),)
        ),
    )
    written = b",".join(canonical(operation_to_json(operation)) for operation in operations)
    body = b'{"format_version":1,"operations":[%b],"tenant":"acme"}' % written

    assert plan_digest(Plan("acme", operations)) == hashlib.sha256(body).hexdigest()
