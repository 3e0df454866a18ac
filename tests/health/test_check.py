"""`check`: what it looks at, what it says, how it ends."""

from __future__ import annotations

import json
import signal
from itertools import islice

import pytest

from tests.health.world import World
from tests.probe.provider import KEY

OTHERS = """
  tools:
    type: mcp
    name: Tools
    settings: {integration_code: tools, server_endpoint: "http://127.0.0.1:1029/mcp"}
  voice:
    type: tts
    name: Voice
    settings: {api_url: "https://speech.test/v1", access_token: "${env:GOOD_KEY}", model_name: tts-1}
channels:
  bot:
    type: telegram
    name: Bot
    settings: {bot_token: "${env:BOT_TOKEN}"}
agents:
  desk:
    type: inbound
    name: Desk
    connectors: {llm: a}
"""


@pytest.fixture
def zoo(world: World) -> World:
    """Give a zoo with a model that works and others that are not checked."""
    world.declare("")
    world.models(OTHERS, a="/v1")
    world.ok("apply", "tenants/zoo", "--yes", "--no-verify")
    return world


def test_connectors_alone(zoo: World) -> None:
    """Without an address: every connector, no channel; what is checked only for who asks is not."""
    found = zoo.checks()

    assert {address: one["finding"] for address, one in found.items()} == {
        "connector.a": "ok",
        "connector.tools": "not-asked",
        "connector.voice": "never-checked",
    }


def test_what_a_person_names(zoo: World) -> None:
    """A channel, an MCP server; nothing else is called."""
    endpoint = f"telegram={zoo.provider.url('/not-ok')}"
    found = zoo.checks("channel.bot", "connector.tools", "--endpoint", endpoint, code=9)

    assert found["channel.bot"]["health"] == "unhealthy"
    assert "Unauthorized" in found["channel.bot"]["message"]
    assert found["connector.tools"]["finding"] == "unreachable"
    assert len(zoo.provider.asked) == 1
    assert "checked just now: unhealthy" in zoo.ok("status", "tenants/zoo")


@pytest.mark.parametrize(
    ("address", "code"),
    [("connector.gone", "no-such-object"), ("agent.desk", "nothing-to-check"), ("bogus", "wrong-usage")],
)
def test_what_nobody_can_check(zoo: World, address: str, code: str) -> None:
    """It is the command line that is wrong, and no one is called."""
    done = zoo.run("check", "tenants/zoo", address)

    assert done.returncode == 64
    assert code in done.codes
    assert zoo.provider.asked == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("--allow-address", "10.0.0.0/99"),
        ("--endpoint", "telegram"),
        ("--endpoint", "telegram=ftp://x"),
        ("--authorities", "gone.pem"),
        ("--watch", "soon"),
        ("--watch", "-1"),
    ],
)
def test_bad_values(zoo: World, wrong: tuple[str, str]) -> None:
    """They end the command before anything is read, with a hint."""
    done = zoo.run("check", "tenants/zoo", f"{wrong[0]}={wrong[1]}")

    assert done.returncode == 64
    assert "hint: " in done.stderr
    assert zoo.provider.asked == []


@pytest.mark.parametrize("command", [("apply", "--yes"), ("plan", "--probe"), ("drift", "revert"), ("rollback", "1")])
def test_bad_values_of_others(zoo: World, command: tuple[str, ...]) -> None:
    """Every command that may call a provider judges them first."""
    verbs = command[:2] if command[0] == "drift" else command[:1]
    done = zoo.run(*verbs, "tenants/zoo", *command[len(verbs) :], "--allow-address", "::::")

    assert done.returncode == 64
    assert "allow-address" in done.codes


