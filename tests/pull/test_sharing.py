"""Tests of `pull` on a tenant that extends bases and has variables: every value goes where it was set."""

from __future__ import annotations

from pathlib import Path

import pytest

from flametree_cfg.config.variables import Filler, MadeOfVariable, with_variables
from flametree_cfg.model import Kind, Value
from tests.pull.desk import put, variables_in
from tests.scenario.running import Zoo, obey_modes

COMMON = """\
# Everybody's model.
vars:
  model: gpt-4o
  host: i.zoo

connectors:
  chat:
    type: llm
    name: Chat # shown in the portal
    description: From all
    settings:
      api_url: https://api.example/v1
      access_token: ${env:OPENAI_KEY}
      model_name: ${var:model}
      temperature: 0.2

  spare:
    type: llm
    name: Spare
    settings:
      api_url: https://api.example/v1
      access_token: ${env:OPENAI_KEY}
      model_name: m
      temperature: 0.2
"""
MIDDLE = """\
extends: [../common]

connectors:
  chat:
    # a little warmer
    settings:
      temperature: 0.5

  spare: null

channels:
  bot:
    type: telegram
    name: Bot
    settings:
      bot_token: ${env:BOT_TOKEN}
"""
OWN = """\
tenant: zoo
extends: ["../_shared/middle"]

connectors:
  chat:
    name: 'Our chat' # ours

channels:
  mail:
    type: email
    name: Mail
    settings:
      accounts:
        # the first one
        - address: a@zoo.example
          password: ${env:OTHER_KEY}
          imap_server: ${var:host}
          imap_port: 993
          smtp_server: s.zoo
          smtp_port: 465
        - address: b@zoo.example
          password: ${env:OTHER_KEY}
          imap_server: ${var:host}
          imap_port: 993
          smtp_server: s.zoo
          smtp_port: 465

agents:
  keeper:
    type: inbound
    name: Keeper
    instructions: Feed them.
    connectors:
      llm: chat
    channels:
      bot:
        inbound: true
"""
ACCOUNTS = "settings.imap_server=i.zoo, new.zoo"


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give a zoo that extends a base, which extends another, applied."""
    zoo = Zoo(tmp_path, {"FLAMETREE_KEY": (b"k" * 32).hex()})
    for name, text in (
        ("_shared/common/common.yaml", COMMON),
        ("_shared/middle/middle.yaml", MIDDLE),
        ("zoo/zoo.yaml", OWN),
    ):
        path = zoo.root / "tenants" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    zoo.apply()
    return zoo


def files(zoo: Zoo) -> dict[str, str]:
    """Give all that stands in the folder of tenants, by name of the file."""
    return {path.name: path.read_bytes().decode() for path in sorted((zoo.root / "tenants").rglob("*.yaml"))}


def pulled(zoo: Zoo, *arguments: str) -> set[str]:
    """Pull, and again: the second time writes nothing."""
    done = zoo.run("pull", "tenants/zoo", *arguments)
    assert done.returncode == 0, done.said
    after = files(zoo)
    again = zoo.run("pull", "tenants/zoo", *arguments)
    assert again.returncode == 0, again.said
    assert files(zoo) == after
    assert "shared-file-changed" not in again.codes
    return done.codes


def assert_clean(zoo: Zoo) -> None:
    """See that nothing is left to do, and that the files are formatted."""
    zoo.ok("fmt", "--check", "tenants/zoo", "tenants/_shared/common", "tenants/_shared/middle")
    assert zoo.settled()


def test_what_agrees_is_not_touched(zoo: Zoo) -> None:
    """A pull of what was applied writes nothing."""
    assert pulled(zoo) == set()
    assert list(files(zoo).values()) == [COMMON, MIDDLE, OWN]
    assert_clean(zoo)


def test_each_value_goes_where_it_was_set(zoo: Zoo) -> None:
    """One of each layer; that others get the same is said once a file."""
    changes = (
        "name=Talk",
        "description=New words",
        "settings.temperature=0.9",
        "settings.api_url=https://b.example/v1",
    )
    zoo.ok("registry", "set", "zoo", "connector.chat", *changes)
    told = zoo.run("pull", "tenants/zoo")

    assert told.said.count("warning[shared-file-changed]") == 2
    assert "\n  tenants/_shared/middle/middle.yaml:7:20   connector.chat\n" in told.said
    common = COMMON.replace("From all", "New words").replace("api.example", "b.example", 1)
    expected = [common, MIDDLE.replace("0.5", "0.9"), OWN.replace("Our chat", "Talk")]
    assert list(files(zoo).values()) == expected
    assert pulled(zoo) == set()
    assert_clean(zoo)


def test_a_variable_is_left_and_named(zoo: Zoo) -> None:
    """What is made of one stands for many: it stays drift, named by every pull."""
    zoo.ok("registry", "set", "zoo", "connector.chat", "settings.model_name=gpt-5", "name=Talk")
    told = zoo.run("pull", "tenants/zoo")

    assert told.codes == {"left-as-it-is"}
    assert "settings.model_name is made of ${var:model}" in told.said
    assert "tenants/_shared/common/common.yaml:14:19" in told.said
    assert list(files(zoo).values()) == [COMMON, MIDDLE, OWN.replace("Our chat", "Talk")]
    assert "settings.model_name is made of ${var:model}" in zoo.run("pull", "tenants/zoo").said
    assert "connector.chat" in zoo.run("drift", "check", "tenants/zoo").stdout
    assert "1 to change" in zoo.ok("plan", "tenants/zoo")


def test_a_variable_beside_what_changed_stays(zoo: Zoo) -> None:
    """An account gets a field, others are new or gone: what stands for more goes on to."""
    zoo.ok("registry", "set", "zoo", "channel.mail", "settings.imap_port=993, 143")
    assert pulled(zoo) == set()

    assert files(zoo)["zoo.yaml"].count("${var:host}") == 2
    assert files(zoo)["zoo.yaml"] == "143".join(OWN.rsplit("993", 1))
    zoo.ok("registry", "set", "zoo", "channel.mail", ACCOUNTS)
    assert pulled(zoo) == {"left-as-it-is"}
    assert files(zoo)["zoo.yaml"].count("${var:host}") == 2


def test_a_value_of_two_layers_that_is_gone(zoo: Zoo) -> None:
    """Taking it out of one file would bring back what the other says: null takes it away for this tenant."""
    own = OWN.replace("# ours\n", "# ours\n    description: Ours\n")
    zoo.folder.joinpath("zoo.yaml").write_text(own, encoding="utf-8")
    zoo.apply()
    zoo.ok("registry", "set", "zoo", "connector.chat", "description=")
    assert pulled(zoo) == set()

    assert list(files(zoo).values()) == [COMMON, MIDDLE, own.replace("description: Ours", "description: null")]
    zoo.ok("registry", "set", "zoo", "connector.chat", "description=Back")
    assert pulled(zoo) == set()
    assert files(zoo)["zoo.yaml"] == own.replace("Ours", "Back")
    assert_clean(zoo)


def test_what_is_new_goes_into_the_own_files(zoo: Zoo) -> None:
    """Objects and links made in the portal; a key that a base has and null took away is not taken again."""
    settings = (
        "settings.api_url=https://x.example",
        "settings.access_token=${env:OPENAI_KEY}",
        "settings.model_name=m",
    )
    zoo.ok("registry", "create", "zoo", "connector", "llm", "Spare", *settings, "settings.temperature=0")
    zoo.ok("registry", "attach", "zoo", "agent.keeper", "channel.mail")
    assert pulled(zoo) == set()

    text = files(zoo)["zoo.yaml"]
    assert list(files(zoo).values()) == [COMMON, MIDDLE, text]
    assert "\n  spare-2:\n    type: llm\n    name: Spare\n" in text
    assert variables_in(text) == {"OTHER_KEY", "ZOO_SPARE_2_ACCESS_TOKEN"}
    assert "\n      mail: {inbound: false}\n" in text
    assert_clean(zoo)


def test_a_section_that_null_takes_away_gets_nothing(zoo: Zoo) -> None:
    """A block beside `connectors: null` would bring the base's back."""
    own = 'tenant: zoo\nextends: ["../_shared/middle"]\nconnectors: null\nchannels: null\n'
    zoo.folder.joinpath("zoo.yaml").write_text(own, encoding="utf-8")
    told = zoo.run("pull", "tenants/zoo")

    assert told.returncode == 0, told.said
    assert "left-as-it-is" in told.codes
    assert "`connectors: null` here takes all of them away" in told.said
    assert {name: files(zoo)[name] for name in ("middle.yaml", "common.yaml")} == {
        "middle.yaml": MIDDLE,
        "common.yaml": COMMON,
    }
    assert "connectors: null\nchannels: null\n" in files(zoo)["zoo.yaml"]


