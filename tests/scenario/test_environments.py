"""One folder, several environments: bases, variables and names on the command line; nothing stale is ever told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenario.running import Ended, Zoo

BASE = """
vars: {region: eu, heat: 0.2}
connectors:
  chat:
    type: llm
    name: Chat ${var:region}
    default: true
    settings:
      api_url: https://${var:region}.llm.example/v1
      access_token: ${env:OPENAI_KEY}
      model_name: small
      temperature: ${var:heat}
channels:
  bot:
    type: telegram
    name: Bot
    running: true
    settings: {bot_token: "${env:BOT_TOKEN}"}
"""
OWN = """
extends: [../_shared/base]
connectors: {chat: {settings: {model_name: large}}}
agents:
  desk:
    type: inbound
    name: Desk
    running: true
    connectors: {llm: chat}
    channels: {bot: {inbound: true}}
"""
HOT = ("--var", "heat=1.5")
QUESTIONS: tuple[tuple[str, ...], ...] = (
    ("validate",),
    ("plan",),
    ("plan", "--format", "json"),
    ("plan", "--no-refresh"),
    ("drift", "check"),
    ("render",),
    ("why", "connector.chat"),
)


def base(zoo: Zoo, text: str = BASE, name: str = "base") -> None:
    """Write a base."""
    folder = zoo.root / "tenants/_shared" / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "base.yaml").write_text(text)


@pytest.fixture
def zoo(zoo: Zoo) -> Zoo:
    """Give a zoo with a base, applied and known to agree."""
    base(zoo)
    zoo.declare(OWN)
    zoo.apply()
    zoo.ok("plan", "tenants")
    return zoo


def ask(zoo: Zoo, question: tuple[str, ...], *more: str) -> Ended:
    """Ask one question about the zoo."""
    verb, *rest = question
    if verb == "why":
        return zoo.run(verb, "tenants/zoo", *rest, *more)
    split = 1 if verb == "drift" else 0
    return zoo.run(verb, *rest[:split], "tenants/zoo", *rest[split:], *more)


def same(zoo: Zoo, *more: str) -> Ended:
    """Ask everything with what is remembered and without, twice; gives the plan."""
    for _ in range(2):
        for question in QUESTIONS:
            assert ask(zoo, question, *more) == ask(zoo, question, *more, "--no-cache"), question
    return zoo.run("plan", "tenants/zoo", *more)


def names(zoo: Zoo, *more: str) -> set[str]:
    """Give the names of what the platform has."""
    return {card["name"] for card in zoo.document("show", "tenants/zoo", *more)["cards"]}


CHANGES: dict[str, tuple[Callable[[Zoo], object], str]] = {
    "a value of the base": (lambda zoo: base(zoo, BASE.replace("name: Bot", "name: Robot")), "name: Bot → Robot"),
    "a variable of the base": (lambda zoo: base(zoo, BASE.replace("0.2", "0.3")), "settings.temperature: 0.2 → 0.3"),
    "an override": (lambda zoo: zoo.declare(OWN.replace("large", "huge")), "settings.model_name: large → huge"),
    "another base": (
        lambda zoo: (
            base(zoo, "connectors: {chat: {description: Two}}\n", "two"),
            zoo.declare(OWN.replace("/base]", "/base, ../_shared/two]")),
        ),
        'description: "" → Two',
    ),
    "one more file in the base": (
        lambda zoo: (zoo.root / "tenants/_shared/base/more.yaml").write_text("vars: {unused: 1}\nagents: {}\n"),
        "No changes",
    ),
    "a variable of its own": (lambda zoo: zoo.declare("vars: {heat: 1}" + OWN), "settings.temperature: 0.2 → 1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_stale_is_told(zoo: Zoo, change: str) -> None:
    """Whatever a tenant follows from changes, the next plan sees it, and back again."""
    act, expected = CHANGES[change]
    act(zoo)
    assert expected in same(zoo).stdout

    base(zoo)
    (zoo.root / "tenants/_shared/base/more.yaml").unlink(missing_ok=True)
    zoo.declare(OWN)
    assert "No changes" in same(zoo).stdout


def test_the_base_is_gone(zoo: Zoo) -> None:
    """It is an error at the entry, not what was there before."""
    (zoo.root / "tenants/_shared/base/base.yaml").unlink()

    told = same(zoo)
    assert (told.returncode, told.codes) == (4, {"empty-tenant"})
    assert "tenants/zoo/zoo.yaml:3:11" in told.said


def test_variables_are_part_of_what_is_remembered(zoo: Zoo) -> None:
    """The same files with other variables are another tenant; and back."""
    for _ in range(2):
        assert "settings.temperature: 0.2 → 1.5" in same(zoo, *HOT).stdout
        assert "No changes" in same(zoo).stdout
    zoo.apply(*HOT)

    assert "No changes" in same(zoo, *HOT).stdout
    assert "settings.temperature: 1.5 → 0.2" in same(zoo).stdout


def test_a_file_of_variables_is_part_of_it_too(zoo: Zoo) -> None:
    """By what it says."""
    file = zoo.root / "prod.yaml"
    for heat in ("1", "2", "0.2"):
        file.write_text(f"heat: {heat}\nof_others: x\n")
        plan = same(zoo, "--var-file", "prod.yaml").stdout

        assert (f"0.2 → {heat}" in plan) == (heat != "0.2")


def test_a_tenant_that_stops_sharing(zoo: Zoo) -> None:
    """What it rendered to is what it was, whole and without a base; and what is remembered fits both."""
    text = zoo.ok("render", "tenants/zoo")
    (zoo.folder / "zoo.yaml").write_text(text)

    assert "No changes" in same(zoo).stdout
    assert zoo.ok("render", "tenants/zoo") == text
    assert zoo.run("fmt", "tenants/zoo", "--check").returncode == 0
    zoo.declare(OWN)
    assert "No changes" in same(zoo).stdout


def test_one_folder_is_two_tenants(zoo: Zoo) -> None:
    """Staging and production, each with its ledger, in turns, and remembered apart."""
    live = ("--tenant-id", "zoo-live", "--var", "region=us")
    zoo.ok("apply", "tenants/zoo", "--yes", *live)

    assert names(zoo) ^ names(zoo, *live[:2]) == {"Chat eu", "Chat us"}
    for _ in range(2):
        assert "No changes" in same(zoo).stdout
        assert "No changes" in same(zoo, *live).stdout
        assert "2 runs" not in zoo.ok("history", "list", "tenants/zoo", "--tenant-id", "zoo-live")
        assert zoo.run("drift", "check", "tenants/zoo", *live).returncode == 0
    zoo.ok("registry", "set", "zoo-live", "connector.chat", "description=edited")
    assert zoo.run("drift", "check", "tenants/zoo", *live).returncode == 3
    assert zoo.run("drift", "check", "tenants/zoo").returncode == 0


def test_the_environment_may_say_it(zoo: Zoo) -> None:
    """Every option has its variable."""
    plan = zoo.ok("plan", "tenants/zoo", FLAMETREE_TENANT_ID="zoo-live", FLAMETREE_VAR="region=us")

    assert "Tenant zoo-live" in plan
    assert '"Chat us"' in plan


def test_history_of_another_name(zoo: Zoo) -> None:
    """Every question about history takes the name, and with it answers about that tenant alone."""
    zoo.ok("apply", "tenants/zoo", "--yes", "--tenant-id", "zoo-staging")
    asked = [("list",), ("show", "1"), ("diff", "1"), ("verify",)]
    said = [zoo.run("history", verb, "tenants/zoo", *more, FLAMETREE_TENANT_ID="zoo-staging") for verb, *more in asked]

    assert [(one.returncode, "zoo-staging" in one.stdout) for one in said] == [(0, True)] * 4


def test_a_name_for_two_tenants_is_wrong_usage(zoo: Zoo) -> None:
    """Nothing is planned."""
    zoo.declare("", tenant="park")

    told = zoo.run("plan", "tenants", "--tenant-id", "x")
    assert (told.returncode, told.codes) == (64, {"wrong-usage"})


def test_a_saved_plan_needs_no_variables(zoo: Zoo) -> None:
    """It is what was approved, whatever the files and variables say now; with others it is not mixed."""
    zoo.ok("plan", "tenants/zoo", *HOT, "--out", "p.json")
    base(zoo, BASE.replace("0.2", "0.7"))

    mixed = zoo.run("apply", "p.json", "--yes", *HOT)
    other = zoo.run("apply", "p.json", "--yes", "--tenant-id", "zoo-live")
    assert (mixed.returncode, other.returncode) == (64, 6)
    zoo.ok("apply", "p.json", "--yes", "--tenant-id", "zoo")
    assert zoo.cards_of("connector.chat")["parameters"]["temperature"] == "1.5"


def test_a_saved_plan_of_another_name(zoo: Zoo) -> None:
    """The name is in the file."""
    zoo.ok("plan", "tenants/zoo", "--tenant-id", "zoo-live", "--out", "p.json")
    zoo.ok("apply", "p.json", "--yes")

    assert names(zoo, "--tenant-id", "zoo-live") == {"Chat eu", "Bot", "Desk"}


def test_files_of_secrets_are_the_tenants_own(zoo: Zoo) -> None:
    """A base that says `${file:…}` means a file of each tenant, so one tenant's secret never serves another."""
    base(zoo, BASE.replace("${env:OPENAI_KEY}", "${file:_secrets/key}"))
    (zoo.root / "tenants/_shared/base/_secrets").mkdir()
    (zoo.root / "tenants/_shared/base/_secrets/key").write_text("sk-canary-of-the-base")
    (zoo.folder / "_secrets").mkdir()

    missing = zoo.run("apply", "tenants/zoo", "--yes")
    assert (missing.returncode, missing.codes) == (4, {"unresolved-secret"})
    (zoo.folder / "_secrets/key").write_text("sk-canary-of-the-zoo")
    zoo.apply()
    assert "canary" not in missing.said


