"""What a drift check says of what drifted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.drift.hand import rewrite
from tests.scenario.running import Zoo, holding
from tests.scenario.texts import BEFORE

GOING = "connector.going"
EDITED = ("registry", "set", "zoo", GOING, "description=edited")


@pytest.fixture
def zoo(zoo: Zoo) -> Zoo:
    """Give a zoo that was applied."""
    zoo.declare(BEFORE)
    zoo.apply()
    return zoo


def checked(zoo: Zoo, *more: str, code: int = 3) -> dict[str, Any]:
    """Check one tenant; gives what is said of it."""
    done = zoo.run("drift", "check", "tenants/zoo", "--format", "json", *more)
    assert done.returncode == code, done.said
    tenant: dict[str, Any] = json.loads(done.stdout)["tenants"][0]
    return tenant


def judged(zoo: Zoo) -> dict[str, Any]:
    """Check a tenant in which one thing drifted; gives the verdict."""
    (drift,) = checked(zoo)["drift"]
    (one,) = drift["judged"]
    found: dict[str, Any] = one
    return found


def test_the_next_apply_puts_it_back(zoo: Zoo) -> None:
    """Where the YAML says what was applied, it says so, with the line and the apply."""
    zoo.ok("registry", "set", "zoo", "connector.day-model", "settings.temperature=0.5")
    done = zoo.run("drift", "check", "tenants/zoo")

    assert done.returncode == 3
    assert "settings.temperature: 0 \u2192 0.5" in done.stdout
    assert "the next apply puts it back" in done.stdout
    assert "declared at tenants/zoo/zoo.yaml:8:116" in done.stdout
    assert "set by apply 1, " in done.stdout
    assert judged(zoo)["declared"] == 0


def test_the_apply_that_set_it_is_the_newest(zoo: Zoo) -> None:
    """Of several applies the one is named that set this field, whatever others set."""
    zoo.declare(BEFORE.replace("model_name: day,", "model_name: noon,"))
    zoo.apply()
    zoo.declare(BEFORE.replace("model_name: day,", "model_name: noon,").replace("name: Bot", "name: Robot"))
    zoo.apply()
    zoo.ok("registry", "set", "zoo", "connector.day-model", "settings.model_name=other")

    assert judged(zoo)["run"]["number"] == 2


def test_the_yaml_says_something_else_by_now(zoo: Zoo) -> None:
    """Where the YAML was edited since, the next apply sets that: told apart from what it puts back."""
    zoo.declare(BEFORE.replace("model_name: day,", "model_name: noon,"))
    zoo.ok("registry", "set", "zoo", "connector.day-model", "settings.model_name=other")
    found = judged(zoo)

    assert (found["fate"], found["declared"]) == ("set", "noon")


def test_a_pending_change_is_no_drift(zoo: Zoo) -> None:
    """What only the YAML says differently did not drift."""
    zoo.declare(BEFORE.replace("model_name: day,", "model_name: noon,"))

    assert checked(zoo, code=0)["status"] == "clean"


def test_a_baseline_that_is_merely_stale(zoo: Zoo) -> None:
    """What YAML and platform agree on is no drift; the next apply writes it into the ledger without a word."""
    zoo.declare(BEFORE.replace("model_name: day,", "model_name: noon,"))
    zoo.ok("registry", "set", "zoo", "connector.day-model", "settings.model_name=noon")
    found = checked(zoo, code=0)
    kept = [zoo.ok("state", "show", "tenants/zoo", "connector.day-model")]
    applied = zoo.apply()
    kept.append(zoo.ok("state", "show", "tenants/zoo", "connector.day-model"))

    assert (found["status"], found["drift"]) == ("clean", [])
    assert ["noon" in one for one in kept] == [False, True]
    assert "No changes" in applied
    zoo.declare(BEFORE)  # the YAML no longer agrees: had the ledger not learnt it, this would be drift
    assert checked(zoo, code=0)["status"] == "clean"


def test_gone_from_both(zoo: Zoo) -> None:
    """What was deleted outside and is not declared either is no drift."""
    zoo.declare(BEFORE.replace("channels: {bot: {inbound: false}}", "channels: {}"))
    zoo.ok("registry", "delete", "zoo", "attachment.night/bot")

    assert checked(zoo, code=0)["drift"] == []


def test_deleted_outside(zoo: Zoo) -> None:
    """What is declared and gone is made again by the next apply."""
    zoo.ok("registry", "delete", "zoo", "attachment.night/bot")
    found = judged(zoo)

    assert (found["fate"], found["path"], found["run"]["number"]) == ("reverted", [], 1)


def test_outside_our_care(zoo: Zoo) -> None:
    """What the YAML no longer speaks of, and what others made, is drift that no apply touches."""
    zoo.declare(BEFORE.replace("    running: true\n    settings: {bot", "    settings: {bot"))
    zoo.ok("registry", "stop", "zoo", "channel.bot")
    zoo.ok("registry", "create", "zoo", "connector", "api_key", "Theirs", "settings.api_key=${env:OTHER_KEY}")
    found = checked(zoo)["drift"]

    assert [(one["kind"], [each["fate"] for each in one["judged"]]) for one in found] == [
        ("changed", ["left"]),
        ("added", ["left"]),
    ]


def test_no_longer_declared(zoo: Zoo) -> None:
    """What changed of an object that the YAML no longer has goes with it."""
    before, _, after = BEFORE.replace(", uses: [going]", "").partition("  going:")
    zoo.declare(before + after[after.index("channels:") :])
    zoo.ok(*EDITED)

    assert judged(zoo)["fate"] == "removed"


def test_broken_yaml(zoo: Zoo) -> None:
    """Drift is judged all the same, with a note; what the next plan makes of it is not known."""
    zoo.declare(BEFORE.replace("type: telegram", "type: telegraph"))
    zoo.ok(*EDITED)
    found = checked(zoo)

    assert [one["judged"][0]["fate"] for one in found["drift"]] == ["unknown"]
    assert [one["code"] for one in found["diagnostics"]] == ["yaml-not-used"]
    assert found["diagnostics"][0]["location"]["line"]


def test_two_folders_of_one_tenant(zoo: Zoo) -> None:
    """Of two folders that declare one tenant neither is believed."""
    zoo.ok(*EDITED)
    (zoo.root / "tenants" / "zoo2").mkdir()
    (zoo.root / "tenants" / "zoo2" / "zoo.yaml").write_text("tenant: zoo\nconnectors: {}\n", encoding="utf-8")
    done = zoo.run("drift", "check", "tenants")

    assert done.returncode == 3
    assert "yaml-not-used" in done.codes


@pytest.mark.parametrize("file", ["registry.db", "ledger.db"])
def test_what_cannot_be_read_is_unknown(zoo: Zoo, file: str) -> None:
    """A read that failed is unknown: neither clean nor deleted."""
    (zoo.home / file).write_bytes(b"garbage" * 1000)
    found = checked(zoo, code=1)

    assert (found["status"], found["drift"]) == ("unknown", [])


def test_a_read_that_fails_half_way(zoo: Zoo) -> None:
    """A registry of which only a part can be read is unknown too."""
    rewrite(zoo, "ALTER TABLE link RENAME TO gone")
    found = checked(zoo, code=1)

    assert (found["status"], found["drift"]) == ("unknown", [])


def test_skipped_while_an_apply_runs(zoo: Zoo) -> None:
    """While somebody holds the lock nothing is judged, and that is said."""
    zoo.ok(*EDITED)
    with holding(zoo):
        found = checked(zoo, code=0)

    assert found["status"] == "skipped"
    assert [one["code"] for one in found["diagnostics"]] == ["apply-running"]


def test_secrets_are_not_observable(zoo: Zoo) -> None:
    """A secret that is changed outside is no drift, and it is said plainly that nobody can see it."""
    zoo.ok("registry", "set", "zoo", GOING, "settings.api_key=${env:BOT_TOKEN}")
    for more in ((), ("--format", "markdown"), ("--format", "html")):
        done = zoo.run("drift", "check", "tenants/zoo", *more)

        assert done.returncode == 0
        assert "Not observable: the values of 3 secrets; no platform reports them" in done.stdout
    assert checked(zoo, code=0)["secrets_not_observable"] == 3
    zoo.ok("plan", "tenants/zoo")
    assert checked(zoo, code=0)["secrets_not_observable"] == 3  # and where nothing has to be compared


FORMATS = ("text", "json", "markdown", "html", "sarif", "junit", "github", "gitlab")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells(zoo: Zoo, form: str) -> None:
    """Every report has the object, the field, and what the next apply makes of it."""
    zoo.ok(*EDITED)
    done = zoo.run("drift", "check", "tenants/zoo", "--format", form)

    assert done.returncode == 3
    assert GOING in done.stdout
    assert "description" in done.stdout
    assert ("reverted" if form == "json" else "the next apply puts it back") in done.stdout
    assert "zoo.yaml" in done.stdout


def test_only_what_drifted_is_kept(zoo: Zoo) -> None:
    """Of clean tenants nothing that was read is kept: memory does not grow with them."""
    from flametree_cfg.engine import Options, check_drift

    zoo.ok(*EDITED)
    zoo.declare("connectors: {}\n", tenant="park")
    found = check_drift(
        [zoo.root / "tenants"],
        Options(state=f"sqlite:{zoo.home}/ledger.db", platform=f"sqlite:{zoo.home}/registry.db", cache=False),
    )

    assert [(one.tenant_name, one.status, one.reading is None) for one in found] == [
        ("park", "clean", True),
        ("zoo", "drifted", False),
    ]


SERVERS = "imap_server: i.example, imap_port: 993, smtp_server: s.example, smtp_port: 465"
MAIL = f"""
channels:
  mail:
    type: email
    name: Mail
    settings:
      accounts:
        - {{address: a@zoo.example, password: "${{env:OPENAI_KEY}}", {SERVERS}}}
        - {{address: b@zoo.example, password: "${{env:OTHER_KEY}}", {SERVERS}}}
