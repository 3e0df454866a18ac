"""What validate, apply, drift check and show say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from flametree_cfg.drift import Drift, DriftKind
from flametree_cfg.errors import Diagnostic, ExitCode, Location, error
from flametree_cfg.model import (
    Action,
    Address,
    Event,
    FieldChange,
    Health,
    Operation,
    Probed,
    Resource,
    Stage,
    Status,
    channel,
    connector,
)
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import Apply, Document, event_lines
from flametree_cfg.report._lines import UNICODE
from tests.report.plans import text_of


@dataclass(frozen=True)
class Outcome:
    """What any command says of a tenant."""

    tenant_name: str = "acme"
    folder: str = "tenants/acme"
    diagnostics: Sequence[Diagnostic] = ()
    exit_code: ExitCode = ExitCode.OK
    resources: int = 0
    drift: Sequence[Drift] = ()
    status: str = "clean"
    ignored: Sequence[Drift] = ()
    not_observable: int = 0
    applied: int = 0
    total: int = 0
    resumed: int = 0
    serial: int = 0
    run_number: int = 0
    plan: Plan | None = None
    checks: Sequence[Probed] = ()
    back: Outcome | None = None


@dataclass(frozen=True)
class Card:
    """A card as the engine gives it."""

    address: Address
    type: str
    name: str
    description: str = ""
    platform_id: str = ""
    tags: Sequence[str] = ()
    status: Status = Status.NONE
    health: Health = Health.NOT_CHECKED
    message: str = ""
    checked: str = ""
    age_s: float | None = None
    linked: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


WRONG = error("x", "Wrong", location=Location("a.yaml", 1, 1))


@pytest.mark.parametrize(
    ("items", "summary"),
    [
        ([Outcome(resources=3), Outcome(resources=1)], "Valid: 2 tenants, 4 resources"),
        ([Outcome(resources=3), Outcome(diagnostics=(WRONG,))], "Invalid: 1 error in 1 of 2 tenants"),
        ([], "Valid: 0 tenants, 0 resources"),
    ],
)
def test_validate_ends_with_a_summary(items: list[Outcome], summary: str) -> None:
    """The last line counts tenants, and what is wrong in them."""
    assert text_of(Document.VALIDATE, items).splitlines()[-1] == summary


@pytest.mark.parametrize(
    ("results", "summary"),
    [
        ([Outcome(applied=3, total=3, serial=2, run_number=1)], "Apply: 3 operations applied"),
        ([Outcome()], "No changes. Apply: 0 operations"),
        (
            [Outcome(applied=1, total=3, exit_code=ExitCode.PARTIAL)],
            "Apply: 1 of 3 operations applied; run it again to continue",
        ),
        (
            [Outcome(applied=1, total=1), Outcome(exit_code=ExitCode.LOCKED)],
            "Apply: 1 operation applied in 2 tenants; 1 tenant failed",
        ),
        ([Outcome(exit_code=ExitCode.LOCKED)], "Apply: nothing applied"),
    ],
)
def test_apply_ends_with_a_summary(results: list[Outcome], summary: str) -> None:
    """The last line says what the platform saw."""
    assert text_of(Document.APPLY, Apply(results)).splitlines()[-1] == summary


def test_drift_is_told_by_object_and_field() -> None:
    """What moved stands with what was applied and what is there now."""
    change = FieldChange(("settings", "temperature"), 0.0, 0.9)
    moved = (
        Drift(connector("a"), DriftKind.CHANGED, "llm", "A", (change,)),
        Drift(channel("b"), DriftKind.DELETED, "telegram", "B"),
    )
    items = [Outcome(drift=moved, status="drifted"), Outcome("beta"), Outcome("gamma", status="unknown")]

    assert text_of(Document.DRIFT, items) == (
        "Tenant acme: drifted\n"
        '  ~ changed outside   connector.a   llm "A"\n'
        "      settings.temperature: 0.0 → 0.9\n"
        '  - deleted outside   channel.b   telegram "B"\n'
        "\n"
        "Tenant gamma: unknown: it could not be read\n"
        "Drift: 2 found in 1 of 3 tenants (1 changed, 1 deleted); 1 unknown"
    )


def test_no_drift() -> None:
    """Nothing moved is said in one line."""
    assert text_of(Document.DRIFT, [Outcome()]).splitlines()[-1] == "No drift in 1 tenant"


def test_cards() -> None:
    """A card shows health, tags, parameters and who uses it."""
    card = Card(
        connector("gpt"),
        "llm",
        "GPT",
        "Owned by the platform team",
        "77",
        ("DEFAULT",),
        health=Health.UNHEALTHY,
        message="401",
        linked=("agent.support",),
        parameters={"model_name": "gpt-4o"},
    )

    assert text_of(Document.SHOW, [card]) == (
        'connector.gpt   llm   "GPT"   [DEFAULT]\n'
        "unhealthy: 401\n"
        "Owned by the platform team\n"
        "model_name: gpt-4o\n"
        "linked: agent.support\n"
        "id: 77\n"
        "\n"
        "Show: 1 object"
    )


def test_cards_of_agents_have_no_health() -> None:
    """Only connectors are healthy or not."""
    card = Card(channel("a"), "telegram", "A", status=Status.RUNNING)

    assert "RUNNING" in text_of(Document.SHOW, [card])
    assert "not checked" not in text_of(Document.SHOW, [card])


def step(stage: Stage, index: int, total: int, message: str = "") -> list[str]:
    """Write one event."""
    after = Resource(connector("a"), {"type": "llm", "name": "A"})
    operation = Operation("1", Action.CREATE, connector("a"), "llm", after=after)
    event = Event(stage, "acme", operation, index, total, message)
    return [line.text for line in event_lines(event, UNICODE)]


def test_each_step_of_a_short_apply_is_told() -> None:
    """Progress names the tenant, the step and what it does."""
    assert step(Stage.DONE, 2, 3) == ['acme: 2/3 create connector.a llm "A"']


def test_a_long_apply_tells_some_steps_and_every_failure() -> None:
    """Ten thousand steps give some fifty lines, and whatever went wrong."""
    told = [index for index in range(1, 10_001) if step(Stage.DONE, index, 10_000)]

    assert len(told) == 50
    assert told[-1] == 10_000
    assert step(Stage.FAILED, 7, 10_000, "no") == ['acme: 7/10000 create connector.a llm "A" failed: no']