def test_what_is_gone(zoo: Zoo) -> None:
    """It is told; `--prune` takes the tenant's own block out, and leaves what stands in a base alone."""
    zoo.ok("registry", "delete", "zoo", "channel.mail")
    zoo.ok("registry", "delete", "zoo", "channel.bot")
    assert pulled(zoo) == {"gone-from-platform"}
    assert list(files(zoo).values()) == [COMMON, MIDDLE, OWN]
    told = zoo.run("pull", "tenants/zoo", "--prune")

    assert told.codes == {"gone-from-platform"}
    assert "\n  tenants/_shared/middle/middle.yaml:12:3   channel.bot\n" in told.said
    assert "hint: a base declares it: write `null` for its key into the tenant's own file\n" in told.said
    assert list(files(zoo).values())[:2] == [COMMON, MIDDLE]
    assert "mail" not in files(zoo)["zoo.yaml"]


def test_a_gone_object_of_two_layers(zoo: Zoo) -> None:
    """In the place of the tenant's own block null says that it goes without the base's."""
    own = OWN.replace("  mail:\n", "  bot:\n    name: Our bot\n\n  mail:\n")
    own = own.partition("    channels:\n")[0]
    zoo.folder.joinpath("zoo.yaml").write_text(own, encoding="utf-8")
    zoo.apply("--allow-delete", "all")
    zoo.ok("registry", "delete", "zoo", "channel.bot")
    assert pulled(zoo, "--prune") == set()

    assert list(files(zoo).values()) == [COMMON, MIDDLE, own.replace("bot:\n    name: Our bot\n", "bot: null\n")]
    assert_clean(zoo)


