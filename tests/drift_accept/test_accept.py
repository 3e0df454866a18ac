"""`drift accept`: what is accepted, what is not, and what is written where."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.drift_accept.corpus import HANDS, TIDY
from tests.scenario.running import SECRETS, Zoo

MODEL_TEMPERATURE = "connector.model.settings.temperature"


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    """Give a zoo that is applied."""
    zoo = Zoo(tmp_path)
    zoo.declare("").write_text(TIDY, encoding="utf-8")
    zoo.apply()
    return zoo


def portal(zoo: Zoo, verb: str, *rest: str) -> None:
    """Do something in the portal."""
    zoo.ok("registry", verb, "zoo", *rest)


def said(zoo: Zoo) -> str:
    """Give the file."""
    return (zoo.folder / "zoo.yaml").read_text(encoding="utf-8")


def test_only_what_is_named(zoo: Zoo) -> None:
    """One field of two is accepted; the other still drifts, and the next apply puts it back."""
    portal(zoo, "set", "connector.model", "settings.temperature=0.9", "name=Other")
    zoo.ok("drift", "accept", "tenants/zoo", MODEL_TEMPERATURE)
    drifted = zoo.run("drift", "check", "tenants/zoo")

    assert said(zoo) == TIDY.replace("temperature: 0.2 ", "temperature: 0.9 ")
    assert drifted.returncode == 3
    assert "temperature" not in drifted.stdout
    zoo.apply()
    assert zoo.cards_of("connector.model")["name"] == "Model"


def test_an_object_is_named(zoo: Zoo) -> None:
    """All fields of an object, and none of another one."""
    portal(zoo, "set", "connector.model", "settings.temperature=0.9", "name=Other")
    portal(zoo, "set", "agent.desk", "name=Else")
    zoo.ok("drift", "accept", "tenants/zoo", "connector.model")

    assert said(zoo) == TIDY.replace("temperature: 0.2 ", "temperature: 0.9 ").replace("name: Model", "name: Other")


@pytest.mark.parametrize(("subject", "code"), [("connector.spare", "no-such-drift"), ("nonsense", "bad-address")])
def test_a_name_that_did_not_drift(zoo: Zoo, subject: str, code: str) -> None:
    """It is a mistake, and nothing is written."""
    portal(zoo, "set", "connector.model", "name=Other")
    done = zoo.run("drift", "accept", "tenants/zoo", subject)

    assert done.returncode == 64
    assert done.codes == {code}
    assert said(zoo) == TIDY


def test_nothing_drifted(zoo: Zoo) -> None:
    """Nothing is accepted, and nothing is wrong."""
    assert zoo.ok("drift", "accept", "tenants/zoo") == "Nothing to accept\n"
    assert said(zoo) == TIDY


def test_a_change_that_waits_is_kept(zoo: Zoo) -> None:
    """What somebody wrote and did not apply yet stays, and is what the next plan is about."""
    waiting = TIDY.replace("name: Bot", "name: Our bot")
    (zoo.folder / "zoo.yaml").write_text(waiting, encoding="utf-8")
    portal(zoo, "set", "connector.model", "name=Other")
    zoo.ok("drift", "accept", "tenants/zoo")
    plan = zoo.ok("plan", "tenants/zoo")

    assert said(zoo) == waiting.replace("name: Model", "name: Other")
    assert "channel.bot" in plan
    assert "connector.model" not in plan


def test_the_yaml_says_so_already(zoo: Zoo) -> None:
    """Somebody wrote it by hand: no byte changes, and the ledger learns of it."""
    written = TIDY.replace("temperature: 0.2 ", "temperature: 9.0e-1 ")
    (zoo.folder / "zoo.yaml").write_text(written, encoding="utf-8")
    portal(zoo, "set", "connector.model", "settings.temperature=0.9")
    zoo.ok("drift", "accept", "tenants/zoo")

    assert said(zoo) == written
    assert zoo.settled()


def test_blocks_go_only_with_consent(zoo: Zoo) -> None:
    """Deleted outside: nobody is there to be asked, so nothing is written; `--yes` removes block and comment."""
    portal(zoo, "delete", "connector.spare")
    asked = zoo.run("drift", "accept", "tenants/zoo")
    left = said(zoo)
    zoo.ok("drift", "accept", "tenants/zoo", "--yes")

    assert asked.returncode != 0
    assert asked.codes == {"no-terminal"}
    assert left == TIDY
    assert "spare" not in said(zoo)
    assert "night shift" not in said(zoo)
    assert zoo.settled()


def test_what_would_be_invalid_is_refused(zoo: Zoo) -> None:
    """A running agent without its model is no tenant that can be applied: both files stay as they are."""
    portal(zoo, "delete", "connector.model")
    done = zoo.run("drift", "accept", "tenants/zoo", "--yes")

    assert done.returncode != 0
    assert "running-without-role" in done.codes
    assert said(zoo) == TIDY


def test_added_outside_is_left(zoo: Zoo) -> None:
    """A foreign object is nobody's line of YAML: it is named with what helps, and the rest is accepted."""
    portal(zoo, "create", "agent", "inbound", "Theirs")
    portal(zoo, "set", "connector.model", "name=Other")
    done = zoo.run("drift", "accept", "tenants/zoo")

    assert done.returncode == 3
    assert done.codes == {"not-accepted"}
    assert "pull" in done.stderr
    assert said(zoo) == TIDY.replace("name: Model", "name: Other")