def test_variables_stand_for_flags(zoo: World) -> None:
    """Each option can be set by its variable, several values by spaces."""
    closed = zoo.run("check", "tenants/zoo", FLAMETREE_ALLOW_ADDRESS="")
    several = zoo.run("check", "tenants/zoo", FLAMETREE_ALLOW_ADDRESS="10.0.0.0/8 127.0.0.1")

    assert "leads to this machine (loopback); an operator can allow it with --allow-address" in closed.stdout
    assert (closed.returncode, several.returncode) == (0, 0)
    assert "1 healthy" in several.last


def test_yaml_allows_nothing(world: World) -> None:
    """No key of a tenant's YAML opens an address."""
    world.models(a="/v1")
    world.declare("connectors: {}\nallow_address: [127.0.0.1]\n", "other.yaml")

    assert world.run("apply", "tenants/zoo", "--yes").returncode == 4


def test_text(zoo: World) -> None:
    """A dot beside a word beside a sentence; progress goes to stderr, and the last line sums up."""
    done = zoo.run("check", "tenants/zoo")

    assert f"● Healthy      connector.a      127.0.0.1:{zoo.provider.port} answered 200" in done.stdout
    assert "○ Not checked  connector.voice  the type tts is not checked" in done.stdout
    assert done.last == "Check: 1 healthy, 2 not checked"
    assert "zoo: ● Healthy connector.a" in done.stderr


@pytest.fixture
def sick(world: World) -> World:
    """Give a zoo with one model that works and one that does not."""
    world.models(a="/v1", b="/v1 BAD_KEY")
    world.ok("apply", "tenants/zoo", "--yes", "--no-verify")
    return world


def test_formats(sick: World) -> None:
    """Each format tells the same: one well, one not, and where it stands in the YAML."""
    said = {
        f: sick.run("check", "tenants/zoo", "--format", f) for f in ("junit", "sarif", "markdown", "html", "github")
    }
    sarif = json.loads(said["sarif"].stdout)["runs"][0]["results"]

    assert {done.returncode for done in said.values()} == {9}
    assert 'tests="2" failures="1"' in said["junit"].stdout
    assert '<testcase classname="check.zoo" name="connector.a">' in said["junit"].stdout
    assert [one["ruleId"] for one in sarif] == ["unhealthy"]
    assert sarif[0]["locations"][0]["physicalLocation"]["region"]["startLine"] > 1
    assert "| ● Unhealthy | `connector.b` |" in said["markdown"].stdout
    assert "Unhealthy</th><td><code>connector.b</code>" in said["html"].stdout
    assert said["github"].stdout.startswith("::error file=tenants/zoo/zoo.yaml,line=")


def test_reports_beside(sick: World) -> None:
    """`--report` writes the same to a file."""
    sick.run("check", "tenants/zoo", "--report", "junit=out.xml")

    assert 'failures="1"' in (sick.root / "out.xml").read_text()


def test_all_tenants(sick: World) -> None:
    """A folder of tenants is checked tenant by tenant; addresses need one of them."""
    sick.declare("connectors: {}\n", tenant="den")
    both, one = sick.run("check", "tenants"), sick.run("check", "tenants", "connector.a")

    assert both.last == "Check: 1 healthy, 1 unhealthy in 2 tenants"
    assert both.returncode == 9
    assert (one.returncode, one.codes) == (64, {"one-tenant-wanted"})


def test_a_system_connector_where_it_is_declared(world: World) -> None:
    """The platform's own model is checked with the platform's own key, by tenants that declare it."""
    url, token = f"settings.api_url={world.provider.url('/v1')}", "settings.access_token=${env:GOOD_KEY}"
    world.ok(
        "registry", "system-add", "llm", "Shared", url, token, "settings.model_name=m-1", "settings.temperature=0.3"
    )
    world.declare("connectors:\n  shared: {type: llm, name: Shared, system: true}\n")
    world.declare("connectors: {}\n", tenant="den")
    world.ok("apply", "tenants", "--yes")

    assert world.checks()["connector.shared"]["health"] == "healthy"
    assert world.run("check", "tenants/den").last == "Check: nothing to check"


