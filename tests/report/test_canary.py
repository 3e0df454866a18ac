"""No secret value in any report, in any format, whatever the command."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from flametree_cfg.model import Secret, connector
from flametree_cfg.plan.types import Plan
from flametree_cfg.report import Document, Sink, formats, render
from tests.report.plans import Planned, field, steps, update
from tests.scenario.canary import Aviary, canary, hits
from tests.scenario.running import Zoo

COMMANDS = (("validate",), ("plan",), ("plan", "--no-refresh"), ("drift", "check"), ("graph",))
VALUE = "p\"ss'w<o>r&d%:,1234"


def test_no_report_sings(tmp_path: Path) -> None:
    """A tenant with every secret there is, in every report of every command: new, rotated, drifted, broken."""
    aviary = Aviary.of_every_type()
    zoo = Zoo(tmp_path, aviary.environment)
    file = zoo.declare(aviary.text)
    birds = list(aviary.birds.values())
    wanted = [part for form in formats() for part in ("--report", f"{form}=all.{form}")]
    said = {}
    for stage in ("new", "applied", "drifted", "rotated", "broken"):
        if stage == "applied":
            assert zoo.run("apply", "tenants/zoo", "--yes").returncode == 0
        if stage == "drifted":
            zoo.run("registry", "set", "zoo", "connector.llm", "settings.temperature=1")
        if stage == "rotated":
            birds += (rotated := [canary("llm rotated")])
            zoo.environment["CANARY_CONNECTOR_LLM_ACCESS_TOKEN"] = rotated[0].value
        if stage == "broken":
            birds.append(literal := canary("literal"))
            wrong = f"channels: {{x: {{type: telegram, settings: {{bot_token: {literal.core}}}}}}}"
            file.write_text(f"{file.read_text()}{wrong}\n")
        for command in COMMANDS:
            ended = zoo.run(*command, "tenants/zoo", *wanted)
            reports = {form: (tmp_path / f"all.{form}").read_bytes() for form in formats()}
            assert all(reports.values())
            said |= {f"{stage} {' '.join(command)} {form}": text for form, text in reports.items()}
            said[f"{stage} {' '.join(command)}"] = ended.said.encode()

    assert hits(birds, said) == []


@pytest.mark.parametrize("form", formats())
def test_a_known_value_is_hidden_in_every_spelling(form: str) -> None:
    """A value that got into a name all the same is masked, however the format spells its characters."""
    change = update(connector("a"), field("settings.x", f"<{VALUE}>", Secret("${env:X}")), name=VALUE)
    out = io.StringIO()
    item = Planned("t", Plan("t", steps(1), (change,)), "tenants/t")
    Sink(out, secrets=lambda: {VALUE}).show(render(Document.PLAN, form, [item]))

    assert "w<o>r" not in out.getvalue()
    assert "1234" not in out.getvalue()