def test_why_tells_the_whole_story(zoo: Zoo) -> None:
    """Where it was set, what it overrode, which variable made it, and what applies did."""
    zoo.apply(*HOT)

    assert [line.rstrip() for line in zoo.ok("why", "tenants/zoo", "connector.chat.settings.model_name").splitlines()][
        :3
    ] == [
        "connector.chat settings.model_name = large",
        "  set        tenants/zoo/zoo.yaml:4:44   large",
        "  overrides  tenants/_shared/base/base.yaml:11:19   small",
    ]
    told = zoo.document("why", "tenants/zoo", "connector.chat.settings.temperature", *HOT)["fields"][0]
    assert (told["value"], told["stored"], told["origin"]) == (1.5, 1.5, "set")
    assert [(one["source"], one["value"]) for one in told["variables"][0]["set_by"]] == [("--var", 1.5), ("vars", 0.2)]
    assert (told["last_apply"]["run"]["number"], told["last_apply"]["before"], told["last_apply"]["after"]) == (
        2,
        0.2,
        1.5,
    )
    assert told["set_by"][0]["location"] == {"file": "tenants/_shared/base/base.yaml", "line": 12, "column": 20}
    assert "the next apply changes it" in zoo.ok("why", "tenants/zoo", "connector.chat.settings.temperature")


