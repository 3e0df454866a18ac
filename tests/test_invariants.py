"""Every rule, by the documents in tests/invariants; what the checks promise; what a person may adjust."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.errors import Severity, WrongUsage, error, warning
from flametree_cfg.invariants import (
    ALL_CODES,
    RULES,
    STEP_CODES,
    TENANT_RULES,
    When,
    World,
    adjust,
    check_all,
    check_step,
    check_tenant,
)
from flametree_cfg.model import Declaration, Resource, Tenant, agent, attachment, channel, connector
from tests.invariants.documents import FOLDER, Document, catalog, documents, judge

DOCUMENTS = tuple(documents())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: f"{d.code}: {d.name}")
def test_document_is_judged_as_expected(document: Document, tmp_path: Path) -> None:
    """A document is found wrong exactly where its data file says, and nowhere else."""
    found = sorted(judge(document, tmp_path), key=lambda d: (d.address, [str(step) for step in d.path], d.detail))

    assert [(d.code, d.address, list(d.path)) for d in found] == [
        (expected.get("code", document.code), expected["address"], expected["path"]) for expected in document.expect
    ]
    for diagnostic, expected in zip(found, document.expect, strict=True):
        assert diagnostic.location is None or diagnostic.location.line == expected["line"]
        assert (diagnostic.location is None) == ("line" not in expected)
        assert expected.get("detail", "") in diagnostic.detail
        assert expected.get("hint", "") in diagnostic.hint


@pytest.mark.parametrize("code", sorted(ALL_CODES))
def test_rule_has_documents_that_keep_it_and_break_it(code: str) -> None:
    """No rule is without its data file."""
    own = [document for document in DOCUMENTS if document.code == code]

    assert any(not document.expect for document in own)
    assert any("code" not in expected for document in own for expected in document.expect)


def test_data_files_are_named_after_rules() -> None:
    """A file for a rule that does not exist would test nothing."""
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(ALL_CODES)


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d.expect], ids=lambda d: f"{d.code}: {d.name}")
def test_diagnostic_tells_what_its_rule_says(document: Document, tmp_path: Path) -> None:
    """Severity is the rule's, the detail names a culprit, the hint is there, a second place is never the first."""
    severities = {rule.code: rule.severity for rule in RULES} | {rule.code: rule.severity for rule in TENANT_RULES}
    for found in judge(document, tmp_path):
        if found.code in severities:
            assert found.severity is severities[found.code]
            assert found.detail
            assert found.hint
            assert all((one.address, one.path) != (found.address, found.path) for one in found.related)


def test_summary_of_a_code_is_always_the_same(tmp_path: Path) -> None:
    """Whoever filters by summary finds all of a code: there is no data in it."""
    summaries: dict[str, set[str]] = {}
    for index, document in enumerate(DOCUMENTS):
        (tmp_path / str(index)).mkdir()
        for found in judge(document, tmp_path / str(index)):
            summaries.setdefault(found.code, set()).add(found.summary)

    assert all(len(summaries[code]) == 1 for code in ALL_CODES)


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if d.resources], ids=lambda d: f"{d.code}: {d.name}")
def test_order_of_resources_does_not_matter(document: Document, tmp_path: Path) -> None:
    """The same culprits in the same order, whichever file came first."""
    reverse = Document(document.code, document.name, document.expect, resources=document.resources[::-1])

    assert judge(reverse, tmp_path) == judge(document, tmp_path)


def llm(key: str, *, default: bool = False) -> Resource:
    """Make an LLM."""
    return Resource(connector(key), {"type": "llm", "name": key, "default": default})


def desk(**connectors: object) -> Resource:
    """Make a running agent."""
    return Resource(agent("desk"), {"type": "inbound", "name": "Desk", "running": True, "connectors": dict(connectors)})


def codes(world: World, *touched: object) -> list[str]:
    """Check around what was touched and give the codes found."""
    return [d.code for d in check_step(world, catalog(), touched)]  # type: ignore[arg-type]