def test_a_foreign_link_is_left(zoo: Zoo) -> None:
    """A link to an object without a key cannot be written."""
    model = ("settings.api_url=https://x.example/v1", "settings.model_name=m", "settings.temperature=0")
    portal(zoo, "create", "connector", "llm", "Theirs", *model, "settings.access_token=${env:OTHER_KEY}")
    portal(zoo, "link", "agent.desk", "connector:Theirs")
    done = zoo.run("drift", "accept", "tenants/zoo", "agent.desk")

    assert done.returncode == 3
    assert done.codes == {"not-accepted"}
    assert said(zoo) == TIDY


def test_a_new_secret_becomes_a_reference(zoo: Zoo) -> None:
    """Its value is shown nowhere; the reference is to be filled, and then everything agrees."""
    portal(zoo, "set", "agent.desk", "environment.TOKEN=${env:OTHER_KEY}", "--secret", "environment.TOKEN")
    done = zoo.run("drift", "accept", "tenants/zoo", "--format", "json")
    filled = {"ZOO_DESK_TOKEN": "canary-of-the-new-secret"}

    assert done.returncode == 0
    assert json.loads(done.stdout)["accepted"][0]["secrets_to_fill"] == ["${env:ZOO_DESK_TOKEN}"]
    assert 'TOKEN: {secret: "${env:ZOO_DESK_TOKEN}"}' in said(zoo)
    assert not any(value in done.said + said(zoo) for value in SECRETS.values())
    assert zoo.run("drift", "check", "tenants/zoo").returncode == 0
    zoo.ok("apply", "tenants/zoo", "--yes", **filled)
    assert zoo.run("plan", "tenants/zoo", "--detailed-exitcode", **filled).returncode == 0


def test_a_new_account(zoo: Zoo) -> None:
    """An account more is written behind the others, its password as a reference."""
    account = {
        "address": "new@zoo.example",
        "password": "${env:OTHER_KEY}",
        "imap_server": "imap.zoo.example",
        "imap_port": 993,
        "smtp_server": "smtp.zoo.example",
        "smtp_port": 465,
    }
    accounts = [
        {**account, "address": "help@zoo.example", "password": "${env:OPENAI_KEY}"},
        {**account, "address": "money@zoo.example"},
        account,
    ]
    portal(zoo, "set", "channel.mail", f"settings.accounts={json.dumps(accounts)}")
    zoo.ok("drift", "accept", "tenants/zoo")

    assert said(zoo).count("- address:") == 3
    assert "password: ${env:ZOO_MAIL_NEW_ZOO_EXAMPLE_PASSWORD}" in said(zoo)
    assert zoo.run("drift", "check", "tenants/zoo").returncode == 0