def test_killed_half_way_the_next_pull_completes(zoo: Zoo) -> None:
    """Whichever file was written last, and before the ledger: the end is the same."""
    zoo.ok("registry", "set", "zoo", "connector.chat", "name=Talk", "description=New", "settings.temperature=0.9")
    killed = zoo.process("pull", "tenants/zoo", FLAMETREE_TESTING="1", FLAMETREE_CRASH_AT="before-ledger")
    whole = files(zoo)
    assert killed.returncode == -9
    assert list(whole.values()) != [COMMON, MIDDLE, OWN]
    (zoo.root / "tenants/_shared/common/common.yaml").write_text(COMMON, encoding="utf-8")

    assert pulled(zoo) == {"shared-file-changed"}

    assert files(zoo) == whole
    assert_clean(zoo)


def test_a_base_nobody_may_write_leaves_everything(zoo: Zoo) -> None:
    """Of a pull that cannot write one file no other stays written."""
    zoo.ok("registry", "set", "zoo", "connector.chat", "name=Talk", "description=New")
    base = zoo.root / "tenants/_shared/common"
    base.chmod(0o555)
    refused = zoo.process("pull", "tenants/zoo", first=obey_modes)
    base.chmod(0o755)

    assert refused.codes == {"file-not-written"}
    assert list(files(zoo).values()) == [COMMON, MIDDLE, OWN]
    assert not [name for name in zoo.folder.iterdir() if name.suffix == ".tmp"]
    assert pulled(zoo) == {"shared-file-changed"}
    assert_clean(zoo)


def test_an_edit_that_is_not_applied_yet_stays(zoo: Zoo) -> None:
    """What only a base changed is somebody's work in progress."""
    path = zoo.root / "tenants/_shared/common/common.yaml"
    path.write_text(COMMON.replace("From all", "Edited"), encoding="utf-8")
    zoo.ok("registry", "set", "zoo", "connector.chat", "settings.temperature=0.9")

    assert pulled(zoo) == {"left-as-it-is", "shared-file-changed"}
    assert list(files(zoo).values()) == [COMMON.replace("From all", "Edited"), MIDDLE.replace("0.5", "0.9"), OWN]


def test_one_folder_serves_two(zoo: Zoo) -> None:
    """`--tenant-id` and `--var` are those of every command: the variable is left, the other value written."""
    environment = ("--tenant-id", "zoo-staging", "--var", "model=small")
    zoo.ok("apply", "tenants/zoo", "--yes", *environment)
    zoo.ok("registry", "set", "zoo-staging", "connector.chat", "name=Talk")
    assert pulled(zoo, *environment) == set()

    assert list(files(zoo).values()) == [COMMON, MIDDLE, OWN.replace("Our chat", "Talk")]
    planned = zoo.run("plan", "tenants/zoo", "--detailed-exitcode", *environment)
    assert planned.returncode == 0, planned.said
    assert zoo.run("pull", "tenants/zoo", "--var", "modell=small").returncode == 64