def test_step_that_takes_the_default_away_finds_who_lived_on_it() -> None:
    """An agent that the step did not touch is found when its only LLM was the default."""
    world = World.of([llm("brain", default=True), desk()])
    world.put(llm("brain"))

    assert codes(world, connector("brain")) == ["running-without-role"]


def test_step_that_hands_the_default_over_breaks_nothing() -> None:
    """Whoever lives on the default lives on the next one."""
    world = World.of([llm("brain", default=True), llm("next"), desk()])
    world.put(llm("brain"))
    world.put(llm("next", default=True))

    assert codes(world, connector("brain"), connector("next")) == []


def test_step_that_deletes_a_linked_connector_finds_its_agents() -> None:
    """A link to nothing is found from the side of what went away."""
    world = World.of([llm("brain"), desk(llm="brain")])
    world.remove(connector("brain"))

    assert codes(world, connector("brain")) == ["missing-reference"]


def test_step_that_deletes_a_channel_finds_its_attachments() -> None:
    """An attachment to nothing is found from the side of what went away."""
    bot = Resource(channel("bot"), {"type": "telegram", "name": "Bot"})
    link = Resource(attachment("desk", "bot"), {"agent": "desk", "channel": "bot", "inbound": True})
    world = World.of([llm("brain", default=True), desk(), bot, link])
    world.remove(channel("bot"))

    assert codes(world, channel("bot")) == ["missing-reference"]


def test_step_that_unlinks_a_voice_finds_the_sip_channel() -> None:
    """What a channel's type asks for is judged again when its agent changes."""
    line = Resource(channel("line"), {"type": "sip", "name": "Line"})
    link = Resource(attachment("desk", "line"), {"agent": "desk", "channel": "line", "inbound": True})
    speech = [Resource(connector(key), {"type": key, "name": key}) for key in ("stt", "tts")]
    world = World.of([llm("brain"), *speech, line, link, desk(llm="brain", stt="stt", tts=["tts"])])
    world.put(desk(llm="brain", stt="stt"))

    assert codes(world, agent("desk")) == ["channel-needs-role"]


def test_step_that_takes_a_default_voice_away_finds_the_sip_channel() -> None:
    """An agent on a channel that asks for speech may live on defaults; without them it is found, untouched as it is."""
    line = Resource(channel("line"), {"type": "sip", "name": "Line"})
    link = Resource(attachment("desk", "line"), {"agent": "desk", "channel": "line", "inbound": True})
    speech = [Resource(connector(key), {"type": key, "name": key, "default": True}) for key in ("stt", "tts")]
    world = World.of([llm("brain"), *speech, line, link, desk(llm="brain")])
    world.remove(connector("stt"))

    assert codes(world, connector("stt")) == ["channel-needs-role"]


def test_step_does_not_judge_what_only_documents_keep() -> None:
    """A registry holds what a person would be warned of."""
    shared = Resource(connector("shared"), {"type": "llm", "name": "Shared", "settings": {"a": 1}}, system=True)
    world = World.of([shared])

    assert codes(world, connector("shared")) == []
    assert [d.code for d in check_all(world, catalog())] == ["system-edited"]


def test_reference_to_a_foreign_object_that_is_gone_counts() -> None:
    """What only the platform knew can be missing too."""
    world = World.of([llm("brain", default=True), desk(uses=["id:5f0c"])])

    assert codes(world, agent("desk")) == ["missing-reference"]


def test_checks_are_counted_per_rule_and_resource() -> None:
    """A plan says how many checks held: rules that apply, times what they looked at."""
    world = World.of([llm("a"), llm("b")])
    rules = [rule for rule in RULES if When.STEP in rule.at and connector("a").kind in rule.kinds]

    assert check_all(world, catalog(), When.STEP).count == 2 * len(rules)
    assert check_step(world, catalog(), [connector("a")]).count == len(rules)


