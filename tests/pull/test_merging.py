"""Tests of `pull` on a folder that has files: what differs is written into its lines, and every other byte stays."""

from __future__ import annotations

import difflib

import pytest

from tests.pull.desk import Desk, variables_in
from tests.scenario.running import Zoo, ended, obey_modes

YAML = """\
# yaml-language-server: $schema=../../schemas/tenant.json
# Everything of the zoo; ask the keepers.
tenant: zoo

connectors:
  # the model that everybody talks with
  model:
    type: llm
    name: 'Big model'   # do not rename
    settings: {api_url: "https://api.example/v1", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0.20}

  other:
    type: llm
    name: Other model
    description: >-
      Folded over
      two lines.
    settings:
      api_url: https://api.example/v1
      access_token: ${env:OTHER_KEY}
      model_name: m
      temperature: 0.0      # cold

channels:
  bot:
    type: telegram
    name: Bot
    running: true
    settings: {bot_token: "${env:BOT_TOKEN}"}
  mail:
    type: email
    name: Mail
    settings:
      accounts:
        # the first one
        - {address: a@zoo.example, password: "${env:OTHER_KEY}", imap_server: i.zoo, imap_port: 993, smtp_server: s.zoo,
           smtp_port: 465}
        - {address: b@zoo.example, password: "${env:OTHER_KEY}", imap_server: i.zoo, imap_port: 993, smtp_server: s.zoo,
           smtp_port: 465}

agents:
  keeper:
    type: inbound
    name: Keeper
    running: true
    instructions: Feed them.
    connectors: {llm: model}
    channels:
      bot: {inbound: true}   # the only one
"""


@pytest.fixture
def applied(zoo: Zoo) -> Zoo:
    """Give a zoo whose YAML, full of a person's habits, was applied."""
    zoo.folder.mkdir(parents=True)
    (zoo.folder / "zoo.yaml").write_text(YAML, encoding="utf-8")
    zoo.apply()
    return zoo


def _text(zoo: Zoo) -> str:
    return (zoo.folder / "zoo.yaml").read_bytes().decode()


def _difference(zoo: Zoo, before: str = YAML) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), _text(zoo).splitlines(), lineterm="", n=0)
    return [line for line in lines if line[:3] not in ("---", "+++") and line[:2] != "@@"]


def _pulled(zoo: Zoo, *arguments: str) -> set[str]:
    done = zoo.run("pull", "tenants/zoo", *arguments)
    assert done.returncode == 0, done.said
    return done.codes


def test_what_agrees_is_not_touched(applied: Zoo) -> None:
    """A pull of what was applied writes nothing."""
    assert _pulled(applied) == set()
    assert _text(applied) == YAML


def test_a_value_changes_in_its_line(applied: Zoo) -> None:
    """The line of the value is the only one that changes, in its own style, with its comment."""
    applied.ok("registry", "set", "zoo", "connector.other", "settings.temperature=0.7", "description=Shorter")
    applied.ok("registry", "set", "zoo", "connector.model", "name=Bigger model")

    _pulled(applied)

    assert _difference(applied) == [
        "-    name: 'Big model'   # do not rename",
        "+    name: 'Bigger model'   # do not rename",
        "-      Folded over",
        "-      two lines.",
        "+      Shorter",
        "-      temperature: 0.0      # cold",
        "+      temperature: 0.7      # cold",
    ]
    assert applied.settled()


def test_links_attachments_and_lifecycles_follow(applied: Zoo) -> None:
    """Roles, inbound and running are written like anything else."""
    applied.ok("registry", "link", "zoo", "agent.keeper", "connector.other")
    applied.ok("registry", "attach", "zoo", "agent.keeper", "channel.mail", "--inbound")
    applied.ok("registry", "stop", "zoo", "channel.bot")

    _pulled(applied)

    assert _difference(applied) == [
        "-    running: true",
        "+    running: false",
        "-    connectors: {llm: model}",
        "+    connectors: {llm: other}",
        "+      mail: {inbound: true}",
    ]
    assert applied.settled()


def test_an_account_changes_in_its_line(applied: Zoo) -> None:
    """The account is found by its key; nobody's password moves."""
    servers = "settings.imap_server=i.zoo, new.zoo"
    applied.ok("registry", "set", "zoo", "channel.mail", servers)

    _pulled(applied)

    (before, after) = _difference(applied)
    assert after == "+" + before[1:].replace("imap_server: i.zoo", "imap_server: new.zoo")
    assert applied.settled()