"""


def test_an_account_that_went(zoo: Zoo) -> None:
    """Its password is a reference on both sides: the YAML says what was applied, so the next apply puts it back."""
    zoo.declare(MAIL)
    zoo.apply()
    left = {"address": "a@zoo.example", "password": "${env:OPENAI_KEY}", "imap_server": "i.example"}
    left |= {"imap_port": 993, "smtp_server": "s.example", "smtp_port": 465}
    zoo.ok("registry", "set", "zoo", "channel.mail", f"settings.accounts={json.dumps([left])}")

    assert judged(zoo)["fate"] == "reverted"


def test_what_the_yaml_imports_is_not_foreign(zoo: Zoo) -> None:
    """An object that the next apply takes over waits for it; it is no drift that nobody cares for."""
    settings = ("settings.api_url=https://x.example/v1", "settings.access_token=${env:OPENAI_KEY}")
    zoo.ok(
        "registry",
        "create",
        "zoo",
        "connector",
        "llm",
        "Found",
        *settings,
        "settings.model_name=m",
        "settings.temperature=0",
    )
    (added,) = checked(zoo)["drift"]
    found = added["address"].removeprefix("connector.id:")
    body = '{api_url: "https://x.example/v1", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0}'
    block = f"  found: {{import: {found}, type: llm, name: Found, settings: {body}}}\n"
    zoo.declare(BEFORE.replace("connectors:\n", f"connectors:\n{block}", 1))

    assert checked(zoo, code=0)["drift"] == []