@pytest.mark.parametrize("hand", HANDS)
def test_a_patch_does_what_accept_does(hand: str, tmp_path: Path) -> None:
    """`git apply` takes it, and the file is the one that accept would have written; the command writes nothing."""
    zoo = Zoo(tmp_path)
    file = zoo.declare("")
    file.write_bytes(HANDS[hand])
    zoo.apply()
    portal(zoo, "set", "connector.model", "name=Other", "settings.temperature=1.5")
    portal(zoo, "set", "agent.desk", "instructions=One\nTwo\n", "max_opened_sessions=3")
    patch = zoo.shell("$flametree drift accept tenants/zoo --patch > it.patch")
    untouched = file.read_bytes()
    applied = zoo.shell("git apply it.patch")
    patched = file.read_bytes()
    file.write_bytes(HANDS[hand])
    zoo.ok("drift", "accept", "tenants/zoo")

    assert patch.returncode == 0
    assert untouched == HANDS[hand]
    assert applied.returncode == 0, applied.said
    assert patched == file.read_bytes() != HANDS[hand]


def two_files(zoo: Zoo) -> tuple[Path, Path]:
    """Split the tenant into two files, and let both drift."""
    head, _, tail = TIDY.partition("agents:\n")
    first, second = zoo.folder / "zoo.yaml", zoo.folder / "agents.yaml"
    first.write_text(head, encoding="utf-8")
    second.write_text(f"agents:\n{tail}", encoding="utf-8")
    assert zoo.settled()
    portal(zoo, "set", "connector.model", "name=Other")
    portal(zoo, "set", "agent.desk", "name=Else")
    return first, second


def test_all_files_or_none(zoo: Zoo) -> None:
    """The disk is full for one file of two: the other one, which was written already, is put back."""
    first, second = two_files(zoo)
    first.write_text(first.read_text(encoding="utf-8") + "# much\n" * 200_000, encoding="utf-8")
    before = first.read_bytes(), second.read_bytes()
    limit = 1_000_000  # bytes: more than the ledger has, less than this file
    full = zoo.process(
        *("drift", "accept", "tenants/zoo"), first=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )

    assert full.codes == {"file-not-written"}
    assert (first.read_bytes(), second.read_bytes()) == before
    assert sorted(one.name for one in zoo.folder.iterdir()) == ["agents.yaml", "zoo.yaml"]
    assert zoo.run("drift", "check", "tenants/zoo").returncode == 3