def test_nothing_was_ever_applied(world: World) -> None:
    """A tenant without a registry has nothing to check, and none is made."""
    world.models(a="/v1")

    assert world.run("check", "tenants/zoo", "--no-cache").last == "Check: nothing to check"
    assert world.files() == {}


def test_the_key_is_elsewhere(zoo: World) -> None:
    """Without the registry's key nothing can be asked: not checked, and why."""
    (zoo.home / "key").rename(zoo.root / "moved")
    found = zoo.checks()["connector.a"]

    assert (found["health"], found["finding"]) == ("not checked", "secrets-sealed")
    assert "set FLAMETREE_KEY" in found["message"]


def test_watch_until_interrupted(sick: World) -> None:
    """It checks again and again, and leaves with 130 when it is told to stop."""
    with sick.start("check", "tenants/zoo", "--watch=0.01") as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        summaries = list(islice((line for line in lines if line.startswith("Check: ")), 3))
        process.send_signal(signal.SIGINT)
        process.communicate()

    assert summaries == ["Check: 1 healthy, 1 unhealthy\n"] * 3
    assert process.returncode == 130


def test_a_check_moves_nothing(sick: World) -> None:
    """Health is no drift, no change, and no write that others have to look at."""
    assert sick.settled()
    before = sick.ok("state", "export", "tenants/zoo")
    sick.checks(code=9)

    assert sick.settled()
    assert sick.ok("state", "export", "tenants/zoo") == before
    assert KEY not in before


def test_a_tenant_of_another_name(world: World) -> None:
    """Variables and the platform's name of the tenant are understood as by apply."""
    world.models(a="/v1")
    file = world.folder / "zoo.yaml"
    file.write_text(file.read_text().replace("model_name: m-1", 'model_name: "${var:MODEL}"'))
    environment = ("--tenant-id", "zoo-staging", "--var", "MODEL=m-1")
    world.ok("apply", "tenants/zoo", "--yes", *environment)

    assert world.run("check", "tenants/zoo", *environment).last == "Check: 1 healthy"
    assert world.run("status", "tenants/zoo", *environment).last.startswith("Status: 1 connector (1 healthy)")


@pytest.mark.parametrize("watch", ["0", "-1", "nan", "1e12", "1e400", "tenants/zoo"])
def test_a_pause_that_is_none(zoo: World, watch: str) -> None:
    """What nobody can wait for is refused before anybody is called."""
    done = zoo.run("check", "tenants/zoo", f"--watch={watch}")

    assert (done.returncode, done.codes) == (64, {"wrong-usage"})
    assert zoo.provider.asked == []


@pytest.mark.parametrize(
    "endpoint", ["telegramm=http://127.0.0.1:1", "email=http://127.0.0.1:1", "llm=imap://127.0.0.1:1143"]
)
def test_an_endpoint_that_stands_in_for_nothing(zoo: World, endpoint: str) -> None:
    """A slip of the operator's must not send the keys to the real provider instead."""
    done = zoo.run("check", "tenants/zoo", "--endpoint", endpoint)

    assert (done.returncode, done.codes) == (64, {"endpoint"})
    assert endpoint.partition("=")[0] in done.stderr
    assert zoo.provider.asked == []


def test_sarif_promises_no_flag_that_is_refused(zoo: World) -> None:
    """A failed check is no rule of the YAML: `-W` cannot make it a warning, and the help does not say so."""
    endpoint = f"telegram={zoo.provider.url('/not-ok')}"
    done = zoo.run("check", "tenants/zoo", "channel.bot", "--endpoint", endpoint, "--format", "sarif")
    (rule,) = json.loads(done.stdout)["runs"][0]["tool"]["driver"]["rules"]

    assert (done.returncode, rule["id"]) == (9, "unhealthy")
    assert zoo.run("validate", "tenants/zoo", "-W", "unhealthy").codes == {"unknown-code"}
    assert "-W" not in rule["help"]["text"]