def test_new_objects_are_added_behind_the_others(applied: Zoo) -> None:
    """What was made in the portal gets a block in the file that has its kind; comments and the rest stay."""
    applied.ok(
        "registry", "create", "zoo", "connector", "llm", "Third model", "settings.api_url=https://api.example/v1",
        "settings.access_token=${env:OPENAI_KEY}", "settings.model_name=m", "settings.temperature=0",
    )  # fmt: skip
    _pulled(applied)

    added = _difference(applied)
    assert all(line.startswith("+") for line in added)
    assert "+  third-model:" in added
    assert variables_in("\n".join(added)) == {"ZOO_THIRD_MODEL_ACCESS_TOKEN"}
    assert applied.settled()
    after = _text(applied)
    assert _pulled(applied) == set()
    assert _text(applied) == after


def test_what_is_gone_is_told_and_taken_out_on_demand(applied: Zoo) -> None:
    """Without `--prune` the block stays, with it goes, and the ledger forgets it."""
    applied.ok("registry", "delete", "zoo", "channel.mail")

    assert _pulled(applied) == {"gone-from-platform"}
    assert _text(applied) == YAML
    assert _pulled(applied, "--prune") == set()

    assert "mail:" not in _text(applied)
    assert all(line.startswith("-") for line in _difference(applied))
    assert applied.settled()


def test_an_edit_that_was_not_applied_yet_stays(applied: Zoo) -> None:
    """What only the file changed is somebody's work in progress, beside what only the platform changed."""
    path = applied.folder / "zoo.yaml"
    edited = YAML.replace("name: Other model", "name: Another model")
    path.write_text(edited, encoding="utf-8")
    applied.ok("registry", "set", "zoo", "connector.other", "settings.temperature=0.7")

    codes = _pulled(applied)

    assert codes == {"left-as-it-is"}
    assert _difference(applied, edited) == [
        "-      temperature: 0.0      # cold",
        "+      temperature: 0.7      # cold",
    ]
    assert "1 to change" in applied.ok("plan", "tenants/zoo")


def test_files_that_are_not_right_are_left(applied: Zoo) -> None:
    """Nothing is written beside a file that nobody can read, nor through a link, nor into a folder of tenants."""
    broken = applied.folder / "broken.yaml"
    broken.write_text("connectors: {a: [}\n", encoding="utf-8")
    refused = applied.run("pull", "tenants/zoo")
    broken.unlink()
    above = applied.run("pull", "tenants", "--tenant", "zoo")
    (applied.root / "link").symlink_to(applied.folder)
    linked = applied.run("pull", "link", "--tenant", "zoo")

    assert [one.returncode for one in (refused, above, linked)] == [4, 4, 4]
    assert (above.codes, linked.codes) == ({"nested-yaml", "no-tenant-name"}, {"symlink"})
    assert _text(applied) == YAML
    assert sorted(path.name for path in applied.folder.iterdir()) == ["zoo.yaml"]


def test_windows_line_ends_stay(applied: Zoo) -> None:
    """A file with CRLF has CRLF afterwards, in new lines too."""
    path = applied.folder / "zoo.yaml"
    path.write_bytes(YAML.replace("\n", "\r\n").encode())
    applied.ok("registry", "set", "zoo", "connector.other", "settings.temperature=0.7")
    applied.ok(
        "registry", "create", "zoo", "channel", "telegram", "Second bot", "settings.bot_token=${env:NIGHT_BOT_TOKEN}"
    )

    _pulled(applied)

    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"second-bot:" in data
    assert applied.settled()


def test_a_full_disk_or_a_folder_nobody_may_write_leaves_everything(applied: Zoo) -> None:
    """Files and ledger are as they were, no half file stays, and the next pull goes on."""
    applied.ok("registry", "set", "zoo", "connector.other", "settings.temperature=0.7")
    applied.folder.chmod(0o555)
    refused = applied.process("pull", "tenants/zoo", first=obey_modes)
    applied.folder.chmod(0o755)

    assert refused.returncode == 1
    assert "Traceback" not in refused.said
    assert _text(applied) == YAML
    _pulled(applied)
    assert applied.settled()


def test_killed_between_two_files_the_next_pull_completes(applied: Zoo, desk: Desk) -> None:
    """What was written is kept as it is, what is missing is added; the ledger comes last."""
    desk.pull()
    whole = desk.files()["tenant.yaml"]
    head, _, agents = whole.partition("\nagents:")
    (applied.root / "desk.db").unlink()
    desk.write(head)
    assert agents

    desk.pull()

    desk.assert_clean()
    assert desk.files()["tenant.yaml"] == whole


def test_killed_before_the_ledger_the_next_pull_records(applied: Zoo, desk: Desk) -> None:
    """All files stand, nothing is recorded: the next pull writes no byte and records all."""
    killed = applied.process(
        "pull", "desk/zoo", FLAMETREE_TESTING="1", FLAMETREE_CRASH_AT="before-ledger", **desk.places
    )
    files = desk.files()
    assert killed.returncode == -9
    assert files

    assert desk.pull()["written"] == []

    assert desk.files() == files
    desk.assert_clean()