def test_a_text_that_looks_like_a_variable(zoo: Zoo) -> None:
    """No YAML can say it: what has one is not written, and the files stay valid."""
    put(zoo, Kind.CONNECTOR, {"type": "openapi", "name": "Our ${var:model}", "settings": {}})

    assert pulled(zoo) == {"not-writable"}
    assert list(files(zoo).values()) == [COMMON, MIDDLE, OWN]


def test_windows_line_ends_and_anchors_of_a_base_stay(zoo: Zoo) -> None:
    """A base is edited as any file: in its own style, every other byte as it was."""
    path = zoo.root / "tenants/_shared/common/common.yaml"
    text = COMMON.replace("description: From all", "description: &words From all")
    text = text.replace("name: Spare\n", "name: Spare\n    description: *words\n").replace("\n", "\r\n")
    path.write_bytes(text.encode())
    zoo.ok("registry", "set", "zoo", "connector.chat", "settings.api_url=https://b.example/v1")

    assert pulled(zoo) == {"shared-file-changed"}
    assert files(zoo)["common.yaml"] == text.replace("api.example", "b.example", 1)
    assert zoo.settled()


def test_links_of_a_base_follow(zoo: Zoo) -> None:
    """A link that is gone is gone in the base that says it; a role of one says that it has none."""
    agents = OWN.partition("agents:\n")[2].partition("    channels:\n")[0]
    middle = f"{MIDDLE}\nagents:\n{agents}"
    (zoo.root / "tenants/_shared/middle/middle.yaml").write_text(middle, encoding="utf-8")
    (zoo.folder / "zoo.yaml").write_text(OWN.replace(agents, "  keeper:\n"), encoding="utf-8")
    zoo.apply()
    zoo.ok("registry", "unlink", "zoo", "agent.keeper", "connector.chat")
    zoo.ok("registry", "attach", "zoo", "agent.keeper", "channel.mail")
    assert pulled(zoo) == {"shared-file-changed"}

    assert files(zoo)["middle.yaml"] == middle.replace("llm: chat", "llm: null")
    assert files(zoo)["zoo.yaml"].endswith("      bot:\n        inbound: true\n      mail: {inbound: false}\n")
    assert_clean(zoo)


def test_a_tenant_with_variables_and_no_base(zoo: Zoo) -> None:
    """Its own files are the only ones; a value beside a variable is written, a new object finds its place."""
    text = COMMON.replace("vars:\n", "tenant: zoo\n\nvars:\n", 1)
    (zoo.folder / "zoo.yaml").write_text(text, encoding="utf-8")
    zoo.apply("--allow-delete", "all", "--max-delete", "100%")
    zoo.ok("registry", "set", "zoo", "connector.chat", "name=Talk")
    zoo.ok("registry", "create", "zoo", "channel", "telegram", "Night", "settings.bot_token=${env:NIGHT_BOT_TOKEN}")
    assert pulled(zoo) == set()

    assert files(zoo)["zoo.yaml"] == text.replace("name: Chat", "name: Talk")
    assert "\n  night:\n    type: telegram\n" in files(zoo)["channels.yaml"]
    zoo.ok("fmt", "--check", "tenants/zoo")
    assert zoo.settled()


@pytest.mark.parametrize(
    ("raw", "wanted", "expected"),
    [
        (["${var:a}", "x"], ["x", "1"], ["x", "${var:a}"]),
        (["${var:a}", "x"], ["1"], ["${var:a}"]),
        ({"k": "${var:a}", "l": 0}, {"k": "1", "l": 2}, {"k": "${var:a}", "l": 2}),
        ([{"k": "${var:a}"}, {"k": "x"}], [{"k": "x"}], [{"k": "x"}]),
        ("x", "y", "y"),
    ],
)
def test_variables_stay_where_they_say_the_same(raw: Value, wanted: Value, expected: Value) -> None:
    """Wherever the items of a list go, and whatever stands beside."""
    filled = Filler({"a": "1"}).fill(raw, lambda _path: False)

    assert with_variables(raw, filled, wanted) == expected


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [("${var:a}", "2"), ("${var:a}", 1), (["${var:a}"], []), ({"k": "${var:a}"}, {}), ([{"k": "${var:a}"}], 1)],
)
def test_a_variable_is_never_written_over(raw: Value, wanted: Value) -> None:
    """Nor is it taken out."""
    filled = Filler({"a": "1"}).fill(raw, lambda _path: False)

    with pytest.raises(MadeOfVariable):
        with_variables(raw, filled, wanted)