@pytest.mark.parametrize("pause", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
def test_killed(zoo: Zoo, pause: float) -> None:
    """Killed whenever: every file is the old one or the new one, and the same command again ends it."""
    files = two_files(zoo)
    before = [file.read_text(encoding="utf-8") for file in files]
    after = [before[0].replace("name: Model", "name: Other"), before[1].replace("name: Desk", "name: Else")]
    running = zoo.start("drift", "accept", "tenants/zoo")
    time.sleep(pause)
    running.kill()
    running.communicate()

    for file, one, other in zip(files, before, after, strict=True):
        assert file.read_text(encoding="utf-8") in (one, other)
    zoo.ok("drift", "accept", "tenants/zoo")
    assert [file.read_text(encoding="utf-8") for file in files] == after
    assert zoo.settled()


def test_a_linked_file_is_refused(zoo: Zoo) -> None:
    """A symbolic link in the folder leads outside: nothing is read or written through it."""
    first, second = two_files(zoo)
    outside = zoo.root / "outside.yaml"
    shutil.move(second, outside)
    second.symlink_to(outside)
    before = first.read_bytes(), outside.read_bytes()
    done = zoo.run("drift", "accept", "tenants/zoo")

    assert done.returncode != 0
    assert "symlink" in done.codes
    assert (first.read_bytes(), outside.read_bytes()) == before


def test_the_mode_stays(zoo: Zoo) -> None:
    """A file that others may write stays one."""
    file = zoo.folder / "zoo.yaml"
    file.chmod(0o664)
    portal(zoo, "set", "connector.model", "name=Other")
    zoo.ok("drift", "accept", "tenants/zoo")

    assert file.stat().st_mode & 0o777 == 0o664


def test_an_apply_that_runs_is_waited_for(zoo: Zoo) -> None:
    """Somebody holds the tenant's lock: nothing is written."""
    portal(zoo, "set", "connector.model", "name=Other")
    held = (
        "import os, socket, sys\n"
        "from flametree_cfg.model import Holder\n"
        "from flametree_cfg.state import open_ledger\n"
        f"ledger = open_ledger('sqlite:{zoo.home}/ledger.db')\n"
        "with ledger.lock('zoo', 5, Holder('somebody', socket.gethostname(), os.getpid(), 'apply')):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        done = zoo.run("drift", "accept", "tenants/zoo", "--lock-timeout", "0.1")
        holder.communicate("")

    assert done.codes == {"locked"}
    assert said(zoo) == TIDY


def test_new_secrets_have_names_of_their_own(zoo: Zoo) -> None:
    """Two accounts whose keys look alike in a variable's name do not get one reference: each has its own password."""
    account = {"password": "${env:OTHER_KEY}", "imap_server": "i.example", "imap_port": 993}
    account |= {"smtp_server": "s.example", "smtp_port": 465}
    accounts = [{"address": address, **account} for address in ("a.b@zoo.example", "a-b@zoo.example")]
    portal(zoo, "set", "channel.mail", f"settings.accounts={json.dumps(accounts)}")
    zoo.ok("drift", "accept", "tenants/zoo")

    assert "password: ${env:ZOO_MAIL_A_B_ZOO_EXAMPLE_PASSWORD}" in said(zoo)
    assert "password: ${env:ZOO_MAIL_A_B_ZOO_EXAMPLE_PASSWORD_CHANNEL}" in said(zoo)


ROLES = """
connectors:
  model:
    type: llm
    name: M
    settings: {api_url: "https://x.example/v1", access_token: "${env:OPENAI_KEY}", model_name: m, temperature: 0}
  shop: {type: openapi, name: O, settings: {openapi_url: "https://x.example/s", base_url: "https://x.example"}}
agents:
  desk: {type: inbound, name: Desk, connectors: {llm: model, openapi: [shop]}}
"""


def test_roles_that_lost_all(tmp_path: Path) -> None:
    """A role of one connector says null, one of several an empty list: both are right, and nothing is left to do."""
    zoo = Zoo(tmp_path)
    zoo.declare(ROLES)
    zoo.apply()
    portal(zoo, "unlink", "agent.desk", "connector.model")
    portal(zoo, "unlink", "agent.desk", "connector.shop")
    zoo.ok("drift", "accept", "tenants/zoo")

    assert "connectors: {llm: null, openapi: []}" in said(zoo)
    assert zoo.settled()


def test_what_is_ignored_is_accepted_only_by_name(zoo: Zoo) -> None:
    """All that drifted is not what somebody said to let be; whoever names it means it."""
    portal(zoo, "set", "connector.model", "settings.temperature=0.9", "name=Other")
    zoo.ok("drift", "ignore", "tenants/zoo", MODEL_TEMPERATURE, "--until", "2999-01-01", "--reason", "a test")
    first = zoo.ok("drift", "accept", "tenants/zoo")

    assert said(zoo) == TIDY.replace("name: Model", "name: Other")
    assert first.endswith("; 1 ignored, accepted if named\n")
    zoo.ok("drift", "accept", "tenants/zoo", MODEL_TEMPERATURE)
    assert "temperature: 0.9 " in said(zoo)
    assert zoo.settled()