@pytest.mark.parametrize(
    "document", [d for d in DOCUMENTS if d.tenant and d.expect], ids=lambda d: f"{d.code}: {d.name}"
)
def test_rule_is_left_out_when_asked(document: Document, tmp_path: Path) -> None:
    """What somebody else keeps is neither looked for nor counted; nothing else is lost."""
    (tmp_path / "whole").mkdir()
    (tmp_path / "part").mkdir()
    whole = judge(document, tmp_path / "whole")
    part = judge(document, tmp_path / "part", without=[document.code])

    assert [(d.code, d.address, d.path) for d in part] == [
        (d.code, d.address, d.path) for d in whole if d.code != document.code
    ]


def test_rule_left_out_is_not_counted() -> None:
    """The number of judgements is that of those made."""
    tenant = Tenant("t", {r.address: Declaration(r) for r in [llm("a"), llm("b")]}, frozenset())
    whole = check_tenant(tenant, catalog()).count

    assert check_tenant(tenant, catalog(), without=["duplicate-name"]).count == whole - 2
    assert check_tenant(tenant, catalog(), without=["previously-declared"]).count == whole - 2
    assert check_tenant(tenant, catalog(), without=["too-many-in-role"]).count == whole
    assert check_tenant(tenant, catalog(), without=ALL_CODES).count == 0


def test_many_wrong_references_are_found_in_time() -> None:
    """A stranger's ten thousand wrong links do not each search ten thousand keys: only the first few are helped."""
    agents = [
        Resource(agent(f"a-{i}"), {"type": "inbound", "name": f"A {i}", "connectors": {"uses": [f"gone-{i}"]}})
        for i in range(2000)
    ]
    keys = [Resource(connector(f"gone-{i}x"), {"type": "api_key", "name": f"C {i}"}) for i in range(900)]
    found = list(check_all(World.of([*agents, *keys]), catalog()))

    assert len(found) == 2000
    assert sum("did you mean" in d.hint for d in found) <= 10


def test_adjust_makes_an_error_of_a_warning_and_back() -> None:
    """`-E` and `-W` change severity and nothing else."""
    before = (warning("connector-named-not-used", "S"), error("account-twice", "S"), error("two-defaults", "S"))

    after = adjust(before, errors=["connector-named-not-used"], warnings=["account-twice"])

    assert [(d.code, d.severity) for d in after] == [
        ("connector-named-not-used", Severity.ERROR),
        ("account-twice", Severity.WARNING),
        ("two-defaults", Severity.ERROR),
    ]


def test_adjust_takes_what_the_catalog_warns_of() -> None:
    """A team may forbid deprecated types."""
    (found,) = adjust([warning("deprecated-type", "S")], errors=["deprecated-type"])

    assert found.severity is Severity.ERROR


def test_adjust_suggests_the_code_that_was_meant() -> None:
    """A typo in CI does not silently change nothing."""
    with pytest.raises(WrongUsage) as caught:
        adjust((), warnings=["acount-twice"])

    assert caught.value.diagnostics[0].code == "unknown-code"
    assert caught.value.diagnostics[0].hint == "did you mean `account-twice`?"


@pytest.mark.parametrize("code", sorted(STEP_CODES))
def test_adjust_refuses_to_weaken_what_guards_writes(code: str) -> None:
    """A rule that the registry keeps itself cannot be a warning: the plan could not be applied."""
    with pytest.raises(WrongUsage) as caught:
        adjust((), warnings=[code])

    assert [d.code for d in caught.value.diagnostics] == ["code-guards-writes"]


def test_adjust_refuses_both_at_once() -> None:
    """Which of the two was meant cannot be known."""
    with pytest.raises(WrongUsage) as caught:
        adjust((), errors=["account-twice"], warnings=["account-twice"])

    assert [d.code for d in caught.value.diagnostics] == ["code-asked-twice"]