def test_a_lost_folder_comes_back_with_its_references(applied: Zoo) -> None:
    """The ledger still knows keys and references: they are those of the new files."""
    (applied.folder / "zoo.yaml").unlink()

    assert _pulled(applied) == set()

    text = (applied.folder / "tenant.yaml").read_text(encoding="utf-8")
    assert variables_in(text) == variables_in(YAML)
    assert "\n  model:\n    type: llm\n    name: Big model\n" in text
    assert applied.settled()


def test_a_block_that_was_taken_out_stays_out(applied: Zoo) -> None:
    """Who took it out means to delete it with the next apply."""
    path = applied.folder / "zoo.yaml"
    head, _, rest = YAML.partition("  mail:\n")
    taken = head + rest.partition("\nagents:")[1] + rest.partition("\nagents:")[2]
    path.write_text(taken, encoding="utf-8")

    assert _pulled(applied) == {"left-as-it-is"}

    assert _text(applied) == taken
    assert "1 to delete" in applied.ok("plan", "tenants/zoo")


@pytest.mark.usefixtures("applied")
def test_a_file_that_names_the_tenant_alone_is_filled(desk: Desk) -> None:
    """Its comments stay, and the tenant's name is the one that it says."""
    desk.write("# ours\ntenant: zoo\n", tenant="other")

    desk.pull(tenant="other")

    (text,) = desk.files("other").values()
    assert text.startswith("# ours\ntenant: zoo\n\nconnectors:\n")
    desk.assert_clean("other")


def test_two_pulls_at_once_write_one_tenant(applied: Zoo, desk: Desk) -> None:
    """One waits for the other, and finds everything there."""
    environment = applied.environment | desk.places
    both = [Zoo(applied.root, environment).start("pull", "desk/zoo") for _ in range(2)]
    ends = [ended(one) for one in both]

    assert [one.returncode for one in ends] == [0, 0], ends
    desk.assert_clean()


def test_nothing_to_pull_leaves_no_trace(applied: Zoo, desk: Desk) -> None:
    """A tenant that the platform does not know gets neither a folder nor a ledger."""
    done = desk.run("pull", "desk/nobody")

    assert (done.returncode, done.codes) == (64, {"nothing-to-pull"})
    assert not desk.root.exists()
    assert not (applied.root / "desk.db").exists()


def test_another_name_on_the_platform(applied: Zoo) -> None:
    """`--tenant-id` says whose objects are pulled; files and folder keep the tenant's own name."""
    desk = Desk(applied)
    desk.ok("pull", "desk/own", "--tenant-id", "zoo")
    planned = desk.run("plan", "desk/own", "--tenant-id", "zoo", "--detailed-exitcode")

    assert "\ntenant: own\n" in desk.text("own")
    assert planned.returncode == 0, planned.said
    assert desk.run("pull", "desk/zoo", "--tenant-id", "nobody").codes == {"nothing-to-pull"}


@pytest.mark.usefixtures("applied")
@pytest.mark.parametrize(
    ("line", "code"), [("extends: [../_base]", "empty-tenant"), ("vars: {a: [b]}", "bad-variable")]
)
def test_a_tenant_that_shares_and_is_not_right(desk: Desk, line: str, code: str) -> None:
    """What cannot be brought together is refused with its place, and nothing is written."""
    (desk.root / "_base").mkdir(parents=True)
    text = f"tenant: zoo\n{line}\nconnectors: {{}}\n"
    desk.write(text)
    told = desk.run("pull", "desk/zoo")

    assert (told.returncode, told.codes) == (4, {code})
    assert "\n  desk/zoo/tenant.yaml:2:" in told.said
    assert desk.text() == text


def test_what_is_told_has_a_place(applied: Zoo) -> None:
    """What the platform lost is named with its line."""
    applied.ok("registry", "delete", "zoo", "channel.mail")

    assert "\n  tenants/zoo/zoo.yaml:30:3   channel.mail\n" in applied.run("pull", "tenants/zoo").said


def test_what_is_ignored_is_let_be(applied: Zoo) -> None:
    """Neither files nor ledger take what somebody said to let be; without the list it is the drift that it was."""
    field = "connector.other.settings.temperature"
    applied.ok("registry", "set", "zoo", "connector.other", "settings.temperature=0.7", "name=New name")
    applied.ok("drift", "ignore", "tenants/zoo", field, "--until", "2999-01-01", "--reason", "load test")

    assert _pulled(applied) == {"left-as-it-is"}
    assert _difference(applied) == ["-    name: Other model", "+    name: New name"]
    assert applied.settled()
    (applied.folder / ".drift-ignore.yaml").unlink()
    assert "settings.temperature: 0.0 \u2192 0.7" in applied.run("drift", "check", "tenants/zoo").stdout


def test_a_variable_is_nothing_to_pull(applied: Zoo) -> None:
    """A `--var` that nothing uses is a mistake here as everywhere."""
    assert applied.run("pull", "tenants/zoo", "--var", "a=b").returncode == 64