def test_why_of_everything_else(zoo: Zoo) -> None:
    """Defaults, what is taken away, attachments, what is not there; before the first apply too."""
    zoo.declare(
        OWN.replace("extends", "vars: {a: 1}\nextends").replace(
            "    channels: {bot: {inbound: true}}\n", "channels: {bot: null}\n"
        ),
        tenant="park",
    )

    assert "default    of the type" in zoo.ok("why", "tenants/zoo", "connector.chat.description")
    assert "set        tenants/zoo/zoo.yaml:11:31   true" in zoo.ok("why", "tenants/zoo", "attachment.desk/bot.inbound")
    assert zoo.document("why", "tenants/park", "channel.bot")["fields"][0]["origin"] == "removed"
    removed = zoo.document("why", "tenants/park", "channel.bot.name")["fields"][0]
    assert (removed["origin"], removed["value"]) == ("removed", None)
    assert "applied    never" in zoo.ok("why", "tenants/park", "agent.desk.name")
    for target in ("connector.chta", "connector.chat.nmae", "chat", "channel.none.name"):
        assert zoo.run("why", "tenants/zoo", target).returncode == 64
    assert zoo.run("why", "tenants", "connector.chat").returncode == 64


def test_why_of_the_ends_of_an_attachment(zoo: Zoo) -> None:
    """Agent and channel are set by where it stands: its key, not a default of some type."""
    told = {one["path"][-1]: one for one in zoo.document("why", "tenants/zoo", "attachment.desk/bot")["fields"]}

    assert {told[end]["origin"] for end in ("agent", "channel", "inbound")} == {"set"}
    assert [told[end]["set_by"][0]["value"] for end in ("agent", "channel")] == ["desk", "bot"]
    assert {told[end]["set_by"][0]["location"]["line"] for end in ("agent", "channel")} == {11}
    assert "default" not in zoo.ok("why", "tenants/zoo", "attachment.desk/bot.agent")


def test_why_shows_no_secret_that_was_overridden(zoo: Zoo) -> None:
    """Nobody judged it: it may stand there in clear."""
    literal = BASE.replace("${env:OPENAI_KEY}", "sk-canary-in-clear").replace("${env:BOT_TOKEN}", "sk-canary-in-clear")
    base(zoo, literal)
    token = 'channels: {bot: {settings: {bot_token: "${env:BOT_TOKEN}"}}}\n'
    zoo.declare(OWN.replace("{model_name: large}", '{access_token: "${env:OPENAI_KEY}"}') + token)
    zoo.declare("extends: [../_shared/base]\nconnectors: {chat: null}\nchannels: {bot: null}\n", tenant="park")

    for target in (
        "connector.chat",
        "connector.chat.settings.access_token",
        "channel.bot",
        "channel.bot.settings.bot_token",
    ):
        for format_ in ("text", "json", "markdown"):
            for path in ("tenants/zoo", "tenants/park"):
                assert "canary" not in zoo.ok("why", path, target, "--format", format_)
    assert "canary" not in zoo.run("plan", "tenants").said
    assert "canary" not in zoo.run("render", "tenants/zoo").said


