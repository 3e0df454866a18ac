"""A plan as people read it."""

from __future__ import annotations

import pytest

from flametree_cfg.diff import Change
from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.errors import ExitCode, error
from flametree_cfg.model import Action, FieldChange, channel, connector
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import Document
from flametree_cfg.report._lines import ASCII
from tests.report.plans import (
    EVERYTHING,
    WARNED,
    Planned,
    create,
    delete,
    field,
    resource,
    steps,
    text_of,
    update,
)

WHOLE = """\
Tenant acme (tenants/acme): 2 to add, 2 to change, 1 to delete, 1 handover, 1 restart

Changed outside since the last apply:
  ~ changed outside   connector.gpt   llm "GPT"; this plan puts it back
      settings.temperature: 0.0 → 0.7

Added outside, left alone:
  + added outside   connector.id:77   llm "Somebody's"

  ~ change  agent.support   inbound "Support agent"
      connectors.llm: gpt → sonnet
  + create  attachment.support/tg
      agent: support
      channel: tg
      inbound: true
  + create  channel.tg   telegram "Support bot"
      running: true
      settings.bot_token: (secret ${env:BOT_TOKEN})
  ~ change  connector.gpt   llm "GPT"
      settings.temperature: 0.7 → 0.0
      settings.access_token: (secret ${env:KEY}) rotated
  - delete  connector.zz   mcp "Old tools"

  → handover default llm: connector.gpt → connector.sonnet
  ↻ restart agent.support

No longer managed (their section is absent; kept, `state rm` forgets them):
  channel.inbox

1 secret not checked here (no value here, or another key):
  channel.tg settings.bot_token

warning[deprecated-type]: Type is deprecated
  tenants/acme/a.yaml:3:5   connector.old
  `old` stays only for what exists
  hint: use `new`

  proved 120 invariant checks over 9 steps
  digest abc123

Plan: 2 to add, 2 to change, 1 to delete, 1 handover, 1 restart"""


def test_a_plan_shows_drift_above_changes_and_ends_with_a_summary() -> None:
    """Everything a plan can hold stands in the order a reviewer needs it."""
    item = Planned("acme", EVERYTHING, "tenants/acme", (WARNED,), digest="abc123")

    assert text_of(Document.PLAN, [item]) == WHOLE


def test_signs_are_ascii_where_the_output_is() -> None:
    """A stream that cannot write the signs gets plain ones, the same words beside them."""
    text = text_of(Document.PLAN, [Planned("acme", EVERYTHING)], ASCII)

    assert text.isascii()
    assert "-> handover default llm: connector.gpt -> connector.sonnet" in text


def test_an_empty_plan_says_so_in_one_summary() -> None:
    """Nothing to do is said in words and in the same numbers."""
    text = text_of(Document.PLAN, [Planned("acme", Plan("acme"))])

    assert text.splitlines()[-1] == "No changes. Plan: 0 to add, 0 to change, 0 to delete"


def test_quiet_tenants_share_a_line() -> None:
    """Of many tenants, those without changes do not push the others out of sight."""
    items = [Planned(name, Plan(name)) for name in ("a", "b")] + [Planned("c", EVERYTHING)]

    text = text_of(Document.PLAN, items)

    assert text.startswith("Tenant c:")
    assert "No changes in 2 tenants: a, b" in text
    assert text.endswith("1 restart in 3 tenants")


def test_a_tenant_without_a_plan_is_counted_as_failed() -> None:
    """One bad tenant does not hide the others' plan, nor itself."""
    bad = Planned("", None, "tenants/bad", (error("x", "Y"),), ExitCode.INVALID)

    text = text_of(Document.PLAN, [Planned("acme", EVERYTHING), bad])

    assert "Tenant (unknown) (tenants/bad)\n  nothing is planned; see the errors" in text
    assert text.splitlines()[-1].endswith("in 1 tenant; 1 tenant failed")