def test_render_for_machines(zoo: Zoo) -> None:
    """The same document as JSON; a tenant that is wrong is not rendered."""
    document = zoo.document("render", "tenants/zoo", *HOT)["document"]
    assert document["connectors"]["chat"]["settings"]["temperature"] == 1.5
    assert document["connectors"]["chat"]["settings"]["access_token"] == "${env:OPENAI_KEY}"

    zoo.declare(OWN.replace("llm: chat", "llm: none"))
    told = zoo.run("render", "tenants/zoo")
    assert (told.returncode, told.stdout, told.codes) == (4, "", {"missing-reference"})


def test_bases_are_formatted_when_named(zoo: Zoo) -> None:
    """And left alone when only their folder's parent is."""
    shared = zoo.root / "tenants/_shared/base/base.yaml"
    shared.write_text("connectors: {}\nvars:   {a: 1}\nextends: []\n")

    zoo.ok("fmt", "tenants")
    assert shared.read_text().startswith("connectors")
    zoo.ok("fmt", "tenants/_shared/base")
    assert shared.read_text() == "extends: []\nvars:   {a: 1}\n\nconnectors: {}\n"
    assert (
        "extends: []" in zoo.ok("fmt", "tenants/_shared", "--diff")
        or zoo.run("fmt", "tenants/_shared", "--check").returncode == 0
    )


def test_an_order_of_layers_is_what_the_list_says(zoo: Zoo) -> None:
    """Swapped, the other one wins."""
    base(zoo, "vars: {heat: 1}\n", "one")
    base(zoo, "vars: {heat: 2}\n", "two")
    for order in ("one", "two"), ("two", "one"):
        listed = ", ".join(f"../_shared/{name}" for name in order)
        zoo.declare(OWN.replace("[../_shared/base]", f"[../_shared/base, {listed}]"))

        assert f"0.2 → {('one', 'two').index(order[1]) + 1}" in same(zoo).stdout


def test_what_history_says_to_type_next_has_the_name(zoo: Zoo) -> None:
    """Each command of history speaks of the tenant that `--tenant-id` names, and says so in what to type next."""
    live = ("--tenant-id", "zoo-live")
    zoo.apply(*live)
    zoo.apply(*live, *HOT)

    assert "settings.temperature: 0.2 \u2192 1.5" in zoo.ok("history", "diff", "tenants/zoo", "1", "2", *live)
    assert "1.5" in zoo.ok("history", "show", "tenants/zoo", "2", *live)
    verified = zoo.run("history", "verify", "tenants/zoo", *live)
    assert "History of tenant zoo-live" in verified.stdout
    assert "history verify tenants/zoo --tenant-id zoo-live --link" in verified.stderr


def test_a_name_that_was_never_applied(zoo: Zoo) -> None:
    """A misspelt name is no drift, and is told; so is a name that only another environment has."""
    zoo.apply("--tenant-id", "zoo-live")
    misspelt = zoo.run("drift", "check", "tenants/zoo", "--tenant-id", "zoo-life")

    assert (misspelt.returncode, misspelt.codes) == (0, {"never-applied"})
    assert zoo.run("drift", "check", "tenants/zoo", "--tenant-id", "zoo-live").codes == set()
    assert "that one takes --tenant-id zoo-live" in zoo.run("plan", "tenants").said


def test_why_of_an_account(zoo: Zoo) -> None:
    """What the apply that made a list of accounts set in one of them; below a list there are no names."""
    account = '{address: a@zoo.example, password: "${env:OTHER_KEY}", imap_server: i.example, imap_port: 993'
    account += ", smtp_server: s.example, smtp_port: 465}"
    zoo.declare(f"channels: {{mail: {{type: email, name: Mail, settings: {{accounts: [{account}]}}}}}}", tenant="park")
    zoo.ok("apply", "tenants/park", "--yes")

    told = zoo.document("why", "tenants/park", "channel.mail.settings.accounts[0].imap_server")["fields"][0]
    assert told["last_apply"]["after"] == "i.example"
    assert zoo.run("why", "tenants/park", "channel.mail.settings.accounts[a@zoo.example].imap_server").returncode == 64