def test_an_object_made_anew_is_one_line() -> None:
    """The outgoing object and its successor are one replacement, counted once."""
    after = create(connector("a"), "vlm", "A")
    plan = Plan("t", steps(2), (after, delete(connector("a~old"), "llm", "A")))

    text = text_of(Document.PLAN, [Planned("t", plan)])

    assert '± replace connector.a   llm → vlm "A"' in text
    assert "~old" not in text
    assert text.endswith("Plan: 0 to add, 0 to change, 0 to delete, 1 to replace")


def test_a_moved_key_says_where_it_was() -> None:
    """A renamed key is the ledger's matter only, and the reader sees both keys."""
    side = resource(connector("new"))
    change = Change(connector("new"), Action.MOVE, side, side, previous=connector("old"))

    text = text_of(Document.PLAN, [Planned("t", Plan("t", steps(1), (change,)))])

    assert '  = rename  connector.new   llm "GPT"   (was connector.old)\n' in text
    assert text.endswith("1 in the ledger only")


@pytest.mark.parametrize(
    ("change", "fate"),
    [
        (None, "the configuration says the same now"),
        (update(connector("gpt"), field("settings.temperature", 0.9, 0.1)), "this plan puts it back"),
        (update(connector("gpt"), field("settings.temperature", 0.9, 0.5)), "this plan changes it again"),
        (update(connector("gpt"), field("description", "a", "b")), "this plan keeps it"),
    ],
)
def test_drift_tells_what_becomes_of_it(change: Change | None, fate: str) -> None:
    """Above a plan, what moved outside says whether it is put back."""
    moved = Drift(connector("gpt"), DriftKind.CHANGED, "llm", "GPT", (field("settings.temperature", 0.1, 0.9),))
    plan = Plan("t", steps(1), (change,) if change else (), drift=(moved,))

    assert f'llm "GPT"; {fate}\n' in text_of(Document.PLAN, [Planned("t", plan)])


def test_a_deleted_object_that_is_made_again_says_so() -> None:
    """An object deleted outside and created by the plan is told as one story."""
    gone = Drift(channel("tg"), DriftKind.DELETED, "telegram", "Bot")
    plan = Plan("t", steps(1), (create(channel("tg"), "telegram", "Bot"),), drift=(gone,))

    assert "deleted outside   channel.tg" in text_of(Document.PLAN, [Planned("t", plan)])
    assert "this plan makes it again" in text_of(Document.PLAN, [Planned("t", plan)])


def test_many_foreign_objects_are_cut_short() -> None:
    """A registry full of other people's objects does not bury the plan."""
    foreign = tuple(Drift(connector(f"id:{n}"), DriftKind.ADDED, "llm", f"N{n}") for n in range(50))

    text = text_of(Document.PLAN, [Planned("t", Plan("t", drift=foreign))])

    assert text.count("added outside ") == 20
    assert "and 30 more" in text


def test_a_long_text_shows_its_difference() -> None:
    """Of a changed prompt only the lines that changed are shown, with what is around them."""
    before, after = "one\ntwo\nthree\nfour\nfive", "one\ntwo\n3\nfour\nfive"
    plan = Plan("t", steps(1), (update(connector("a"), field("description", before, after)),))

    shown = text_of(Document.PLAN, [Planned("t", plan)])

    assert shown.splitlines()[3:9] == [
        "      description:",
        "        ...",
        "        | two",
        "        - three",
        "        + 3",
        "        | four",
    ]
    assert "five" not in shown


def test_an_object_changed_inside_shows_the_inside() -> None:
    """A changed JSON object shows the member that changed."""
    change = FieldChange(("settings", "json_params"), {"a": 1, "b": {"c": 1}}, {"a": 1, "b": {"c": 2}})

    shown = text_of(Document.PLAN, [Planned("t", Plan("t", steps(1), (update(connector("a"), change),)))])

    assert "settings.json_params.b.c: 1 → 2" in shown


def test_a_plan_without_refresh_says_so() -> None:
    """Who reads a plan made from the ledger alone is told."""
    shown = text_of(Document.PLAN, [Planned("t", Plan("t", refreshed=False))])

    assert "the platform was not read" in shown
